"""Spans as values: what happened from when to when, within what, and what is known of it.

`CURRENT` is the span that the running task works for. Names of attributes are OpenTelemetry's semantic conventions;
what they have no name for begins with `tercet.`.
"""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Literal

import msgspec

Kind = Literal["internal", "server", "client"]
Status = Literal["unset", "ok", "error"]
Value = str | bool | int | float | Sequence[str]

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


class SpanContext(msgspec.Struct, frozen=True):
    """A span's place: 16 bytes that name its trace, 8 that name it. One that is not sampled is not exported."""

    trace_id: bytes
    span_id: bytes
    is_sampled: bool = True
    trace_state: str = ""


UNTRACED = SpanContext(bytes(16), bytes(8), is_sampled=False)
"""What works for this is in no trace."""
CURRENT: ContextVar[SpanContext | None] = ContextVar("tercet_span", default=None)


class Span(msgspec.Struct):
    """Something that was done. Nanoseconds of Unix time; without `ended_ns` it has not ended."""

    context: SpanContext
    name: str
    kind: Kind
    begun_ns: int
    parent_id: bytes = b""
    """Of the span that it is part of; empty: it is the root of its trace."""
    ended_ns: int = 0
    attributes: dict[str, Value] = {}
    status: Status = "unset"
    message: str = ""
    """Of an error: what went wrong."""

    def fail(self, kind: str, message: str = "") -> None:
        """Say that it ended in an error: its kind, a name out of few, and words for people."""
        self.attributes["error.type"] = kind
        self.status, self.message = "error", message


def parse_traceparent(header: str | None, trace_state: str | None = None) -> SpanContext | None:
    """Return what a W3C `traceparent` header says; None where there is none, or one that says nothing."""
    found = _TRACEPARENT.fullmatch(header.strip()) if header else None
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    trace_id, span_id = bytes.fromhex(found[2]), bytes.fromhex(found[3])
    if not any(trace_id) or not any(span_id):
        return None
    return SpanContext(trace_id, span_id, bool(int(found[4], 16) & _SAMPLED), trace_state or "")
