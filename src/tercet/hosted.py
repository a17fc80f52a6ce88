"""Which tools the service itself runs while it makes a response: the search of files and of the web, MCP servers.

Values alone. Credentials are not among them: these are stored and shown, credentials are sealed or forgotten.
"""

from collections.abc import Mapping

import msgspec

from tercet.items import McpApprovalRequest, McpList, ToolChoice
from tercet.searching import FileSearching


class ToolFilter(msgspec.Struct, frozen=True):
    """Some of a server's tools: those named, those that are said to only read, or both."""

    names: tuple[str, ...] | None = None
    is_reading: bool | None = None

    def matches(self, name: str, *, is_reading: bool) -> bool:
        """Whether a tool is one of them."""
        return (self.names is None or name in self.names) and self.is_reading in (None, is_reading)


class Approvals(msgspec.Struct, frozen=True):
    """Tools whose calls wait for an approval, and tools whose calls do not; all others wait."""

    always: ToolFilter | None = None
    never: ToolFilter | None = None

    def are_needed(self, name: str, *, is_reading: bool) -> bool:
        """Whether a call of a tool waits for an approval."""
        if self.always is not None and self.always.matches(name, is_reading=is_reading):
            return True
        return self.never is None or not self.never.matches(name, is_reading=is_reading)


ALWAYS, NEVER = Approvals(), Approvals(never=ToolFilter())


class McpServing(msgspec.Struct, frozen=True):
    """An MCP server whose tools a model may call."""

    label: str
    url: str
    description: str = ""
    allowed: ToolFilter | None = None
    """The tools that count; None: all."""
    approvals: Approvals = ALWAYS
    place: str = "tools"
    """Where a request names the server, for errors."""


class WebSearching(msgspec.Struct, frozen=True):
    """A response's leave to search the web."""

    num_results: int = 8
    domains: tuple[str, ...] = ()
    """Domains, with their subdomains, that results may come from; none: any."""
    place: str = "tools"
    """Where a request names the tool, for errors."""


class McpChoice(msgspec.Struct, frozen=True):
    """A demand for a tool of a server, or for any of its tools."""

    label: str
    name: str | None = None


class Hosted(msgspec.Struct, frozen=True):
    """The tools of one response that are run here."""

    files: FileSearching | None = None
    web: WebSearching | None = None
    servers: tuple[McpServing, ...] = ()
    max_calls: int | None = None
    """After so many calls the model must answer; None leaves the number to the service."""
    choice: ToolChoice = ToolChoice()
    """The client's choice of tools, where it names those of servers: what they offer is known once they said it."""
    chosen: tuple[McpChoice, ...] = ()
    """The tools of servers that the choice names."""


class Carried(msgspec.Struct, frozen=True):
    """What earlier turns bring to the tools of a response."""

    approved: tuple[McpApprovalRequest, ...] = ()
    """Calls of earlier turns that the client has approved with this request."""
    listings: tuple[McpList, ...] = ()
    """What servers have said that they offer, so that they need not be asked again."""


class Credentials(msgspec.Struct, frozen=True):
    """What an MCP server is shown of who calls: secrets."""

    authorization: str = ""
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return "Credentials(…)"
