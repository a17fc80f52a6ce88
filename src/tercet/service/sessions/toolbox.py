"""The tools of sessions: put together from what the agent's configuration names and what its environment offers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from tercet.agents.context import Workplace
from tercet.agents.gate import decision_on
from tercet.agents.toolset import Toolset
from tercet.errors import InvalidRequest, ToolFailed, ToolRetry, Unsupported
from tercet.service.automations import Automations
from tercet.service.sessions.artifacts import published
from tercet.service.sessions.automation_tools import AUTOMATION_TOOLS, AutomationTools
from tercet.service.sessions.effects import Effects
from tercet.service.sessions.plan_tools import PLAN_TOOLS, PlanKeeper
from tercet.service.sessions.searching import found_in, offers_search, search_tool
from tercet.service.sessions.snapshots import Taken
from tercet.service.sessions.subagents import Subagents
from tercet.service.sessions.web import WEB_TOOLS, Web, WebKit
from tercet.service.sessions.workspaces import Open, Workspaces
from tercet.sessions.agents import AgentSpec, Builtin, ClientFunction, ProgrammaticCalls, ToolSearch
from tercet.sessions.agents import Automations as AutomationsTool
from tercet.sessions.environments import Environment, Hosted
from tercet.sessions.turns import Artifact, Call, CallKind, SessionRecord, TurnRecord
from tercet.store.base import Store
from tercet.store.database import NO_LIMIT
from tercet.store.filing import Page
from tercet.store.sessions_reads import History
from tercet.tools.base import Tool
from tercet.tools.calculator import CALCULATOR
from tercet.tools.calendars import calendar_tools, system_clock
from tercet.tools.registry import Registry
from tercet.tools.units import CONVERT_UNITS

PLAIN: dict[str, Tool] = {tool.name: tool for tool in (CALCULATOR, *calendar_tools(system_clock), CONVERT_UNITS)}
"""Built-in tools that need nothing of a session."""
FILE_TOOLS = ("read_file", "write_file", "edit_file", "list_files", "search_files")
WORKSPACE_TOOLS = ("python", "shell", *FILE_TOOLS, "apply_patch")
"""Built-in tools that act in a hosted environment; it offers all of them unless the agent names some."""
GROUPS = {"files": FILE_TOOLS, "workspace": WORKSPACE_TOOLS}
BUILTIN_NAMES = frozenset((*PLAIN, *WORKSPACE_TOOLS, *GROUPS, *WEB_TOOLS))
SUBAGENT_TOOLS = (
    "create_subagent",
    "send_subagent_input",
    "wait_for_subagents",
    "interrupt_subagent",
    "close_subagent",
    "resume_subagent",
)


class Kit(msgspec.Struct):
    """What one turn works with."""

    toolset: Toolset
    effects: Effects
    plan: PlanKeeper | None = None
    opened: Open | None = None

    @property
    def workspace(self) -> Workplace | None:
        """The agent's workspace, if it has one."""
        return Workplace(self.opened.box.root, self.opened.skills) if self.opened else None


