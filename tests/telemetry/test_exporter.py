"""The exporter against a collector: both encodings, retries, refusals, a dead collector, shutdown; and traceparent."""

import asyncio
import math
import time
from typing import Any

import pytest

from tercet.telemetry.exporter import MAX_QUEUED, Exporter, Target
from tercet.telemetry.spans import Span, SpanContext, parse_traceparent
from tercet.telemetry.tracer import Tracer
from tests.telemetry.collector import collecting

WHO = {"service.name": "tests"}


def a_span(number: int = 1, facts: dict[str, Any] | None = None) -> Span:
    context = SpanContext(number.to_bytes(16), number.to_bytes(8), trace_state="vendor=1")
    return Span(context, "chat ünï", "client", 17, b"\1" * 8, 2**62, facts or {}, "error", "was geht \ud800")


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
async def test_every_kind_of_value_arrives_as_it_was(protocol: str, compression: str) -> None:
    facts = {
        "text": "grüße \U0001f600",
        "no": False,
        "big": 2**63 - 1,
        "negative": -3,
        "half": 0.5,
        "huge": math.inf if protocol == "http/protobuf" else 1e300,
        "list": ["a", "b"],
        "empty": [],
        "broken": "half \ud83d of one",
    }
    with collecting() as collector:
        target = Target(collector.url + "/v1/traces", protocol, {"x-key": "k"}, compression)  # type: ignore[arg-type]
        exporter = Exporter(target, WHO)
        await exporter.start()
        exporter.add(a_span(1, facts))
        await exporter.close()
        (span,) = collector.spans
        (request,) = collector.requests
    assert (request["path"], request["x-key"]) == ("/v1/traces", "k")
    assert span.facts == {**facts, "broken": "half ? of one"}
    assert (span.name, span.kind, span.trace_id, span.span_id) == ("chat ünï", "client", "0" * 31 + "1", "0" * 15 + "1")
    assert (span.parent_id, span.begun_ns, span.ended_ns) == ("01" * 8, 17, 2**62)
    assert (span.status, span.message, span.resource) == (2, "was geht ?", WHO)
    assert (exporter.num_exported, exporter.num_dropped.total()) == (1, 0)


async def test_a_collector_that_is_busy_is_asked_again_and_nothing_is_lost() -> None:
    with collecting() as collector:
        collector.statuses = [503, 429]
        exporter = Exporter(Target(collector.url), WHO)
        await exporter.start()
        exporter.add(a_span())
        await asyncio.to_thread(collector.until, bool)
        await exporter.close()
        assert len(collector.requests) == 3
    assert (exporter.num_exported, exporter.num_dropped.total()) == (1, 0)


async def test_what_a_collector_refuses_is_dropped_and_counted() -> None:
    with collecting() as collector:
        collector.statuses, collector.num_to_reject = [400], 2
        exporter = Exporter(Target(collector.url), WHO)
        await exporter.start()
        exporter.add(a_span())
        while not exporter.num_dropped:
            await asyncio.sleep(0.02)
        for number in range(1, 6):
            exporter.add(a_span(number))
        await exporter.close()
        assert len(collector.requests) == 2, "a refusal is not sent again"
    assert (exporter.num_exported, exporter.num_dropped["refused"]) == (3, 3)


async def test_a_dead_collector_costs_spans_and_no_time() -> None:
    exporter = Exporter(Target("http://127.0.0.1:9/v1/traces"), WHO)
    await exporter.start()
    began_s = time.perf_counter()
    for number in range(1, MAX_QUEUED + 101):
        exporter.add(a_span(number))
    assert time.perf_counter() - began_s < 1.0
    assert exporter.num_dropped["queue_full"] == 100
    await exporter.close()
    assert exporter.num_exported == 0
    assert exporter.num_dropped.total() == MAX_QUEUED + 100


async def test_a_collector_that_hangs_does_not_keep_the_server_from_closing() -> None:
    with collecting() as collector:
        collector.delay_s = 5.0
        exporter = Exporter(Target(collector.url), WHO)
        await exporter.start()
        exporter.add(a_span())
        began_s = time.perf_counter()
        await exporter.close()
        assert time.perf_counter() - began_s < 4.5
    assert exporter.num_dropped["closing"] == 1


async def test_a_share_of_traces_is_sampled_and_a_client_decides_for_its_own() -> None:
    exporter = Exporter(Target("http://127.0.0.1:9"), WHO)
    tracer = Tracer(exporter, sample_ratio=0.25)
    chosen = [tracer.begin("x", "server", {}).context.is_sampled for _ in range(4000)]
    assert 800 < sum(chosen) < 1200
    begun = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    left_out = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    assert all(tracer.begin("x", "server", {}, begun).context.is_sampled for _ in range(20))
    for _ in range(20):
        tracer.end(tracer.begin("x", "server", {}, left_out))
    await exporter.close()
    assert exporter.num_dropped.total() == 0, "what is not sampled is never queued"


@pytest.mark.parametrize(
    ("header", "is_read"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", True),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", False),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", False),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", False),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_traceparent_is_read_as_w3c_has_it(header: str, is_read: bool) -> None:
    assert (parse_traceparent(header) is not None) is is_read
