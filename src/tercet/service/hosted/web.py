"""The search of the web, as a tool that the service runs."""

from collections.abc import Sequence

from tercet.errors import TercetError
from tercet.hosted import WebSearching
from tercet.items import HostedItem, Item, ToolCall, ToolDefinition, WebPage, WebSearch
from tercet.service.hosted.base import Queries
from tercet.tools.base import object_schema
from tercet.tools.web_search import Provider
from tercet.tools.web_search import WebSearch as WebSearchTool

NAME = "web_search"
NOTHING = "Nothing was found."
MAX_QUERY_CHARACTERS = 400


class WebSearcher:
    """`web_search` in one response."""

    kind = NAME
    max_calls = 8

    def __init__(self, items: Sequence[Item], searching: WebSearching, provider: Provider) -> None:
        self.definition = offered()
        self.found: list[WebPage] = []
        self._searching = searching
        self._queries = Queries(items)
        self._tool = WebSearchTool(provider, searching.domains)

    @property
    def is_spent(self) -> bool:
        """See `HostedTool`."""
        return self._queries.is_repeating

    def announced(self, call_id: str) -> WebSearch:
        """See `HostedTool`."""
        return WebSearch(call_id)

    def begun(self, call: ToolCall) -> WebSearch:
        """See `HostedTool`."""
        return WebSearch(call.call_id)

    def waiting(self, call: ToolCall) -> None:
        """See `HostedTool`: searching is never asked about."""

    def intent(self, call: ToolCall) -> str:
        """See `HostedTool`."""
        return self._query(call)

    def unknown(self, call: ToolCall) -> None:
        """See `HostedTool`: a search changes nothing."""

    async def run(self, call: ToolCall, max_characters: int, key: str) -> WebSearch:
        """See `HostedTool`."""
        query = self._query(call)
        try:
            found = await self._tool.run({"query": query, "max_results": self._searching.num_results})
        except TercetError as error:
            return WebSearch(call.call_id, query, shown=f"The search failed: {error.message}", is_failed=True)
        pages = tuple(WebPage(hit["url"], hit["title"], hit["snippet"]) for hit in found["results"])
        return WebSearch(call.call_id, query, pages, rendered(pages, max_characters))

    def take(self, item: HostedItem) -> None:
        """See `HostedTool`."""
        assert isinstance(item, WebSearch)
        self._queries.note(item.query)
        self.found += item.pages

    def _query(self, call: ToolCall) -> str:
        return self._queries.of(call)[:MAX_QUERY_CHARACTERS]


def offered() -> ToolDefinition:
    """Return the tool as a model request offers it."""
    schema = object_schema({"query": {"type": "string", "description": "what to look for"}})
    return ToolDefinition(NAME, WebSearchTool.description, schema, strict=True)


def rendered(pages: Sequence[WebPage], max_characters: int) -> str:
    """Return what a model is told of what was found: the best first, as much as there is room for."""
    told: list[str] = []
    left = max_characters
    for page in pages:
        entry = f"{page.title}\n{page.url}\n{page.snippet}"
        if told and len(entry) > left:
            break
        told.append(entry if len(entry) <= left else entry[:left] + "…")
        left -= len(entry)
    return "\n\n".join(told) or NOTHING
