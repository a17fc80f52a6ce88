"""Reads one answer of the engine: events, with the log probabilities of the text that they belong to."""

from typing import Any

import msgspec

from tercet.backends.embedded.assembly import Assembly
from tercet.backends.embedded.confidence import confidence
from tercet.backends.embedded.dialects.base import Dialect
from tercet.backends.embedded.pieces import Text
from tercet.backends.embedded.tasks import Task
from tercet.confidence import Calibration, Confidence
from tercet.engine import wire
from tercet.events import CallStarted, Event, ItemDone, TextDelta, TokenLogprob, TopLogprob
from tercet.items import ToolCall


class Reader:
    """Turns the engine's tokens into events, the log probabilities with the text that they belong to.

    Calls that may not stand are withheld until all are read; what was said before them can no longer be taken back.
    """

    def __init__(self, task: Task, *, may_withhold: bool) -> None:
        self._again = task.again if may_withhold else None
        self._called, self._drafted = task.called, task.drafted
        self._withheld: list[Event] = []
        self._parser = task.parser
        self._num_logprobs = task.num_logprobs
        self._assembly = Assembly()
        self._tokens: list[TokenLogprob] = []
        self._calls: list[ToolCall] = []
        self._logprobs: list[TokenLogprob] = []
        self._text_index: int | None = None

    @property
    def thoughts(self) -> str:
        return self._assembly.thoughts

    def read(self, tokens: wire.Tokens) -> list[Event]:
        """Return the events of more tokens."""
        if tokens.logprobs:
            told = [_logprob(entry) for entry in tokens.logprobs if entry["token"]]
            self._tokens += told
            if self._num_logprobs is not None:
                self._logprobs += [msgspec.structs.replace(one, top=one.top[: self._num_logprobs]) for one in told]
        return self._unless_withheld(self._events(self._parser.feed(tokens.text)))

    def finish(self) -> list[Event]:
        """Return the last events of the answer, with those that were withheld."""
        events = self._events(self._parser.finish())
        if self._logprobs and self._text_index is not None:
            events.append(TextDelta(self._text_index, "", tuple(self._logprobs)))
        return self._withheld + events + self._seen(self._assembly.finish())

    def again(self, ended: wire.Ended) -> Task | None:
        """Return the task of another try where the calls that were read, and nothing else, do not stand."""
        if self._again is None or not self._withheld or ended.reason != "stop":
            return None
        return self._again(self._calls)

    def _unless_withheld(self, events: list[Event]) -> list[Event]:
        """Keep events back from the first call on, if another try may take their place."""
        if self._withheld or (self._again and events and isinstance(events[0], CallStarted)):
            self._withheld += events
            return []
        if events:
            self._again = None
        return events

    def confidence(self, dialect: Dialect, calibration: Calibration | None) -> Confidence | None:
        """Return how sure the model is of the answer that was read."""
        mark = next(iter(dialect.visible_tokens), "")
        return confidence(self._tokens, self._calls, mark, calibration, self._called, self._drafted)

    def _events(self, pieces: list[Any]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            logprobs: tuple[TokenLogprob, ...] = ()
            if isinstance(piece, Text):
                logprobs = tuple(self._logprobs)
            self._logprobs.clear()
            events += self._seen(self._assembly.add(piece, logprobs))
            last = events[-1] if events else None
            self._text_index = last.index if isinstance(last, TextDelta) else None
        return events

    def _seen(self, events: list[Event]) -> list[Event]:
        done = (event.item for event in events if isinstance(event, ItemDone))
        self._calls += [item for item in done if isinstance(item, ToolCall)]
        return events


def _logprob(entry: dict[str, Any]) -> TokenLogprob:
    top = tuple(TopLogprob(other["token"], other["logprob"]) for other in entry.get("top_logprobs", ()))
    return TokenLogprob(entry["token"], entry["logprob"], top)
