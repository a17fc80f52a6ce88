"""What a backend yields while it answers, and the fold of those events into a finished output.

The order is: `Started`; for each output item, numbered from 0, its deltas and then its `ItemDone`; `Finished`.
Items do not interleave. A stream that ends without `Finished` raised an error.
"""

from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from tercet.confidence import Confidence
from tercet.items import Compaction, HostedItem, Item
from tercet.usage import Usage

FinishReason = Literal["stop", "length", "content_filter"]


class TopLogprob(msgspec.Struct, frozen=True):
    """One candidate token and its natural-log probability."""

    token: str
    logprob: float


class TokenLogprob(msgspec.Struct, frozen=True):
    """A generated token, its natural-log probability and the likeliest candidates at its place."""

    token: str
    logprob: float
    top: tuple[TopLogprob, ...] = ()


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The backend accepted the request. `model` is the name of the weights that answer."""

    model: str
    backend: str = ""
    """The kind of backend that answers, from one that stands for several."""


class TextDelta(msgspec.Struct, frozen=True, tag="text"):
    """More text of the message that is output item `index`; the first one opens it."""

    index: int
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


class ReasoningDelta(msgspec.Struct, frozen=True, tag="reasoning"):
    """More text of the reasoning that is output item `index`; the first one opens it."""

    index: int
    text: str


class CallStarted(msgspec.Struct, frozen=True, tag="call"):
    """Output item `index` is a call of tool `name`."""

    index: int
    call_id: str
    name: str


class CallDelta(msgspec.Struct, frozen=True, tag="arguments"):
    """More of the JSON text of the arguments of the call that is output item `index`."""

    index: int
    arguments: str


class ItemDone(msgspec.Struct, frozen=True, tag="item"):
    """Output item `index` is complete."""

    index: int
    item: Item


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """The last event: why generation ended and what it used."""

    reason: FinishReason
    usage: Usage
    confidence: Confidence | None = None
    """How sure the model is of its answer, where that was asked for."""
    stop: str = ""
    """The stop sequence that ended the answer, where one did and the backend says which."""


Event = Started | TextDelta | ReasoningDelta | CallStarted | CallDelta | ItemDone | Finished


class Compacted(msgspec.Struct, frozen=True, tag="compacted"):
    """Earlier turns were summarised, which is output item `index`. Comes from the service, never from a backend."""

    index: int
    item: Compaction


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """The service is at output item `index`, a tool of its own. What is known of the item so far comes with it.

    Comes from the service, never from a backend.
    """

    index: int
    item: HostedItem


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Output item `index`, of a tool of the service's own, is complete."""

    index: int
    item: HostedItem


ServiceEvent = Compacted | Begun | Done
"""What comes from the service between the events of a backend."""


class Output(msgspec.Struct, frozen=True):
    """A finished generation: the fold of its events."""

    model: str
    items: tuple[Item, ...]
    reason: FinishReason
    usage: Usage
    logprobs: tuple[TokenLogprob, ...] = ()
    stop: str = ""
    """The stop sequence that ended it, where that is known."""


async def fold(events: AsyncIterator[Event]) -> Output:
    """Consume a whole stream and return its output; errors of the stream pass through."""
    model = ""
    items: list[Item] = []
    logprobs: list[TokenLogprob] = []
    async for event in events:
        match event:
            case Started():
                model = event.model
            case TextDelta():
                logprobs.extend(event.logprobs)
            case ItemDone():
                items.append(event.item)
            case Finished():
                return Output(model, tuple(items), event.reason, event.usage, tuple(logprobs), event.stop)
            case _:
                pass
    raise RuntimeError("the event stream ended without Finished")
