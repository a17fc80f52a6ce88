"""Doubts in calls of a small model: arguments that repeat another's words or that nobody said, and what then to try.

A small model that has nothing for an argument repeats another's words or makes some up: of the development sets' calls
that do, one in seventy is right (docs/adr/0008). What was said once stays where its draft is likeliest. The other
argument takes other words of the request; where a call needs it and nothing speaks of it, another tool is called, or a
question is asked.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from tercet.backends.embedded.conversation import asked
from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.narrowing import SURE
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.held import Held
from tercet.backends.embedded.hints import REWORDED, Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.items import JsonSchema, Message, ModelRequest, ToolCall, ToolDefinition, ToolResult
from tercet.numerals import numbers_in
from tercet.schema import instance_violation

MAX_TRIES = 3
"""Answers to one request, the last of which is taken as it is."""
MAX_READ = 20_000
"""Characters of a conversation in which numbers are looked for."""


class Doubt(NamedTuple):
    """An argument that took another's words, or a value that nobody said."""

    name: str
    is_missing: bool
    """The call needs it, and nothing in the request is likely meant for it."""
    texts: tuple[str, ...] = ()
    """Words of the request that it may take instead; where there are none, anything."""


def held_again(request: ModelRequest, before: Held, offered: Offered, calls: Sequence[ToolCall]) -> Held | None:
    """Return what another answer to `request` is held to, given the calls of one held to `before`; None: they stand."""
    if any(_is_same(call, name, arguments) for call in calls for name, arguments in before.made):
        return Held(msgspec.structs.replace(before.request, tools=()))
    if not before.is_held:
        return None
    if len(calls) > 1 and len({(call.name, call.arguments) for call in calls}) == 1:
        alone = msgspec.structs.replace(before.request, parallel_tool_calls=False)
        return before._replace(request=alone, plan=())
    said, context = asked(request.items)[-1], _conversation(request)
    found = [list(doubts(offered, said, context, call)) for call in calls]
    if not any(found):
        return None
    if before.plan and len(before.plan) == len(calls):
        pairs = zip(before.plan, found, strict=True)
        return before._replace(plan=tuple(_without(tool, these) if these else tool for tool, these in pairs))
    tools = before.request.tools
    if len(calls) == 1 and request.tool_choice.mode == "auto" and any(doubt.is_missing for doubt in found[0]):
        kept = tuple(tool for tool in tools if tool.name != calls[0].name)
    else:
        by_name = {call.name: these for call, these in zip(calls, found, strict=True) if these}
        kept = tuple(_without(tool, by_name[tool.name]) if tool.name in by_name else tool for tool in tools)
    if kept == tools:
        return None
    return before._replace(request=msgspec.structs.replace(before.request, tools=kept, tool_choice=request.tool_choice))


def _is_same(call: ToolCall, name: str, arguments: str) -> bool:
    """Say whether a call is one that was made, with the same arguments."""
    try:
        return call.name == name and msgspec.json.decode(call.arguments) == msgspec.json.decode(arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        return False


def _conversation(request: ModelRequest) -> str:
    """Return all that anybody said and all that tools returned, in lower case."""
    return "\n".join(item.text for item in request.items if isinstance(item, Message | ToolResult)).lower()


def doubts(offered: Offered, request: Spoken, context: str, call: ToolCall) -> Iterator[Doubt]:
    """Yield the arguments of `call` that its request and `context`, all that was said, do not speak of."""
    known = {each.name: each for each in offered.parameters(call.name)}
    said = offered.request(request)
    arguments = msgspec.json.decode(call.arguments)
    given = _texts(arguments, known)
    for name, value in given.items():
        whole = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
        holders = [other for other, longer in given.items() if whole.search(longer)]
        if len(holders) > max(1, len(whole.findall(said.lower))):
            same = [other for other in holders if given[other] == value]
            likeliest = max(same, key=lambda one: _chance(said, known[one], value))
            is_whole = len(same) == len(holders) or _chance(said, known[name], value) >= SURE
            is_doubtful = name != likeliest or not is_whole
        else:
            is_doubtful = value not in context and _is_made_up(said, known[name], value)
        if is_doubtful:
            texts = _free(said, given)
            likely = (one.value for one in scorer.scores(said, known[name]) if one.chance >= assignment.MIN_CHANCE)
            yield Doubt(name, known[name].is_needed and not any(one in texts for one in likely), texts)
    for name, value in arguments.items():
        if name in known and name not in given and _is_unsaid(said, context, known[name], value):
            yield Doubt(name, known[name].is_needed)


def _texts(arguments: dict[str, Any], known: dict[str, Parameter]) -> dict[str, str]:
    """Return the arguments that are one text, whatever it is, in lower case."""
    return {
        name: value.lower()
        for name, value in arguments.items()
        if isinstance(value, str) and len(value) > 1 and name in known and scorer.is_open_text(known[name])
    }


def _free(said: Request, given: dict[str, str]) -> tuple[str, ...]:
    """Return the words of the request that share none with an argument."""
    taken = [each for each in said.texts if each.value.lower() in given.values()]
    whole = (each for each in said.texts if not each.is_torn)
    return tuple(each.value for each in whole if assignment.is_free(each, taken))


def _is_made_up(said: Request, parameter: Parameter, value: str) -> bool:
    """Say whether people would have said the value as it is, and a draft does not have it in another form."""
    return scorer.quotable(parameter) >= REWORDED and not _chance(said, parameter, value)


def _is_unsaid(said: Request, context: str, parameter: Parameter, value: Any) -> bool:
    """Say whether a number that the call needs is nowhere in the conversation, whatever way it is written."""
    if not parameter.is_needed or parameter.kind != "number" or parameter.choices or len(context) > MAX_READ:
        return False
    if not isinstance(value, int | float) or float(value) in {number.value for number in numbers_in(context)}:
        return False
    return _chance(said, parameter, str(value)) < assignment.MIN_CHANCE


def _chance(said: Request, parameter: Parameter, value: str) -> float:
    scored = scorer.scores(said, parameter)
    return max((one.chance for one in scored if any(str(form).lower() == value for form in one.forms)), default=0.0)


def _without(tool: ToolDefinition, doubted: Sequence[Doubt]) -> ToolDefinition:
    """Return the tool with what its arguments may take instead; as it is where that is nothing."""
    fields = dict(tool.parameters.get("properties", {}))
    for doubt in doubted:
        schema: JsonSchema = fields.get(doubt.name, {})
        allowed = [text for text in dict.fromkeys(doubt.texts) if instance_violation(schema, text) is None]
        if allowed:
            fields[doubt.name] = {"enum": allowed}
    return msgspec.structs.replace(tool, parameters={**tool.parameters, "properties": fields})
