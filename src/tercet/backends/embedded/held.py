"""What an answer is held to: arguments to what was said and is known, JSON to the text that it is read from.

It knows what is offered and asked, and nothing of prompts or grammars.
"""

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from itertools import pairwise
from typing import NamedTuple

import msgspec

from tercet.backends.embedded.apart import SAID
from tercet.backends.embedded.conversation import asked, known, since_asked, transcript
from tercet.backends.embedded.drafts.narrowing import SURE, Draft, narrowed
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.files import next_file
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.pages import Step, next_step
from tercet.backends.embedded.reading import read_out
from tercet.backends.embedded.reckoning import expression, reckoner
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.steps import lookup, may_go_on, next_tool
from tercet.backends.embedded.telling.answers import Trust, answered
from tercet.grounding import is_marked
from tercet.items import Item, Message, ModelRequest, ToolCall, ToolChoice, ToolDefinition, ToolResult

SURELY_CALLED = 0.9
"""How likely a call is right that is read off a page or computed."""
TOLD = {Trust.SURE: 0.05, Trust.LIKELY: 0.15, Trust.MEANT: 0.25, Trust.WHOLE: 0.3}
"""How likely a call had been right where results are told, by how sure the answer is."""
ASKED = 0.4
"""How likely a call had been right where something is asked for although the tool is surely meant: what nobody was
found to have said was said all the same."""


class Called(NamedTuple):
    """How likely a call is the right answer to a request, and whether that was decided before the model is asked."""

    chance: float
    is_decided: bool
    shares: Mapping[str, float] = {}
    """By tool, how likely it is the right one of those that are offered."""
    if_asked: float | None = None
    """The chance where the answer is a question for what a call lacks instead, if it may be that."""


class Held(NamedTuple):
    """What an answer is held to."""

    request: ModelRequest
    """With tools that take nothing but drafted values where those are likely; answered by a call where the message
    clearly asks for a tool and says all that it needs; with a form of the answer that takes what the text says."""
    plan: tuple[ToolDefinition, ...] = ()
    """The calls of a message that clearly makes several requests, in order, each with its own values."""
    is_held: bool = False
    """Whether its calls may be doubted."""
    made: tuple[tuple[str, str], ...] = ()
    """Calls that are not to be made again: names and arguments."""
    missing: tuple[Parameter, ...] = ()
    """What is to be asked for, where the answer is to be that question."""
    asked: tuple[Parameter, ...] = ()
    """What the answer asks for, where it may be a call, and is none."""
    called: Called | None = None
    """How likely a call is the right answer, where that is known."""
    drafted: Mapping[str, Draft] = {}
    """By tool, what of its arguments is likely, and how likely."""


def held(request: ModelRequest, offered: Offered | None) -> Held:
    """Return what the answer to `request` is held to; `offered`: the tools, if any may be called.

    What is to be grounded is left to grounding.
    """
    last = request.items[-1] if request.items else None
    if request.grounding == "strict" or not isinstance(last, Message | ToolResult):
        return Held(request)
    if isinstance(last, Message) and last.role != "user":
        return Held(request)
    requests = asked(request.items)
    said = (requests[-1] if requests else Spoken(""))._replace(known=known(request.items))
    request = _with_answer(request, said)
    if offered is None:
        return Held(request)
    if isinstance(last, ToolResult):
        return _behind_result(request, offered, said)
    return _behind_user(request, offered, requests, said)


