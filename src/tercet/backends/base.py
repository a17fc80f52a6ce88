"""What the service knows of anything that can generate: one Protocol, many implementations.

A backend serves one model. It knows nothing of tiers, stored responses or HTTP doors.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import msgspec

from tercet.events import Event
from tercet.items import ModelRequest


class Capabilities(msgspec.Struct, frozen=True):
    """What a backend can do, so that the service asks only for that and says so otherwise."""

    context_window: int
    """Prompt plus output, in tokens."""
    max_output_tokens: int = 32_768
    can_constrain: bool = False
    """Decoding is held to tool and output schemas, so that deltas may be passed on as they come."""
    can_embed: bool = False
    can_continue: bool = False
    """Text can be gone on from as it is (`raw_prompt`); a backend that cannot is not asked to."""
    default_temperature: float | None = None
    """What is sampled with when a request leaves it open; None: not known here."""
    default_top_p: float | None = None
    has_images: bool = False
    has_files: bool = False
    """Files (PDFs among them) are read as they are; for others the service puts their text in their place."""
    has_logprobs: bool = False
    has_confidence: bool = False
    """Answers can say how sure the model is of them."""


class Health(msgspec.Struct, frozen=True):
    """Whether a backend can answer now, and if not, why."""

    is_ready: bool
    detail: str = ""


class Backend(Protocol):
    """One model behind one way of reaching it."""

    name: str
    """Names the kind of backend, as in the configuration."""
    model: str
    """The model's own name, as reported in `Started`."""

    async def start(self) -> None:
        """Acquire what the backend needs; idempotent. Raises `ModelUnusable` when it can never serve."""

    async def close(self) -> None:
        """Release everything, ending generations that are under way; idempotent."""

    async def capabilities(self) -> Capabilities:
        """Return what this backend can do, starting it if that is what it takes to know."""

    async def health(self) -> Health:
        """Report readiness without generating anything."""

    def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Answer `request` as a stream of events; closing the generator stops the work at once.

        Raises `InvalidRequest` and `ContextTooLong` before the first event; `Overloaded`, `BackendFailed`,
        and `EngineCrashed` at any point.
        """

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the number of prompt tokens that `request` would take."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text. Raises `Unsupported` where the backend cannot."""
