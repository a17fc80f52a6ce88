"""MCP servers as tools, through the official SDK.

One task per connection enters and leaves the SDK's contexts; calls come from anywhere. A server that has died is
started anew by the next call. What a call that was under way did is then unknown, and its error says so.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from tercet.egress import Guard
from tercet.errors import InvalidRequest, TercetError, ToolFailed, Unsupported
from tercet.items import JsonSchema
from tercet.schema import check_schema
from tercet.tools.base import Arguments, Effect, JsonValue, Tool
from tercet.tools.mcp_http import check_url, http_transport
from tercet.tools.mcp_process import Start, process_transport, start_here
from tercet.tools.mcp_results import result_value
from tercet.tools.mcp_spec import Approval, HttpTransport, McpServerSpec, StdioTransport

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client import Transport
    from mcp.types import CallToolResult, RequestParamsMeta
    from mcp.types import Tool as ListedTool

__all__ = [
    "Approval",
    "CallUnknown",
    "HttpTransport",
    "McpRefused",
    "McpServer",
    "McpServerSpec",
    "McpTool",
    "StdioTransport",
    "start_here",
]

log = logging.getLogger(__name__)

_MAX_TOOLS = 200
_MAX_PAGES = 20
_MAX_NAME = 64
_MAX_DESCRIPTION = 2_000
_OTHER = re.compile(r"[^A-Za-z0-9_-]")


class CallUnknown(ToolFailed):
    """A call brought no result, and it cannot be told whether it took effect."""

    code = "call_unknown"


class McpRefused(ToolFailed):
    """The server answered a call with an error of the protocol, whose code is `number`."""

    code = "mcp_refused"

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


class McpTool:
    """One tool of a server, under a name that says whose it is."""

    def __init__(self, server: "McpServer", listed: "ListedTool") -> None:
        self._server = server
        self.remote_name = listed.name
        self.name = tool_name(server.spec.label, listed.name)
        self.description = (listed.description or "")[:_MAX_DESCRIPTION]
        self.parameters: JsonSchema = dict(listed.input_schema)
        self.annotations: dict[str, object] = (
            listed.annotations.model_dump(by_alias=True, exclude_none=True) if listed.annotations is not None else {}
        )
        """What the server says of its effects, as it stands on the wire."""
        is_reading = self.annotations.get("readOnlyHint") is True
        self.effect: Effect = "reads" if is_reading else "writes"
        self.timeout_s = server.spec.timeout_s + server.spec.start_timeout_s

    @property
    def needs_approval(self) -> bool:
        """Whether a call waits for an approval."""
        return self._server.spec.needs_approval(self.remote_name)

    async def run(self, arguments: Arguments) -> JsonValue:
        """Call it. Raises `ToolFailed`."""
        return await self._server.call(self.remote_name, arguments)


class McpServer:
    """One server of one session."""

    def __init__(self, spec: McpServerSpec, guard: Guard, *, start: Start | None = None) -> None:
        """`guard` is the way to remote servers. `start` starts local ones; without it they are refused.

        Raises `InvalidRequest` for a spec that does not make sense, `Unsupported` for what is not served here.
        """
        _require_extra()
        spec.check()
        if isinstance(spec.transport, HttpTransport):
            check_url(spec.transport, guard)
        elif start is None:
            raise Unsupported("MCP servers over stdio are not started in this session")
        self.spec = spec
        self.left_out: dict[str, str] = {}
        self._guard = guard
        self._start = start
        self._connection: _Connection | None = None
        self._tools: list[McpTool] = []
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect and list the tools. Raises `ToolFailed`, and `ToolFailed` for a list that cannot be offered."""
        connection = await self._connected()
        try:
            async with asyncio.timeout(self.spec.start_timeout_s):
                listed = await _list_tools(connection.client)
        except TimeoutError as error:
            await self.close()
            raise ToolFailed(f"the MCP server {self.spec.label!r} did not list its tools in time") from error
        except Exception as error:  # the SDK's; there is no common root
            await self.close()
            raise _failed(self.spec.label, error) from error
        self._admit(listed)

    @property
    def listed(self) -> "list[McpTool]":
        """The tools that may be called, as they were listed last."""
        return list(self._tools)

    def tools(self) -> list[Tool]:
        """Return the tools that may be called; `left_out` has the others, with the reason."""
        return list(self._tools)

    def needs_approval(self, name: str) -> bool:
        """Tell whether a call of the tool `name` (as offered to the model) waits for an approval."""
        return any(tool.needs_approval for tool in self._tools if tool.name == name)

    async def call(
        self,
        name: str,
        arguments: Mapping[str, object],
        *,
        meta: Mapping[str, object] | None = None,
        read: "Callable[[CallToolResult], JsonValue]" = result_value,
    ) -> JsonValue:
        """Call a tool by the server's own name for it, `meta` added to its `_meta`, and `read` its result.

        Raises `ToolFailed`: `McpRefused` for an error of the protocol, `CallUnknown` where it may have taken effect.
        """
        from mcp import MCPError

        connection = await self._connected()
        try:
            async with asyncio.timeout(self.spec.timeout_s):
                result = await connection.client.call_tool(name, dict(arguments), meta=self._meta(meta))
        except TimeoutError as error:
            raise CallUnknown(f"{name} of {self.spec.label!r} gave no result in {self.spec.timeout_s:g} s") from error
        except MCPError as error:
            if connection.failure is not None or connection.is_dead or _is_lost(error):
                await self.close()
                if connection.failure is not None:
                    raise connection.failure from error  # nothing was sent
                message = f"the MCP server {self.spec.label!r} ended during the call; whether it took effect is unknown"
                raise CallUnknown(message) from error
            message = f"{name} of {self.spec.label!r}: {error}"[:2000]
            raise McpRefused(message, error.error.code) from error
        except Exception as error:  # the SDK's; there is no common root
            await self.close()
            failed = _failed(self.spec.label, error)
            is_ours = any(isinstance(inner, TercetError) for inner in _leaves(error))
            raise (failed if is_ours else CallUnknown(failed.message)) from error
        return read(result)

    async def close(self) -> None:
        """Disconnect, and end a local server; safe to call again. A call after it connects anew."""
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    def _meta(self, more: Mapping[str, object] | None) -> "RequestParamsMeta | None":
        meta = {**self.spec.request_metadata, **(more or {})}
        return cast("RequestParamsMeta", meta) if meta else None

    async def _connected(self) -> "_Connection":
        async with self._lock:
            if self._connection is not None and self._connection.is_dead:
                await self._connection.close()
                self._connection = None
            if self._connection is None:
                connection = _Connection(self.spec, self._guard, self._start)
                await connection.open()
                self._connection = connection
            return self._connection

    def _admit(self, listed: "list[ListedTool]") -> None:
        """Take what may be called. Raises `ToolFailed` for two tools that get the same name."""
        self._tools, self.left_out = [], {}
        names: set[str] = set()
        for entry in listed:
            if self.spec.allowed_tools is not None and entry.name not in self.spec.allowed_tools:
                continue
            tool = McpTool(self, entry)
            try:
                check_schema(tool.parameters, f"the parameters of {tool.name}")
            except InvalidRequest as error:
                self.left_out[entry.name] = error.message
                continue
            if tool.name in names:
                raise ToolFailed(f"two tools of the MCP server {self.spec.label!r} would both be called {tool.name!r}")
            names.add(tool.name)
            self._tools.append(tool)


