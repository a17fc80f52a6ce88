"""The Responses API: create, streamed, whole or in the background; watch, cancel, read and delete; compact."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from tercet.api.errors import note_failure, renamed
from tercet.api.exchange import ClientGone, Exchange
from tercet.api.extension import tercet_out
from tercet.api.openai.batches import INNER_DOOR
from tercet.api.openai.paging import read_page
from tercet.api.openai.responses_events import ResponseEvents, StreamEvent
from tercet.api.openai.responses_out import CompactedOut, Deleted, InputTokensOut, ItemList
from tercet.api.openai.responses_render import item_out, response_out, usage_out
from tercet.api.openai.responses_request import (
    check_include,
    draft_of,
    read_compact_draft,
    read_count_draft,
    read_request,
    responses_param,
)
from tercet.api.sse import DONE, EventStream, named_event
from tercet.errors import ContextTooLong, InvalidRequest, NotFound, TercetError, Unsupported
from tercet.records import Failure, Receipt, ResponseRecord
from tercet.service import Draft, Service
from tercet.service.responses import Step

_encode = msgspec.json.Encoder().encode
_DEFAULT_PAGE = 20
_MAX_PAGE = 100


class ResponsesDoor:
    """Responses."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/responses."""
        request = await read_request(await exchange.json_body())
        draft = await draft_of(request, self._service, exchange.owner)
        if exchange.door == INNER_DOOR and draft.hosted is not None and draft.hosted.servers:
            message = "Lines of a batch may be asked twice, so they call no MCP servers: use 'background'."
            raise Unsupported(message, param=draft.hosted.servers[0].place)
        card = self._service.model(draft.model)
        exchange.receipt = Receipt(tier=card.tier, backend=card.backend, model=card.model)
        try:
            if request.background:
                await self._answer_queued(exchange, draft, is_streamed=bool(request.stream))
            elif request.stream:
                await self._answer_stream(exchange, self._service.responses.create(draft))
            else:
                await self._answer_whole(exchange, draft)
        except TercetError as error:
            raise as_named_here(error) from error

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/responses/{response_id}, with `stream=true` as events behind the one numbered `starting_after`."""
        query, response_id = exchange.query(), exchange.params["response_id"]
        check_include(exchange.query_list("include"))
        if _flag(query, "include_obfuscation"):
            raise Unsupported("Streams are not padded here.", param="include_obfuscation")
        after = _starting_after(query)
        if _flag(query, "stream"):
            steps = self._service.responses.watch(response_id, exchange.owner)
            await self._answer_stream(exchange, steps, after)
            return
        if "starting_after" in query:
            raise InvalidRequest("'starting_after' needs 'stream=true'.", param="starting_after", code="invalid_value")
        record = await self._service.responses.get(response_id, exchange.owner)
        await exchange.reply_json(response_out(record))

    async def cancel(self, exchange: Exchange) -> None:
        """POST /v1/responses/{response_id}/cancel."""
        record = await self._service.responses.cancel(exchange.params["response_id"], exchange.owner)
        await exchange.reply_json(response_out(record))

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/responses/{response_id}."""
        response_id = exchange.params["response_id"]
        await self._service.responses.delete(response_id, exchange.owner)
        await exchange.reply_json(Deleted(response_id))

    async def input_items(self, exchange: Exchange) -> None:
        """GET /v1/responses/{response_id}/input_items."""
        page = read_page(exchange.query(), default=_DEFAULT_PAGE, most=_MAX_PAGE)
        check_include(exchange.query_list("include"))
        items = await self._service.responses.input_items(exchange.params["response_id"], exchange.owner)
        shown = [item_out(item) for item in (items if page.is_ascending else reversed(items))]
        if page.after is not None:
            ids = [item.id for item in shown]
            if page.after not in ids:
                raise NotFound(f"Item with id {page.after!r} not found.", param="after")
            shown = shown[ids.index(page.after) + 1 :]
        await exchange.reply_json(ItemList.page(shown[: page.limit], page.limit - 1))

    async def input_tokens(self, exchange: Exchange) -> None:
        """POST /v1/responses/input_tokens."""
        draft = await read_count_draft(await exchange.json_body(), self._service, exchange.owner)
        try:
            num_tokens = await self._service.responses.count(draft)
        except TercetError as error:
            raise as_named_here(error) from error
        await exchange.reply_json(InputTokensOut(num_tokens))

    async def compact(self, exchange: Exchange) -> None:
        """POST /v1/responses/compact."""
        draft = await read_compact_draft(await exchange.json_body(), self._service, exchange.owner)
        card = self._service.model(draft.model)
        exchange.receipt = Receipt(tier=card.tier, backend=card.backend, model=card.model)
        try:
            async with exchange.until_hangup():
                compacted = await self._service.responses.compact(draft)
        except TercetError as error:
            raise as_named_here(error) from error
        exchange.usage = compacted.usage
        shown = CompactedOut(
            compacted.id,
            compacted.created_at,
            [item_out(item) for item in compacted.items],
            usage_out(compacted.usage),
            tercet_out(Receipt(), compacted.fittings),
        )
        await exchange.reply_json(shown)

    async def _answer_queued(self, exchange: Exchange, draft: Draft, *, is_streamed: bool) -> None:
        record = await self._service.responses.queue(draft)
        if is_streamed:
            await self._answer_stream(exchange, self._service.responses.watch(record.id, exchange.owner))
        else:
            await exchange.reply_json(response_out(record))

    async def _answer_whole(self, exchange: Exchange, draft: Draft) -> None:
        final: ResponseRecord | None = None
        async with exchange.until_hangup(), aclosing(self._service.responses.create(draft)) as steps:
            async for step in steps:
                if isinstance(step, ResponseRecord):
                    final = step
        assert final is not None, "the service ends every response with its record"
        note_record(exchange, final)
        if final.failure is not None:
            raise _error_of(final.failure)
        await exchange.reply_json(response_out(final))

    async def _answer_stream(self, exchange: Exchange, source: AsyncGenerator[Step, None], after: int = -1) -> None:
        """Send the events of the steps, those numbered `after` and lower left out."""
        reply = EventStream(exchange)
        events = ResponseEvents()
        try:
            async with exchange.until_hangup(), aclosing(source) as steps:
                async for step in steps:
                    if isinstance(step, ResponseRecord):
                        note_record(exchange, step)
                    for event in events.events(step):
                        if event["sequence_number"] > after:
                            await reply.write(_on_wire(event))
        except ClientGone:
            raise
        except Exception as error:
            if not reply.is_open:
                raise
            await reply.write(_on_wire(events.broken(note_failure(exchange, error))))
        await reply.write(DONE)
        await reply.close()


