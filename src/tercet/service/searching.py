"""A response that may search files while it is made: the model is asked, what it looks for is found, it is asked again.

To the outside this is one answer: items are numbered through, use is summed, searches are items of the service's own.
In the background each question to the model and each search is a journaled step, so that none is made twice.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

import msgspec

from tercet.errors import StoreFailed, TercetError
from tercet.events import (
    CallDelta,
    CallStarted,
    Event,
    Finished,
    ItemDone,
    Searched,
    Searching,
    ServiceEvent,
    Started,
    fold,
)
from tercet.items import FileSearch, Item, Message, ModelRequest, Passage, ToolCall, ToolChoice
from tercet.records import Receipt
from tercet.searching import FileSearching
from tercet.service.history import read_as
from tercet.service.run import Run
from tercet.service.searching_citations import cited
from tercet.service.searching_steps import Notebook, Round, round_events
from tercet.store.base import LedgerEntry
from tercet.store.vector_texts import words_of
from tercet.tools.file_search import NAME, rendered
from tercet.usage import Usage

MAX_CALLS = 8
"""Searches of one response where the client names no number."""
MAX_QUERY_CHARACTERS = 1000
MIN_SHOWN = 300
"""Characters that every search may show."""
Find = Callable[[FileSearching, str], Awaitable[list[Passage]]]
Begin = Callable[[ModelRequest], Run]


class SearchLoop:
    """The questions and searches of one response. `events` may be consumed once."""

    def __init__(
        self,
        request: ModelRequest,
        searching: FileSearching,
        begin: Begin,
        find: Find,
        *,
        max_characters: int,
        notebook: Notebook | None = None,
    ) -> None:
        """`request` offers the tool. Each search may show the model half of what is left of `max_characters`."""
        self._request = request
        self._searching = searching
        self._begin = begin
        self._find = find
        self._room = max_characters
        self._notebook = notebook
        self._num_steps = 0
        self._num_calls = 0
        self._num_items = 0
        self._usage = Usage()
        self._run: Run | None = None
        self._entries: list[LedgerEntry] = []
        self._receipts: list[Receipt] = []
        self._found: list[Passage] = []
        self._queries: set[str] = set()
        self._is_repeating = False
        self.events = self._events()

    async def _events(self) -> AsyncGenerator[Event | ServiceEvent, None]:
        """Yield the events of the whole. Raises what asking a model raises."""
        request, is_started = self._request, False
        while True:
            turn = _Turn()
            async with aclosing(self._turn(request, turn)) as events:
                async for event in events:
                    if isinstance(event, Started) and is_started:
                        continue
                    is_started = True
                    yield event
            if not turn.num_searches or turn.has_calls or turn.end.reason != "stop":
                yield msgspec.structs.replace(turn.end, usage=self._usage)
                return
            request = self._next(request, turn.items)

    def take_entries(self) -> list[LedgerEntry]:
        """Return the ledger entries since the last call, but for those that the notebook has."""
        entries = [*self._entries, *(self._run.take_entries() if self._run else ())]
        self._entries.clear()
        return entries

    async def receipt(self) -> Receipt:
        """Return where the last answer came from and what all of them took."""
        receipts = [*self._receipts, *([await self._run.receipt()] if self._run else ())]
        if not receipts:
            return Receipt()
        last: Receipt = receipts[-1]
        return msgspec.structs.replace(
            last,
            duration_ms=sum(receipt.duration_ms for receipt in receipts),
            cost_usd=sum(receipt.cost_usd for receipt in receipts),
            validated=sum(receipt.validated for receipt in receipts),
            mended=tuple(mended for receipt in receipts for mended in receipt.mended),
        )

    # ---- one question and what comes of it -----------------------------------------------------------------------

    async def _turn(self, request: ModelRequest, turn: "_Turn") -> AsyncGenerator[Event | ServiceEvent, None]:
        """Ask the model once and make the searches that it asks for."""
        async with aclosing(self._asked(request)) as events:
            async for event in events:
                match event:
                    case Started():
                        yield event
                    case Finished():
                        turn.end = event
                        self._usage += event.usage
                    case CallStarted(name=name) if name == NAME:
                        if self._may_search:
                            yield Searching(self._place(turn, event.index))
                        turn.searches.add(event.index)
                    case CallDelta() if event.index in turn.searches:
                        pass
                    case ItemDone(item=ToolCall(name=name) as call) if name == NAME:
                        if not self._may_search:
                            continue  # further attempts are ignored, as the protocol has it
                        if event.index not in turn.searches:
                            yield Searching(self._place(turn, event.index))
                        search = await self._searched(call)
                        turn.take(search)
                        yield Searched(self._place(turn, event.index), search)
                    case ItemDone():
                        item = self._with_citations(event.item)
                        turn.add(item)
                        yield ItemDone(self._place(turn, event.index), item)
                    case _:
                        yield msgspec.structs.replace(event, index=self._place(turn, event.index))

    @property
    def _may_search(self) -> bool:
        most = self._searching.max_calls
        return not self._is_repeating and self._num_calls < (MAX_CALLS if most is None else most)

    def _place(self, turn: "_Turn", index: int) -> int:
        """Return the number of an item in the whole response."""
        if index not in turn.places:
            turn.places[index] = self._num_items
            self._num_items += 1
        return turn.places[index]

    async def _asked(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Ask the model, or repeat what it answered when it was asked before."""
        if self._notebook is None:
            async with aclosing(self._live(request)) as events:
                async for event in events:
                    yield event
            return
        number = self._next_step()
        answer = self._notebook.round(number)
        if answer is None:
            await self._notebook.begin(number, "model", number)
            answer = await self._whole(request)
            await self._notebook.end_round(number, answer)
        self._receipts.append(answer.receipt)
        for event in round_events(answer):
            yield event

    async def _whole(self, request: ModelRequest) -> Round:
        """Ask the model and wait for all of its answer."""
        output = await fold(self._live(request))
        receipt, entries = self._receipts.pop(), self._entries
        self._entries = []
        end = Finished(output.reason, output.usage)
        return Round(output.model, output.items, end, entries, receipt)

    async def _live(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        self._run = run = self._begin(request)
        async with aclosing(run.events) as events:
            async for event in events:
                if isinstance(event, Finished):
                    self._entries += run.take_entries()
                    self._receipts.append(await run.receipt())
                    self._run = None
                yield event

    async def _searched(self, call: ToolCall) -> FileSearch:
        """Make a search, or repeat what it found when it was made before; a failure is an outcome too."""
        self._num_calls += 1
        query = self._query(call)
        self._is_repeating = query in self._queries  # it has read what there is, and must answer
        self._queries.add(query)
        number = self._next_step()
        search = self._notebook.search(number) if self._notebook else None
        if search is None:
            if self._notebook is not None:
                await self._notebook.begin(number, "file_search", query)
            search = await self._made(call.call_id, query)
            if self._notebook is not None:
                await self._notebook.end_search(number, search)
        self._found += search.results
        self._room -= len(search.shown)
        return search

    async def _made(self, call_id: str, query: str) -> FileSearch:
        try:
            found = await self._find(self._searching, query)
        except StoreFailed:
            raise
        except TercetError as error:
            return FileSearch(call_id, (query,), shown=f"The search failed: {error.message}", is_failed=True)
        return FileSearch(call_id, (query,), tuple(found), rendered(found, max(MIN_SHOWN, self._room // 2)))

    def _query(self, call: ToolCall) -> str:
        """Return what the model looks for; the user's own words when that says nothing."""
        try:
            query = str(msgspec.json.decode(call.arguments, type=dict[str, object]).get("query", ""))
        except msgspec.DecodeError:
            query = ""
        if len("".join(words_of(query))) < 2:
            query = next(filter(None, map(_users_words, reversed(self._request.items))), query)
        return query.strip()[:MAX_QUERY_CHARACTERS] or " "

    def _next(self, request: ModelRequest, items: Sequence[Item]) -> ModelRequest:
        """Return the next question: what was found put behind, the tool withdrawn when it was used enough."""
        choice = ToolChoice("auto", request.tool_choice.names)
        tools = request.tools
        if not self._may_search:
            tools = tuple(tool for tool in tools if tool.name != NAME)
            names = tuple(name for name in choice.names if name != NAME)
            choice = ToolChoice("none" if choice.names and not names else "auto", names)
        return msgspec.structs.replace(
            request, items=(*request.items, *items), tools=tools, tool_choice=choice if tools else ToolChoice()
        )

    def _with_citations(self, item: Item) -> Item:
        return cited(item, self._found) if isinstance(item, Message) and self._found else item

    def _next_step(self) -> int:
        self._num_steps += 1
        return self._num_steps - 1


class _Turn:
    """What came of one question."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.places: dict[int, int] = {}
        self.searches: set[int] = set()
        self.num_searches = 0
        self.has_calls = False
        self.end = Finished("stop", Usage())

    def add(self, item: Item) -> None:
        self.items.append(item)
        self.has_calls = self.has_calls or isinstance(item, ToolCall)

    def take(self, search: FileSearch) -> None:
        self.items += read_as(search)
        self.num_searches += 1


def _users_words(item: Item) -> str:
    return item.text.strip() if isinstance(item, Message) and item.role == "user" else ""
