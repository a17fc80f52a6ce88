"""POST /v1/chat/completions: reads the request, asks the service, answers whole or as server-sent events."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing

import msgspec

from tercet.api.choices import Events, fold_all, for_choice, merged, total_usage
from tercet.api.errors import error_reply, note_failure, renamed
from tercet.api.exchange import ClientGone, Exchange
from tercet.api.openai.chat_answer import ChunkStream, Heading, completion
from tercet.api.openai.chat_request import ChatPlan, chat_param, read_chat
from tercet.api.sse import DONE, EventStream, data_event
from tercet.clock import now_s
from tercet.errors import ContextTooLong, TercetError
from tercet.ids import new_id
from tercet.records import Receipt
from tercet.service import Ask, Service
from tercet.service.file_texts import with_texts

_encode = msgspec.json.Encoder().encode


class ChatDoor:
    """Chat Completions."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/chat/completions."""
        plan = await self._with_files(await read_chat(await exchange.json_body()), exchange.owner)
        card = self._service.model(plan.model)
        exchange.receipt = Receipt(tier=card.tier, backend=card.backend, model=card.model)
        heading = Heading(new_id("chatcmpl"), now_s(), plan.model)
        receipts: dict[int, Receipt] = {}
        streams = [self._stream(exchange, plan, index, receipts) for index in range(plan.num_choices)]
        answer = _answer_stream if plan.is_streamed else _answer_whole
        try:
            await answer(exchange, plan, heading, streams, receipts)
        except TercetError as error:
            raise _as_named_here(error) from error

    async def _with_files(self, plan: ChatPlan, owner: str) -> ChatPlan:
        """Put the texts of stored files where the messages name them."""
        try:
            items = await with_texts(plan.request.items, self._service.files, self._service.documents, owner)
        except TercetError as error:
            raise _as_named_here(error) from error
        request = msgspec.structs.replace(plan.request, items=items)
        return msgspec.structs.replace(plan, request=request)

    def _stream(self, exchange: Exchange, plan: ChatPlan, index: int, receipts: dict[int, Receipt]) -> Events:
        """Ask for choice `index`, whose receipt is put into `receipts`."""

        def take(receipt: Receipt) -> None:
            exchange.receipt = receipts[index] = receipt

        request = for_choice(plan.request, index)
        return self._service.stream(Ask(plan.model, request, exchange.owner, exchange.id), take)


async def _answer_whole(
    exchange: Exchange, plan: ChatPlan, heading: Heading, streams: Sequence[Events], receipts: Mapping[int, Receipt]
) -> None:
    async with exchange.until_hangup():
        outputs = await fold_all(streams)
    exchange.usage = total_usage([output.usage for output in outputs])
    answer = completion(heading, outputs, receipts, has_logprobs=plan.has_logprobs, metadata=plan.metadata)
    await exchange.reply_json(answer)


async def _answer_stream(
    exchange: Exchange, plan: ChatPlan, heading: Heading, streams: Sequence[Events], receipts: Mapping[int, Receipt]
) -> None:
    reply = EventStream(exchange)
    choices = [
        ChunkStream(heading, index, receipts, has_usage=plan.has_usage_chunk, has_logprobs=plan.has_logprobs)
        for index in range(len(streams))
    ]
    try:
        async with exchange.until_hangup(), aclosing(merged(streams)) as events:
            async for index, event in events:
                for chunk in choices[index].chunks(event):
                    await reply.write(data_event(_encode(chunk)))
    except ClientGone:
        raise
    except Exception as error:
        if not reply.is_open:
            raise
        failure = _as_named_here(note_failure(exchange, error))
        await reply.write(data_event(_encode(error_reply(failure))))
    else:
        usages = [choice.end.usage for choice in choices if choice.end is not None]
        exchange.usage = total_usage(usages)
        if plan.has_usage_chunk:
            await reply.write(data_event(_encode(choices[0].usage_chunk(usages))))
        await reply.write(DONE)
    await reply.close()


def _as_named_here(error: TercetError) -> TercetError:
    """Return `error` with its `param` as this door's clients know it."""
    param = chat_param(error.param)
    if param is None and isinstance(error, ContextTooLong):
        param = "messages"
    return renamed(error, param)
