"""Traces of a server's work, as a collector receives them, driven by the official clients."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from google import genai

from tercet.api.metrics import CLIENT_GONE
from tercet.config import load
from tercet.main import build_service
from tests.api.conftest import Dial, Server
from tests.support import write_script
from tests.telemetry.collector import Collector, Seen, collecting

ANSWER = {"text": "The answer is four.", "usage": {"input_tokens": 40, "cached_tokens": 8, "output_tokens": 5}}
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACED = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
Start = Callable[..., tuple[Server, Collector]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that serves script lines beside a collector, configured by OpenTelemetry's variables."""
    with ExitStack() as stack:

        def begin(*lines: dict[str, Any], **env: str) -> tuple[Server, Collector]:
            collector = stack.enter_context(collecting())
            write_script(tmp_path / "script.jsonl", *lines)
            file = tmp_path / "tercet.toml"
            tiers = "".join(
                f'[tiers.{tier}]\nbackend = "scripted"\nscript = "script.jsonl"\nmodel = "{tier}-script"\n'
                for tier in ("nano", "mini")
            )
            file.write_text(tiers, encoding="utf-8")
            variables = {"TERCET_HOME": str(tmp_path), "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **env}
            server = Server(build_service(load(file, variables).config))
            stack.callback(server.stop)
            return server, collector

        yield begin


def ask(server: Server, **more: Any) -> None:
    question: Any = [{"role": "user", "content": "2+2?"}]
    with server.client() as client:
        client.chat.completions.create(model="nano", messages=question, extra_headers=TRACED, **more)


def test_a_chat_is_a_span_of_its_clients_trace_with_the_models_call_inside(start: Start) -> None:
    server, collector = start(
        ANSWER, OTEL_SERVICE_NAME="front", OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test"
    )
    ask(server, temperature=0.5, max_tokens=50)
    outer, inner = collector.named("POST /v1/chat/completions", "chat nano-script")
    assert (outer.kind, outer.trace_id, outer.parent_id) == ("server", TRACE, PARENT)
    assert (inner.kind, inner.trace_id, inner.parent_id) == ("client", TRACE, outer.span_id)
    assert outer.begun_ns <= inner.begun_ns <= inner.ended_ns <= outer.ended_ns
    assert outer.facts["http.response.status_code"] == 200
    assert (outer.facts["http.route"], outer.facts["tercet.tier"]) == ("/v1/chat/completions", "nano")
    assert (inner.resource["service.name"], inner.resource["deployment.environment.name"]) == ("front", "test")
    facts = inner.facts
    assert 0 <= facts.pop("gen_ai.response.time_to_first_chunk") < 5
    assert facts == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "tercet",
        "gen_ai.request.model": "nano-script",
        "gen_ai.response.model": "nano-script",
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.output.type": "text",
        "gen_ai.usage.input_tokens": 40,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.response.finish_reasons": ["stop"],
        "tercet.tier": "nano",
        "tercet.backend": "scripted",
    }
    assert "four" not in repr(collector.spans), "what was said is not exported unasked"


def test_every_door_is_traced_streams_to_their_end(start: Start, dial: Dial) -> None:
    server, collector = start({**ANSWER, "delay_ms": 20})
    client = dial(server)
    ask(server)
    for _ in client.responses.create(model="nano", input="2+2?", stream=True):
        pass
    with anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0) as claude:
        claude.messages.create(model="nano", max_tokens=50, messages=[{"role": "user", "content": "2+2?"}])
    options: Any = {"base_url": server.url, "api_version": "v1beta"}
    with genai.Client(api_key="none", vertexai=False, http_options=options) as google:
        google.models.generate_content(model="nano", contents="2+2?")
    spans = collector.until(lambda found: sum(span.kind == "server" for span in found) == 4)
    servers = {span.facts["http.route"]: span for span in spans if span.kind == "server"}
    assert set(servers) == {
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/messages",
        "/v1beta/models/{model}:generateContent",
    }
    for outer in servers.values():
        (inner,) = [span for span in spans if span.parent_id == outer.span_id]
        assert inner.name == "chat nano-script"
        assert inner.facts["gen_ai.response.time_to_first_chunk"] > 0.015
        assert outer.ended_ns >= inner.ended_ns
    others = [span for span in servers.values() if span.facts["http.route"] != "/v1/chat/completions"]
    assert len({span.trace_id for span in others}) == 3, "without a traceparent each is a trace of its own"


def test_attempts_of_the_guarantee_are_a_span_each(start: Start, dial: Dial) -> None:
    broken = {"when": "call it", "calls": [{"name": "add", "arguments": '{"a": "x"}'}]}
    server, collector = start(broken, {"calls": [{"name": "add", "arguments": {"a": 1}}]})
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    tools: Any = [{"type": "function", "function": {"name": "add", "parameters": schema, "strict": True}}]
    dial(server).chat.completions.create(model="nano", messages=[{"role": "user", "content": "call it"}], tools=tools)
    (outer,) = collector.named("POST /v1/chat/completions")
    inner = [span for span in collector.spans if span.parent_id == outer.span_id]
    assert [span.facts["gen_ai.response.finish_reasons"] for span in inner] == [["tool_call"]] * len(inner)
    assert len(inner) == 2
    assert outer.facts["tercet.mended"] == ["repaired"]


