"""From the name a client gives to the tier that answers: the tiers, their aliases, and what each is bound to."""

import re

import msgspec

from tercet.backends.base import Backend
from tercet.config import TIER_NAMES
from tercet.errors import NotFound, TierUnbound
from tercet.usage import Price

ALIASES = {"gpt-4.1": "full", "gpt-4.1-mini": "mini", "gpt-4.1-nano": "nano"}
_DATED = re.compile(r"(gpt-4\.1(?:-mini|-nano)?)-\d{4}-\d{2}-\d{2}")
_FAMILY = re.compile(
    r"claude-(?:[0-9.]+-){0,2}(?P<claude>opus|sonnet|haiku|fable|mythos)(?:[-@][a-z0-9.]+)*"
    r"|gemini-(?:[0-9.]+-)?(?P<gemini>pro|flash-lite|flash)(?:-(?:latest|preview|exp|[0-9]+))*"
)
_FAMILIES = {
    **dict.fromkeys(("opus", "sonnet", "fable", "mythos", "pro"), "full"),
    **dict.fromkeys(("haiku", "flash"), "mini"),
    "flash-lite": "nano",
}
"""Other vendors' model families, whose clients send such names by themselves, and the tier of that rank."""


class Tier(msgspec.Struct, frozen=True):
    """A tier's name and, once it is bound, its backend, the prices it charges and when its model was made.

    With `preload` the backend starts with the service, otherwise with the first request.
    """

    name: str
    backend: Backend | None = None
    price: Price = Price()
    created_at: int = 0
    preload: bool = True

    def bound(self) -> Backend:
        """Return the backend. Raises `TierUnbound`, saying how to bind one."""
        if self.backend is None:
            raise TierUnbound(
                f"the tier {self.name!r} has no model yet. Give it one in tercet.toml, for example "
                f'[tiers.{self.name}] with backend = "embedded" and model = "NAME.gguf" (`tercet pull` fetches one), '
                'or backend = "openai_compatible" with base_url and model',
                param="model",
            )
        return self.backend


def tier_name(model: str) -> str:
    """Return the tier that `model` names: directly, by an alias, or by another vendor's family. Raises `NotFound`."""
    if family := _FAMILY.fullmatch(model):
        return _FAMILIES[family["claude"] or family["gemini"]]
    dated = _DATED.fullmatch(model)
    name = ALIASES.get(dated[1] if dated else model, model)
    if name not in TIER_NAMES:
        known = ", ".join((*TIER_NAMES, *ALIASES))
        raise NotFound(
            f"the model {model!r} does not exist; the models are {known}, and Claude's and Gemini's families by name",
            param="model",
            code="model_not_found",
        )
    return name


def aliases_of(tier: str) -> tuple[str, ...]:
    """Return the undated aliases of a tier."""
    return tuple(alias for alias, name in ALIASES.items() if name == tier)
