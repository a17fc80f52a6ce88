"""What a session says of an MCP server: how it is reached, which of its tools count, who must be asked first."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from tercet.errors import InvalidRequest

Token = Callable[[bool], Awaitable[str]]
"""Gives the bearer token of a request; called with True when the one before was not accepted, to get a fresh one."""


class HttpTransport(msgspec.Struct, frozen=True):
    """A server reached by streamable HTTP, through the guard."""

    url: str
    headers: Mapping[str, str] = {}
    """Further request header fields."""
    authorization: str = ""
    """The Authorization header, whole; a secret."""
    token: Token | None = None
    """Where a bearer token comes from instead, such as a vault."""

    def __repr__(self) -> str:
        return f"HttpTransport({self.url.partition('?')[0]!r})"


class StdioTransport(msgspec.Struct, frozen=True):
    """A server that is started as a process and spoken to over its standard streams."""

    command: str
    args: tuple[str, ...] = ()
    cwd: str = ""
    env: Mapping[str, str] = {}
    """All that the process sees of an environment besides a search path."""

    def __repr__(self) -> str:
        return f"StdioTransport({self.command!r})"


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tools whose calls always or never wait for an approval; the others do."""

    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class McpServerSpec(msgspec.Struct, frozen=True):
    """One server. `label` goes before its tools' names."""

    label: str
    transport: HttpTransport | StdioTransport
    allowed_tools: tuple[str, ...] | None = None
    """The server's own names of the tools that may be called; None: all."""
    require_approval: Literal["always", "never"] | Approval = "always"
    timeout_s: float = 60.0
    """Seconds that one call may take."""
    start_timeout_s: float = 30.0
    request_metadata: Mapping[str, object] = {}
    """Goes with every request as its `_meta`."""

    def check(self, param: str = "mcp") -> None:
        """Raise `InvalidRequest` for a label that cannot be part of a tool's name."""
        if not self.label or len(self.label) > 32 or not self.label.replace("-", "").replace("_", "").isalnum():
            raise InvalidRequest(
                f"server_label {self.label!r} must have 1 to 32 letters, digits, - and _", param=f"{param}.server_label"
            )

    def needs_approval(self, tool: str) -> bool:
        """Tell whether a call of `tool` (the server's own name) waits for an approval."""
        if isinstance(self.require_approval, Approval):
            return tool in self.require_approval.always or tool not in self.require_approval.never
        return self.require_approval == "always"
