"""Where spans go: one Protocol, so that nothing that makes spans loads what sends them."""

from collections import Counter
from typing import Literal, Protocol

from tercet.telemetry.spans import Span

Loss = Literal["queue_full", "unreachable", "refused", "closing"]
"""Why spans were dropped: more than can be queued, no answer after all tries, refused by the collector, shut down."""


class Sink(Protocol):
    """Takes spans that have ended. Taking one waits for nothing and never fails."""

    num_exported: int
    num_dropped: Counter[Loss]

    def add(self, span: Span) -> None:
        """Take a span."""

    async def start(self) -> None:
        """Begin to pass spans on."""

    async def close(self) -> None:
        """Pass on what is left, within a few seconds; idempotent."""
