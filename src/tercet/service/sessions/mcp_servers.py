"""The MCP servers of one session: over HTTP through its guard, or as processes in its sandbox.

A connection stays open between turns. A server that has ended, with its sandbox or by itself, is started again by the
next call of one of its tools.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import msgspec

from tercet.egress import Guard, Policy
from tercet.errors import InvalidRequest, TercetError, ToolFailed, Unsupported
from tercet.service.sessions.workspaces import Open
from tercet.sessions.agents import McpServer
from tercet.sessions.turns import SessionRecord
from tercet.tools.mcp import HttpTransport, McpServerSpec, StdioTransport
from tercet.tools.mcp import McpServer as Connection
from tercet.tools.mcp_process import MAX_LINE, Pipes

log = logging.getLogger(__name__)

WORKSPACE = "/workspace"
MAX_WORDS = 500
PATHS = ("PATH", "PYTHONPATH")
"""Where installed packages are found; there if there are any."""
Enter = Callable[[], Awaitable[Open]]
"""Returns the session's open sandbox, opened anew where it was closed."""


class Bearer(Protocol):
    """Where the tokens for MCP servers come from."""

    async def __call__(
        self, url: str, vault_ids: tuple[str, ...], owner: str, credential_id: str | None, rejected: str | None
    ) -> str | None:
        """Return the token for the server at `url`, None when no credential is for it.

        `rejected` is one that the server did not accept, so that another is needed. Raises `InvalidRequest` and
        `ToolFailed`.
        """


class McpServers:
    """What a session is connected to."""

    def __init__(self, guard: Guard) -> None:
        """Reach remote servers through `guard`."""
        self._guard = guard
        self._known: dict[str, tuple[McpServer, Connection]] = {}
        self._lock = asyncio.Lock()

    async def open(
        self, tool: McpServer, record: SessionRecord, enter: Enter | None, bearer: Bearer | None
    ) -> Connection | None:
        """Return the connection to a server; None where it cannot be had and is not required.

        Raises `ToolFailed` where it is required, `InvalidRequest` for credentials that do not say which one is meant.
        """
        async with self._lock:  # subagents' turns run beside each other
            return await self._open(tool, record, enter, bearer)

    async def _open(
        self, tool: McpServer, record: SessionRecord, enter: Enter | None, bearer: Bearer | None
    ) -> Connection | None:
        key = msgspec.json.encode((tool.label, tool.allowed_tools)).decode()  # a subagent may see other tools of it
        if key in self._known:
            known, before = self._known[key]
            if known == tool:
                return before
            del self._known[key]
            await before.close()
        starter = _Starter(tool, enter) if enter is not None else None
        connection: Connection | None = None
        try:
            connection = await self._connection(tool, record, starter, bearer)
            await connection.start()
        except InvalidRequest:
            raise  # the session's configuration does not say what it means
        except TercetError as error:
            if connection is not None:
                await connection.close()
            said = f"; it said: {starter.words}" if starter is not None and starter.words else ""
            if tool.is_required:
                raise ToolFailed(f"{error.message}{said}", code="connection_failed") from error
            log.warning("session %s goes on without MCP server %s: %s", record.id, tool.label, error.message)
            return None
        self._known[key] = (tool, connection)
        return connection

    async def close(self) -> None:
        """Disconnect from all, and end those that are processes."""
        known, self._known = self._known, {}
        for _, connection in known.values():
            await connection.close()

    async def _connection(
        self, tool: McpServer, record: SessionRecord, starter: "_Starter | None", bearer: Bearer | None
    ) -> Connection:
        if tool.url is None:
            if starter is None:
                raise ToolFailed(f"the MCP server {tool.label!r} needs a hosted environment", code="connection_failed")
            return Connection(_spec(tool, _stdio(tool)), self._guard, start=starter)
        transport = HttpTransport(tool.url, headers=tool.headers)
        if bearer is not None:
            tokens = _Tokens(tool, record, bearer)
            if await tokens.first():
                transport = msgspec.structs.replace(transport, token=tokens)
        return Connection(_spec(tool, transport), self._guard)


