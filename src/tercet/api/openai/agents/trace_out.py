"""A turn's journal as OpenTelemetry has it: an ExportTraceServiceRequest in JSON, with the attributes of GenAI spans.

Names and attributes: OpenTelemetry Protocol 1.x (JSON encoding: ids in hexadecimal, 64-bit integers as text) and the
semantic conventions for generative AI.
"""

import hashlib
from collections.abc import Sequence

from tercet import __version__
from tercet.api.openai.agents import session_wire as wire
from tercet.api.wire import JsonObject
from tercet.service.sessions import JournalStep
from tercet.sessions.turns import SessionRecord, TurnRecord

INTERNAL, CLIENT = 1, 3
UNSET, OK, ERROR = 0, 1, 2


def trace_out(session: SessionRecord, turn: TurnRecord, steps: Sequence[JournalStep]) -> wire.TraceOut:
    """Return the trace of a turn: one span for it, and one for each of its steps."""
    spans = [_turn_span(session, turn, steps), *(_step_span(session, turn, step) for step in steps)]
    scope = {"scope": {"name": "tercet", "version": __version__}, "spans": spans}
    resource = {"attributes": _attributes({"service.name": "tercet", "service.version": __version__})}
    return wire.TraceOut(
        id=turn.id,
        created_at=turn.created_at,
        otlp={"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]},
        session_id=session.id,
    )


def _turn_span(session: SessionRecord, turn: TurnRecord, steps: Sequence[JournalStep]) -> JsonObject:
    begun_ms = (turn.started_at or turn.created_at) * 1000
    if steps:
        begun_ms = min(begun_ms, steps[0].begun_at)
    ends = [step.ended_at for step in steps if step.ended_at is not None]
    ended_ms = None
    if turn.completed_at is not None:
        ended_ms = max([turn.completed_at * 1000, *ends])
    usage = turn.usage
    facts: dict[str, object] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "tercet",
        "gen_ai.agent.id": session.agent_id,
        "gen_ai.agent.name": session.agent_name,
        "gen_ai.conversation.id": session.id,
        "gen_ai.request.model": session.spec.model,
        "gen_ai.usage.input_tokens": usage.input_tokens if usage else None,
        "gen_ai.usage.output_tokens": usage.output_tokens if usage else None,
        "error.type": turn.failure.code if turn.failure else None,
        "tercet.turn.status": turn.status,
        "tercet.cost_usd": turn.cost_usd,
        "tercet.subagent.id": turn.subagent_id,
    }
    name = f"invoke_agent {session.agent_name}" if session.agent_name else "invoke_agent"
    status = ERROR if turn.failure else OK if turn.status == "completed" else UNSET
    message = turn.failure.message if turn.failure else ""
    return _span(turn.id, "", name, INTERNAL, begun_ms, ended_ms, facts, status, message)


def _step_span(session: SessionRecord, turn: TurnRecord, step: JournalStep) -> JsonObject:
    facts: dict[str, object] = {
        "gen_ai.provider.name": "tercet",
        "gen_ai.conversation.id": session.id,
        "tercet.step.number": step.number,
        "tercet.step.kind": step.kind,
        "error.type": "_OTHER" if step.error else None,
    }
    name, kind = step.kind, INTERNAL
    if step.kind == "tool":
        name = f"execute_tool {step.name}"
        facts |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": step.name}
    elif step.kind in ("model", "compaction"):
        name, kind = f"chat {step.model or session.spec.model}", CLIENT
        facts |= {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": session.spec.model,
            "gen_ai.response.model": step.model or None,
            "gen_ai.usage.input_tokens": step.input_tokens,
            "gen_ai.usage.output_tokens": step.output_tokens,
            "tercet.tier": step.tier or None,
            "tercet.usage.cached_tokens": step.cached_tokens,
            "tercet.cost_usd": step.cost_usd,
        }
    status = ERROR if step.error else OK if step.ended_at is not None else UNSET
    return _span(turn.id, str(step.number), name, kind, step.begun_at, step.ended_at, facts, status, step.error)


def _span(
    turn_id: str,
    place: str,
    name: str,
    kind: int,
    begun_ms: int,
    ended_ms: int | None,
    facts: dict[str, object],
    status: int,
    message: str,
) -> JsonObject:
    """Return a span; the root's place is empty. One that has no end yet has none here."""
    span: JsonObject = {
        "traceId": _digits(turn_id, 32),
        "spanId": _digits(f"{turn_id}/{place}", 16),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(begun_ms * 1_000_000),
        "attributes": _attributes(facts),
        "status": {"code": status, **({"message": message} if message and status == ERROR else {})},
    }
    if place:
        span["parentSpanId"] = _digits(f"{turn_id}/", 16)
    if ended_ms is not None:
        span["endTimeUnixNano"] = str(ended_ms * 1_000_000)
    return span


def _attributes(facts: dict[str, object]) -> list[JsonObject]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items() if value is not None]


def _value(value: object) -> JsonObject:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}


def _digits(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
