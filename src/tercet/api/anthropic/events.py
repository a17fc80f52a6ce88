"""From events to the stream of the Messages API: blocks that open, grow and close one after the other."""

from collections.abc import Iterator

from tercet.api.anthropic import out
from tercet.api.anthropic.answer import Ending, Heading, check_input, thinking_block, thinking_text, usage_out
from tercet.errors import OutputInvalid
from tercet.events import CallDelta, CallStarted, Event, Finished, ItemDone, ReasoningDelta, Started, TextDelta
from tercet.items import Message, Reasoning, ToolCall
from tercet.usage import Usage


class MessageStream:
    """Turns the events of one answer into the protocol's. What an item holds beyond its deltas is sent at its end."""

    def __init__(self, heading: Heading, *, shows_thinking: bool) -> None:
        self._heading = heading
        self._shows_thinking = shows_thinking
        self._ending = Ending()
        self._is_begun = False
        self._is_open = False
        self._num_blocks = 0
        self._sent = 0
        """Characters of the block under way that went out as deltas."""
        self._broken: OutputInvalid | None = None
        self.usage: Usage | None = None
        """What the answer used, once it has ended."""

    def events(self, event: Event) -> Iterator[out.StreamEvent]:
        """Yield what `event` gives rise to. Raises `OutputInvalid` at the end of an answer with an unreadable call."""
        match event:
            case Started():
                return
            case Finished():
                yield from self._begin()
                yield from self._end(event)
                return
            case ReasoningDelta() if not self._shows_thinking:
                return
            case _:
                yield from self._begin()
        match event:
            case TextDelta(text=text):
                yield from self._grow(out.TextOut(""), out.TextDeltaOut(text), len(text))
            case ReasoningDelta(text=text):
                yield from self._grow(out.ThinkingOut("", ""), out.ThinkingDeltaOut(text), len(text))
            case CallStarted():
                yield from self._open(out.ToolUseOut(event.call_id, event.name, {}))
            case CallDelta(arguments=text):
                yield self._delta(out.InputDeltaOut(text), len(text))
            case ItemDone():
                yield from self._complete(event)

    def _begin(self) -> Iterator[out.StreamEvent]:
        if self._is_begun:
            return
        self._is_begun = True
        heading = self._heading
        yield out.MessageStart(out.MessageOut(heading.id, heading.model, [], usage_out(Usage(), is_final=True)))
        yield out.Ping()

    def _grow(self, block: out.BlockOut, delta: out.DeltaOut, size: int) -> Iterator[out.StreamEvent]:
        if size:
            yield from self._open(block)
            yield self._delta(delta, size)

    def _open(self, block: out.BlockOut) -> Iterator[out.StreamEvent]:
        if not self._is_open:
            self._is_open = True
            yield out.BlockStart(self._num_blocks, block)

    def _delta(self, delta: out.DeltaOut, size: int) -> out.BlockDelta:
        self._sent += size
        return out.BlockDelta(self._num_blocks, delta)

    def _close(self) -> Iterator[out.StreamEvent]:
        self._sent = 0
        if self._is_open:
            self._is_open = False
            yield out.BlockStop(self._num_blocks)
            self._num_blocks += 1

    def _complete(self, event: ItemDone) -> Iterator[out.StreamEvent]:
        item = event.item
        self._ending.see(item)
        match item:
            case Message():
                rest = item.text[self._sent :]
                yield from self._grow(out.TextOut(""), out.TextDeltaOut(rest), len(rest))
            case ToolCall():
                yield from self._open(out.ToolUseOut(item.call_id, item.name, {}))
                rest = item.arguments[self._sent :]
                if rest:
                    yield self._delta(out.InputDeltaOut(rest), len(rest))
                self._check(item)
            case Reasoning():
                yield from self._complete_thoughts(item)
            case other:
                raise TypeError(f"a model cannot produce {type(other).__name__}")
        yield from self._close()

    def _complete_thoughts(self, item: Reasoning) -> Iterator[out.StreamEvent]:
        match thinking_block(item, shows_thinking=self._shows_thinking):
            case out.RedactedThinkingOut() as redacted:
                yield from self._open(redacted)
            case out.ThinkingOut(signature=signature):
                rest = thinking_text(item)[self._sent :] if self._shows_thinking else ""
                yield from self._open(out.ThinkingOut("", ""))
                if rest:
                    yield self._delta(out.ThinkingDeltaOut(rest), len(rest))
                if signature:
                    yield self._delta(out.SignatureDeltaOut(signature), 0)
            case None:
                pass

    def _check(self, call: ToolCall) -> None:
        """Remember a call that no client could read: an error, unless the token limit turns out to have cut it off."""
        try:
            check_input(call)
        except OutputInvalid as error:
            self._broken = error

    def _end(self, event: Finished) -> Iterator[out.StreamEvent]:
        self.usage = event.usage
        if self._broken is not None and event.reason != "length":
            raise self._broken
        delta = out.EndDelta(self._ending.reason(event.reason, event.stop), self._ending.details(), event.stop or None)
        yield out.MessageDelta(delta, usage_out(event.usage))
        yield out.MessageStop()
