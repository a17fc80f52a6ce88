"""Watches one attempt of one backend: what was to satisfy a schema does, or the stream ends in a `Violation`.

Where the backend constrains its decoding, deltas pass as they come and the finished item is still checked. Where it
does not, whatever is held to a schema is kept back until it has been found valid. Nothing here asks a model again.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cached_property
from typing import Literal

import msgspec

from tercet.confidence import Confidence
from tercet.errors import OutputInvalid
from tercet.events import CallStarted, Event, Finished, ItemDone, Started, TextDelta
from tercet.grounding import Grounding, Passage, groundings, is_marked, passages
from tercet.guarantees.extract import extract_json
from tercet.items import Message, ModelRequest, RefusalPart, TextPart, ToolCall, ToolDefinition
from tercet.schema import violation
from tercet.usage import Usage

Fault = Literal["call", "unknown_tool", "missing_call", "text"]


class Violation(OutputInvalid):
    """What a model did wrong: the `fault` and the tool it concerns.

    `is_exposed` says that deltas of the faulty item have reached the client, so that nothing can replace it.
    `usage` is what the attempt had used, as far as its backend told.
    """

    def __init__(self, fault: Fault, message: str, *, tool: str = "") -> None:
        super().__init__(message)
        self.fault = fault
        self.tool = tool
        self.is_exposed = False
        self.usage = Usage()


class Audit(msgspec.Struct):
    """What the guarantee saw and mended while it watched one answer; filled in as the stream is consumed."""

    validated: int = 0
    """Calls and structured outputs that were checked."""
    mended: list[str] = []
    """What was done to make the answer valid, in order: `extracted`, `trimmed`, `repaired`, `escalated`."""
    num_calls: int = 0
    """Calls that were begun and admitted."""
    groundings: dict[str, tuple[Grounding, ...]] = {}
    """Where the arguments of calls came from, by `call_id`."""
    confidence: Confidence | None = None
    """How sure the model was of the attempt that was delivered last."""


async def watch(
    events: AsyncGenerator[Event, None], request: ModelRequest, *, is_constrained: bool, audit: Audit
) -> AsyncGenerator[Event, None]:
    """Pass `events` on, holding back what could still turn out invalid.

    Raises `Violation` when a strict call, a call of a tool that was not offered, a missing call or a structured
    output breaks what the request demands; the attempt has then been read to its end, so that its usage is known.
    Calls beyond the one that `parallel_tool_calls: false` allows are left out. An output cut off by the token limit
    is passed on as incomplete where its deltas already were, and dropped where they were held.
    """
    attempt = _Attempt(request, is_constrained, audit)
    async with aclosing(events) as source:
        async for event in source:
            for ready in attempt.take(event):
                yield ready


class _Attempt:
    """One stream of one backend, and what the request demands of it."""

    def __init__(self, request: ModelRequest, is_constrained: bool, audit: Audit) -> None:
        self._request = request
        self._tools = {tool.name: tool for tool in request.offered_tools}
        self._is_constrained = is_constrained
        self._audit = audit
        self._held: list[Event] = []
        self._is_holding = False
        self._is_skipping = False
        self._fault: Violation | None = None

    @cached_property
    def _context(self) -> tuple[Passage, ...]:
        return passages(self._request)

    def take(self, event: Event) -> list[Event]:
        """Return the events that may now be passed on. Raises `Violation` at the end of a faulty attempt."""
        if isinstance(event, Finished):
            return self._finish(event)
        if self._fault is not None:
            return []
        if isinstance(event, ItemDone):
            return self._complete(event)
        if isinstance(event, CallStarted):
            self._begin_call(event)
        elif isinstance(event, TextDelta) and self._request.output_format.kind != "text":
            self._is_holding = not self._is_constrained
        if self._fault is not None or self._is_skipping:
            return []
        if self._is_holding and not isinstance(event, Started):
            self._held.append(event)
            return []
        return [event]

    def _begin_call(self, event: CallStarted) -> None:
        tool = self._tools.get(event.name)
        if tool is None:
            message = f"the model called {event.name!r}, which is not one of the tools it may call"
            self._fault = Violation("unknown_tool", message, tool=event.name)
        elif self._audit.num_calls and not self._request.parallel_tool_calls:
            self._is_skipping = True
            self._audit.mended.append("trimmed")
        else:
            self._audit.num_calls += 1
            self._is_holding = (tool.strict and not self._is_constrained) or self._is_binding(tool)

    def _complete(self, event: ItemDone) -> list[Event]:
        """End an item: release what was held of it if it is valid, and remember the fault if it is not."""
        was_holding, self._is_holding = self._is_holding, False
        if self._is_skipping:
            self._is_skipping = False
            return []
        match event.item:
            case ToolCall() as call:
                self._fault = self._check_call(call)
            case Message(role="assistant") as message:
                self._fault = self._check_text(message)
                if self._fault is not None and (mended := self._extract(event, message)):
                    return mended
            case _:
                pass
        released, self._held = [*self._held, event], []
        if self._fault is None:
            return released
        self._fault.is_exposed = not was_holding
        self._held = [] if was_holding else [event]
        return []

    def _finish(self, event: Finished) -> list[Event]:
        if self._fault is not None and event.reason == "length":
            self._fault = None
            return [*self._held, event]
        if self._fault is None and event.reason == "stop" and self._is_call_missing():
            self._fault = Violation(
                "missing_call", "the model answered without the tool call that tool_choice requires"
            )
        if self._fault is not None:
            self._fault.usage = event.usage
            self._audit.num_calls -= self._fault.fault == "call"
            raise self._fault
        return [event]

    def _is_call_missing(self) -> bool:
        return self._request.tool_choice.mode == "required" and not self._audit.num_calls

    def _check_call(self, call: ToolCall) -> Violation | None:
        tool = self._tools[call.name]
        self._audit.validated += 1
        wrong = violation(tool.parameters or {"type": "object"}, call.arguments)
        if wrong is not None and tool.strict:
            message = f"the arguments of {call.name!r} break its schema: {wrong}; they were {call.arguments[:500]}"
            return Violation("call", message, tool=call.name)
        return self._check_grounding(call, tool)

    def _is_binding(self, tool: ToolDefinition) -> bool:
        """Say whether arguments that come from nowhere are an error, so that a call is held until they are known."""
        mode = self._request.grounding
        return mode == "strict" or (mode == "off" and is_marked(tool.parameters))

    def _check_grounding(self, call: ToolCall, tool: ToolDefinition) -> Violation | None:
        """Note where the arguments came from; return what is wrong when they had to come from the conversation."""
        mode = self._request.grounding
        if mode == "off" and not is_marked(tool.parameters):
            return None
        try:
            arguments = msgspec.json.decode(call.arguments)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None  # cut off, or of a tool that is not strict and kept as it was said
        found = groundings(arguments, tool.parameters, self._context, is_all=mode != "off")
        self._audit.groundings[call.call_id] = tuple(found)
        missing = [grounding.path for grounding in found if grounding.source == "nowhere"]
        if not missing or mode == "report":
            return None
        message = (
            f"the arguments of {call.name!r} at {', '.join(missing)} do not occur in the conversation; "
            f"they were {call.arguments[:500]}"
        )
        return Violation("call", message, tool=call.name)

    def _check_text(self, message: Message) -> Violation | None:
        wanted = self._request.output_format
        if wanted.kind == "text" or any(isinstance(part, RefusalPart) for part in message.content):
            return None
        self._audit.validated += 1
        wrong = violation(wanted.demand, message.text)
        if wrong is None or not wanted.is_binding:
            return None
        name = f"the schema {wanted.name!r}" if wanted.kind == "json_schema" else "json_object"
        return Violation("text", f"the output breaks {name}: {wrong}; it was {message.text[:500]}")

    def _extract(self, event: ItemDone, message: Message) -> list[Event] | None:
        """Return the item anew when the JSON that was asked for stands inside other words, or None."""
        if self._is_constrained:
            return None
        found = extract_json(message.text, self._request.output_format.demand)
        if found is None:
            return None
        self._fault, self._held = None, []
        self._audit.mended.append("extracted")
        clean = msgspec.structs.replace(message, content=(TextPart(found),))
        return [TextDelta(event.index, found), ItemDone(event.index, clean)]