def test_failures_and_hang_ups_say_what_they_were(start: Start, dial: Dial) -> None:
    failing = {"when": "fail", "error": {"message": "secret words broke"}}
    server, collector = start(failing, {"when": "slow", "text": "word " * 200, "delay_ms": 20}, ANSWER)
    client = dial(server)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="nano", messages=[{"role": "user", "content": "fail"}])
    (inner,) = collector.named("chat nano-script")
    (outer,) = collector.named("POST /v1/chat/completions")
    assert (inner.status, inner.facts["error.type"]) == (2, "backend_failed")
    assert (outer.status, outer.facts["error.type"]) == (2, str(outer.facts["http.response.status_code"]))
    assert "secret words" not in repr(collector.spans)
    collector.spans.clear()
    stream = client.chat.completions.create(model="nano", messages=[{"role": "user", "content": "slow"}], stream=True)
    next(iter(stream))
    stream.close()
    inner, outer = collector.named("chat nano-script", "POST /v1/chat/completions")
    assert (inner.status, inner.facts["error.type"]) == (0, "cancelled")
    assert (outer.facts["error.type"], CLIENT_GONE) == ("client_gone", 499)


def test_what_was_said_is_exported_where_that_is_switched_on(start: Start) -> None:
    server, collector = start(ANSWER, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true")
    ask(server)
    (inner,) = collector.named("chat nano-script")
    assert json.loads(inner.facts["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "2+2?"}]}
    ]
    (said,) = json.loads(inner.facts["gen_ai.output.messages"])
    assert said == {"role": "assistant", "parts": [{"type": "text", "content": "The answer is four."}]}


def test_a_dead_collector_is_counted_and_requests_do_not_feel_it(start: Start) -> None:
    server, _ = start(ANSWER, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:9/v1/traces")
    for _ in range(20):
        ask(server)
    for _ in range(600):
        text = httpx2.get(f"{server.url}/metrics").text
        if 'tercet_spans_dropped_total{reason="unreachable"} 40' in text:
            break
        time.sleep(0.02)
    assert 'tercet_spans_dropped_total{reason="unreachable"} 40' in text
    assert "tercet_spans_exported_total 0" in text


def test_nothing_is_traced_where_nothing_is_set(start: Start) -> None:
    server, collector = start(ANSWER, OTEL_SDK_DISABLED="true")
    ask(server)
    assert server.service.tracer is None
    assert "tercet_spans" not in httpx2.get(f"{server.url}/metrics").text
    assert not collector.requests


def of_session(spans: list[Seen], session_id: str) -> list[Seen]:
    found = [span for span in spans if span.facts.get("gen_ai.conversation.id") == session_id]
    return sorted(found, key=lambda span: span.facts.get("tercet.step.number", -1))


@pytest.mark.parametrize("has_content", [False, True])
def test_a_turn_is_told_whole_with_the_spans_that_the_api_shows(start: Start, dial: Dial, has_content: bool) -> None:
    env = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": str(has_content).lower()}
    add = {"turn": 0, "calls": [{"name": "calculator", "arguments": {"expression": "2+2"}}]}
    server, collector = start(add, {"turn": 1, "text": "It is four."}, **env)
    sessions: Any = dial(server).beta.agents.sessions
    agent: Any = {"model": "nano", "tercet": {"tools": ["calculator"]}}
    made = sessions.create(agent=agent, environment={"type": "none"}, input="Add two and two, Ada.")
    spans = collector.until(lambda found: len(of_session(found, made.id)) == 4)
    told = of_session(spans, made.id)
    assert [span.name for span in told] == [
        "invoke_agent",
        "chat nano-script",
        "execute_tool calculator",
        "chat nano-script",
    ]
    assert {span.parent_id for span in told[1:]} == {told[0].span_id}
    assert told[1].facts["tercet.backend"] == "scripted"
    assert told[1].facts["gen_ai.response.time_to_first_chunk"] > 0
    assert told[3].facts["gen_ai.response.finish_reasons"] == ["stop"]
    assert told[0].facts["gen_ai.usage.input_tokens"] == sum(
        span.facts["gen_ai.usage.input_tokens"] for span in told[1::2]
    )
    (trace,) = sessions.traces.list(made.id)
    shown = trace.otlp["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [(span["traceId"], span["spanId"]) for span in shown] == [(span.trace_id, span.span_id) for span in told]
    calls = [span for span in spans if span.name == "chat nano-script"]
    assert len(calls) == 2, "calls of a turn are told once, by its journal"
    assert ("Ada" in repr(told)) is has_content
    assert ("2+2" in repr(told)) is has_content
    if has_content:
        assert told[2].facts["gen_ai.tool.call.arguments"] == '{"expression":"2+2"}'
        assert "It is four." in told[3].facts["gen_ai.output.messages"]
