"""What an agent's run tells of itself: one event per thing that happened, in order, and the sums at its end.

A run is: `ModelAsked`, `ModelReplied`, then either a `CallMade` for each call and a `ResultCame` for each result as
it arrives, and again from the start; or the end, `Answered` or `Failed`. Calls that somebody else has to act on are
told in `ActionsNeeded`; when nothing else is left to do, the run is `Paused`.
"""

from typing import Literal

import msgspec

from tercet.agents.gate import Hold
from tercet.events import FinishReason
from tercet.items import ToolCall
from tercet.records import Receipt
from tercet.usage import Usage

FailureCode = Literal[
    "model_error",  # the model service failed; the message is its error
    "no_answer",  # the model ended without a text
    "declined",  # the model said that it cannot do the task
    "asks_back",  # the model wants to know more before it does anything
    "cut_off",  # the output ended at the token limit
    "stuck",  # the model kept making the same calls, or none that succeed
    "max_steps",
    "time_limit",
]


class Totals(msgspec.Struct, frozen=True):
    """What a run has used so far."""

    num_model_calls: int = 0
    num_tool_calls: int = 0
    usage: Usage = Usage()
    cost_usd: float = 0.0
    duration_ms: float = 0.0
    tiers: tuple[str, ...] = ()
    """The tiers that answered, each once, in the order of their first answer."""
    models: tuple[str, ...] = ()


class ModelAsked(msgspec.Struct, frozen=True, tag="model_asked"):
    """The model is being asked for step `step`, counted from 1, with `num_tools` tools to choose from."""

    step: int
    num_tools: int


class ModelReplied(msgspec.Struct, frozen=True, tag="model_replied"):
    """The model's output of one step: its text, which may be empty, and how many calls it makes."""

    step: int
    text: str
    reasoning: str
    num_calls: int
    reason: FinishReason
    usage: Usage
    receipt: Receipt


class CallMade(msgspec.Struct, frozen=True, tag="call_made"):
    """The model called a tool; the tool runs now."""

    step: int
    call: ToolCall


class ResultCame(msgspec.Struct, frozen=True, tag="result_came"):
    """A tool's result as the model will read it; of parallel calls, in the order of their completion."""

    step: int
    call_id: str
    name: str
    content: str
    """JSON text; `{"error": message}` when `is_error`."""
    is_error: bool
    duration_ms: float


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """The end of a run: the model's answer, in its own words."""

    text: str
    totals: Totals


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The end of a run without an answer; `text` is what the model said last, if anything."""

    code: FailureCode
    message: str
    totals: Totals
    text: str = ""
    error_code: str = ""
    """Of a `model_error`: the code of the model service's error."""


class ActionsNeeded(msgspec.Struct, frozen=True, tag="actions_needed"):
    """These calls wait for the client, for a person, or for what a tool waits for."""

    step: int
    holds: tuple[Hold, ...]


class Paused(msgspec.Struct, frozen=True, tag="paused"):
    """Nothing can be done before somebody has acted; the run goes on from here then."""

    step: int


class Shortening(msgspec.Struct, frozen=True, tag="shortening"):
    """Earlier turns are being summarised, since the conversation has grown to `tokens`."""

    step: int
    tokens: int


class Shortened(msgspec.Struct, frozen=True, tag="shortened"):
    """A summary stands for the items before number `place` now; an empty one: they stay as they were."""

    step: int
    place: int
    summary: str
    usage: Usage
    receipt: Receipt


Step = (
    ModelAsked
    | ModelReplied
    | CallMade
    | ResultCame
    | ActionsNeeded
    | Paused
    | Shortening
    | Shortened
    | Answered
    | Failed
)
End = Answered | Failed