def _behind_result(request: ModelRequest, offered: Offered, said: Spoken) -> Held:
    """Return what the answer to a result is held to: words where results surely have what was asked for; the next call,
    if there surely is one, and what it is given; else one call at a time, and none again."""
    if request.tool_choice.mode != "auto":
        return Held(request)
    since = request.items[since_asked(request.items) :]
    now = said._replace(known=known(since))
    names = _callable(request, offered)
    tools = {name: offered.parameters(name) for name in names}
    trust = answered(now).trust
    step = next_step(now, tools) or next_file(now, tools, offered.chances(said), partial(offered.draft, now))
    if step := step or (None if trust is Trust.SURE else _computed(tools, since, now)):
        return Held(_called_with(request, step), called=Called(SURELY_CALLED, True))
    is_open = not trust or may_go_on(request.items, offered, said, names, trust)
    name = None if trust is Trust.SURE and not is_open else next_tool(request.items, offered, said, names)
    if name is None and not is_open and request.output_format.kind == "text":
        return Held(msgspec.structs.replace(request, tools=()), called=Called(TOLD[trust], True))
    if name is None:
        made = tuple((item.name, item.arguments) for item in since if isinstance(item, ToolCall))
        return Held(msgspec.structs.replace(request, parallel_tool_calls=False), made=made)
    called = msgspec.structs.replace(request, tool_choice=ToolChoice("required", (name,)), parallel_tool_calls=False)
    chance = Called(offered.chances(said)[name], True)
    draft = {name: offered.settled(said, name)}
    return Held(_with_tools(called, draft), called=chance, drafted=draft)


def _computed(tools: Mapping[str, Sequence[Parameter]], since: Sequence[Item], said: Spoken) -> Step | None:
    """Return the call that computes what is asked of the results, once; None where nothing is."""
    found = reckoner(tools)
    if found is None or any(isinstance(item, ToolCall) and item.name == found[0] for item in since):
        return None
    asked_for = expression(said)
    return Step(found[0], {found[1]: asked_for}) if asked_for else None


def _called_with(request: ModelRequest, step: Step) -> ModelRequest:
    """Return the request answered by one call with just these arguments."""
    tool = next(tool for tool in request.tools if tool.name == step.tool)
    only = {name: {"type": "string", "enum": [value]} for name, value in step.arguments.items()}
    narrow = msgspec.structs.replace(tool, parameters={**tool.parameters, "properties": only})
    choice = ToolChoice("required", (step.tool,))
    return msgspec.structs.replace(request, tools=(narrow,), tool_choice=choice, parallel_tool_calls=False)


def _behind_user(request: ModelRequest, offered: Offered, requests: Sequence[Spoken], said: Spoken) -> Held:
    """Return what the answer to a user is held to: one call where several are not clearly asked for. Later requests may
    refer to earlier ones, so they are held to drafts alone."""
    plain, all_said = requests[-1], _all_said(requests)
    if request.tool_choice.mode == "auto" and not plain.known and len(plain.turns) == 1:
        tools = {name: offered.parameters(name) for name in _callable(request, offered)}
        if tools and (step := next_file(plain, tools, offered.chances(plain), partial(offered.draft, plain))):
            return Held(_called_with(request, step), called=Called(SURELY_CALLED, True))
    drafts = offered.continued(said) if said.known else offered.drafts(plain)
    planned = offered.plan(plain) if request.parallel_tool_calls else []
    if len(requests) > 1:
        if not said.known:
            whole = transcript(request.items)
            drafts = {name: offered.lent(draft, name, whole) for name, draft in drafts.items()}
        unsaid = {name: offered.unsaid(all_said, name) for name in [*drafts, *(name for name, _ in planned)]}
        drafts = {name: draft._replace(quotes={}, unsaid=unsaid[name]) for name, draft in drafts.items()}
        planned = [(name, draft._replace(quotes={}, unsaid=unsaid[name])) for name, draft in planned]
    choice, left_out = request.tool_choice, frozenset[str]()
    if choice.mode == "auto" and not said.known:
        choice, left_out = _chosen(request, offered, requests, is_planned=bool(planned))
    elif choice.mode == "required" and not (said.known or planned):
        left_out = offered.unlikely(plain, _allowed(request))
    is_open = request.tool_choice.mode == choice.mode == "auto" and request.output_format.kind == "text"
    missing = offered.missing(plain, all_said) if is_open and not (said.known or planned) else ()
    told = {field.name for draft in drafts.values() for field in draft.fields if field.chance >= SURE}
    missing = tuple(each for each in missing if each.name not in told)
    likely = max(offered.chances(plain).values(), default=0.0)
    if missing:
        chance = Called(ASKED * likely**2, True)
        return Held(msgspec.structs.replace(request, tools=()), missing=missing, called=chance)
    kept = tuple(tool for tool in request.tools if tool.name not in left_out)
    is_parallel = request.parallel_tool_calls and bool(planned or said.known)
    allowed = msgspec.structs.replace(
        _with_tools(request, drafts, kept), tool_choice=choice, parallel_tool_calls=is_parallel
    )
    asked = offered.lacking(plain) if is_open and kept and not (said.known or planned) else ()
    asked = tuple(each for each in asked if each.name not in told)
    called = None
    if request.tool_choice.mode == "auto" and not said.known:
        shares = {} if planned else offered.shares(plain)
        if_asked = ASKED * likely**2 if asked else None
        called = Called(likely if kept else likely**0.5, choice.mode != "auto" or not kept, shares, if_asked)
    return Held(allowed, _planned(request, planned), is_held=True, asked=asked, called=called, drafted=drafts)


