"""One HTTP request and its answer, as the doors see it: headers, body, hang-up, and a single reply.

Sits directly on ASGI. It knows nothing of any protocol's request or error shapes.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tercet.clock import monotonic_s
from tercet.errors import InvalidRequest, RequestTooLarge
from tercet.ids import new_id
from tercet.records import Receipt
from tercet.usage import Usage

Scope = MutableMapping[str, Any]
ReceiveMessage = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, ReceiveMessage, SendMessage], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON_TYPE = b"application/json"
_encode = msgspec.json.Encoder().encode


class ClientGone(Exception):
    """The client closed the connection before its answer was complete; nothing more can be sent."""


class Exchange:
    """One request and its reply. `receipt` and `usage` are filled in by a door, for headers and metrics.

    A reply is either one `reply…` call, or `start` followed by `write`s and one `finish`.
    """

    __slots__ = (
        "_receive",
        "_send",
        "began_s",
        "door",
        "id",
        "max_body_bytes",
        "owner",
        "params",
        "protocol",
        "receipt",
        "route",
        "scope",
        "status",
        "usage",
    )

    def __init__(self, scope: Scope, receive: ReceiveMessage, send: SendMessage, max_body_bytes: int) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.max_body_bytes = max_body_bytes
        self.id = new_id("req")
        self.began_s = monotonic_s()
        self.door = "none"
        self.route = ""
        """The template of the path, once it is known."""
        self.protocol = "openai"
        """Whose protocol the caller speaks; see `protocols`."""
        self.owner = ""
        self.params: dict[str, str] = {}
        self.receipt: Receipt | None = None
        self.usage: Usage | None = None
        self.status = 0
        """HTTP status once the reply has started, 0 before; where a stream broke off, the status of its error."""

    def header(self, name: bytes) -> str | None:
        """Return the first header called `name` (lower case), or None."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    def query(self) -> dict[str, str]:
        """Return the parameters of the query, of repeated ones the last."""
        text = str(self.scope["query_string"], "latin-1")
        return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def query_list(self, name: str) -> list[str]:
        """Return the values of a parameter that may be repeated, with or without `[]` behind its name."""
        values = parse_qs(str(self.scope["query_string"], "latin-1"), keep_blank_values=True)
        return values.get(name, []) + values.get(f"{name}[]", [])

    async def body(self) -> bytes:
        """Read the whole body. Raises `RequestTooLarge` without reading further, and `ClientGone`."""
        self._check_size(int(length) if (length := self.header(b"content-length") or "0").isdecimal() else 0)
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            self._check_size(size)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def chunks(self, max_bytes: int) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes. Raises `RequestTooLarge` without reading further, and `ClientGone`."""
        announced = self.header(b"content-length") or "0"
        size = 0
        is_whole = False
        while not is_whole:
            if max(size, int(announced) if announced.isdecimal() else 0) > max_bytes:
                raise RequestTooLarge(f"The request body exceeds {max_bytes} bytes.")
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            is_whole = not message.get("more_body", False)
            yield chunk

    async def json_body(self) -> bytes:
        """Read the body of a request that must carry JSON. Raises `InvalidRequest` for another content type."""
        content_type = self.header(b"content-type")
        if content_type is not None and content_type.partition(";")[0].strip().lower() != "application/json":
            raise InvalidRequest(
                f"The content type must be 'application/json', not {content_type!r}.", code="invalid_content_type"
            )
        if (encoding := self.header(b"content-encoding")) not in (None, "identity"):
            raise InvalidRequest(
                f"Content encoding {encoding!r} is not served: send the body uncompressed.",
                code="invalid_content_encoding",
            )
        return await self.body()

    def until_hangup(self) -> "Hangup":
        """Return a context that cancels the work inside it when the client goes away.

        To be entered after the body was read, and left before the reply is finished.
        """
        return Hangup(self._receive)

    async def start(self, status: int, content_type: bytes, headers: tuple[Header, ...] = ()) -> None:
        """Send the status line and headers."""
        self.status = status
        lines = [(b"content-type", content_type), (b"x-request-id", self.id.encode()), *headers]
        if self.protocol == "anthropic":
            lines.append((b"request-id", self.id.encode()))
        if self.receipt is not None:
            lines += _receipt_headers(self.receipt)
        await self._send({"type": "http.response.start", "status": status, "headers": lines})

    async def write(self, chunk: bytes) -> None:
        """Send part of the body, as one write."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def finish(self, chunk: bytes = b"") -> None:
        """Send the rest of the body and end the reply."""
        await self._send({"type": "http.response.body", "body": chunk})

    async def reply(
        self, body: bytes, status: int = 200, content_type: bytes = JSON_TYPE, headers: tuple[Header, ...] = ()
    ) -> None:
        """Send a whole answer."""
        await self.start(status, content_type, ((b"content-length", b"%d" % len(body)), *headers))
        await self.finish(body)

    async def reply_json(self, value: object, status: int = 200, headers: tuple[Header, ...] = ()) -> None:
        """Send `value` (of anything that msgspec encodes) as a JSON answer."""
        await self.reply(_encode(value), status, headers=headers)

    def _check_size(self, size: int) -> None:
        if size > self.max_body_bytes:
            raise RequestTooLarge(
                f"The request body exceeds {self.max_body_bytes} bytes. Send less, or raise server.max_body_bytes."
            )


class Hangup:
    """Cancels the task that entered it once the client disconnects, and turns that into `ClientGone`."""

    __slots__ = ("_is_gone", "_receive", "_watcher", "_work")

    def __init__(self, receive: ReceiveMessage) -> None:
        self._receive = receive
        self._is_gone = False

    async def __aenter__(self) -> None:
        work = asyncio.current_task()
        assert work is not None
        self._work = work
        self._watcher = asyncio.create_task(self._watch())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watcher.cancel()
        if not self._is_gone:
            return
        if kind is not asyncio.CancelledError:
            # The cancellation may still be due at the next await: take it here, where it is expected.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        if self._work.uncancel():
            raise asyncio.CancelledError  # somebody else, such as a shutdown, cancels the work too
        if kind is None or kind is asyncio.CancelledError:
            raise ClientGone from None

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        self._work.cancel()


def _receipt_headers(receipt: Receipt) -> list[Header]:
    mended = ",".join(receipt.mended)
    values = ((b"tercet-tier", receipt.tier), (b"tercet-model", receipt.model), (b"tercet-mended", mended))
    return [(name, value.encode("ascii", "replace")) for name, value in values if value]