class _Connection:
    """A connected client, kept by a task of its own."""

    def __init__(self, spec: McpServerSpec, guard: Guard, start: Start | None) -> None:
        self._spec = spec
        self._guard = guard
        self._start = start
        self._leave = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self.is_dead = False
        self.failure: ToolFailed | None = None
        """Why requests are not sent any more, where that is ours to say."""

    @property
    def client(self) -> "Client":
        assert self._client is not None
        return self._client

    async def open(self) -> None:
        """Connect. Raises `ToolFailed`."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep(ready))
        try:
            async with asyncio.timeout(self._spec.start_timeout_s):
                await asyncio.shield(ready)
        except TimeoutError as error:
            raise ToolFailed(f"the MCP server {self._spec.label!r} did not answer in time") from error
        finally:
            if self._client is None:
                await self.close()
                if ready.done() and not ready.cancelled():
                    ready.exception()  # it was told, or the caller has gone

    async def close(self) -> None:
        """Leave the SDK's contexts in the task that entered them."""
        self._leave.set()
        if self._task is None:
            return
        if self._client is None:
            self._task.cancel()
        done, _ = await asyncio.wait({self._task}, timeout=20.0)
        if not done:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5.0)

    async def _keep(self, ready: "asyncio.Future[None]") -> None:
        await asyncio.to_thread(import_module, "mcp")  # a second, which nobody else must wait for
        from mcp import Client

        try:
            async with Client(self._transport(), cache=None) as client:
                self._client = client
                ready.set_result(None)
                await self._leave.wait()
        except Exception as error:  # noqa: BLE001 - the SDK's; there is no common root
            if not ready.done():
                ready.set_exception(_failed(self._spec.label, error))
            elif not self._leave.is_set():
                log.info("the connection to the MCP server %s ended: %s", self._spec.label, type(error).__name__)
        finally:
            self.is_dead = True

    def _transport(self) -> "Transport":
        transport = self._spec.transport
        if isinstance(transport, HttpTransport):
            return http_transport(transport, self._guard, self._spec.timeout_s, self._mark_failed)
        assert self._start is not None
        return process_transport(transport, self._start, self._mark_dead)

    def _mark_failed(self, failure: ToolFailed) -> None:
        self.failure = failure

    def _mark_dead(self) -> None:
        self.is_dead = True


def tool_name(label: str, name: str) -> str:
    """Return `label__name` with other characters than letters, digits, - and _ replaced, at most 64 of them."""
    return f"{label}__{_OTHER.sub('_', name)}"[:_MAX_NAME]


async def _list_tools(client: "Client") -> "list[ListedTool]":
    """Return all tools, page by page. Raises `ToolFailed` for a list without end."""
    listed: list[ListedTool] = []
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        listed += page.tools
        if len(listed) > _MAX_TOOLS:
            break
        cursor = page.next_cursor
        if cursor is None:
            return listed
    raise ToolFailed(f"the MCP server lists more than {_MAX_TOOLS} tools")


def _is_lost(error: Exception) -> bool:
    """Tell whether the connection or the server's session is gone."""
    from mcp.types import CONNECTION_CLOSED

    return getattr(getattr(error, "error", None), "code", None) == CONNECTION_CLOSED or "terminated" in str(error)


def _failed(label: str, error: BaseException) -> ToolFailed:
    """Map what the SDK or the network raised; the message names the kind alone, since others may hold secrets."""
    for inner in _leaves(error):
        if isinstance(inner, TercetError):
            return ToolFailed(inner.message)
    kinds = sorted({type(inner).__name__ for inner in _leaves(error)})
    return ToolFailed(f"the MCP server {label!r} cannot be used: {', '.join(kinds)}")


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def _require_extra() -> None:
    if find_spec("mcp") is None:
        raise Unsupported("MCP servers need the extra: pip install 'tercet[mcp]'")
