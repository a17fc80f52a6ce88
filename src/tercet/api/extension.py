"""The `tercet` field of requests and answers: what Tercet adds to the vendors' protocols, the same at every door."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tercet.api.wire import Wire
from tercet.confidence import Confidence
from tercet.grounding import Grounding
from tercet.records import Fitting, Receipt

GroundingMode = Literal["off", "report", "strict"]


class TercetOptions(Wire):
    """What a request may ask for."""

    grounding: GroundingMode = "off"
    """`strict`: every argument of a call must come from the conversation. `report`: the answer says where each came
    from. `off`: only parameters marked `x-grounded` are held to it."""
    confidence: bool = False
    """Whether the answer says how sure the model is of it; refused where the tier's model cannot tell."""


class FittingOut(msgspec.Struct, frozen=True):
    """What was done to the input so that it fits, in tokens of the tier's model."""

    method: Literal["truncated", "compacted"]
    items: int
    """How many items the model was not shown as they were."""
    tokens_before: int
    tokens_after: int


class TercetOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an answer says of its making."""

    tier: str = ""
    model: str = ""
    backend: str = ""
    cost_usd: float = 0.0
    """At the tier's prices, every attempt included."""
    validated: int = 0
    """Tool calls and structured outputs that were checked against their schema."""
    mended: tuple[str, ...] = ()
    """What made the answer valid, in order: `extracted`, `trimmed`, `repaired`, `escalated`."""
    grounding: dict[str, tuple[Grounding, ...]] = {}
    """By call: where each grounded argument came from. Items are counted as the Responses API counts input items."""
    confidence: Confidence | None = None
    """How sure the model is: that it should call or not, of each tool, of each argument."""
    context: tuple[FittingOut, ...] = ()
    """What was done to the input so that it fits."""


def grounding_of(options: TercetOptions | None) -> GroundingMode:
    """Return what a request asks for."""
    return "off" if options is None else options.grounding


def wants_confidence(options: TercetOptions | None) -> bool:
    """Return whether a request asks how sure the model is."""
    return options is not None and options.confidence


def tercet_out(receipt: Receipt, fittings: Sequence[Fitting] = ()) -> TercetOut:
    """Return what the answer says of its making."""
    return TercetOut(
        tier=receipt.tier,
        model=receipt.model,
        backend=receipt.backend,
        cost_usd=round(receipt.cost_usd, 9),
        validated=receipt.validated,
        mended=receipt.mended,
        grounding=receipt.groundings,
        confidence=receipt.confidence,
        context=tuple(
            FittingOut(note.method, note.num_items, note.tokens_before, note.tokens_after) for note in fittings
        ),
    )
