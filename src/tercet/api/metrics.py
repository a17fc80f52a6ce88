"""Counts of what the doors served, as Prometheus reads them. One process, one event loop: no locks."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import get_args

from tercet.api.exchange import Exchange
from tercet.clock import monotonic_s
from tercet.telemetry.base import Loss
from tercet.telemetry.tracer import Tracer

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
CLIENT_GONE = 499
_WAITED_FOR = ("chat", "responses", "completions", "embeddings", "messages", "gemini")
"""The doors behind which a client waits for a model."""


class Metrics:
    """Counters and one latency histogram; labels hold only names from the configuration, never clients' text."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._tokens: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._in_flight: defaultdict[str, int] = defaultdict(int)
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(_BUCKETS_S) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def begin(self, exchange: Exchange) -> None:
        """Count a request as in flight."""
        self._in_flight[exchange.door] += 1

    def end(self, exchange: Exchange) -> None:
        """Count a request as answered, or as given up by its client (`CLIENT_GONE`)."""
        door = exchange.door
        tier = exchange.receipt.tier if exchange.receipt else ""
        self._in_flight[door] -= 1
        self._requests[door, tier, exchange.status] += 1
        taken_s = monotonic_s() - exchange.began_s
        self._buckets[door][bisect_left(_BUCKETS_S, taken_s)] += 1
        self._seconds[door] += taken_s
        if usage := exchange.usage:
            self._tokens[door, tier, "input"] += usage.input_tokens
            self._tokens[door, tier, "cached"] += usage.cached_tokens
            self._tokens[door, tier, "output"] += usage.output_tokens

    def num_waiting(self) -> int:
        """Return how many clients wait for a model at this moment."""
        return sum(self._in_flight[door] for door in _WAITED_FOR)

    def exposition(self, tracer: Tracer | None = None) -> bytes:
        """Return everything in the Prometheus text format, with what became of the spans of `tracer`."""
        return "\n".join((*self._lines(), *(_span_lines(tracer) if tracer else ()), "")).encode()

    def _lines(self) -> Iterator[str]:
        yield "# HELP tercet_requests_total Requests answered; status 499 where the client hung up first."
        yield "# TYPE tercet_requests_total counter"
        for (door, tier, status), count in self._requests.items():
            yield f'tercet_requests_total{{door="{door}",tier="{tier}",status="{status}"}} {count}'
        yield "# HELP tercet_requests_in_flight Requests being answered now."
        yield "# TYPE tercet_requests_in_flight gauge"
        for door, count in self._in_flight.items():
            yield f'tercet_requests_in_flight{{door="{door}"}} {count}'
        yield "# HELP tercet_tokens_total Tokens read (input; cached are those of them from a cache) and written."
        yield "# TYPE tercet_tokens_total counter"
        for (door, tier, kind), count in self._tokens.items():
            yield f'tercet_tokens_total{{door="{door}",tier="{tier}",kind="{kind}"}} {count}'
        yield "# HELP tercet_request_duration_seconds Time from a request's head to the end of its answer."
        yield "# TYPE tercet_request_duration_seconds histogram"
        for door, counts in self._buckets.items():
            yield from self._histogram(door, counts)

    def _histogram(self, door: str, counts: list[int]) -> Iterator[str]:
        name = "tercet_request_duration_seconds"
        total = 0
        for bound, count in zip((*map(str, _BUCKETS_S), "+Inf"), counts, strict=True):
            total += count
            yield f'{name}_bucket{{door="{door}",le="{bound}"}} {total}'
        yield f'{name}_sum{{door="{door}"}} {self._seconds[door]:.6f}'
        yield f'{name}_count{{door="{door}"}} {total}'


def _span_lines(tracer: Tracer) -> Iterator[str]:
    sink = tracer.sink
    yield "# HELP tercet_spans_exported_total Spans that the collector of traces has taken."
    yield "# TYPE tercet_spans_exported_total counter"
    yield f"tercet_spans_exported_total {sink.num_exported}"
    yield "# HELP tercet_spans_dropped_total Spans that it was not sent or did not take."
    yield "# TYPE tercet_spans_dropped_total counter"
    for reason in get_args(Loss):
        yield f'tercet_spans_dropped_total{{reason="{reason}"}} {sink.num_dropped[reason]}'
