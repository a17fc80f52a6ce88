"""One client's connection to the guard: one request, forwarded or tunnelled, then the end.

A connection carries one exchange only, to the client and to the server: what follows a request belongs to nothing.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable

import msgspec

from tercet.egress.authority import Authority
from tercet.egress.dialing import Dialer, Streams
from tercet.egress.exchange import Exchange, answer_of
from tercet.egress.heads import (
    RequestHead,
    end_to_end,
    field,
    parse_inner,
    parse_request,
    parse_response,
    read_lines,
    render,
)
from tercet.egress.hello import HANDSHAKE, read_hello
from tercet.egress.hosts import Target
from tercet.egress.injection import Injection, Rewriting
from tercet.egress.limits import Limits
from tercet.egress.refusals import Refusal, Refused
from tercet.egress.relay import Flow
from tercet.egress.tls import TlsStreams
from tercet.egress.tokens import is_authorized
from tercet.errors import TercetError

_FLUSH_S = 5.0
_LINGER_S = 1.0


class Interception(msgspec.Struct, frozen=True):
    """What it takes to put secrets into TLS: they, who speaks for their hosts, and which servers are believed."""

    injection: Injection
    authority: Authority
    trust: ssl.SSLContext


class Connection:
    """Serves one client. `token` is what it must show; empty where the socket itself is the permission.

    `report` is told of a refusal before the client is.
    """

    def __init__(
        self,
        client: Streams,
        dialer: Dialer,
        limits: Limits,
        token: str,
        report: Callable[[Refusal], None],
        interception: Interception | None = None,
    ) -> None:
        """With an `interception` requests to some hosts get secrets."""
        self._reader, self._writer = client
        self._dialer = dialer
        self._limits = limits
        self._token = token
        self._report = report
        self._interception = interception
        self._policy = dialer.policy
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
        interception = self._interception
        if interception is not None and interception.injection.is_clear(request.target, self._policy, _texts(request)):
            raise Refused("in_clear", "the secret of this placeholder is sent over https only")
        rewriting = await self._rewriting(request.target)
        exchange = Exchange((self._reader, self._writer), server, self._limits, rewriting)
        try:
            await exchange.serve(request, 80)
        finally:
            self._is_answered = exchange.is_answered

    async def _rewriting(self, target: Target) -> Rewriting | None:
        """Return what puts secrets into an exchange with `target`, where any are for it."""
        injection = self._interception.injection if self._interception is not None else None
        if injection is None or not (known := injection.placeholders(target, self._policy)):
            return None
        try:
            return Rewriting(await injection.reveal(known))
        except TercetError as error:
            raise Refused("unreachable", "the secrets for this host cannot be read now") from error

    async def _tunnel(self, request: RequestHead, server: Streams) -> None:
        limits = self._limits
        up = Flow(self._reader, server[1], limits, max_bytes=limits.max_sent_bytes, wrong="malformed")
        down = Flow(server[0], self._writer, limits, max_bytes=limits.max_received_bytes, wrong="bad_answer")
        self._is_answered = True
        await down.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        hello: bytes | None = None
        async with asyncio.timeout(limits.head_s):
            first = await self._reader.readexactly(1)
            if first[0] == HANDSHAKE:
                hello, name = await read_hello(self._reader, first)
                expected = None if request.target.address else request.target.name
                if name != expected:
                    raise Refused("host_mismatch", "the TLS server name is not the host of the tunnel")
            else:
                await self._upgrade(request, server, first, up, down)
        if hello is not None:
            rewriting = await self._rewriting(request.target)
            if rewriting is not None and self._interception is not None:
                await self._open_up(request.target, server, hello, rewriting, self._interception)
                return
            await up.write(hello)
        await _both(up, down)

    async def _open_up(
        self, target: Target, server: Streams, hello: bytes, rewriting: Rewriting, interception: Interception
    ) -> None:
        """Be the server to the client and the client to the server, for one exchange between them."""
        ours = interception.authority.context(target.name)
        client = TlsStreams((self._reader, self._writer), ours, target.name, is_server=True, received=hello)
        async with asyncio.timeout(self._limits.head_s):
            await client.shake_hands()
        exchange: Exchange | None = None
        try:
            async with asyncio.timeout(self._limits.head_s):
                request = parse_inner(await read_lines(client, self._limits), target, default_port=443)
            beyond = await _secured(server, target, self._limits, interception.trust)
            exchange = Exchange((client, client), (beyond, beyond), self._limits, rewriting)
            await exchange.serve(request, 443)
        except Refused as error:
            if exchange is not None and exchange.is_answered:
                raise
            client.write(answer_of(error.at(target)))
            self._report(error.at(target).refusal)
        client.close()

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
                    await self._turn_down(answer_of(refused))
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


def _texts(request: RequestHead) -> list[str]:
    """Return the parts of a request's head that may hold a placeholder."""
    return [request.path, *(value for _, value in request.fields)]


async def _secured(server: Streams, target: Target, limits: Limits, trust: ssl.SSLContext) -> TlsStreams:
    """Return TLS with a server whose certificate is trusted. Raises `Refused`."""
    beyond = TlsStreams(server, trust, target.name, is_server=False)
    try:
        async with asyncio.timeout(limits.connect_s):
            await beyond.shake_hands()
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            "untrusted", f"the certificate of {target.name} is not trusted: {error.verify_message}"
        ) from error
    except ssl.SSLError as error:
        raise Refused("bad_answer", f"{target.name} does not speak TLS as it should") from error
    return beyond
