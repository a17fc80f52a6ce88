"""Saved agents: configurations that sessions are made from, and what must hold of one."""

from collections.abc import Callable, Mapping

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound
from tercet.ids import new_id
from tercet.schema import check_schema
from tercet.sessions.agents import (
    AgentRecord,
    AgentSpec,
    Builtin,
    ClientFunction,
    McpServer,
    ToolSearch,
)
from tercet.store.agents_tables import AgentTables
from tercet.store.filing import Page

MAX_TOOLS = 256


class Agents:
    """The saved agents of every owner."""

    def __init__(self, tables: AgentTables, check_model: Callable[[str], object], builtins: frozenset[str]) -> None:
        """`check_model` raises for a model that cannot be asked for; `builtins` names the tools that come with us."""
        self._agents = tables.agents
        self._check_model = check_model
        self._builtins = builtins

    async def create(self, owner: str, spec: AgentSpec, name: str | None, metadata: Mapping[str, str]) -> AgentRecord:
        """Keep a new agent. Raises `InvalidRequest`."""
        self.check(spec)
        now = now_s()
        record = AgentRecord(new_id("agent"), owner, now, now, spec, name, None, dict(metadata))
        await self._agents.add(record)
        return record

    async def get(self, agent_id: str, owner: str, param: str = "agent_id") -> AgentRecord:
        """Return an agent. Raises `NotFound`, also for another owner's."""
        record = await self._agents.get(agent_id, owner)
        if record is None:
            raise _no_agent(agent_id, param)
        return record

    async def update(self, agent_id: str, owner: str, change: Callable[[AgentRecord], AgentRecord]) -> AgentRecord:
        """Replace an agent by what `change` makes of it. Sessions that were made from it stay as they are.

        Raises `NotFound` and `InvalidRequest`.
        """

        def checked(old: AgentRecord) -> AgentRecord:
            new = msgspec.structs.replace(change(old), updated_at=now_s())
            self.check(new.spec)
            return new

        record = await self._agents.change(agent_id, owner, checked)
        if record is None:
            raise _no_agent(agent_id, "agent_id")
        return record

    async def list(self, owner: str, page: Page) -> list[AgentRecord]:
        """Return a page of the owner's agents. Raises `NotFound` for an unknown `page.after`."""
        return await self._agents.list(owner, page)

    async def delete(self, agent_id: str, owner: str) -> None:
        """Forget an agent; its sessions stay. Raises `NotFound`."""
        if not await self._agents.delete(agent_id, owner):
            raise _no_agent(agent_id, "agent_id")

    def check(self, spec: AgentSpec, place: str = "") -> None:
        """Raise `InvalidRequest` for a model, tool or schema that is none; fields are named below `place`."""
        prefix = f"{place}." if place else ""
        try:
            self._check_model(spec.model)
        except NotFound as error:
            raise InvalidRequest(error.message, param=f"{prefix}model", code=error.code) from None
        if spec.output_format.schema is not None:
            check_schema(spec.output_format.schema, f"{prefix}text.format.schema")
        if len(spec.tools) > MAX_TOOLS:
            raise _invalid(f"{prefix}tools", f"at most {MAX_TOOLS} tools")
        self._check_tools(spec, f"{prefix}tools")

    def _check_tools(self, spec: AgentSpec, place: str) -> None:
        names: set[str] = set()
        for index, tool in enumerate(spec.tools):
            name, param = str(tool.__struct_config__.tag), f"{place}[{index}]"
            match tool:
                case ClientFunction():
                    check_schema(tool.parameters, f"{param}.parameters")
                    name, param = tool.name, f"{param}.name"
                    if name in self._builtins:
                        raise _invalid(param, f"{name!r} is the name of a tool that comes with Tercet")
                case McpServer(label):
                    name, param = f"server_label {label}", f"{param}.server_label"
                case Builtin(builtin):
                    name, param = builtin, "tercet.tools"
                    if name not in self._builtins:
                        known = ", ".join(sorted(self._builtins))
                        raise _invalid(param, f"there is no tool {name!r}; those that come with Tercet: {known}")
                case _:
                    pass
            if name in names:
                raise _invalid(param, f"two tools are named {name!r}")
            names.add(name)
        has_search = any(isinstance(tool, ToolSearch) for tool in spec.tools)
        deferred = [tool for tool in spec.tools if isinstance(tool, ClientFunction) and tool.is_deferred]
        if deferred and not has_search:
            raise _invalid(place, f"{deferred[0].name!r} is deferred, but there is no tool_search to find it by")


def _no_agent(agent_id: str, param: str) -> NotFound:
    return NotFound(f"There is no agent {agent_id!r}.", param=param, code="agent_not_found")


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
