"""The tools of sessions that reach the network, each through the guard of its session: fetch, search, browser, MCP.

What a session has opened stays open between its turns. Its guard keeps to the policy of its environment; a session
without an environment may reach what is public.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from tercet.clock import monotonic_s
from tercet.config import Config, EgressConfig, read_secret
from tercet.egress import Guard, Policy
from tercet.errors import Unsupported
from tercet.service.sessions.mcp_servers import Bearer, Enter, McpServers, check_server
from tercet.service.sessions.workspaces import Open
from tercet.sessions.agents import AgentTool, Browser, McpServer, WebSearch
from tercet.sessions.environments import NetworkPolicy
from tercet.sessions.turns import CallKind, SessionRecord
from tercet.tools.base import Tool
from tercet.tools.browser import Browser as BrowserSession
from tercet.tools.browser_launch import settings_of
from tercet.tools.fetch import Fetch
from tercet.tools.web_search import BRAVE_KEY, search_provider
from tercet.tools.web_search import WebSearch as WebSearchTool

FETCH = "fetch"
WEB_TOOLS: tuple[str, ...] = (FETCH,)
"""Built-in tools that agents name; the others come with the tools of the contract."""
IDLE_S = 600.0
SCREENSHOT = "browser_screenshot"
RESULTS = {"low": 4, "medium": 8, "high": 16}


class WebKit(msgspec.Struct):
    """The tools of one session that reach the network, and what they are shown as."""

    tools: list[Tool] = []
    kinds: dict[str, CallKind] = {}
    labels: dict[str, str] = {}

    def add(self, tools: Sequence[Tool], kind: CallKind, label: str | None = None) -> None:
        """Offer tools."""
        for tool in tools:
            self.tools.append(tool)
            self.kinds[tool.name] = kind
            if label is not None:
                self.labels[tool.name] = label


class _Held(msgspec.Struct):
    """What a session has open."""

    guard: Guard
    used_s: float
    servers: McpServers
    num_users: int = 0
    browser: BrowserSession | None = None


class Web:
    """Opens and keeps what reaches the network for sessions."""

    def __init__(self, config: Config | None = None) -> None:
        """Set up what `config` says; by default no search and no private host."""
        self._config = config or Config()
        self._held: dict[str, _Held] = {}
        self._lock = asyncio.Lock()
        self.bearer: Bearer | None = None
        """Where tokens for MCP servers come from; None: none are sent."""

    @property
    def reach(self) -> EgressConfig:
        """What the operator lets sessions reach besides public hosts."""
        return self._config.egress

    def check(self, tool: AgentTool, where: str, *, is_hosted: bool) -> None:
        """Raise `Unsupported` or `InvalidRequest` for a tool that this server does not have."""
        match tool:
            case WebSearch(mode="disabled"):
                return
            case WebSearch(mode="cached"):
                raise Unsupported("cached web search is not served; use live", param=f"{where}.mode")
            case WebSearch():
                if not self._config.search.provider:
                    raise Unsupported(
                        "web_search is not served: set search.provider to searxng, brave or local", param=where
                    )
                if tool.location is not None and any(tool.location.values()):
                    raise Unsupported("a location for web search is not served", param=f"{where}.location")
            case McpServer():
                check_server(tool, where, is_hosted=is_hosted)
            case Browser():
                if not is_hosted:
                    raise Unsupported("the browser needs a hosted environment", param=where)
                BrowserSession(Guard(Policy()), settings_of(self._config.browser))
            case _:
                return

    async def open(
        self, record: SessionRecord, opened: Open | None, names: Sequence[str], enter: Enter | None = None
    ) -> WebKit:
        """Return the tools of a session; `enter` opens its sandbox whenever a server is to be started in it.

        Raises `ToolFailed` when a required MCP server cannot be reached.
        """
        kit = WebKit()
        wanted = [tool for tool in record.spec.tools if isinstance(tool, WebSearch | McpServer | Browser)]
        if not wanted and FETCH not in names:
            return kit
        held = await self._hold(record.id, opened.network if opened else NetworkPolicy("enabled"))
        if FETCH in names:
            kit.add([Fetch(held.guard)], "builtin")
        for tool in wanted:
            match tool:
                case WebSearch(mode="disabled"):
                    pass
                case WebSearch():
                    kit.add([self._search(tool, held)], "web_search")
                case Browser(has_screenshots=has_screenshots):
                    if held.browser is None:
                        shelf = opened.box.files if opened else None
                        held.browser = BrowserSession(held.guard, settings_of(self._config.browser), shelf)
                    actions = held.browser.tools()
                    kit.add([one for one in actions if has_screenshots or one.name != SCREENSHOT], "browser")
                case McpServer():
                    server = await held.servers.open(tool, record, enter, self.bearer)
                    kit.add(server.tools() if server else [], "mcp", tool.label)
        return kit

    @contextmanager
    def in_use(self, session_id: str) -> Iterator[None]:
        """Keep open what a session has open, for as long as the context lasts."""
        held = self._held.get(session_id)
        if held is None:
            yield
            return
        held.num_users += 1
        try:
            yield
        finally:
            held.num_users -= 1
            held.used_s = monotonic_s()

    async def forget(self, session_id: str) -> None:
        """Release what a session had open."""
        held = self._held.pop(session_id, None)
        if held is None:
            return
        await held.servers.close()
        if held.browser is not None:
            await held.browser.close()
        await held.guard.close()

    async def close_idle(self) -> None:
        """Release what no turn has worked with for a while."""
        oldest = monotonic_s() - IDLE_S
        for session_id in [name for name, held in self._held.items() if held.used_s < oldest and not held.num_users]:
            await self.forget(session_id)

    async def close(self) -> None:
        """Release everything."""
        for session_id in tuple(self._held):
            await self.forget(session_id)

    async def _hold(self, session_id: str, network: NetworkPolicy) -> _Held:
        async with self._lock:
            held = self._held.get(session_id)
            if held is None:
                guard = Guard(
                    Policy(
                        access=network.access,
                        allowed_domains=network.allowed_domains,
                        blocked_domains=network.blocked_domains,
                        allow=self._config.egress.allow,
                        ports=self._config.egress.ports,
                    )
                )
                await guard.start()
                held = self._held[session_id] = _Held(guard, monotonic_s(), McpServers(guard))
            held.used_s = monotonic_s()
            return held

    def _search(self, tool: WebSearch, held: _Held) -> Tool:
        search = self._config.search
        key = read_secret(search.api_key_env or BRAVE_KEY) if search.provider == "brave" else ""
        return WebSearchTool(search_provider(search, held.guard, key), tool.allowed_domains or ())
