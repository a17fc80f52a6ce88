"""One response on its way: its input made to fit, its model asked, its events folded into its final record.

The same for a client who waits and for a worker in the background.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

import msgspec

from tercet.events import Compacted, Event, Finished, ServiceEvent, Started
from tercet.hosted import Carried, Credentials
from tercet.items import ModelRequest
from tercet.records import Failure, Receipt, ResponseRecord, Status
from tercet.service.asks import Ask
from tercet.service.fitting import Fitted, Fitter
from tercet.service.fold import ResponseFold
from tercet.service.hosted import HostedLoop, HostedTools, Notebook
from tercet.service.run import Run
from tercet.store.base import LedgerEntry


class Making:
    """The making of one response. `events` may be consumed once."""

    def __init__(
        self,
        record: ResponseRecord,
        request: ModelRequest,
        begin: Callable[[Ask], Run],
        fitter: Fitter,
        tools: HostedTools,
        notebook: Notebook | None = None,
        *,
        carried: Carried,
        credentials: Mapping[str, Credentials],
    ) -> None:
        """`request` is the whole one, earlier turns included; `notebook` keeps the steps of one that runs tools.

        `carried` is what earlier turns bring to its tools; its MCP servers are shown their `credentials`.
        """
        self._record = record
        self._begin = begin
        self._fitter = fitter
        self._fitted = Fitted(request)
        self._entries: list[LedgerEntry] = []
        self._fold = ResponseFold(record)
        self._tools = tools
        self._carried = carried
        self._credentials = credentials
        self._notebook = notebook
        self._run: Run | HostedLoop | None = None

    async def events(self) -> AsyncGenerator[Event | ServiceEvent, None]:
        """Yield `Started`, the compaction if there was one, and the answer. Raises what `Service.stream` does."""
        self._fitted = fitted = await self._fitter.fit(self._record, self._fitted.request, self._entries)
        self._run = await self._answering(fitted.request)
        source: AsyncGenerator[Event | ServiceEvent, None] = self._run.events
        async with aclosing(source) as events:
            async for event in events:
                step = self._placed(event)
                self._fold.take(step)
                yield step
                if isinstance(step, Started) and fitted.compaction is not None:
                    compacted = Compacted(0, fitted.compaction)
                    self._fold.take(compacted)
                    yield compacted

    async def _answering(self, request: ModelRequest) -> Run | HostedLoop:
        """Begin to ask the model: once, or as often as it calls tools that are run here."""
        record = self._record

        def begin(request: ModelRequest) -> Run:
            return self._begin(Ask(record.model, request, record.owner, record.id))

        if record.hosted is None:
            return begin(request)
        return await self._tools.loop(
            record.model,
            record.owner,
            request,
            record.hosted,
            begin,
            response_id=record.id,
            carried=self._carried,
            credentials=self._credentials,
            notebook=self._notebook,
        )

    async def finished(self) -> ResponseRecord:
        """Return the completed or incomplete record. Raises `BackendFailed` when the stream had no end."""
        return self._noted(self._fold.finished(await self._receipt()))

    async def ended(self, status: Status, failure: Failure | None = None) -> ResponseRecord:
        """Return the record as it stands, ended with `status`."""
        return self._noted(self._fold.ended(status, await self._receipt(), failure))

    def take_entries(self) -> list[LedgerEntry]:
        """Return the ledger entries that came about since the last call."""
        entries = [*self._entries, *(self._run.take_entries() if self._run else ())]
        self._entries.clear()
        return entries

    async def _receipt(self) -> Receipt:
        return await self._run.receipt() if self._run else Receipt()

    def _noted(self, record: ResponseRecord) -> ResponseRecord:
        return msgspec.structs.replace(record, fittings=self._fitted.fittings)

    def _placed(self, event: Event | ServiceEvent) -> Event | ServiceEvent:
        """Return the event as the whole response has it: behind the compaction, its use included."""
        if self._fitted.compaction is None or isinstance(event, Started):
            return event
        if isinstance(event, Finished):
            return msgspec.structs.replace(event, usage=event.usage + self._fitted.usage)
        return msgspec.structs.replace(event, index=event.index + 1)