class Toolbox:
    """Makes the kit of each turn; what is costly to open stays open between turns."""

    def __init__(
        self,
        store: Store,
        check_model: Callable[[str], object],
        workspaces: Workspaces | None,
        web: Web,
        more: Sequence[Tool] = (),
    ) -> None:
        """`check_model` raises for a tier that cannot be used; without `workspaces` nothing is hosted.

        Agents may name the tools in `more` besides the built-in ones.
        """
        self._plain = {**PLAIN, **{tool.name: tool for tool in more}}
        self._store = store
        self._check_model = check_model
        self.workspaces = workspaces
        self.web = web
        self.automations: Automations | None = None
        """Where agents' own automations are kept; None: they can have none."""

    def check(self, spec: AgentSpec, environment: Environment | None) -> None:
        """Raise `InvalidRequest` or `Unsupported` for tools that this agent cannot have."""
        is_hosted = isinstance(environment, Hosted)
        names: list[str] = []
        for number, each in enumerate(spec.tools):
            where = f"agent.tools[{number}]"
            match each:
                case Builtin(name):
                    if name not in BUILTIN_NAMES | self._plain.keys():
                        known = ", ".join(sorted(BUILTIN_NAMES | self._plain.keys()))
                        raise InvalidRequest(f"there is no tool {name!r}; there are: {known}", param=where)
                    if name in (*WORKSPACE_TOOLS, *GROUPS) and not is_hosted:
                        raise InvalidRequest(f"{name!r} needs a hosted environment", param=where)
                case ClientFunction(name):
                    names.append(name)
                case AutomationsTool() if self.automations is None:
                    raise Unsupported("there are no automations here", param=where)
                case ProgrammaticCalls(is_enabled=True) if not is_hosted:
                    raise Unsupported("calls from code need a hosted environment", param=where)
                case _:
                    self.web.check(each, where, is_hosted=is_hosted)
        reserved = {
            *self._plain,
            *WORKSPACE_TOOLS,
            *PLAN_TOOLS,
            *SUBAGENT_TOOLS,
            *WEB_TOOLS,
            "tool_search",
        }
        if any(isinstance(each, AutomationsTool) for each in spec.tools):
            reserved.update(AUTOMATION_TOOLS)
        for name in names:
            if names.count(name) > 1 or name in reserved:
                raise InvalidRequest(f"the name {name!r} is taken by another tool", param="agent.tools")

    async def open(self, history: History, turn: TurnRecord) -> Kit:
        """Return what a turn works with. Raises `EnvironmentFailed`, `Unsupported` and `ToolFailed`."""
        record, spec = history.record, history.record.spec
        opened, enter = None, None
        if record.environment_id is not None and self.workspaces is not None:
            enter = partial(self.workspaces.enter, record.environment_id, record.owner)
            opened = await enter()
        effects = Effects()
        own = _Parts()
        plan = None
        if spec.has_plan:
            calls = (item.content.call_id for item in history.items if isinstance(item.content, Call))
            plan = PlanKeeper(history.plan, calls, turn.id, effects)
            own.add(plan.tools(), "plan")
        if spec.max_subagents and turn.subagent_id is None:
            agents = Subagents(self._store.sessions, record, turn, effects, self._check_model)
            own.add(agents.tools(), "subagent")
        is_alone = turn.subagent_id is None  # what wakes the session is the main agent's
        if is_alone and self.automations is not None and any(isinstance(each, AutomationsTool) for each in spec.tools):
            own.add(AutomationTools(self.automations, record).tools(), "builtin")
        names = [each.name for each in spec.tools if isinstance(each, Builtin)]
        own.add((self._plain[name] for name in names if name in self._plain), "builtin")
        functions = [each for each in spec.tools if isinstance(each, ClientFunction)]
        found = found_in(history.items)
        if any(function.is_deferred for function in functions) or any(isinstance(t, ToolSearch) for t in spec.tools):
            own.add([search_tool(functions, found)], "builtin")
        kit: WebKit = await self.web.open(record, opened, names, enter)
        for tool in kit.tools:
            own.add([tool], kit.kinds.get(tool.name, "builtin"))
        caller = _Caller(spec)
        if opened is not None:
            from tercet.tools.workspace import workspace_tools  # only where a model works in a sandbox

            wanted = _wanted(names)
            calls_made = (item.content for item in history.items if isinstance(item.content, Call))
            has_run = any(call.name == "python" and call.output is not None for call in calls_made)
            can_call = any(isinstance(each, ProgrammaticCalls) and each.is_enabled for each in spec.tools)
            made = workspace_tools(opened.box, call_tool=caller if can_call else None, has_run=has_run)
            own.add((tool for tool in made if tool.name in wanted and tool.name != "shell"), "builtin")
            own.add((tool for tool in made if tool.name in wanted and tool.name == "shell"), "command")
        toolset = Toolset(Registry(own.tools), functions, own.kinds, kit.labels)
        toolset.found = found
        caller.toolset = toolset
        return Kit(toolset, effects, plan, opened)

    @contextmanager
    def in_use(self, session_id: str, kit: Kit) -> Iterator[None]:
        """Keep open what a turn works with, for as long as the context lasts."""
        with self.web.in_use(session_id):
            if kit.opened is not None:
                kit.opened.num_users += 1
            try:
                yield
            finally:
                if kit.opened is not None:
                    kit.opened.num_users -= 1

    async def publish(self, record: SessionRecord, turn: TurnRecord, kit: Kit) -> list[Artifact]:
        """Keep the contents of what a turn made for its user; the rows are to be written with its end."""
        if kit.opened is None or record.environment_id is None:
            return []
        page = Page(NO_LIMIT)
        known = await self._store.sessions.artifacts(record.id, record.owner, page)
        return await published(
            kit.opened.box, turn, record.environment_id, known, self._store.files, self._store.agent_tables.seeds
        )

    async def snapshot(self, turn: TurnRecord, kit: Kit) -> Taken | None:
        """Return the workspace as it is now, if there is one."""
        opened = kit.opened
        if opened is None or self.workspaces is None:
            return None
        holder = f"{turn.id}/workspace"
        return await self.workspaces.snapshots.take(opened.box.files, turn.session_id, holder, opened.seen)

    async def forget(self, record: SessionRecord) -> None:
        """Remove what a deleted session had."""
        await self.web.forget(record.id)
        if record.environment_id is not None and self.workspaces is not None:
            await self.workspaces.forget(record.environment_id, record.owner)

    async def close(self) -> None:
        """Release what is open."""
        await self.web.close()
        if self.workspaces is not None:
            await self.workspaces.close()


class _Parts:
    """Tools on their way into a registry."""

    def __init__(self) -> None:
        self.tools: list[Tool] = []
        self.kinds: dict[str, CallKind] = {}

    def add(self, tools: Iterable[Any], kind: CallKind) -> None:
        for tool in tools:
            if tool.name not in self.kinds:
                self.tools.append(tool)
                self.kinds[tool.name] = kind


class _Caller:
    """Answers the calls that code in the sandbox makes: of tools that need nobody's approval, and run here."""

    def __init__(self, spec: AgentSpec) -> None:
        self._spec = spec
        self.toolset: Toolset | None = None

    async def __call__(self, name: str, arguments: dict[str, Any]) -> Any:
        assert self.toolset is not None
        offer = self.toolset.offer(name)
        if offer.is_clients or name == "python" or offer.kind in ("plan", "subagent") or name in AUTOMATION_TOOLS:
            raise ToolFailed(f"{name} cannot be called from code")
        if decision_on(offer, self._spec.approvals) != "auto":
            raise ToolFailed(f"{name} needs a person's approval: call it directly")
        if self.toolset.tool(name) is None:
            raise ToolRetry(f"there is no tool {name!r}")
        return await self.toolset.registry.call(name, msgspec.json.encode(arguments).decode())


def _wanted(names: Iterable[str]) -> set[str]:
    """Return the workspace tools that an agent has: those it names, or all."""
    named = {tool for name in names for tool in GROUPS.get(name, (name,)) if tool in WORKSPACE_TOOLS}
    return named or set(WORKSPACE_TOOLS)


__all__ = ["BUILTIN_NAMES", "Kit", "Toolbox", "offers_search"]
