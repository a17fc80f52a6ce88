"""Automations and their invocations: /v1/agents/automations."""

import msgspec
from msgspec import UNSET

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.agents import automation_wire as wire
from tercet.api.openai.agents.agent_out import settings_out
from tercet.api.openai.agents.agent_spec import agent_spec
from tercet.api.openai.agents.common import DeletedOut, check_query, page_out, read_list
from tercet.api.openai.agents.environment_out import draft_out
from tercet.api.openai.agents.environment_read import read_environment
from tercet.api.openai.agents.item_out import part_out
from tercet.api.openai.agents.session_read import read_messages
from tercet.api.wire import JsonObject
from tercet.errors import InvalidRequest
from tercet.service import Service
from tercet.sessions.automations import (
    AutomationRecord,
    ExistingSession,
    InvocationRecord,
    NewSession,
    Once,
    Periodic,
    Schedule,
    Target,
)

_request = msgspec.json.Decoder(wire.PeriodicRequest | wire.OnceRequest)
_update = msgspec.json.Decoder(wire.AutomationUpdate)


class AutomationsDoor:
    """Automations."""

    def __init__(self, service: Service) -> None:
        self._automations = service.automations
        self._templates = service.templates

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/agents/automations."""
        request = decode(_request, await exchange.json_body())
        schedule: Schedule = (
            Once(request.run_at)
            if isinstance(request, wire.OnceRequest)
            else Periodic(request.expression, request.timezone)
        )
        target = await self._target(request.target, exchange.owner)
        record = await self._automations.create(exchange.owner, request.name, schedule, target, request.metadata)
        await exchange.reply_json(automation_out(record))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/agents/automations/{automation_id}."""
        check_query(exchange)
        record = await self._automations.get(exchange.params["automation_id"], exchange.owner)
        await exchange.reply_json(automation_out(record))

    async def update(self, exchange: Exchange) -> None:
        """POST /v1/agents/automations/{automation_id}."""
        request = decode(_update, await exchange.json_body())
        is_rescheduled = not request.expression is request.timezone is request.run_at is UNSET
        record = await self._automations.update(
            exchange.params["automation_id"],
            exchange.owner,
            name=None if request.name is UNSET else request.name,
            metadata=request.metadata,
            target=None if request.target is UNSET else await self._target(request.target, exchange.owner),
            schedule=(lambda old: _rescheduled(old, request)) if is_rescheduled else None,
        )
        await exchange.reply_json(automation_out(record))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/agents/automations."""
        page = read_list(exchange, "session_id")
        records = await self._automations.list(exchange.owner, page, exchange.query().get("session_id") or None)
        await exchange.reply_json(page_out(records, page, automation_out, lambda automation: automation.id))

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/agents/automations/{automation_id}."""
        automation_id = exchange.params["automation_id"]
        await self._automations.delete(automation_id, exchange.owner)
        await exchange.reply_json(DeletedOut(automation_id, "agent.automation.deleted"))

    async def pause(self, exchange: Exchange) -> None:
        """POST /v1/agents/automations/{automation_id}/pause."""
        record = await self._automations.pause(exchange.params["automation_id"], exchange.owner)
        await exchange.reply_json(automation_out(record))

    async def resume(self, exchange: Exchange) -> None:
        """POST /v1/agents/automations/{automation_id}/resume."""
        record = await self._automations.resume(exchange.params["automation_id"], exchange.owner)
        await exchange.reply_json(automation_out(record))

    async def invoke(self, exchange: Exchange) -> None:
        """POST /v1/agents/automations/{automation_id}/invocations."""
        record = await self._automations.invoke(exchange.params["automation_id"], exchange.owner)
        await exchange.reply_json(invocation_out(record))

    async def invocation(self, exchange: Exchange) -> None:
        """GET /v1/agents/automations/{automation_id}/invocations/{invocation_id}."""
        check_query(exchange)
        record = await self._automations.invocation(
            exchange.params["invocation_id"], exchange.params["automation_id"], exchange.owner
        )
        await exchange.reply_json(invocation_out(record))

    async def invocations(self, exchange: Exchange) -> None:
        """GET /v1/agents/automations/{automation_id}/invocations."""
        page = read_list(exchange)
        records = await self._automations.invocations(exchange.params["automation_id"], exchange.owner, page)
        await exchange.reply_json(page_out(records, page, invocation_out, lambda invocation: invocation.id))

    async def _target(self, target: wire.TargetIn, owner: str) -> Target:
        if isinstance(target, wire.ExistingSessionIn):
            return ExistingSession(target.session_id, target.instructions)
        environment = await read_environment(target.environment, self._templates, owner, "target.environment")
        spec = None if target.agent is UNSET else agent_spec(target.agent, None, "target.agent")
        return NewSession(
            environment,
            read_messages(target.input, "target.input"),
            None if target.agent_id is UNSET else target.agent_id,
            spec,
            target.metadata or {},
            tuple(target.vault_ids or ()),
        )


