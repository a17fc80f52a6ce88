"""The search of vector stores, as a tool that the service runs."""

from collections.abc import Awaitable, Callable, Sequence

from tercet.errors import StoreFailed, TercetError
from tercet.items import FileSearch, HostedItem, Item, Passage, ToolCall
from tercet.service.hosted.base import Queries
from tercet.tools.file_search import offered, rendered

Find = Callable[[str], Awaitable[Sequence[Passage]]]


class FileSearcher:
    """`file_search` in one response."""

    kind = "file_search"
    max_calls = 8

    def __init__(self, items: Sequence[Item], find: Find) -> None:
        self.definition = offered()
        self.found: list[Passage] = []
        self._queries = Queries(items)
        self._find = find

    @property
    def is_spent(self) -> bool:
        """See `HostedTool`."""
        return self._queries.is_repeating

    def announced(self, call_id: str) -> FileSearch:
        """See `HostedTool`."""
        return FileSearch(call_id, ())

    def begun(self, call: ToolCall) -> FileSearch:
        """See `HostedTool`."""
        return FileSearch(call.call_id, ())

    def waiting(self, call: ToolCall) -> None:
        """See `HostedTool`: searching is never asked about."""

    def intent(self, call: ToolCall) -> str:
        """See `HostedTool`."""
        return self._queries.of(call)

    def unknown(self, call: ToolCall) -> None:
        """See `HostedTool`: a search changes nothing."""

    async def run(self, call: ToolCall, max_characters: int, key: str) -> FileSearch:
        """See `HostedTool`."""
        query = self._queries.of(call)
        try:
            found = await self._find(query)
        except StoreFailed:
            raise
        except TercetError as error:
            return FileSearch(call.call_id, (query,), shown=f"The search failed: {error.message}", is_failed=True)
        return FileSearch(call.call_id, (query,), tuple(found), rendered(found, max_characters))

    def take(self, item: HostedItem) -> None:
        """See `HostedTool`."""
        assert isinstance(item, FileSearch)
        self._queries.note(item.queries[0])
        self.found += item.results
