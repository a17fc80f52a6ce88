"""Makes spans and hands those that are sampled on. A trace that a client began is taken up as it is."""

import random
import time

from tercet.telemetry.base import Sink
from tercet.telemetry.spans import CURRENT, Kind, Span, SpanContext, Value

_ids = random.SystemRandom()


class Tracer:
    """The traces of one process. Beginning and ending a span waits for nothing and never fails."""

    def __init__(self, sink: Sink, *, sample_ratio: float = 1.0, has_content: bool = False) -> None:
        """Sample `sample_ratio` of the traces that begin here; others are as their client has them.

        `has_content`: what was said, and the arguments and results of tools, may be exported too.
        """
        self.sink = sink
        self.has_content = has_content
        self._sampled_below = int(sample_ratio * (1 << 64))

    async def start(self) -> None:
        """Begin to export."""
        await self.sink.start()

    async def close(self) -> None:
        """Export what is left, within a few seconds."""
        await self.sink.close()

    def begin(self, name: str, kind: Kind, attributes: dict[str, Value], parent: SpanContext | None = None) -> Span:
        """Begin a span within `parent`, by default within the current one, or else a trace."""
        within = parent or CURRENT.get()
        if within is None:
            trace_id = _ids.getrandbits(128) or 1
            is_sampled = trace_id & (1 << 64) - 1 < self._sampled_below
            within = SpanContext(trace_id.to_bytes(16), b"", is_sampled)
        span_id = (_ids.getrandbits(64) or 1).to_bytes(8)
        context = SpanContext(within.trace_id, span_id, within.is_sampled, within.trace_state)
        return Span(context, name, kind, time.time_ns(), within.span_id, attributes=attributes)

    def end(self, span: Span) -> None:
        """End a span."""
        span.ended_ns = time.time_ns()
        self.keep(span)

    def keep(self, span: Span) -> None:
        """Export a span that has ended, if its trace is sampled. Its message may quote what was said."""
        if not span.context.is_sampled:
            return
        if not self.has_content:
            span.message = ""
        self.sink.add(span)

    def is_chosen(self, trace_id: bytes) -> bool:
        """Whether a trace that begins here under this id is sampled: the same in every process."""
        return int.from_bytes(trace_id[8:]) < self._sampled_below