def automation_out(record: AutomationRecord) -> wire.AutomationOut:
    """Return the resource of an automation."""
    creator: JsonObject = {"type": "developer"}
    if record.creator is not None:
        creator = {"type": "agent", "session_id": record.creator[0], "tool_call_id": record.creator[1]}
    common = {
        "id": record.id,
        "created_at": record.created_at,
        "created_by": creator,
        "metadata": record.metadata,
        "name": record.name,
        "target": _target_out(record.target),
        "pause_reason": record.pause_reason,
        "tercet": {"due_at": record.due_at},
    }
    schedule = record.schedule
    if isinstance(schedule, Once):
        return wire.OnceOut(**common, run_at=schedule.run_at, status=record.status)  # type: ignore[arg-type]
    return wire.PeriodicOut(
        **common,  # type: ignore[arg-type]  # each under its own name
        expression=schedule.expression,
        timezone=schedule.timezone,
        status="active" if record.status == "active" else "paused",
    )


def invocation_out(record: InvocationRecord) -> wire.InvocationOut:
    """Return the resource of an invocation."""
    source: JsonObject = {"type": "manual"}
    if record.automation is not None:
        source = {"type": "automation", "automation": automation_out(record.automation)}
    return wire.InvocationOut(
        id=record.id,
        automation_id=record.automation_id,
        created_at=record.created_at,
        error=None if record.failure is None else wire.FailureOut(record.failure.code, record.failure.message),
        scheduled_at=record.scheduled_at,
        session_id=record.session_id,
        skip_reason=record.skip_reason,
        source=source,
        status=record.status,
    )


def _target_out(target: Target) -> JsonObject:
    if isinstance(target, ExistingSession):
        return {"type": "existing_session", "session_id": target.session_id, "instructions": target.instructions}
    return {
        "type": "new_session",
        "agent": None if target.spec is None else settings_out(target.spec),
        "agent_id": target.agent_id,
        "environment": draft_out(target.environment),
        "input": [
            {"type": "message", "role": "user", "content": [part_out(part) for part in message.content]}
            for message in target.input
        ],
        "metadata": target.metadata,
        "vault_ids": list(target.vault_ids),
    }


def _rescheduled(old: Schedule, request: wire.AutomationUpdate) -> Schedule:
    """Return a schedule with what a request changes of it. Raises `InvalidRequest` for fields of the other kind."""
    if isinstance(old, Once):
        for name in ("expression", "timezone"):
            if getattr(request, name) is not UNSET:
                raise _not_of(name, "periodic")
        return old if request.run_at is UNSET else Once(request.run_at)
    if request.run_at is not UNSET:
        raise _not_of("run_at", "one-time")
    return Periodic(
        old.expression if request.expression is UNSET else request.expression,
        old.timezone if request.timezone is UNSET else request.timezone,
    )


def _not_of(name: str, kind: str) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid value for {name!r}: it belongs to {kind} automations.", param=name, code="invalid_value"
    )
