"""TLS over a pair of streams, on either side, so that a guard can read what passes between a client and a server.

It is pulled, not pushed: nothing is read from below before somebody reads here.
"""

import asyncio
import contextlib
import ssl

from tercet.egress.dialing import Streams

_PIECE = 65_536


class TlsStreams:
    """A reader and a writer in one, as far as a guard needs them."""

    def __init__(
        self, below: Streams, context: ssl.SSLContext, name: str, *, is_server: bool, received: bytes = b""
    ) -> None:
        """Begin on the streams `below`, from which `received` was read already. `name` is the server's."""
        self._reader, self._writer = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._incoming.write(received)
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=is_server, server_hostname=None if is_server else name
        )
        self._buffer = bytearray()
        self._has_ended = False

    async def shake_hands(self) -> None:
        """Agree with the other side. Raises `ssl.SSLError`, which is an `OSError`, and `EOFError`."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._pull()
            except ssl.SSLError:
                self._flush()  # the alert that says why
                raise
            else:
                self._flush()
                return

    async def read(self, max_bytes: int) -> bytes:
        """Return some bytes, none at the end. Raises `OSError` for an end that may be somebody else's."""
        if not self._buffer:
            await self._fill()
        piece = bytes(self._buffer[:max_bytes])
        del self._buffer[:max_bytes]
        return piece

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Return the bytes up to and with `separator`.

        Raises `asyncio.IncompleteReadError` at the end, `asyncio.LimitOverrunError` when it does not come.
        """
        searched = 0
        while (found := self._buffer.find(separator, searched)) < 0:
            searched = max(0, len(self._buffer) - len(separator) + 1)
            if len(self._buffer) > _PIECE:
                raise asyncio.LimitOverrunError("the separator does not come", len(self._buffer))
            if not await self._fill():
                partial = bytes(self._buffer)
                self._buffer.clear()
                raise asyncio.IncompleteReadError(partial, None)
        end = found + len(separator)
        piece = bytes(self._buffer[:end])
        del self._buffer[:end]
        return piece

    def write(self, piece: bytes) -> None:
        """Send; raises `ssl.SSLError` when that is over."""
        if piece:
            self._tls.write(piece)
            self._flush()

    async def drain(self) -> None:
        """Wait until what was sent is under way."""
        await self._writer.drain()

    def close(self) -> None:
        """Say that nothing more comes; the streams below stay open."""
        with contextlib.suppress(ssl.SSLError, ValueError):  # the other side has not said so, and need not
            self._tls.unwrap()
        self._flush()

    async def _fill(self) -> bool:
        """Read more; return False at the end."""
        while not self._has_ended:
            try:
                piece = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                await self._pull()
                continue
            except ssl.SSLZeroReturnError:
                piece = b""
            self._flush()  # an answer to what was said beside the data
            self._has_ended = not piece
            self._buffer += piece
            return bool(piece)
        return False

    async def _pull(self) -> None:
        self._flush()
        await self._writer.drain()
        piece = await self._reader.read(_PIECE)
        if piece:
            self._incoming.write(piece)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        if piece := self._outgoing.read():
            self._writer.write(piece)
