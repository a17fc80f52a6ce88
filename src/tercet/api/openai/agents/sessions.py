"""Sessions: /v1/agents/sessions. Created, told, changed; what they hold is `contents.py`'s."""

import msgspec
from msgspec import UNSET

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.agents import agent_wire
from tercet.api.openai.agents import session_wire as wire
from tercet.api.openai.agents.agent_spec import agent_spec
from tercet.api.openai.agents.common import (
    DeletedOut,
    check_query,
    idempotency_key,
    page_out,
    read_list,
    read_metadata,
)
from tercet.api.openai.agents.environment_read import read_environment
from tercet.api.openai.agents.environment_wire import NoneIn
from tercet.api.openai.agents.event_out import SessionEvents
from tercet.api.openai.agents.session_out import session_out
from tercet.api.openai.agents.session_read import read_events, read_input
from tercet.api.openai.agents.stream import FirstTurn, SessionStream, StreamAsked, read_stream
from tercet.errors import InvalidRequest
from tercet.service import Service
from tercet.service.sessions import SessionChanges, SessionDraft
from tercet.sessions.agents import AgentSpec
from tercet.sessions.environments import Environment, EnvironmentRecord, NoEnvironment
from tercet.sessions.turns import SessionRecord

_request = msgspec.json.Decoder(wire.SessionRequest)
_update = msgspec.json.Decoder(wire.SessionUpdate)
_events = msgspec.json.Decoder(wire.EventsRequest)
_fork = msgspec.json.Decoder(wire.ForkRequest)


