"""One request passed on and its answer passed back, between two pairs of streams, whatever carries them.

With a `Rewriting` secrets are put into the request and taken out of the answer; nothing else is ever changed but what
belongs to the connection.
"""

import asyncio
import contextlib

from tercet.egress.heads import (
    Framing,
    RequestHead,
    ResponseHead,
    end_to_end,
    field,
    framing_fields,
    parse_response,
    read_lines,
    render,
)
from tercet.egress.injection import Rewriting
from tercet.egress.limits import Limits
from tercet.egress.refusals import REASON_HEADER, Refused, shown
from tercet.egress.relay import Flow, Reader, Writer

_MAX_INTERIM = 10
"""1xx answers that a server may send before the real one."""
MAX_REWRITTEN = 1_000_000
"""Bodies of requests up to this length are looked through for placeholders, where their length is stated."""
_NOT_PASSED = frozenset(("accept-encoding", "range", "if-range"))
"""Of a request that gets secrets: an answer that is packed, or a part of one, cannot be looked through."""
Sides = tuple[Reader, Writer]


class Exchange:
    """Serves one request. `is_answered` tells whether the client was sent the beginning of an answer."""

    def __init__(self, client: Sides, server: Sides, limits: Limits, rewriting: Rewriting | None = None) -> None:
        self._server = server
        self._limits = limits
        self._rewriting = rewriting
        self._up = Flow(client[0], server[1], limits, max_bytes=limits.max_sent_bytes, wrong="malformed")
        self._down = Flow(server[0], client[1], limits, max_bytes=limits.max_received_bytes, wrong="bad_answer")
        self.is_answered = False

    async def serve(self, request: RequestHead, default_port: int) -> None:
        """Pass `request` on and its answer back. Raises `Refused` and `OSError`."""
        up = self._up
        if (field(request.fields, "expect") or "").lower() == "100-continue":
            await self._down.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        framing, body = request.framing, None
        if self._rewriting is not None and framing.length and framing.length <= MAX_REWRITTEN:
            pieces = [piece async for piece in up.pieces(framing)]
            body = self._rewriting.body(b"".join(pieces), field(request.fields, "content-type") or "")
            framing = Framing(length=len(body))
        await up.write(self._head(request, framing, default_port))
        sending = asyncio.create_task(up.body(framing) if body is None else up.write(body))
        try:
            response = await self._answer(request.method, sending)
            await self._pass_back(request, response)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Refused, OSError):
                await sending

    def _head(self, request: RequestHead, framing: Framing, default_port: int) -> bytes:
        has_body = framing.is_chunked or bool(framing.length)
        written = framing_fields(framing) if has_body or field(request.fields, "content-length") else ()
        path, fields = request.path, end_to_end(request.fields)
        if self._rewriting is not None:
            path = self._rewriting.path(path)
            plain = (pair for pair in self._rewriting.fields(fields) if pair[0] not in _NOT_PASSED)
            fields = (*plain, ("accept-encoding", "identity"))
        host = ("host", request.target.authority(default_port))
        return render(f"{request.method} {path} HTTP/1.1", [host, *fields, *written, ("connection", "close")])

    async def _answer(self, method: str, sending: "asyncio.Task[None]") -> ResponseHead:
        """Return the server's final head; a request body that breaks the rules ends the wait."""
        reading = asyncio.create_task(self._final_head(method))
        try:
            await asyncio.wait({reading, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not reading.done():
                failure = sending.exception()
                if failure is not None and not isinstance(failure, ConnectionError):
                    raise failure  # but a server may stop reading and answer all the same
            return await reading
        finally:
            reading.cancel()

    async def _final_head(self, method: str) -> ResponseHead:
        for _ in range(_MAX_INTERIM):
            async with asyncio.timeout(self._limits.idle_s):
                try:
                    lines = await read_lines(self._server[0], self._limits, "bad_answer")
                except EOFError as error:
                    raise Refused("bad_answer", "the server closed the connection without an answer") from error
            response = parse_response(lines, method)
            if response.status >= 200:
                return response
            if response.status == 101:
                break
        raise Refused("bad_answer", "the server changed protocols unasked, or never came to an answer")

    async def _pass_back(self, request: RequestHead, response: ResponseHead) -> None:
        framing = response.framing
        has_body = framing.length != 0
        if self._rewriting is not None and has_body:
            await self._pass_masked(request, response, self._rewriting)
            return
        if request.minor == 0 and framing.is_chunked:
            fields = end_to_end(response.fields)
        elif not has_body and (length := field(response.fields, "content-length")):
            fields = (*end_to_end(response.fields), ("content-length", length))  # of a HEAD: what a GET would have
        else:
            fields = (*end_to_end(response.fields), *framing_fields(framing))
        await self._write_head(response, fields)
        await self._down.body(framing, as_chunks=request.minor == 1)

    async def _pass_masked(self, request: RequestHead, response: ResponseHead, rewriting: Rewriting) -> None:
        """Pass an answer back without the secrets, whose places in it may change its length."""
        coding = (field(response.fields, "content-encoding") or "identity").strip().lower()
        if rewriting.has_put and coding != "identity":
            raise Refused("bad_answer", f"the answer to a request with a secret is encoded as {coding!r}, unasked")
        as_chunks = request.minor == 1
        coded = (("transfer-encoding", "chunked"),) if as_chunks else ()
        await self._write_head(response, (*end_to_end(response.fields), *coded))
        redactor = rewriting.redactor()
        async for piece in self._down.pieces(response.framing):
            await self._down.put(redactor.feed(piece), as_chunk=as_chunks)
        await self._down.put(redactor.end(), as_chunk=as_chunks)
        if as_chunks:
            await self._down.write(b"0\r\n\r\n")

    async def _write_head(self, response: ResponseHead, fields: tuple[tuple[str, str], ...]) -> None:
        phrase = response.phrase
        if self._rewriting is not None:
            fields, phrase = self._rewriting.masked(fields), self._rewriting.masked_text(phrase)
        self.is_answered = True
        line = f"HTTP/1.1 {response.status} {phrase}"
        await self._down.write(render(line, [*fields, ("connection", "close")]))


def answer_of(refused: Refused) -> bytes:
    """Return the guard's own answer to a request that it refuses."""
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