class _Tokens:
    """The bearer tokens of one server: the one that its credential has now, or a new one when that was rejected."""

    def __init__(self, tool: McpServer, record: SessionRecord, bearer: Bearer) -> None:
        self._tool = tool
        self._record = record
        self._bearer = bearer
        self._last: str | None = None

    async def first(self) -> bool:
        """Tell whether there is a credential at all."""
        return await self._ask(None) is not None

    async def __call__(self, is_rejected: bool) -> str:
        token = await self._ask(self._last if is_rejected else None)
        if token is None:
            raise ToolFailed(f"the credential for the MCP server {self._tool.label!r} was deleted")
        self._last = token
        return token

    async def _ask(self, rejected: str | None) -> str | None:
        tool, record = self._tool, self._record
        assert tool.url is not None
        return await self._bearer(tool.url, record.vault_ids, record.owner, tool.credential_id, rejected)


def check_server(tool: McpServer, where: str, *, is_hosted: bool) -> None:
    """Raise `InvalidRequest` or `Unsupported`, naming fields below `where`, for a server that cannot be had."""
    if tool.url is None:
        if not is_hosted:
            message = "an MCP server on stdio is started in the session's sandbox: it needs a hosted environment"
            raise InvalidRequest(message, param=f"{where}.transport")
        cwd = tool.cwd or ""
        if cwd.rstrip("/") != WORKSPACE and not cwd.startswith(f"{WORKSPACE}/"):
            message = f"cwd {cwd!r} is not {WORKSPACE} or a folder beneath it"
            raise InvalidRequest(message, param=f"{where}.transport.cwd")
        for number, text in enumerate((cwd, *tool.command)):
            if "\0" in text:
                field = ("cwd", "command")[number] if number < 2 else f"args[{number - 2}]"
                raise InvalidRequest("it has a NUL in it", param=f"{where}.transport.{field}")
    elif tool.is_from_environment and not is_hosted:
        message = "connections from the environment need a hosted one"
        raise InvalidRequest(message, param=f"{where}.connection_origin")
    try:
        transport = HttpTransport(tool.url) if tool.url is not None else _stdio(tool)
        Connection(_spec(tool, transport), Guard(Policy()), start=_never)
    except Unsupported as error:
        raise Unsupported(error.message, param=where) from error
    except InvalidRequest as error:
        raise InvalidRequest(error.message, param=where) from error


def _spec(tool: McpServer, transport: HttpTransport | StdioTransport) -> McpServerSpec:
    return McpServerSpec(
        tool.label,
        transport,
        tool.allowed_tools,
        require_approval="never",  # the session's own policy decides
        request_metadata=tool.metadata,
    )


def _stdio(tool: McpServer) -> StdioTransport:
    return StdioTransport(tool.command[0], tool.command[1:], tool.cwd or "")


class _Starter:
    """Starts a server in the session's sandbox, with the variables that it names and no others."""

    def __init__(self, tool: McpServer, enter: Enter) -> None:
        self._tool = tool
        self._enter = enter
        self.words = ""
        """The last that one which has ended wrote to stderr."""

    @asynccontextmanager
    async def __call__(self, transport: StdioTransport) -> AsyncIterator[Pipes]:
        names, label = self._tool.env_names, self._tool.label
        opened = await self._enter()
        missing = [name for name in names if name not in opened.variables]
        if missing:
            raise ToolFailed(f"the environment has no variable {missing[0]!r}, which {label!r} is to be given")
        try:
            async with opened.box.converse(
                (transport.command, *transport.args),
                environment={name: value for name, value in opened.variables.items() if name in (*names, *PATHS)},
                cwd=transport.cwd,
                max_line=MAX_LINE,
            ) as process:
                try:
                    yield process.reader, process.writer
                finally:
                    self.words = process.words()[-MAX_WORDS:]
        except OSError as error:
            reason = f"its folder {transport.cwd!r} {error.strerror}"
            raise ToolFailed(f"the MCP server {label!r} cannot be started: {reason}") from error


@asynccontextmanager
async def _never(_: StdioTransport) -> AsyncIterator[Pipes]:
    """Start nothing: for a server that is only looked at."""
    raise ToolFailed("it is not to be started")
    yield