def _chosen(
    request: ModelRequest, offered: Offered, requests: Sequence[Spoken], *, is_planned: bool
) -> tuple[ToolChoice, frozenset[str]]:
    """Return whether a request that nothing was called for yet is surely answered by a call, and the tools that it is
    surely not answered with."""
    said, choice = requests[-1], request.tool_choice
    allowed = _allowed(request)
    if len(said.turns) > 1:
        return choice, offered.uncallable(said, allowed)
    least, names = min(offered.needed(said), default=1.0), _callable(request, offered)
    first = lookup(offered, said, names) if least < SAID and not is_planned else None
    if first and not least:
        return ToolChoice("required", (first,)), frozenset()
    if not first and offered.is_complete(said, allowed):
        unlikely = frozenset[str]() if is_planned else offered.unlikely(said, allowed)
        return ToolChoice("required", choice.names), unlikely
    if is_planned:
        return choice, offered.uncallable(said, allowed)
    if name := next_tool(request.items, offered, said, names):
        return ToolChoice("required", (name,)), frozenset()
    return choice, offered.uncallable(said, allowed)


def _callable(request: ModelRequest, offered: Offered) -> list[str]:
    """Return the tools that may go on, of those that may be called."""
    allowed = frozenset(_allowed(request))
    return [name for name in offered.followers if name in allowed]


def _allowed(request: ModelRequest) -> list[str]:
    """Return the tools that may be called."""
    return [tool.name for tool in request.offered_tools]


def _with_tools(
    request: ModelRequest, drafts: dict[str, Draft], tools: Sequence[ToolDefinition] | None = None
) -> ModelRequest:
    """Return the request with its tools, or those of them that are given, as narrow as drafts make them."""
    made = tuple(
        tool
        if is_marked(tool.parameters) or tool.name not in drafts
        else msgspec.structs.replace(tool, parameters=narrowed(tool.parameters, drafts[tool.name]))
        for tool in (request.tools if tools is None else tools)
    )
    return msgspec.structs.replace(request, tools=made)


def _with_answer(request: ModelRequest, said: Spoken) -> ModelRequest:
    """Return the request with a form of the answer that takes what is said and known."""
    form = request.output_format
    if form.kind != "json_schema" or not isinstance(form.schema, dict):
        return request
    return msgspec.structs.replace(
        request, output_format=msgspec.structs.replace(form, schema=read_out(form.name, form.schema, said))
    )


def _all_said(requests: Sequence[Spoken]) -> Spoken:
    """Return all requests of a conversation as one."""
    ended = (one for one, other in pairwise([*requests, Spoken("")]) if not other.text.startswith(one.text))
    return reduce(Spoken.followed_by, ended)


def _planned(request: ModelRequest, plan: Sequence[tuple[str, Draft]]) -> tuple[ToolDefinition, ...]:
    """Return the calls of a plan as tools; none if one of them may not be called or is to be grounded."""
    tools = {tool.name: tool for tool in request.offered_tools if not is_marked(tool.parameters)}
    if any(name not in tools for name, _ in plan):
        return ()
    return tuple(
        msgspec.structs.replace(tools[name], parameters=narrowed(tools[name].parameters, draft)) for name, draft in plan
    )
