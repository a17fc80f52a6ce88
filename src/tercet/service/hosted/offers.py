"""What the tools of one response offer to its model: searches, and the tools that MCP servers say they have."""

from collections.abc import Mapping, Sequence

import msgspec

from tercet.errors import InvalidRequest
from tercet.hosted import Carried, Hosted, McpServing
from tercet.items import Entry, HostedItem, McpApprovalRequest, McpList, ModelRequest, ToolChoice
from tercet.service.hosted.base import HostedTool
from tercet.service.hosted.mcp import McpCaller, Servers, ToolsNotListed, is_allowed
from tercet.tools.mcp import tool_name


class Offers:
    """The tools of one response. Close it when the response is made."""

    def __init__(
        self, hosted: Hosted, carried: Carried, searchers: Sequence[HostedTool], servers: Servers | None
    ) -> None:
        """`hosted` asks for them; what its servers offer is not known yet unless `carried` says it."""
        self._hosted = hosted
        self._servers = servers
        self.tools: dict[str, HostedTool] = {tool.definition.name: tool for tool in searchers}
        self.approvals = carried.approved
        self._labels: dict[str, str] = {}
        self._known: set[str] = set()
        for listing in carried.listings:
            self.take(listing)

    @property
    def unknown(self) -> list[McpServing]:
        """The servers that must be asked what they offer."""
        return [serving for serving in self._hosted.servers if serving.label not in self._known]

    async def ask(self, serving: McpServing) -> McpList:
        """Ask a server; that it gave no answer is an outcome too."""
        assert self._servers is not None, "there is one for every serving"
        return await self._servers.listed(serving)

    def take(self, listing: HostedItem) -> None:
        """Offer what a server has. Raises `ToolsNotListed` when it did not say, `InvalidRequest` for a name twice."""
        assert isinstance(listing, McpList)
        assert self._servers is not None, "there is one for every serving"
        serving = next(serving for serving in self._hosted.servers if serving.label == listing.label)
        if listing.error is not None:
            message = f"Error retrieving the tool list from the MCP server {listing.label!r}: {listing.error}"
            raise ToolsNotListed(message, param=serving.place)
        self._known.add(listing.label)
        for tool in listing.tools:
            if is_allowed(serving, tool):
                caller = McpCaller(serving, tool, self._servers)
                if caller.definition.name in self.tools:
                    message = f"two tools would be named {caller.definition.name!r}"
                    raise InvalidRequest(message, param=f"{serving.place}.server_label")
                self.tools[caller.definition.name] = caller
                self._labels[caller.definition.name] = listing.label

    def offered(self, request: ModelRequest) -> ModelRequest:
        """Return the request with the tools of servers, and the choice as it is meant.

        Raises `InvalidRequest` for a choice of what no server has.
        """
        known = {tool.name for tool in request.tools}
        more = tuple(tool.definition for name, tool in self.tools.items() if name not in known)
        choice = request.tool_choice
        if self._hosted.chosen:
            names = [name for chosen in self._hosted.chosen for name in self._names(chosen.label, chosen.name)]
            choice = ToolChoice(self._hosted.choice.mode, (*self._hosted.choice.names, *names))
        return msgspec.structs.replace(request, tools=(*request.tools, *more), tool_choice=choice)

    def approved(self, request: McpApprovalRequest) -> HostedTool:
        """Return the tool of a call that was approved. Raises `InvalidRequest` when the server has it no longer."""
        tool = self.tools.get(request.tool)
        if tool is None:
            message = f"The MCP server {request.label!r} has no tool {request.name!r} now, so it cannot be called."
            raise InvalidRequest(message, param="input")
        return tool

    async def close(self) -> None:
        """Disconnect from the servers."""
        if self._servers is not None:
            await self._servers.close()

    def _names(self, label: str, name: str | None) -> list[str]:
        """Return what the model calls a server's tool, or all of them."""
        wanted = None if name is None else tool_name(label, name)
        names = [one for one, whose in self._labels.items() if whose == label and wanted in (None, one)]
        if not names:
            shown = repr(label) if name is None else f"{label!r} called {name!r}"
            raise InvalidRequest(
                f"tool_choice names a tool of the MCP server {shown}: it has none.", param="tool_choice"
            )
        return names


def listings_in(entries: Sequence[Entry], servings: Sequence[McpServing]) -> tuple[McpList, ...]:
    """Return what a conversation says of servers, the latest of each, where that holds all that is allowed now."""
    latest: Mapping[str, McpList] = {
        entry.label: entry for entry in entries if isinstance(entry, McpList) and entry.error is None
    }
    return tuple(
        latest[serving.label]
        for serving in servings
        if serving.label in latest and _holds(latest[serving.label], serving)
    )


def _holds(listing: McpList, serving: McpServing) -> bool:
    wanted = serving.allowed.names if serving.allowed is not None else None
    return listing.is_whole or (wanted is not None and set(wanted) <= {tool.name for tool in listing.tools})
