"""The server-sent events of a streamed response, complete and in order, from what the service yields.

For every output item: added, its parts each added, given in deltas and done, then the item done. What an item holds
beyond its deltas is sent at its end, so that the deltas of a part always add up to the part.
"""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec

from tercet.api.openai import responses_out as out
from tercet.api.openai.logprobs import logprobs_out
from tercet.api.openai.namespaces import parts_of
from tercet.api.openai.responses_hosted import announced, ended, hosted_out
from tercet.api.openai.responses_render import included, item_out, output_parts, response_out
from tercet.api.openai.responses_wire import LOGPROBS
from tercet.errors import TercetError
from tercet.events import (
    Begun,
    CallDelta,
    CallStarted,
    Compacted,
    Done,
    Finished,
    ItemDone,
    ReasoningDelta,
    TextDelta,
    TokenLogprob,
)
from tercet.ids import item_id
from tercet.items import Item, McpCall, Message, Reasoning, ToolCall
from tercet.records import ResponseRecord
from tercet.service.fold import with_id
from tercet.service.responses import Step

StreamEvent = dict[str, Any]
_WITHOUT_STATUS = (out.ReasoningOut, out.CompactionOut, *get_args(out.HostedOut))


class ResponseEvents:
    """Turns the steps of one response into events, numbered from 0."""

    def __init__(self) -> None:
        self._next_number = 0
        self._response_id = ""
        self._has_logprobs = False
        self._include: frozenset[str] = frozenset()
        self._item: _OpenItem | None = None
        self._finished: out.ItemOut | None = None
        """The last item, complete but for its status, which depends on what comes next."""
        self._num_done = 0

    def events(self, step: Step) -> Iterator[StreamEvent]:
        """Yield the events that the service's next step gives rise to."""
        if self._finished is not None:
            yield self._item_done(self._finished, step)
        match step:
            case ResponseRecord(status="queued" | "in_progress"):
                yield from self._begin(step)
            case ResponseRecord():
                yield self._event(f"response.{step.status}", response=response_out(step))
            case TextDelta():
                yield from self._text(step)
            case ReasoningDelta():
                yield from self._thought(step)
            case CallStarted():
                call = ToolCall(step.call_id, step.name, "", self._id(step.index, "tool_call"))
                yield from self._open(step.index, call)
            case CallDelta():
                yield self._delta("response.function_call_arguments.delta", step.arguments)
            case ItemDone():
                yield from self._finish(step.index, step.item)
            case Begun():
                yield from self._begin_hosted(step)
            case Done():
                yield from self._finish_hosted(step)
            case Compacted():
                item = item_out(msgspec.structs.replace(step.item, id=self._id(step.index, "compaction")))
                yield self._event("response.output_item.added", output_index=step.index, item=item)
                self._finished = item
            case _:
                pass

    def broken(self, error: TercetError) -> StreamEvent:
        """Return the event that ends a stream which cannot end in a record."""
        details = {"code": error.code, "message": error.message, "param": error.param}
        return self._event("error", **details, error={"type": "server_error", **details})

    def _begin(self, record: ResponseRecord) -> Iterator[StreamEvent]:
        """Yield the events of a response that was accepted, or that is being made."""
        if not self._response_id:
            self._response_id = record.id
            self._include = included(record)
            self._has_logprobs = LOGPROBS in self._include
            yield self._event("response.created", response=response_out(record))
        yield self._event(f"response.{record.status}", response=response_out(record))

    # ---- tools that are run here ---------------------------------------------------------------------------------

    def _begin_hosted(self, step: Begun) -> Iterator[StreamEvent]:
        item = with_id(step.item, self._response_id, step.index)
        shown, states = announced(item)
        yield self._event("response.output_item.added", output_index=step.index, item=shown)
        where = {"output_index": step.index, "item_id": item.id}
        for state in states:
            yield self._event(f"response.{state}", **where)
        if isinstance(item, McpCall):
            yield self._event("response.mcp_call_arguments.delta", **where, delta=item.arguments)
            yield self._event("response.mcp_call_arguments.done", **where, arguments=item.arguments)

    def _finish_hosted(self, step: Done) -> Iterator[StreamEvent]:
        item = with_id(step.item, self._response_id, step.index)
        if (state := ended(item)) is not None:
            yield self._event(f"response.{state}", output_index=step.index, item_id=item.id)
        self._finished = hosted_out(item, self._include)

    # ---- parts under way -----------------------------------------------------------------------------------------

    def _text(self, event: TextDelta) -> Iterator[StreamEvent]:
        if self._item is None:
            message = Message("assistant", (), self._id(event.index, "message"))
            yield from self._open(event.index, message)
            yield self._part("added", 0, out.OutputTextOut(""))
        if self._has_logprobs:
            self._current.logprobs += event.logprobs
        yield self._text_delta(event.text, event.logprobs)

    def _thought(self, event: ReasoningDelta) -> Iterator[StreamEvent]:
        if self._item is None:
            yield from self._open(event.index, Reasoning(id=self._id(event.index, "reasoning")))
            yield self._part("added", 0, out.ReasoningTextOut(""))
        yield self._delta("response.reasoning_text.delta", event.text, content_index=0)

    def _finish(self, index: int, item: Item) -> Iterator[StreamEvent]:
        item = msgspec.structs.replace(item, id=self._id(index, str(item.__struct_config__.tag)))
        is_streamed = self._item is not None
        if not is_streamed:
            yield from self._open(index, _emptied(item))
        match item:
            case Message():
                yield from self._finish_message(item, is_streamed)
            case ToolCall():
                if rest := item.arguments[self._current.num_sent :]:
                    yield self._delta("response.function_call_arguments.delta", rest)
                done = {"name": parts_of(item.name)[1], "arguments": item.arguments}
                yield self._about_item("response.function_call_arguments.done", **done)
            case Reasoning():
                yield from self._finish_reasoning(item, is_streamed)
            case _:
                raise TypeError(f"a model cannot produce {type(item).__name__}")
        self._finished = item_out(item, logprobs=self._current.logprobs)
        self._item = None

    def _item_done(self, item: out.ItemOut, step: Step) -> StreamEvent:
        """Return the event that ends an item: cut off if generation ended for another reason than being done."""
        if isinstance(step, Finished) and step.reason != "stop" and not isinstance(item, _WITHOUT_STATUS):
            item = msgspec.structs.replace(item, status="incomplete")
        self._finished = None
        self._num_done += 1
        return self._event("response.output_item.done", output_index=self._num_done - 1, item=item)

    def _finish_message(self, message: Message, is_streamed: bool) -> Iterator[StreamEvent]:
        for index, part in enumerate(output_parts(message, self._current.logprobs)):
            is_new = index > 0 or not is_streamed
            match part:
                case out.OutputTextOut():
                    if is_new:
                        yield self._part("added", index, out.OutputTextOut(""))
                    if rest := part.text[self._current.num_sent :]:
                        yield self._text_delta(rest, ())
                    for number, citation in enumerate(part.annotations):
                        about = {"annotation_index": number, "annotation": citation}
                        name = "response.output_text.annotation.added"
                        yield self._about_item(name, content_index=index, **about)
                    done = {"text": part.text, "logprobs": part.logprobs}
                    yield self._about_item("response.output_text.done", content_index=index, **done)
                case out.RefusalOut():
                    yield self._part("added", index, out.RefusalOut(""))
                    yield self._delta("response.refusal.delta", part.refusal, content_index=index)
                    yield self._about_item("response.refusal.done", content_index=index, refusal=part.refusal)
                case _:
                    raise TypeError(f"an assistant's message cannot hold {type(part).__name__}")
            yield self._part("done", index, part)

    def _finish_reasoning(self, item: Reasoning, is_streamed: bool) -> Iterator[StreamEvent]:
        if item.text:
            if not is_streamed:
                yield self._part("added", 0, out.ReasoningTextOut(""))
            if rest := item.text[self._current.num_sent :]:
                yield self._delta("response.reasoning_text.delta", rest, content_index=0)
            yield self._about_item("response.reasoning_text.done", content_index=0, text=item.text)
            yield self._part("done", 0, out.ReasoningTextOut(item.text))
        for index, text in enumerate(item.summary):
            where = {"summary_index": index}
            yield self._about_item("response.reasoning_summary_part.added", **where, part=out.SummaryTextOut(""))
            yield self._about_item("response.reasoning_summary_text.delta", **where, delta=text)
            yield self._about_item("response.reasoning_summary_text.done", **where, text=text)
            yield self._about_item("response.reasoning_summary_part.done", **where, part=out.SummaryTextOut(text))

    # ---- building blocks -----------------------------------------------------------------------------------------

    def _open(self, index: int, item: Item) -> Iterator[StreamEvent]:
        self._item = _OpenItem(index, item.id)
        added = item_out(item, "in_progress")
        yield self._event("response.output_item.added", output_index=index, item=added)

    def _text_delta(self, text: str, logprobs: tuple[TokenLogprob, ...]) -> StreamEvent:
        shown = logprobs_out(logprobs) if self._has_logprobs else []
        return self._delta("response.output_text.delta", text, content_index=0, logprobs=shown)

    def _delta(self, name: str, delta: str, /, **fields: Any) -> StreamEvent:
        self._current.num_sent += len(delta)
        return self._about_item(name, delta=delta, **fields)

    def _part(self, what: str, index: int, part: object) -> StreamEvent:
        return self._about_item(f"response.content_part.{what}", content_index=index, part=part)

    def _about_item(self, name: str, /, **fields: Any) -> StreamEvent:
        return self._event(name, item_id=self._current.id, output_index=self._current.index, **fields)

    def _event(self, name: str, /, **fields: Any) -> StreamEvent:
        number = self._next_number
        self._next_number += 1
        return {"type": name, "sequence_number": number, **fields}

    def _id(self, index: int, kind: str) -> str:
        return item_id(self._response_id, index, kind)

    @property
    def _current(self) -> "_OpenItem":
        if self._item is None:
            raise RuntimeError("a delta came outside of an item")
        return self._item


class _OpenItem:
    """The output item under way. Items do not interleave."""

    __slots__ = ("id", "index", "logprobs", "num_sent")

    def __init__(self, index: int, item_id: str) -> None:
        self.index = index
        self.id = item_id
        self.num_sent = 0
        """Characters of its first part that went out as deltas."""
        self.logprobs: tuple[TokenLogprob, ...] = ()


def _emptied(item: Item) -> Item:
    """Return the item as it is announced before anything of it was sent."""
    match item:
        case Message():
            return msgspec.structs.replace(item, content=())
        case ToolCall():
            return msgspec.structs.replace(item, arguments="")
        case Reasoning():
            return Reasoning(id=item.id)
        case _:
            return item
