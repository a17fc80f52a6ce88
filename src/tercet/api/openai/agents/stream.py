"""A session's events over server-sent events: padded, kept alive, and resumable by the number of the last one seen."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress

import msgspec

from tercet.api.errors import error_reply
from tercet.api.exchange import ClientGone, Exchange
from tercet.api.openai.agents.common import read_flag
from tercet.api.openai.agents.event_out import SessionEvents
from tercet.api.sse import EventStream
from tercet.api.wire import JsonObject
from tercet.errors import InvalidRequest, TercetError
from tercet.sessions.events import Numbered, SessionChanged, TurnChanged

HEARTBEAT_S = 15.0
HEARTBEAT = b":\n"
"""A comment, and no more: an empty line would end an event without data, which clients take for a broken one."""
PAD_BYTES = 64
_encode = msgspec.json.Encoder().encode


class StreamAsked(msgspec.Struct, frozen=True):
    """How a client wants a stream."""

    has_obfuscation: bool = True
    has_more: bool = False
    after: int | None = None


def read_stream(exchange: Exchange) -> StreamAsked:
    """Return what a query and headers ask of a stream. Raises `InvalidRequest`."""
    number = exchange.query().get("starting_after")
    where = "starting_after"
    if number is None:
        number, where = exchange.header(b"last-event-id"), "Last-Event-ID"
    if number is not None and not (number.isascii() and number.isdecimal() and len(number) <= 15):
        raise InvalidRequest(
            f"Invalid value for {where!r}: {number[:50]!r}; expected the number of an event.",
            param=where,
            code="invalid_value",
        )
    return StreamAsked(
        read_flag(exchange, "include_obfuscation", True),
        read_flag(exchange, "include_tercet", False),
        None if number is None else int(number),
    )


class SessionStream:
    """One reply that tells what happens in a session, until the client hangs up or `is_over` holds of an event."""

    def __init__(self, exchange: Exchange, events: SessionEvents, *, has_obfuscation: bool) -> None:
        self._exchange = exchange
        self._events = events
        self._has_obfuscation = has_obfuscation
        self._reply = EventStream(exchange)

    async def send(
        self, source: AsyncIterator[Numbered], is_over: Callable[[Numbered], bool] = lambda _: False
    ) -> None:
        """Send what `source` yields. Raises what it raises before the first event; later errors are events."""
        try:
            async with self._exchange.until_hangup(), aclosing(_with_heartbeats(source, HEARTBEAT_S)) as numbered:
                async for told in numbered:
                    if told is None:
                        await self._reply.write(HEARTBEAT)
                        continue
                    await self._tell(told)
                    if is_over(told):
                        break
        except ClientGone:
            raise
        except TercetError as error:
            if not self._reply.is_open:
                raise
            await self._reply.write(self._on_wire(_broken(error), None))
        if not self._reply.is_open:
            await self._reply.write(HEARTBEAT)
        await self._reply.close()

    async def _tell(self, told: Numbered) -> None:
        shown = self._events.events(told)
        for place, event in enumerate(shown):
            number = told.number if place == len(shown) - 1 else None
            await self._reply.write(self._on_wire(event, number))
        if not shown and not self._reply.is_open:
            await self._reply.write(HEARTBEAT)

    def _on_wire(self, event: JsonObject, number: int | None) -> bytes:
        if self._has_obfuscation:
            event = {**event, "obfuscation": ""}
            bare = len(_encode(event))
            event["obfuscation"] = _padding(PAD_BYTES - bare % PAD_BYTES)
        lines = b"" if number is None else b"id: %d\n" % number
        return lines + b"event: " + str(event["type"]).encode() + b"\ndata: " + _encode(event) + b"\n\n"


class FirstTurn:
    """Tells when the turn that a session was created with is over: it has ended and the session says how it is now."""

    def __init__(self) -> None:
        self._turn_id: str | None = None
        self._has_ended = False

    def __call__(self, told: Numbered) -> bool:
        match told.event:
            case TurnChanged(turn) if turn.subagent_id is None:
                self._turn_id = self._turn_id or turn.id
                if turn.id == self._turn_id and turn.status in ("completed", "failed", "cancelled"):
                    self._has_ended = True
            case SessionChanged(session):
                return session.status == "failed" or (self._has_ended and session.status in ("idle", "budget_reached"))
            case _:
                pass
        return False


async def _with_heartbeats(source: AsyncIterator[Numbered], every_s: float) -> AsyncGenerator[Numbered | None, None]:
    """Yield what `source` yields, and None whenever it was silent for so long."""
    coming: asyncio.Task[Numbered] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(source))
            await asyncio.wait((coming,), timeout=every_s)
            if not coming.done():
                yield None
                continue
            finished, coming = coming, None
            try:
                told = finished.result()
            except StopAsyncIteration:
                return
            yield told
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, TercetError):
                await coming
        if isinstance(source, AsyncGenerator):
            await source.aclose()


def _broken(error: TercetError) -> JsonObject:
    reply = msgspec.to_builtins(error_reply(error))["error"]
    shown = {name: reply.get(name) for name in ("code", "message", "param", "type")}
    return {"type": "error", "event_id": f"evt_{secrets.token_hex(16)}", "session_id": "", "error": shown}


def _padding(num_characters: int) -> str:
    return secrets.token_hex((num_characters + 1) // 2)[:num_characters]
