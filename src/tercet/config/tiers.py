"""What answers for a tier: one binding, or several that stand in for each other."""

from pathlib import Path
from typing import Literal

import msgspec

from tercet.usage import Price

Kind = Literal["embedded", "openai_compatible", "openai", "anthropic", "gemini", "scripted"]
Strategy = Literal["fallback", "spread"]


class Vendor(msgspec.Struct, frozen=True):
    """Where a vendor's API is, and the environment variable that its users keep their key in."""

    base_url: str
    api_key_env: str


VENDORS = {
    "openai": Vendor("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": Vendor("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "gemini": Vendor("https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY"),
}


class EngineConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Defaults for models that the embedded engine runs; 0 chooses for the model and the machine."""

    context: int = 0
    """Tokens that one request may hold; 0 takes the model's own window, at most 32,768, less where memory is short."""
    parallel: int = 0
    """Requests computed at the same time; 0 takes 8, fewer where memory is short."""
    threads: int = 0
    """CPU threads that read prompts; 0 takes one per physical core."""
    decode_threads: int = 0
    """CPU threads that generate; 0 takes one for models under 100 MB, else as many as `threads`."""
    cache_ram_mib: int = 256
    """Host memory for the states of conversations that lost their slot, per model."""
    gpu_layers: int = 0
    """Layers to place on a GPU, where the installed engine has one; -1 for all."""


class BindingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model behind one way of reaching it. Which fields apply depends on `backend`.

    Below, "remote" are the backends that reach a model over HTTP: all but embedded and scripted.
    """

    backend: Kind = "embedded"
    model: str = ""
    """embedded: `builtin:NAME`, a GGUF file name in the model folder, or a path. Otherwise the upstream's name."""
    base_url: str = ""
    """remote: the URL up to and including the version (`/v1`, `/v1beta`); default the vendor's own."""
    api_key_env: str = ""
    """remote: the environment variable that holds the key; default the vendor's usual one, for its own URL only."""
    timeout_s: float = 600.0
    """remote: seconds without a byte after which the upstream counts as broken."""
    context_window: int = 131_072
    """remote and scripted: prompt plus output that the model takes, in tokens."""
    has_images: bool | None = None
    """remote: the model reads images; default yes for the vendors, no for openai_compatible."""
    script: Path | None = None
    """scripted: the replay file."""
    loras: tuple[Path, ...] = ()
    """embedded: LoRA adapters to apply."""
    draft: str = ""
    """embedded: a smaller model of the same vocabulary that drafts for this one, named as `model` is."""
    engine: EngineConfig | None = None
    """embedded: settings of this model alone; default the `[engine]` table."""

    @property
    def is_remote(self) -> bool:
        """Whether the model is reached over HTTP."""
        return self.backend == "openai_compatible" or self.backend in VENDORS

    @property
    def url(self) -> str:
        """Where a remote model is reached; empty when nothing says so."""
        return self.base_url or (VENDORS[self.backend].base_url if self.backend in VENDORS else "")

    @property
    def key_variable(self) -> str:
        """The environment variable to take the key from; a vendor's key is never sent to another address unasked."""
        if self.api_key_env or self.base_url or self.backend not in VENDORS:
            return self.api_key_env
        return VENDORS[self.backend].api_key_env

    @property
    def reads_images(self) -> bool:
        """Whether images are passed on to a remote model."""
        return self.backend in VENDORS if self.has_images is None else self.has_images


class TierConfig(BindingConfig, frozen=True, forbid_unknown_fields=True):
    """What answers for a tier: the binding that stands in the table itself, and further ones."""

    deployments: tuple[BindingConfig, ...] = ()
    """Further bindings, each a table `[[tiers.NAME.deployments]]`."""
    preload: bool = True
    """Load an embedded model when the server starts; otherwise with the first request, as shipped mini and full are."""
    strategy: Strategy = "fallback"
    """fallback: the first deployment that is well answers. spread: by load, and by prefix where requests share one."""
    max_wait_s: float = 5.0
    """When an upstream asks to be left alone for at most so many seconds, requests wait; otherwise they go on."""
    price: Price = Price()
    """US dollars per million tokens, for the ledger."""

    @property
    def bindings(self) -> tuple[BindingConfig, ...]:
        """All deployments, the table's own first."""
        return (self, *self.deployments)
