"""A response that runs tools while it is made: the model is asked, what it calls is run, it is asked again.

To the outside this is one answer: items are numbered through, use is summed, calls are items of the service's own.
In the background each question to the model and each call is a journaled step, so that none is made twice.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from tercet.events import Begun, CallDelta, CallStarted, Done, Event, Finished, ItemDone, ServiceEvent, Started, fold
from tercet.hosted import Hosted
from tercet.items import HostedItem, Item, McpCall, McpList, Message, ModelRequest, ToolCall, ToolChoice, ToolResult
from tercet.records import Receipt
from tercet.service.history import read_as
from tercet.service.hosted.base import MIN_SHOWN, HostedTool
from tercet.service.hosted.citations import cited
from tercet.service.hosted.files import FileSearcher
from tercet.service.hosted.offers import Offers
from tercet.service.hosted.steps import MODEL, Notebook, Round, round_events
from tercet.service.hosted.web import WebSearcher
from tercet.service.run import Run
from tercet.store.base import LedgerEntry
from tercet.usage import Usage

Begin = Callable[[ModelRequest], Run]


class HostedLoop:
    """The questions and calls of one response. `events` may be consumed once."""

    def __init__(
        self,
        request: ModelRequest,
        hosted: Hosted,
        begin: Begin,
        offers: Offers,
        *,
        response_id: str,
        max_characters: int,
        notebook: Notebook | None = None,
    ) -> None:
        """`offers` are the tools. Each call may show the model half of what is left of `max_characters`."""
        self._request = request
        self._hosted = hosted
        self._begin = begin
        self._offers = offers
        self._tools: Mapping[str, HostedTool] = {}
        self._response_id = response_id
        self._room = max_characters
        self._notebook = notebook
        self._num_steps = 0
        self._num_calls: Counter[str] = Counter()
        self._num_items = 0
        self._usage = Usage()
        self._run: Run | None = None
        self._entries: list[LedgerEntry] = []
        self._receipts: list[Receipt] = []
        self.events = self._events()

    async def _events(self) -> AsyncGenerator[Event | ServiceEvent, None]:
        """Yield the events of the whole. Raises what asking a model raises, and what `Offers.open` does."""
        is_started = False
        try:
            if self._hosted.servers:
                is_started = True
                yield Started("")
            async with aclosing(self._opened()) as events:
                async for event in events:
                    yield event
            request = self._request
            while True:
                turn = _Turn()
                async with aclosing(self._turn(request, turn)) as asked:
                    async for step in asked:
                        if isinstance(step, Started) and is_started:
                            continue
                        is_started = True
                        yield step
                if not turn.num_calls or turn.is_open or turn.end.reason != "stop":
                    yield msgspec.structs.replace(turn.end, usage=self._usage)
                    return
                request = self._next(request, turn.items)
        finally:
            await self._offers.close()

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

    # ---- before the first question -------------------------------------------------------------------------------

    async def _opened(self) -> AsyncGenerator[ServiceEvent, None]:
        """Ask the servers what they offer, and make the calls that the client has approved."""
        for serving in self._offers.unknown:
            place = self._next_item()
            yield Begun(place, McpList(serving.label))
            number = self._next_step()
            listing = self._notebook.item(number) if self._notebook else None
            if listing is None:
                if self._notebook is not None:
                    await self._notebook.begin(number, "mcp_list", serving.label)
                listing = await self._offers.ask(serving)
                if self._notebook is not None and listing.error is None:  # a server that does not answer is asked again
                    await self._notebook.end_item(number, listing)
            yield Done(place, listing)
            self._offers.take(listing)
        self._tools = self._offers.tools
        self._request = self._offers.offered(self._request)
        items: list[Item] = []
        for approved in self._offers.approvals:
            tool = self._offers.approved(approved)
            call = ToolCall(approved.call_id, approved.tool, approved.arguments)
            place = self._next_item()
            yield Begun(place, _approved(tool.begun(call), approved.id))
            item = _approved(await self._called(tool, call), approved.id)
            items += read_as(item)
            yield Done(place, item)
        self._request = msgspec.structs.replace(self._request, items=(*self._request.items, *items))

    # ---- one question and what comes of it -----------------------------------------------------------------------

    async def _turn(self, request: ModelRequest, turn: "_Turn") -> AsyncGenerator[Event | ServiceEvent, None]:
        """Ask the model once and make the calls that it asks for."""
        async with aclosing(self._asked(request)) as events:
            async for event in events:
                match event:
                    case Started():
                        yield event
                    case Finished():
                        turn.end = event
                        self._usage += event.usage
                    case CallStarted(name=name) if name in self._tools:
                        turn.calls.add(event.index)
                        announced = self._tools[name].announced(event.call_id)
                        if announced is not None and self._may_call(self._tools[name]):
                            turn.announced.add(event.index)
                            yield Begun(self._place(turn, event.index), announced)
                    case CallDelta() if event.index in turn.calls:
                        pass
                    case ItemDone(item=ToolCall(name=name) as call) if name in self._tools:
                        async with aclosing(self._call(call, event.index, turn)) as steps:
                            async for step in steps:
                                yield step
                    case ItemDone():
                        item = self._with_citations(event.item)
                        turn.add(item)
                        yield ItemDone(self._place(turn, event.index), item)
                    case _:
                        yield msgspec.structs.replace(event, index=self._place(turn, event.index))

    async def _call(self, call: ToolCall, index: int, turn: "_Turn") -> AsyncGenerator[ServiceEvent, None]:
        """Make one call, or ask for its approval. Those beyond the limit are ignored, as the protocol has it."""
        tool = self._tools[call.name]
        if not self._may_call(tool):
            return
        request = tool.waiting(call)
        if request is not None:
            turn.is_open = True
            yield Begun(self._place(turn, index), request)
            yield Done(self._place(turn, index), request)
            return
        if index not in turn.announced:
            yield Begun(self._place(turn, index), tool.begun(call))
        item = await self._called(tool, call)
        turn.take(item)
        yield Done(self._place(turn, index), item)

    async def _called(self, tool: HostedTool, call: ToolCall) -> HostedItem:
        """Make a call, or repeat what it brought when it was made before; a failure is an outcome too."""
        self._num_calls[tool.kind] += 1
        number = self._next_step()
        item = self._notebook.item(number) if self._notebook else None
        if item is None and self._notebook is not None:
            item = tool.unknown(call) if self._notebook.is_begun(number) else None
            if item is None:
                await self._notebook.begin(number, tool.kind, tool.intent(call))
                item = await self._made(tool, call, number)
            await self._notebook.end_item(number, item)
        elif item is None:
            item = await self._made(tool, call, number)
        tool.take(item)
        self._room -= sum(len(read.text) for read in read_as(item) if isinstance(read, ToolResult))
        return item

    async def _made(self, tool: HostedTool, call: ToolCall, number: int) -> HostedItem:
        return await tool.run(call, max(MIN_SHOWN, self._room // 2), f"{self._response_id}/{number}")

    def _may_call(self, tool: HostedTool) -> bool:
        most = self._hosted.max_calls
        count = self._num_calls[tool.kind] if most is None else self._num_calls.total()
        return not tool.is_spent and count < (tool.max_calls if most is None else most)

    def _place(self, turn: "_Turn", index: int) -> int:
        """Return the number of an item in the whole response."""
        if index not in turn.places:
            turn.places[index] = self._next_item()
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
            await self._notebook.begin(number, MODEL, number)
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

    def _next(self, request: ModelRequest, items: Sequence[Item]) -> ModelRequest:
        """Return the next question: what the calls brought put behind, tools withdrawn that were used enough."""
        gone = {name for name, tool in self._tools.items() if not self._may_call(tool)}
        tools = tuple(tool for tool in request.tools if tool.name not in gone)
        names = tuple(name for name in request.tool_choice.names if name not in gone)
        choice = ToolChoice("none" if request.tool_choice.names and not names else "auto", names)
        return msgspec.structs.replace(
            request, items=(*request.items, *items), tools=tools, tool_choice=choice if tools else ToolChoice()
        )

    def _with_citations(self, item: Item) -> Item:
        if not isinstance(item, Message):
            return item
        passages = [one for tool in self._tools.values() if isinstance(tool, FileSearcher) for one in tool.found]
        pages = [one for tool in self._tools.values() if isinstance(tool, WebSearcher) for one in tool.found]
        return cited(item, passages, pages) if passages or pages else item

    def _next_step(self) -> int:
        self._num_steps += 1
        return self._num_steps - 1

    def _next_item(self) -> int:
        self._num_items += 1
        return self._num_items - 1


class _Turn:
    """What came of one question."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.places: dict[int, int] = {}
        self.calls: set[int] = set()
        self.announced: set[int] = set()
        self.num_calls = 0
        self.is_open = False
        """The client has to do something before the model can go on: answer a call, or approve one."""
        self.end = Finished("stop", Usage())

    def add(self, item: Item) -> None:
        self.items.append(item)
        self.is_open = self.is_open or isinstance(item, ToolCall)

    def take(self, item: HostedItem) -> None:
        self.items += read_as(item)
        self.num_calls += 1


def _approved(item: HostedItem, request_id: str) -> McpCall:
    assert isinstance(item, McpCall)
    return msgspec.structs.replace(item, approval_id=request_id)