def note_record(exchange: Exchange, record: ResponseRecord) -> None:
    """Note for headers and metrics what the record says of its making."""
    if record.receipt.tier:
        exchange.receipt = record.receipt
    if record.usage is not None:
        exchange.usage = record.usage
    if record.failure is not None and exchange.status:
        exchange.status = record.failure.status


def as_named_here(error: TercetError) -> TercetError:
    """Return `error` with its `param` as this door's clients know it."""
    param = responses_param(error.param)
    return renamed(error, "input" if param is None and isinstance(error, ContextTooLong) else param)


def _on_wire(event: StreamEvent) -> bytes:
    return named_event(event["type"], _encode(event))


def _error_of(failure: Failure) -> TercetError:
    error = TercetError(failure.message, param=failure.param, code=failure.code)
    error.status = failure.status
    error.log_level = logging.INFO  # the service has logged it at its own level
    return error


def _flag(query: dict[str, str], name: str) -> bool:
    value = query.get(name, "false")
    if value not in ("true", "false"):
        raise InvalidRequest(
            f"Invalid value for {name!r}: {value[:50]!r}; expected true or false.", param=name, code="invalid_value"
        )
    return value == "true"


def _starting_after(query: dict[str, str]) -> int:
    value = query.get("starting_after", "-1")
    number = value.removeprefix("-")
    if not number.isascii() or not number.isdecimal() or len(number) > 15:
        raise InvalidRequest(
            f"Invalid value for 'starting_after': {value[:50]!r}; expected the number of an event.",
            param="starting_after",
            code="invalid_value",
        )
    return int(value)