class SessionsDoor:
    """Sessions."""

    def __init__(self, service: Service) -> None:
        self._sessions = service.sessions
        self._agents = service.agents
        self._templates = service.templates
        self._vaults = service.vaults

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/agents/sessions, answered by the session or by the events of its first turn."""
        check_query(exchange)
        request = decode(_request, await exchange.json_body())
        draft = await self._draft(request, exchange.owner)
        record = await self._sessions.create(draft)
        if not request.stream:
            await exchange.reply_json(await self._shown(record))
            return
        has_obfuscation = request.stream_options is UNSET or request.stream_options.include_obfuscation
        asked = StreamAsked(has_obfuscation, after=0)
        await self._stream(exchange, record, asked, is_first_turn=True)

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/agents/sessions/{session_id}."""
        check_query(exchange)
        record = await self._sessions.get(exchange.params["session_id"], exchange.owner)
        await exchange.reply_json(await self._shown(record))

    async def update(self, exchange: Exchange) -> None:
        """POST /v1/agents/sessions/{session_id}."""
        request = decode(_update, await exchange.json_body())
        session_id = exchange.params["session_id"]
        record = await self._sessions.get(session_id, exchange.owner)
        changes = await self._changes(request, record)
        record = await self._sessions.update(session_id, exchange.owner, changes)
        await exchange.reply_json(await self._shown(record))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/agents/sessions."""
        page = read_list(exchange, "agent_id", "metadata[]")
        agent_id = exchange.query().get("agent_id") or None
        records = await self._sessions.list(exchange.owner, page, agent_id, read_metadata(exchange) or None)
        environments = {record.id: await self._environment(record) for record in records}
        await exchange.reply_json(
            page_out(records, page, lambda record: session_out(record, environments[record.id]), lambda each: each.id)
        )

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/agents/sessions/{session_id}."""
        session_id = exchange.params["session_id"]
        await self._sessions.delete(session_id, exchange.owner)
        await exchange.reply_json(DeletedOut(session_id, "agent.session.deleted"))

    async def send(self, exchange: Exchange) -> None:
        """POST /v1/agents/sessions/{session_id}/events: all of them are taken in or none."""
        inputs = read_events(decode(_events, await exchange.json_body()))
        await self._sessions.send(exchange.params["session_id"], exchange.owner, inputs, idempotency_key(exchange))
        await exchange.reply(b"", status=202)

    async def watch(self, exchange: Exchange) -> None:
        """GET /v1/agents/sessions/{session_id}/events: from now on, or from the number that the client saw last."""
        check_query(exchange, "include_obfuscation", "include_tercet", "starting_after")
        asked = read_stream(exchange)
        record = await self._sessions.get(exchange.params["session_id"], exchange.owner)
        await self._stream(exchange, record, asked)

    async def replay(self, exchange: Exchange) -> None:
        """GET /v1/agents/sessions/{session_id}/replay: every kept event from the journal; Tercet's own."""
        check_query(exchange, "include_obfuscation", "include_tercet", "starting_after")
        asked = read_stream(exchange)
        record = await self._sessions.get(exchange.params["session_id"], exchange.owner)
        events = SessionEvents(record, await self._environment(record), has_more=asked.has_more)
        stream = SessionStream(exchange, events, has_obfuscation=asked.has_obfuscation)
        await stream.send(self._sessions.replay(record.id, exchange.owner))

    async def fork(self, exchange: Exchange) -> None:
        """POST /v1/agents/sessions/{session_id}/fork: a session that shares the items before one; Tercet's own."""
        request = decode(_fork, await exchange.json_body())
        session_id = exchange.params["session_id"]
        record = await self._sessions.get(session_id, exchange.owner)
        spec = record.spec if request.agent is UNSET else agent_spec(request.agent, record.spec, "agent")
        self._agents.check(spec, "agent")
        forked = await self._sessions.fork(
            session_id, exchange.owner, request.item, SessionChanges(spec=spec), goes_on=request.goes_on
        )
        await exchange.reply_json(await self._shown(forked))

    async def _stream(
        self, exchange: Exchange, record: SessionRecord, asked: StreamAsked, *, is_first_turn: bool = False
    ) -> None:
        events = SessionEvents(record, await self._environment(record), has_more=asked.has_more)
        stream = SessionStream(exchange, events, has_obfuscation=asked.has_obfuscation)
        source = self._sessions.events(record.id, exchange.owner, asked.after)
        if is_first_turn:
            await stream.send(source, FirstTurn())
        else:
            await stream.send(source)

    async def _draft(self, request: wire.SessionRequest, owner: str) -> SessionDraft:
        """Return the session that a request asks for, everything in it checked. Raises `InvalidRequest`."""
        if request.stream_options is not UNSET and not request.stream:
            raise _invalid("stream_options", "it is for streams: send 'stream': true with it")
        has_no_environment = isinstance(request.environment, NoneIn)
        if request.input is None and (has_no_environment or request.stream):
            why = "is streamed" if request.stream else "has no environment"
            raise InvalidRequest(
                f"Missing required parameter: 'input'; a session that {why} begins with one.",
                param="input",
                code="missing_required_parameter",
            )
        spec, agent_id, agent_name = await self._spec(request, owner)
        vault_ids = tuple(request.vault_ids or ())
        await self._vaults.check(vault_ids, owner)
        environment = await self._wanted_environment(request, owner)
        limit = request.spend_control.limit if request.spend_control else None
        return SessionDraft(
            owner,
            spec,
            agent_id,
            agent_name,
            environment,
            read_input(request.input),
            request.metadata or {},
            None if limit is None else limit / 100,
            vault_ids,
            request.prompt_cache_options.ttl if request.prompt_cache_options else None,
            request.review,
        )

    async def _spec(self, request: wire.SessionRequest, owner: str) -> tuple[AgentSpec, str, str | None]:
        """Return the agent of a session, the saved one's id and its name."""
        fields = agent_wire.AgentFields() if request.agent is UNSET else request.agent
        base, agent_id, name = None, "", None
        if request.agent_id is not UNSET:
            saved = await self._agents.get(request.agent_id, owner)
            base, agent_id, name = saved.spec, saved.id, saved.name
        spec = agent_spec(fields, base, "agent")
        self._agents.check(spec, "agent")
        return spec, agent_id, name

    async def _wanted_environment(self, request: wire.SessionRequest, owner: str) -> Environment | str:
        draft = await read_environment(request.environment, self._templates, owner, "environment")
        if isinstance(draft, NoEnvironment):
            return draft
        if draft.environment_id is not None:
            return draft.environment_id
        return await self._templates.resolved(draft, owner)

    async def _changes(self, request: wire.SessionUpdate, record: SessionRecord) -> SessionChanges:
        changes: dict[str, object] = {}
        if request.agent is not UNSET:
            changes["spec"] = await self._changed_spec(request.agent, record)
        if request.metadata is not UNSET:
            changes["metadata"] = request.metadata or {}
        if request.prompt_cache_options is not UNSET:
            changes["cache_ttl"] = request.prompt_cache_options.ttl if request.prompt_cache_options else None
        if request.review is not UNSET:
            changes["review"] = request.review
        if request.spend_control is not UNSET:
            limit = request.spend_control.limit if request.spend_control else None
            changes["limit_usd"] = None if limit is None else limit / 100
        return SessionChanges(**changes)  # type: ignore[arg-type]  # each under its own name

    async def _changed_spec(self, asked: wire.AgentUpdate, record: SessionRecord) -> AgentSpec:
        fields = agent_wire.AgentFields(model=asked.model, service_tier=asked.service_tier, tools=asked.tools)
        if asked.reasoning is not UNSET:
            fields.reasoning = agent_wire.Reasoning(effort=asked.reasoning.effort)
        spec = agent_spec(fields, record.spec, "agent")
        self._agents.check(spec, "agent")
        environment = await self._environment(record)
        self._sessions.toolbox.check(spec, None if environment is None else environment.spec)
        return spec

    async def _shown(self, record: SessionRecord) -> wire.SessionOut:
        return session_out(record, await self._environment(record))

    async def _environment(self, record: SessionRecord) -> EnvironmentRecord | None:
        if record.environment_id is None:
            return None
        return await self._sessions.environment(record.environment_id, record.owner)


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
