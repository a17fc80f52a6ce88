"""A backend whose answers a test writes as events, and which remembers what it was asked and how it ended."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from tercet.backends.base import Capabilities, Health
from tercet.errors import TercetError
from tercet.events import Event, Finished, ItemDone, Started, TextDelta, TokenLogprob
from tercet.items import Message, ModelRequest, TextPart
from tercet.usage import Usage

Step = Event | TercetError | float
"""What happens next: an event, an error, or seconds of silence."""


class StagedBackend:
    """Plays `steps` for every request."""

    name = "staged"
    model = "staged-1"
    default_temperature: float | None = None
    default_top_p: float | None = None
    has_files = True

    def __init__(self, *steps: Step, can_continue: bool = True) -> None:
        self._can_continue = can_continue
        self.steps: Sequence[Step] = steps
        self.requests: list[ModelRequest] = []
        self.num_running = 0
        self.was_cut_off = asyncio.Event()

    async def start(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def capabilities(self) -> Capabilities:
        """Everything, so that all settings reach the backend and deltas pass as they come."""
        return Capabilities(
            100_000,
            can_constrain=True,
            can_embed=True,
            can_continue=self._can_continue,
            default_temperature=self.default_temperature,
            default_top_p=self.default_top_p,
            has_images=True,
            has_files=self.has_files,
            has_logprobs=True,
        )

    async def health(self) -> Health:
        """Always ready."""
        return Health(is_ready=True, detail="on stage")

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Play the steps."""
        self.requests.append(request)
        self.num_running += 1
        is_played = False
        try:
            for step in self.steps:
                if isinstance(step, TercetError):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
            is_played = True
        finally:
            self.num_running -= 1
            if not is_played:
                self.was_cut_off.set()

    async def count_tokens(self, request: ModelRequest) -> int:
        """One token per item."""
        return len(request.items)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Two numbers per text."""
        return [[float(len(text)), 0.5] for text in texts]


def saying(*pieces: str, logprobs: Sequence[TokenLogprob] = (), reason: str = "stop") -> tuple[Event, ...]:
    """Return the events of a plain text answer."""
    text = "".join(pieces)
    deltas = [TextDelta(0, piece, tuple(logprobs[index : index + 1])) for index, piece in enumerate(pieces)]
    done = ItemDone(0, Message("assistant", (TextPart(text),)))
    end = Finished("length" if reason == "length" else "stop", Usage(11, 4, len(pieces)))
    return (Started("staged-1"), *deltas, done, end)
