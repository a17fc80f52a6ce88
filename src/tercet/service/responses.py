"""Responses: made while a client waits or in the background, stored, continued, watched, deleted."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

import msgspec

from tercet.backends.base import Backend
from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, TercetError
from tercet.events import Event, ServiceEvent
from tercet.hosted import Carried
from tercet.ids import item_id, new_id
from tercet.items import Entry, McpApprovalResponse, McpCall, Message, ModelRequest, TextPart
from tercet.records import Failure, Fitting, ResponseRecord
from tercet.service.asks import Ask, Draft
from tercet.service.background import Background
from tercet.service.checks import check_pairs
from tercet.service.fitting import Fitter
from tercet.service.history import expanded, is_instruction, pending
from tercet.service.hosted import HostedTools
from tercet.service.hosted.offers import listings_in
from tercet.service.making import Making
from tercet.service.replay import as_begun, as_queued, events_of
from tercet.service.run import Run
from tercet.store.base import LedgerEntry, Store
from tercet.usage import Usage

log = logging.getLogger(__name__)

UNFINISHED = ("queued", "in_progress")


Step = ResponseRecord | Event | ServiceEvent
"""What the making of a response consists of: records at its start and end, events between."""


class CompactedInput(msgspec.Struct, frozen=True):
    """A conversation made short: what is to be sent in its place, the compaction last."""

    id: str
    created_at: int
    items: tuple[Entry, ...]
    usage: Usage
    fittings: tuple[Fitting, ...]


class Responses:
    """The responses of one installation."""

    def __init__(
        self,
        store: Store,
        begin: Callable[[Ask], Run],
        background: Background,
        fitter: Fitter,
        backend_of: Callable[[str], Backend],
        tools: HostedTools,
        readable: Callable[[str, ModelRequest], Awaitable[ModelRequest]],
    ) -> None:
        """`begin` starts a request: it finds the tier and checks what must hold before a model is asked.

        `backend_of` returns what answers for a model's name, `readable` a request as that can read it.
        """
        self._backend_of = backend_of
        self._store = store
        self._begin = begin
        self._background = background
        self._fitter = fitter
        self._tools = tools
        self._readable = readable

    async def create(self, draft: Draft) -> AsyncGenerator[Step, None]:
        """Create a response: yield its record in progress, its events, and last its final record.

        Output items carry the ids of `ids.item_id`. What comes before the first event is raised; a later error
        ends in a record of status `failed`. The final record is stored before it is yielded, in one transaction
        with what it used. A caller that closes the iterator early leaves a record of status `cancelled` behind.
        """
        record = await self._record_of(draft)
        request, carried = await self._whole_request(draft)
        making = Making(
            record,
            request,
            self._begin,
            self._fitter,
            self._tools,
            carried=carried,
            credentials=draft.credentials,
        )
        async with aclosing(making.events()) as events:
            try:
                started = await anext(events)
            except TercetError:
                if entries := making.take_entries():
                    await self._store.ledger.add(entries)
                raise
            try:
                yield record
                yield started
                async for event in events:
                    yield event
                final = await making.finished()
            except TercetError as error:
                log.log(error.log_level, "response %s failed: %s", record.id, error.message)
                final = await making.ended("failed", Failure.of(error))
            except (GeneratorExit, asyncio.CancelledError):
                await self._keep(await making.ended("cancelled"), making.take_entries())
                raise
        await self._keep(final, making.take_entries())
        yield final

    async def prepare(self, draft: Draft) -> ResponseRecord:
        """Check a request and keep it as a response without output, to be continued. Raises `InvalidRequest`."""
        request, _ = await self._whole_request(draft, is_open=True)
        self._begin(Ask(draft.model, request, draft.owner))
        record = msgspec.structs.replace(
            await self._record_of(draft), status="completed", completed_at=now_s(), reason="stop", usage=Usage()
        )
        await self._keep(record, [])
        return record

    async def count(self, draft: Draft) -> int:
        """Return the number of tokens that the prompt of a response would take. Raises `InvalidRequest`."""
        request, _ = await self._whole_request(draft, is_open=True)
        self._begin(Ask(draft.model, request, draft.owner))  # refuses what no model may be asked
        return await self._backend_of(draft.model).count_tokens(request)

    async def compact(self, draft: Draft) -> CompactedInput:
        """Summarise a conversation and return what is to be sent in its place; nothing is stored but its use.

        Raises `InvalidRequest`, `CompactionFailed`, and what backends raise.
        """
        record = msgspec.structs.replace(_record_of(draft), id=new_id("cmpr"))
        request, _ = await self._whole_request(draft)
        own = [item for item in request.items if is_instruction(item)][int(draft.instructions is not None) :]
        if len(own) + int(draft.instructions is not None) == len(request.items):
            raise InvalidRequest("There is no conversation to compact.", param="input")
        entries: list[LedgerEntry] = []
        try:
            fitted = await self._fitter.compact(record, request, entries)
        finally:
            if entries:
                await self._store.ledger.add(entries)
        assert fitted.compaction is not None, "what cannot be compacted is an error"
        compaction = msgspec.structs.replace(fitted.compaction, id=item_id(record.id, 0, "compaction"))
        items = (*own, *compaction.kept, compaction)
        return CompactedInput(record.id, record.created_at, items, fitted.usage, fitted.fittings)

    async def queue(self, draft: Draft) -> ResponseRecord:
        """Accept a response to be made in the background and return its queued record.

        Whatever happens to this process, it will be made. Raises `InvalidRequest` for what cannot be, `StoreFailed`
        when it could not be accepted.
        """
        if not draft.is_stored:
            raise InvalidRequest("A background response must be stored: leave 'store' out.", param="store")
        record = msgspec.structs.replace(await self._record_of(draft), is_background=True, status="queued")
        request, carried = await self._whole_request(draft)
        self._begin(Ask(draft.model, request, draft.owner, record.id))  # refuses what no model may be asked
        await self._background.queue(record, request, carried, draft.credentials)
        return record

    async def watch(self, response_id: str, owner: str) -> AsyncGenerator[Step, None]:
        """Follow a background response: its record as queued, as begun, its events and its final record.

        The same steps for every watcher at every time, since all but the last moment follow from the final record.
        Closing it stops the watching and not the work. Raises `NotFound`, and `InvalidRequest` for a response that
        was not made in the background.
        """
        seen, record = await self._seen(response_id, owner)
        if not record.is_background:
            message = f"Response {response_id!r} was not made in the background, so it cannot be streamed again."
            raise InvalidRequest(message, param="stream")
        yield as_queued(record)
        while record.status == "queued":
            await self._background.changed(seen=seen)
            seen, record = await self._seen(response_id, owner)
        yield as_begun(record)
        while record.status in UNFINISHED:
            await self._background.changed(seen=seen)
            seen, record = await self._seen(response_id, owner)
        for event in events_of(record):
            yield event
        yield record

    async def cancel(self, response_id: str, owner: str) -> ResponseRecord:
        """End a background response and return its record; one that has ended already stays as it is.

        Raises `NotFound`, and `InvalidRequest` for a response that was not made in the background.
        """
        record = await self.get(response_id, owner)
        if not record.is_background:
            raise InvalidRequest("Only background responses can be cancelled.", param="response_id")
        while record.status in UNFINISHED:
            await self._background.cancel(record)
            await self._background.changed(0.05)
            record = await self.get(response_id, owner)
        return record

    async def get(self, response_id: str, owner: str) -> ResponseRecord:
        """Return a stored response. Raises `NotFound`, also for another owner's."""
        record = await self._store.responses.get(response_id, owner)
        if record is None:
            raise NotFound(f"Response with id {response_id!r} not found.", param="response_id")
        if record.status == "queued" and await self._background.is_under_way(response_id, owner):
            return as_begun(record)
        return record

    async def delete(self, response_id: str, owner: str) -> None:
        """Delete a stored response; one that is still being made is cancelled first. Raises `NotFound`."""
        if (await self.get(response_id, owner)).status in UNFINISHED:
            await self.cancel(response_id, owner)
        if not await self._store.responses.delete(response_id, owner):
            raise NotFound(f"Response with id {response_id!r} not found.", param="response_id")

    async def input_items(self, response_id: str, owner: str) -> tuple[Entry, ...]:
        """Return the input items of a stored response, oldest first, those of previous responses included.

        Raises `NotFound`.
        """
        record = await self.get(response_id, owner)
        return (*await self.history(record.previous_id, owner), *record.input)

    async def history(self, previous_id: str | None, owner: str) -> tuple[Entry, ...]:
        """Return what a continuation of a stored response begins with. Raises `InvalidRequest` when it is gone."""
        if previous_id is None:
            return ()
        chain = await self._store.responses.chain(previous_id, owner)
        if chain is None:
            raise InvalidRequest(
                f"Previous response with id {previous_id!r} not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        if conversation_id := chain[0].conversation_id:
            message = f"Response {previous_id!r} belongs to conversation {conversation_id!r}: continue that."
            raise InvalidRequest(message, param="previous_response_id")
        return tuple(entry for record in chain for entry in (*record.input, *record.output))

    async def _seen(self, response_id: str, owner: str) -> tuple[int, ResponseRecord]:
        """Return a response, and the changes that were known before it was read."""
        seen = self._background.num_changes
        return seen, await self.get(response_id, owner)

    async def _keep(self, record: ResponseRecord, entries: list[LedgerEntry]) -> None:
        """Store the record, if it is to be stored, together with what it used."""
        if record.is_stored or record.conversation_id is not None:
            await self._store.responses.put(record, entries)
        elif entries:
            await self._store.ledger.add(entries)

    async def _record_of(self, draft: Draft) -> ResponseRecord:
        """Return the record of a response that is begun, with the model's own settings where the client left them open.

        They are those of this moment, so that every reader of the response sees the same.
        """
        record = _record_of(draft)
        sampling = record.request.sampling
        if sampling.temperature is not None and sampling.top_p is not None:
            return record
        try:
            known = await self._backend_of(draft.model).capabilities()
        except TercetError:
            return record  # whoever asks the model will be told
        settled = msgspec.structs.replace(
            sampling,
            temperature=known.default_temperature if sampling.temperature is None else sampling.temperature,
            top_p=known.default_top_p if sampling.top_p is None else sampling.top_p,
        )
        return msgspec.structs.replace(record, request=msgspec.structs.replace(record.request, sampling=settled))

    async def _whole_request(self, draft: Draft, *, is_open: bool = False) -> tuple[ModelRequest, Carried]:
        """Return the request with instructions, earlier turns and the new items, calls paired with results.

        And what earlier turns bring to its tools. An open one may end with calls that wait for their results.
        """
        if draft.hosted is not None:
            await self._tools.check(draft.hosted, draft.credentials, draft.owner)
        before = await self._before(draft)
        carried = _carried(draft, before)
        items = expanded((*before, *_input_of(draft)))
        check_pairs(items, is_open=is_open)
        if draft.instructions is not None:
            items = (Message("system", (TextPart(draft.instructions),)), *items)
        request = msgspec.structs.replace(draft.request, items=items)
        return await self._readable(draft.model, request), carried

    async def _before(self, draft: Draft) -> tuple[Entry, ...]:
        if draft.history is not None:
            return draft.history
        if draft.conversation_id is None:
            return await self.history(draft.previous_id, draft.owner)
        items = await self._store.conversations.items(draft.conversation_id, draft.owner)
        if items is None:
            raise unknown_conversation(draft.conversation_id)
        known = {item.id for item in items}
        for item in _input_of(draft):
            if item.id and item.id in known:
                message = f"The conversation holds an item with id {item.id!r} already: send new items only."
                raise InvalidRequest(message, param="input")
        return tuple(items)


def unknown_conversation(conversation_id: str) -> NotFound:
    """Return the error for a conversation that is not there, or is another owner's."""
    return NotFound(f"Conversation with id {conversation_id!r} not found.", param="conversation")


def _carried(draft: Draft, before: Sequence[Entry]) -> Carried:
    """Return what the conversation brings to the tools. Raises `InvalidRequest` for undue approvals."""
    new = _input_of(draft)
    servings = draft.hosted.servers if draft.hosted is not None else ()
    waiting = pending([*before, *(entry for entry in new if not isinstance(entry, McpApprovalResponse))])
    made = {entry.approval_id for entry in new if isinstance(entry, McpCall)}
    approved = []
    for entry in new:
        if isinstance(entry, McpApprovalResponse) and entry.request_id not in made:
            request = waiting.pop(entry.request_id, None)
            if request is None:
                message = f"No approval request with id {entry.request_id!r} waits for an answer."
                raise InvalidRequest(message, param="input", code="approval_request_not_found")
            if entry.is_approved:
                if request.label not in {serving.label for serving in servings}:
                    message = f"A call of the MCP server {request.label!r} is approved, which is not among the tools."
                    raise InvalidRequest(message, param="tools")
                approved.append(request)
    return Carried(tuple(approved), listings_in([*before, *new], servings))


def _input_of(draft: Draft) -> tuple[Entry, ...]:
    return draft.input or draft.request.items


def _record_of(draft: Draft) -> ResponseRecord:
    same = set(Draft.__struct_fields__) & set(ResponseRecord.__struct_fields__) - {"request", "input"}
    return ResponseRecord(
        id=new_id("resp"),
        created_at=now_s(),
        request=msgspec.structs.replace(draft.request, items=()),
        input=_input_of(draft),
        **{name: getattr(draft, name) for name in same},
    )
