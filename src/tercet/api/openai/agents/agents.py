"""Saved agents: /v1/agents."""

import msgspec
from msgspec import UNSET

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.agents import agent_wire as wire
from tercet.api.openai.agents.agent_out import agent_out
from tercet.api.openai.agents.agent_spec import agent_spec
from tercet.api.openai.agents.common import DeletedOut, check_query, page_out, read_list
from tercet.service import Service
from tercet.sessions.agents import AgentRecord

_request = msgspec.json.Decoder(wire.AgentRequest)


class AgentsDoor:
    """Saved agents."""

    def __init__(self, service: Service) -> None:
        self._agents = service.agents

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/agents."""
        request = decode(_request, await exchange.json_body())
        spec = agent_spec(request, None)
        name = None if request.name is UNSET else request.name
        metadata = {} if request.metadata is UNSET else request.metadata or {}
        record = await self._agents.create(exchange.owner, spec, name, metadata)
        await exchange.reply_json(agent_out(record))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/agents/{agent_id}."""
        check_query(exchange)
        await exchange.reply_json(agent_out(await self._agents.get(exchange.params["agent_id"], exchange.owner)))

    async def update(self, exchange: Exchange) -> None:
        """POST /v1/agents/{agent_id}."""
        request = decode(_request, await exchange.json_body())

        def change(old: AgentRecord) -> AgentRecord:
            changes: dict[str, object] = {"spec": agent_spec(request, old.spec)}
            if request.name is not UNSET:
                changes["name"] = request.name
            if request.metadata is not UNSET:
                changes["metadata"] = request.metadata or {}
            return msgspec.structs.replace(old, **changes)

        record = await self._agents.update(exchange.params["agent_id"], exchange.owner, change)
        await exchange.reply_json(agent_out(record))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/agents."""
        page = read_list(exchange)
        records = await self._agents.list(exchange.owner, page)
        await exchange.reply_json(page_out(records, page, agent_out, lambda agent: agent.id))

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/agents/{agent_id}."""
        agent_id = exchange.params["agent_id"]
        await self._agents.delete(agent_id, exchange.owner)
        await exchange.reply_json(DeletedOut(agent_id, "agent.deleted"))
