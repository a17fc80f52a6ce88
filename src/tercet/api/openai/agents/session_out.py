"""From sessions, turns, subagents and artifacts to their resources on the wire. Money is whole cents there."""

import math

import msgspec

from tercet.api.openai.agents import session_wire as wire
from tercet.api.openai.agents.agent_out import session_agent_out
from tercet.api.openai.agents.environment_out import session_environment_out
from tercet.api.wire import JsonObject
from tercet.sessions.environments import EnvironmentRecord, NoEnvironment
from tercet.sessions.plan import Plan
from tercet.sessions.turns import (
    Artifact,
    RequiredAction,
    SessionRecord,
    SubagentRecord,
    TurnRecord,
    WaitsForApproval,
    WaitsForEnvironment,
    WaitsForFunction,
)
from tercet.usage import Usage


def session_out(record: SessionRecord, environment: EnvironmentRecord | None) -> wire.SessionOut:
    """Return the resource of a session in its environment."""
    return wire.SessionOut(
        id=record.id,
        agent=session_agent_out(record.agent_id, record.agent_name, record.spec),
        created_at=record.created_at,
        environment=session_environment_out(
            record.environment_id, NoEnvironment() if environment is None else environment.spec
        ),
        error=record.error,
        last_active_at=record.last_active_at,
        metadata=record.metadata,
        required_actions=[action_out(action) for action in record.required_actions],
        status=record.status,
        usage=usage_out(record.usage),
        vault_ids=list(record.vault_ids),
        prompt_cache_options=_cache_out(record.cache_ttl),
        review=record.review,
        spend_control=wire.SpendOut(
            _cents(record.cost_usd), None if record.limit_usd is None else round(record.limit_usd * 100)
        ),
        tercet={
            "cost_usd": round(record.cost_usd, 9),
            "reserved_usd": round(record.reserved_usd, 9),
            "forked_from": None
            if record.forked_from is None
            else {"session_id": record.forked_from[0], "item": record.forked_from[1]},
        },
    )


def turn_out(record: TurnRecord, cache_ttl: str | None = None) -> wire.TurnOut:
    """Return the resource of a turn."""
    failure = record.failure
    return wire.TurnOut(
        id=record.id,
        agent_id=record.agent_id,
        completed_at=record.completed_at,
        created_at=record.created_at,
        error=None if failure is None else wire.TurnErrorOut(failure.code, failure.message),
        session_id=record.session_id,
        started_at=record.started_at,
        status=record.status,
        subagent_id=record.subagent_id,
        usage=None if record.usage is None else usage_out(record.usage),
        prompt_cache_options=_cache_out(cache_ttl),
        tercet={"cost_usd": round(record.cost_usd, 9), "num_steps": record.num_steps},
    )


def subagent_out(record: SubagentRecord) -> wire.SubagentOut:
    """Return the resource of a subagent."""
    return wire.SubagentOut(
        id=record.id,
        closed_at=record.closed_at,
        instructions=[{"type": "output_text", "text": record.task}],
        name=record.name,
        opened_at=record.opened_at,
        parent_agent_id=record.parent_id,
        session_id=record.session_id,
        status="active" if record.closed_at is None else "closed",
        tercet={"model": record.spec.model, "budget_usd": record.budget_usd},
    )


def artifact_out(record: Artifact) -> wire.ArtifactOut:
    """Return the resource of an artifact."""
    return wire.ArtifactOut(
        id=record.id,
        created_at=record.created_at,
        environment_id=record.environment_id,
        path=record.path,
        session_id=record.session_id,
        size_bytes=record.size,
        turn_id=record.turn_id,
    )


def plan_out(plan: Plan) -> JsonObject:
    """Return a plan, which is Tercet's own resource."""
    return {"object": "tercet.plan", **msgspec.to_builtins(plan)}


def action_out(action: RequiredAction) -> JsonObject:
    """Return what a session waits for."""
    match action:
        case WaitsForFunction():
            return {
                "type": "function_call",
                "arguments": _json(action.arguments),
                "call_id": action.call_id,
                "name": action.name,
                "turn_id": action.turn_id,
            }
        case WaitsForApproval():
            return {
                "type": "mcp_approval_request",
                "request": {
                    "type": "mcp_tool_call",
                    "arguments": _json(action.arguments),
                    "message": action.message,
                    "name": action.name,
                    "server_label": action.server_label or "tercet",
                },
                "request_id": action.request_id,
                "turn_id": action.turn_id,
                "tercet": {"call_id": action.call_id, "effect": action.effect, "expires_at": action.expires_at},
            }
        case WaitsForEnvironment(environment_id):
            return {"type": "environment_connection", "environment_id": environment_id}


def usage_out(usage: Usage) -> wire.UsageOut:
    """Return tokens."""
    return wire.UsageOut(
        usage.input_tokens,
        wire.InputDetails(usage.cached_tokens),
        usage.output_tokens,
        wire.OutputDetails(usage.reasoning_tokens),
        usage.total_tokens,
    )


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text


def _cents(usd: float) -> int:
    """Return whole cents, rounded down but for the noise of floats."""
    return math.floor(usd * 100 + 1e-9)


def _cache_out(ttl: str | None) -> wire.CacheOut | None:
    return None if ttl is None else wire.CacheOut(ttl)
