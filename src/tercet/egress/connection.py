"""One client's connection to the guard: one request, forwarded or tunnelled, then the end.

A connection carries one exchange only, to the client and to the server: what follows a request belongs to nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable

from tercet.egress.dialing import Dialer, Streams
from tercet.egress.heads import (
    RequestHead,
    ResponseHead,
    end_to_end,
    field,
    framing_fields,
    parse_request,
    parse_response,
    read_lines,
    render,
)
from tercet.egress.hello import HANDSHAKE, read_hello
from tercet.egress.limits import Limits
from tercet.egress.refusals import REASON_HEADER, Refusal, Refused, shown
from tercet.egress.relay import Flow
from tercet.egress.tokens import is_authorized

_FLUSH_S = 5.0
_LINGER_S = 1.0
_MAX_INTERIM = 10
"""1xx answers that a server may send before the real one."""


class Connection:
    """Serves one client. `token` is what it must show; empty where the socket itself is the permission.

    `report` is told of a refusal before the client is.
    """

    def __init__(
        self, client: Streams, dialer: Dialer, limits: Limits, token: str, report: Callable[[Refusal], None]
    ) -> None:
        self._reader, self._writer = client
        self._dialer = dialer
        self._limits = limits
        self._token = token
        self._report = report
        self._is_answered = False
        self._server: asyncio.StreamWriter | None = None

    async def serve(self) -> None:
        """Serve the connection and close it. Raises nothing but cancellation."""
        refused: Refused | None = None
        try:
            async with asyncio.timeout(self._limits.total_s):
                await self._exchange()
        except Refused as error:
            refused = error
        except TimeoutError:
            refused = Refused("timeout", "nothing came for too long, or a connection took too long in all")
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass  # one side hung up
        finally:
            await self._close(refused)

    def abort(self) -> None:
        """Drop both sides at once; what has been closed stays so."""
        for writer in (self._server, self._writer):
            if writer is not None:
                writer.transport.abort()

    async def turn_away(self, refused: Refused) -> None:
        """Refuse the client unheard, and close."""
        await self._close(refused)

    async def _exchange(self) -> None:
        async with asyncio.timeout(self._limits.head_s):
            request = parse_request(await read_lines(self._reader, self._limits))
        if self._token and not is_authorized(field(request.fields, "proxy-authorization"), self._token):
            raise Refused("unauthorized", "the token of this guard is missing or wrong")
        try:
            server = await self._dialer.dial(request.target)
            self._server = server[1]
            await (self._tunnel(request, server) if request.is_tunnel else self._forward(request, server))
        except Refused as error:
            raise error.at(request.target) from error

    async def _forward(self, request: RequestHead, server: Streams) -> None:
        limits = self._limits
        up = Flow(self._reader, server[1], limits, max_bytes=limits.max_sent_bytes, wrong="malformed")
        down = Flow(server[0], self._writer, limits, max_bytes=limits.max_received_bytes, wrong="bad_answer")
        if (field(request.fields, "expect") or "").lower() == "100-continue":
            await down.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        framing = request.framing
        has_body = framing.is_chunked or bool(framing.length)
        written = framing_fields(framing) if has_body or field(request.fields, "content-length") else ()
        host = ("host", request.target.authority(80))
        fields = [host, *end_to_end(request.fields), *written, ("connection", "close")]
        await up.write(render(f"{request.method} {request.path} HTTP/1.1", fields))
        sending = asyncio.create_task(up.body(framing))
        try:
            response = await self._answer(server, request.method, sending)
            await self._pass_back(request, response, down)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Refused, OSError):
                await sending

    async def _answer(self, server: Streams, method: str, sending: "asyncio.Task[None]") -> ResponseHead:
        """Return the server's final head; a request body that breaks the rules ends the wait."""
        reading = asyncio.create_task(self._final_head(server, method))
        try:
            await asyncio.wait({reading, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not reading.done():
                failure = sending.exception()
                if failure is not None and not isinstance(failure, ConnectionError):
                    raise failure  # but a server may stop reading and answer all the same
            return await reading
        finally:
            reading.cancel()

    async def _final_head(self, server: Streams, method: str) -> ResponseHead:
        for _ in range(_MAX_INTERIM):
            async with asyncio.timeout(self._limits.idle_s):
                try:
                    lines = await read_lines(server[0], self._limits, "bad_answer")
                except EOFError as error:
                    raise Refused("bad_answer", "the server closed the connection without an answer") from error
            response = parse_response(lines, method)
            if response.status >= 200:
                return response
            if response.status == 101:
                break
        raise Refused("bad_answer", "the server changed protocols unasked, or never came to an answer")

    async def _pass_back(self, request: RequestHead, response: ResponseHead, down: Flow) -> None:
        framing = response.framing
        if request.minor == 0 and framing.is_chunked:
            shown = end_to_end(response.fields)
        elif framing.length == 0 and (length := field(response.fields, "content-length")):
            shown = (*end_to_end(response.fields), ("content-length", length))  # of a HEAD: what a GET would have
        else:
            shown = (*end_to_end(response.fields), *framing_fields(framing))
        self._is_answered = True
        line = f"HTTP/1.1 {response.status} {response.phrase}"
        await down.write(render(line, [*shown, ("connection", "close")]))
        await down.body(framing, as_chunks=request.minor == 1)

    async def _tunnel(self, request: RequestHead, server: Streams) -> None:
        limits = self._limits
        up = Flow(self._reader, server[1], limits, max_bytes=limits.max_sent_bytes, wrong="malformed")
        down = Flow(server[0], self._writer, limits, max_bytes=limits.max_received_bytes, wrong="bad_answer")
        self._is_answered = True
        await down.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        async with asyncio.timeout(limits.head_s):
            first = await self._reader.readexactly(1)
            if first[0] == HANDSHAKE:
                hello, name = await read_hello(self._reader, first)
                expected = None if request.target.address else request.target.name
                if name != expected:
                    raise Refused("host_mismatch", "the TLS server name is not the host of the tunnel")
                await up.write(hello)
            else:
                await self._upgrade(request, server, first, up, down)
        await _both(up, down)

    async def _upgrade(self, request: RequestHead, server: Streams, first: bytes, up: Flow, down: Flow) -> None:
        """Pass a WebSocket handshake; nothing else goes through a tunnel in clear."""
        lines = await read_lines(self._reader, self._limits)
        lines[0:1] = [first.decode("latin-1") + lines[0]] if lines else []
        method, _, rest = lines[0].partition(" ") if lines else ("", "", "")
        path, _, version = rest.partition(" ")
        if method != "GET" or version != "HTTP/1.1" or not path.startswith("/"):
            raise Refused("malformed", "a tunnel carries TLS or a WebSocket, and nothing else")
        checked = parse_request([f"GET http://{request.target}{path} HTTP/1.1", *lines[1:]])
        if (field(checked.fields, "upgrade") or "").lower() != "websocket" or checked.framing.length:
            raise Refused("malformed", "a tunnel carries TLS or a WebSocket, and nothing else")
        fields = [("host", request.target.authority(80)), *end_to_end(checked.fields)]
        fields += [("connection", "Upgrade"), ("upgrade", "websocket")]
        await up.write(render(f"GET {path} HTTP/1.1", fields))
        answer = await read_lines(server[0], self._limits, "bad_answer")
        response = parse_response(answer, "GET")
        if response.status != 101:
            raise Refused("bad_answer", "the server did not take the WebSocket")
        fields = [*end_to_end(response.fields), ("connection", "Upgrade"), ("upgrade", "websocket")]
        await down.write(render("HTTP/1.1 101 Switching Protocols", fields))

    async def _close(self, refused: Refused | None) -> None:
        if refused is not None:
            self._report(refused.refusal)
        if refused is not None and not self._is_answered:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_LINGER_S):
                    await self._turn_down(_answer_of(refused))
        for writer in (self._server, self._writer):
            if writer is not None:
                if refused is not None and self._is_answered:
                    writer.transport.abort()  # a body cut short must not look whole
                await _close_writer(writer)

    async def _turn_down(self, answer: bytes) -> None:
        """Write an answer and wait for the client to go: bytes of it left unread would take the answer with them."""
        self._writer.write(answer)
        await self._writer.drain()
        self._writer.write_eof()
        while await self._reader.read(65_536):
            pass


async def _close_writer(writer: asyncio.StreamWriter) -> None:
    """Close after what was written has left, or without it when the other side does not take it."""
    writer.close()
    try:
        async with asyncio.timeout(_FLUSH_S):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()


async def _both(up: Flow, down: Flow) -> None:
    """Pass both ways until one side ends or breaks a limit."""
    tasks = {asyncio.create_task(up.rest()), asyncio.create_task(down.rest())}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _answer_of(refused: Refused) -> bytes:
    text = f"{refused}\n".encode()
    fields = [
        (REASON_HEADER, refused.refusal.reason),
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", str(len(text))),
        ("connection", "close"),
    ]
    if refused.status == 407:
        fields.append(("proxy-authenticate", 'Basic realm="tercet"'))
    return render(f"HTTP/1.1 {refused.status} {shown(str(refused))}", fields) + text
