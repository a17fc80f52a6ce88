"""What follows from a model's output: run its calls, ask it once more, or end. Pure decisions on values.

It knows nothing of how models are asked or tools are run.
"""

import re

import msgspec

from tercet.agents.steps import FailureCode
from tercet.events import Output
from tercet.items import Message, ToolCall

_DECLINES = re.compile(
    r"\b(can't|cannot|can ?not|(am|I'm) (not able|unable)|unable to|no (offered )?(tool|function)|none of"
    r"|(don't|do not) have (a|any|the) (tool|function|way)|that I don't have)\b",
    re.IGNORECASE,
)


class RunCalls(msgspec.Struct, frozen=True):
    """Run these calls, give the results to the model and ask again."""

    calls: tuple[ToolCall, ...]


class AskForAnswer(msgspec.Struct, frozen=True):
    """The output repeats itself: drop it and ask once more, without tools."""


class Finish(msgspec.Struct, frozen=True):
    """The run is done: this is the answer."""

    text: str


class GiveUp(msgspec.Struct, frozen=True):
    """The run cannot be finished."""

    code: FailureCode
    message: str
    text: str = ""


Next = RunCalls | AskForAnswer | Finish | GiveUp


def call_key(call: ToolCall) -> tuple[str, str]:
    """Return what makes two calls the same: the tool and the arguments, whatever their spacing and order."""
    try:
        arguments = msgspec.json.encode(msgspec.json.decode(call.arguments), order="deterministic").decode()
    except (msgspec.DecodeError, RecursionError):
        arguments = call.arguments
    return call.name, arguments


def decide(output: Output, *, made: frozenset[tuple[str, str]], may_call: bool, is_dialogue: bool = False) -> Next:
    """Decide what follows `output`, given the keys of the calls `made` before and whether calls were allowed.

    In a dialogue somebody is there to read the text, so that questions and refusals are answers too.
    """
    text = text_of(output)
    calls = tuple(item for item in output.items if isinstance(item, ToolCall))
    if output.reason == "length":
        return GiveUp("cut_off", "the model's output reached its token limit before it was complete", text)
    if calls and not may_call:
        return GiveUp("stuck", "the model keeps making calls that it has already had the results of", text)
    if calls:
        return AskForAnswer() if made.issuperset(call_key(call) for call in calls) else RunCalls(calls)
    return _judge(text, takes_any=bool(made) or is_dialogue)


def _judge(text: str, *, takes_any: bool) -> Next:
    """Tell an answer from a text that is none, by its words; after tool results every text counts as an answer."""
    if not text.strip():
        return GiveUp("no_answer", "the model ended without an answer")
    if not takes_any and _DECLINES.search(text):
        return GiveUp("declined", "the model says that it cannot do this", text)
    if not takes_any and text.rstrip().endswith("?"):
        return GiveUp("asks_back", "the model asks for more before it does anything", text)
    return Finish(text)


def text_of(output: Output) -> str:
    """Return the assistant's text of an output."""
    messages = (item.text for item in output.items if isinstance(item, Message) and item.role == "assistant")
    return "\n".join(message for message in messages if message)
