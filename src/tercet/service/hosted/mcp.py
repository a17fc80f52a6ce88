"""MCP servers of one response: connected when they are first needed, their tools as tools that the service runs.

Everything goes through a guard of the response's own, under the operator's egress settings. A call that was begun and
whose outcome is not known is made again only where the server says that repeating it changes nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from importlib import import_module

import msgspec

from tercet.config.web import EgressConfig
from tercet.egress import Guard, Policy
from tercet.errors import InvalidRequest, TercetError, ToolFailed
from tercet.hosted import Credentials, McpServing
from tercet.items import (
    HostedItem,
    McpApprovalRequest,
    McpCall,
    McpFault,
    McpList,
    McpTool,
    ToolCall,
    ToolDefinition,
)
from tercet.schema import instance_violation
from tercet.tools.mcp import CallUnknown, HttpTransport, McpRefused, McpServer, McpServerSpec, tool_name
from tercet.tools.mcp_results import result_text
from tercet.tools.pages import cut

KEY_FIELD = "tercet/idempotency-key"
"""Where a call's `_meta` holds what is the same whenever that call is tried again, and no other call's."""
UNKNOWN = "This call was interrupted: whether it took effect is unknown. It was not made again."


class ToolsNotListed(ToolFailed):
    """An MCP server that a request names did not say what tools it has, so that the request cannot be served."""

    code = "external_connector_error"
    status = 424


class Servers:
    """The MCP servers of one response. Close it when the response is made."""

    def __init__(
        self, servings: Sequence[McpServing], credentials: Mapping[str, Credentials], egress: EgressConfig
    ) -> None:
        """Raises `InvalidRequest` for servers that make no sense, `Unsupported` where there is no MCP here."""
        self._guard = Guard(Policy(allow=egress.allow, ports=egress.ports))
        self._is_started = False
        self._servers = {
            serving.label: self._server(serving, credentials.get(serving.label, Credentials())) for serving in servings
        }

    async def listed(self, serving: McpServing) -> McpList:
        """Return the tools of a server that the request allows; that it gave none is an outcome too."""
        try:
            server = await self._started(serving.label)
            await server.start()
        except TercetError as error:
            return McpList(serving.label, error=error.message)
        tools = [
            McpTool(tool.remote_name, tool.parameters, tool.description, tool.annotations) for tool in server.listed
        ]
        allowed = tuple(tool for tool in tools if is_allowed(serving, tool))
        return McpList(serving.label, allowed, is_whole=serving.allowed is None)

    async def call(self, label: str, name: str, arguments: Mapping[str, object], key: str) -> str:
        """Call a tool. Raises `ToolFailed`; `CallUnknown` where it may have taken effect."""
        server = await self._started(label)
        return str(await server.call(name, arguments, meta={KEY_FIELD: key}, read=result_text))

    async def close(self) -> None:
        """Disconnect."""
        for server in self._servers.values():
            await server.close()
        if self._is_started:
            await self._guard.close()

    async def _started(self, label: str) -> McpServer:
        if not self._is_started:
            await asyncio.to_thread(import_module, "mcp")  # seconds, which are not the server's to answer for
            await self._guard.start()
            self._is_started = True
        return self._servers[label]

    def _server(self, serving: McpServing, credentials: Credentials) -> McpServer:
        transport = HttpTransport(serving.url, credentials.headers, credentials.authorization)
        spec = McpServerSpec(serving.label, transport, require_approval="never")
        try:
            return McpServer(spec, self._guard)
        except InvalidRequest as error:
            field = "server_label" if error.param == "mcp.server_label" else error.param
            param = f"{serving.place}.{field}" if field else serving.place
            raise type(error)(error.message, param=param, code=error.code) from None


class McpCaller:
    """One tool of a server in one response."""

    kind = "mcp_call"
    max_calls = 64
    is_spent = False

    def __init__(self, serving: McpServing, tool: McpTool, servers: Servers) -> None:
        self._serving = serving
        self._tool = tool
        self._servers = servers
        about = f"{tool.description}\n\n{serving.description}" if serving.description else tool.description
        self.definition = ToolDefinition(tool_name(serving.label, tool.name), about, tool.parameters)

    def announced(self, call_id: str) -> None:
        """See `HostedTool`: whether it is to be approved depends on nothing else, but what is asked has arguments."""

    def begun(self, call: ToolCall) -> McpCall:
        """See `HostedTool`."""
        return McpCall(call.call_id, self._serving.label, self._tool.name, call.name, call.arguments)

    def waiting(self, call: ToolCall) -> McpApprovalRequest | None:
        """See `HostedTool`."""
        if not self._serving.approvals.are_needed(self._tool.name, is_reading=self._tool.is_reading):
            return None
        return McpApprovalRequest(call.call_id, self._serving.label, self._tool.name, call.name, call.arguments)

    def intent(self, call: ToolCall) -> tuple[str, str, str]:
        """See `HostedTool`."""
        return self._serving.label, self._tool.name, call.arguments

    def unknown(self, call: ToolCall) -> McpCall | None:
        """See `HostedTool`."""
        if self._tool.is_repeatable:
            return None
        return msgspec.structs.replace(self.begun(call), fault=McpFault("protocol", UNKNOWN), is_unknown=True)

    async def run(self, call: ToolCall, max_characters: int, key: str) -> McpCall:
        """See `HostedTool`."""
        begun = self.begun(call)
        try:
            arguments = self._arguments(call)
            text = await self._servers.call(self._serving.label, self._tool.name, arguments, key)
        except CallUnknown as error:
            fault = McpFault("protocol", f"{error.message}. {UNKNOWN}")
            return msgspec.structs.replace(begun, fault=fault, is_unknown=True)
        except McpRefused as error:
            return msgspec.structs.replace(begun, fault=McpFault("protocol", error.message, error.number))
        except TercetError as error:
            return msgspec.structs.replace(begun, fault=McpFault("tool", error.message))
        return msgspec.structs.replace(begun, output=_shown(text, max_characters))

    def take(self, item: HostedItem) -> None:
        """See `HostedTool`."""

    def _arguments(self, call: ToolCall) -> dict[str, object]:
        """Return the arguments. Raises `ToolFailed` for such as the tool does not take; it is then not called."""
        try:
            arguments = msgspec.json.decode(call.arguments or "{}", type=dict[str, object])
        except msgspec.DecodeError as error:
            raise ToolFailed(f"the arguments are not a JSON object: {error}") from None
        wrong = instance_violation(self._tool.parameters, arguments)
        if wrong is not None:
            raise ToolFailed(f"the arguments are wrong: {wrong}")
        return arguments


def is_allowed(serving: McpServing, tool: McpTool) -> bool:
    """Whether a request allows a tool of a server."""
    return serving.allowed is None or serving.allowed.matches(tool.name, is_reading=tool.is_reading)


def _shown(text: str, max_characters: int) -> str:
    """Return a tool's result as the model reads it, and the client with it."""
    part = cut(text, 0, max_characters)
    return f"{part.text}\n[{part.note.partition(';')[0]}]" if part.note else part.text
