"""What sessions hold: items, turns, subagents, traces, artifacts; and Tercet's own plan and steps."""

from contextlib import aclosing
from urllib.parse import quote

import msgspec

from tercet.api.exchange import Exchange
from tercet.api.openai.agents.common import DeletedOut, check_query, page_out, read_list
from tercet.api.openai.agents.item_out import item_out
from tercet.api.openai.agents.session_out import artifact_out, plan_out, subagent_out, turn_out
from tercet.api.openai.agents.trace_out import trace_out
from tercet.errors import InvalidRequest, NotFound
from tercet.service import Service
from tercet.service.sessions import JournalStep
from tercet.sessions.turns import SessionRecord, TurnRecord


class ContentsDoor:
    """What sessions hold."""

    def __init__(self, service: Service) -> None:
        self._sessions = service.sessions

    async def items(self, exchange: Exchange) -> None:
        """GET …/items: of the session's own agent, of a turn, of a subagent, or of a subagent's turn."""
        page = read_list(exchange)
        session = await self._session(exchange)
        turn_id, subagent_id = exchange.params.get("turn_id"), exchange.params.get("subagent_id")
        if subagent_id is not None:
            await self._sessions.subagent(session.id, exchange.owner, subagent_id)
        if turn_id is not None:
            await self._turn(exchange, turn_id, subagent_id)
        items = await self._sessions.items(session.id, exchange.owner, page, turn_id, subagent_id)
        shows_summary = session.spec.reasoning_summary is not None
        await exchange.reply_json(
            page_out(items, page, lambda item: item_out(item, shows_summary=shows_summary), lambda item: item["id"])
        )

    async def turns(self, exchange: Exchange) -> None:
        """GET …/turns: of the session's own agent, or of a subagent."""
        page = read_list(exchange)
        session = await self._session(exchange)
        subagent_id = exchange.params.get("subagent_id")
        if subagent_id is not None:
            await self._sessions.subagent(session.id, exchange.owner, subagent_id)
        turns = await self._sessions.turns(session.id, exchange.owner, page, subagent_id)
        await exchange.reply_json(
            page_out(turns, page, lambda turn: turn_out(turn, session.cache_ttl), lambda turn: turn.id)
        )

    async def turn(self, exchange: Exchange) -> None:
        """GET …/turns/{turn_id}."""
        check_query(exchange)
        session = await self._session(exchange)
        turn = await self._turn(exchange, exchange.params["turn_id"], exchange.params.get("subagent_id"))
        await exchange.reply_json(turn_out(turn, session.cache_ttl))

    async def subagents(self, exchange: Exchange) -> None:
        """GET …/subagents."""
        page = read_list(exchange)
        session = await self._session(exchange)
        subagents = await self._sessions.subagents(session.id, exchange.owner, page)
        await exchange.reply_json(page_out(subagents, page, subagent_out, lambda subagent: subagent.id))

    async def subagent(self, exchange: Exchange) -> None:
        """GET …/subagents/{subagent_id}."""
        check_query(exchange)
        session = await self._session(exchange)
        subagent = await self._sessions.subagent(session.id, exchange.owner, exchange.params["subagent_id"])
        await exchange.reply_json(subagent_out(subagent))

    async def traces(self, exchange: Exchange) -> None:
        """GET …/traces."""
        page = read_list(exchange)
        session = await self._session(exchange)
        traced = await self._sessions.trace(session.id, exchange.owner, page)

        def shown(one: tuple[TurnRecord, list[JournalStep]]) -> object:
            return trace_out(session, *one)

        await exchange.reply_json(page_out(traced, page, shown, lambda trace: trace.id))  # type: ignore[attr-defined]

    async def artifacts(self, exchange: Exchange) -> None:
        """GET …/artifacts."""
        page = read_list(exchange, "environment_id")
        session = await self._session(exchange)
        environment_id = exchange.query().get("environment_id") or None
        artifacts = await self._sessions.artifacts(session.id, exchange.owner, page, environment_id)
        await exchange.reply_json(page_out(artifacts, page, artifact_out, lambda artifact: artifact.id))

    async def artifact(self, exchange: Exchange) -> None:
        """GET …/artifacts/{artifact_id}."""
        check_query(exchange)
        artifact = await self._sessions.artifact(*self._artifact_place(exchange))
        await exchange.reply_json(artifact_out(artifact))

    async def artifact_content(self, exchange: Exchange) -> None:
        """GET …/artifacts/{artifact_id}/content. Never a type that a browser would show: it is a model's content."""
        check_query(exchange)
        artifact, content = await self._sessions.artifact_content(*self._artifact_place(exchange))
        name = quote(artifact.path.rpartition("/")[2], safe="")
        headers = (
            (b"content-length", b"%d" % artifact.size),
            (b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode()),
            (b"x-content-type-options", b"nosniff"),
        )
        async with aclosing(content) as chunks:
            async for chunk in chunks:
                if not exchange.status:
                    await exchange.start(200, b"application/octet-stream", headers)
                await exchange.write(chunk)
        if not exchange.status:
            await exchange.start(200, b"application/octet-stream", headers)
        await exchange.finish()

    async def delete_artifact(self, exchange: Exchange) -> None:
        """DELETE …/artifacts/{artifact_id}."""
        session_id, owner, artifact_id = self._artifact_place(exchange)
        await self._sessions.delete_artifact(session_id, owner, artifact_id)
        await exchange.reply_json(DeletedOut(artifact_id, "agent.session.artifact.deleted"))

    async def plan(self, exchange: Exchange) -> None:
        """GET …/plan; Tercet's own."""
        check_query(exchange)
        plan = await self._sessions.plan(exchange.params["session_id"], exchange.owner)
        await exchange.reply_json(plan_out(plan))

    async def steps(self, exchange: Exchange) -> None:
        """GET …/turns/{turn_id}/steps: the journal behind step `after`; Tercet's own."""
        check_query(exchange, "after")
        after = exchange.query().get("after", "-1")
        if not after.removeprefix("-").isdecimal() or not after.isascii() or len(after) > 15:
            raise InvalidRequest(
                "Invalid value for 'after': expected the number of a step.", param="after", code="invalid_value"
            )
        session = await self._session(exchange)
        steps = await self._sessions.steps(session.id, exchange.owner, exchange.params["turn_id"], int(after))
        shown = [{"object": "tercet.step", **msgspec.to_builtins(step)} for step in steps]
        await exchange.reply_json({"object": "list", "data": shown, "has_more": False})

    async def _session(self, exchange: Exchange) -> SessionRecord:
        return await self._sessions.get(exchange.params["session_id"], exchange.owner)

    async def _turn(self, exchange: Exchange, turn_id: str, subagent_id: str | None) -> TurnRecord:
        turn = await self._sessions.turn(exchange.params["session_id"], exchange.owner, turn_id)
        if subagent_id is not None and turn.subagent_id != subagent_id:
            raise NotFound(f"There is no turn {turn_id!r} of subagent {subagent_id!r}.", param="turn_id")
        return turn

    def _artifact_place(self, exchange: Exchange) -> tuple[str, str, str]:
        return exchange.params["session_id"], exchange.owner, exchange.params["artifact_id"]
