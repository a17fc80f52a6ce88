"""Passes bytes from one side to the other within limits of size and silence, bodies by their framing.

Chunks are read strictly and written anew: extensions and trailers, which programs read in different ways, end here.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Protocol

from tercet.egress.heads import Framing
from tercet.egress.limits import Limits
from tercet.egress.refusals import Reason, Refused

_PIECE = 65_536
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})(?:[ \t]*;[\t\x20-\x7e]*)?\r\n")


class Reader(Protocol):
    """What bytes come from."""

    async def read(self, n: int, /) -> bytes:
        """Return some bytes, none at the end."""

    async def readuntil(self, separator: bytes = ..., /) -> bytes:
        """Return the bytes up to and with `separator`; raises as an `asyncio.StreamReader` does."""


class Writer(Protocol):
    """Where bytes go to."""

    def write(self, data: bytes, /) -> None:
        """Send."""

    async def drain(self) -> None:
        """Wait until the other side keeps up."""


class Flow:
    """One direction of one connection. Raises `Refused` when the limits are passed."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        limits: Limits,
        *,
        max_bytes: int,
        wrong: Reason,
    ) -> None:
        """`wrong` is the reason given for a body that breaks its framing."""
        self._reader = reader
        self._writer = writer
        self._idle_s = limits.idle_s
        self._max_bytes = max_bytes
        self._num_bytes = 0
        self._wrong: Reason = wrong

    async def write(self, piece: bytes) -> None:
        """Write and wait until the other side keeps up."""
        self._writer.write(piece)
        async with asyncio.timeout(self._idle_s):
            await self._writer.drain()

    async def body(self, framing: Framing, *, as_chunks: bool | None = None) -> None:
        """Pass one body; `as_chunks` False writes a chunked one bare."""
        is_rechunked = framing.is_chunked if as_chunks is None else as_chunks and framing.is_chunked
        if framing.is_chunked:
            await self._chunks(is_rechunked=is_rechunked)
        elif framing.length is None:
            await self.rest()
        else:
            await self._exactly(framing.length)

    async def pieces(self, framing: Framing) -> AsyncIterator[bytes]:
        """Yield the contents of one body, without passing them on."""
        if framing.is_chunked:
            while size := await self._chunk_size():
                async for piece in self._counted(size):
                    yield piece
                if await self._line() != b"\r\n":
                    raise Refused(self._wrong, "a chunk that is longer than it says")
            while await self._line() != b"\r\n":
                pass
        elif framing.length is not None:
            async for piece in self._counted(framing.length):
                yield piece
        else:
            while piece := await self._read(_PIECE):
                yield piece

    async def put(self, piece: bytes, *, as_chunk: bool) -> None:
        """Write a part of a body, as a chunk of its own or bare."""
        if piece:
            await self.write(b"%x\r\n%b\r\n" % (len(piece), piece) if as_chunk else piece)

    async def rest(self) -> None:
        """Pass everything until this side ends."""
        while piece := await self._read(_PIECE):
            await self.write(piece)

    async def _exactly(self, length: int) -> None:
        async for piece in self._counted(length):
            await self.write(piece)

    async def _counted(self, length: int) -> AsyncIterator[bytes]:
        if length > self._max_bytes:
            raise Refused("too_large", f"a body of more than {self._max_bytes} bytes")
        while length:
            piece = await self._read(min(length, _PIECE))
            if not piece:
                raise Refused(self._wrong, "a body that breaks off")
            length -= len(piece)
            yield piece

    async def _chunks(self, *, is_rechunked: bool) -> None:
        while size := await self._chunk_size():
            if size > self._max_bytes:
                raise Refused("too_large", f"a body of more than {self._max_bytes} bytes")
            if is_rechunked:
                await self.write(b"%x\r\n" % size)
            await self._exactly(size)
            if await self._line() != b"\r\n":
                raise Refused(self._wrong, "a chunk that is longer than it says")
            if is_rechunked:
                await self.write(b"\r\n")
        while await self._line() != b"\r\n":
            pass
        if is_rechunked:
            await self.write(b"0\r\n\r\n")

    async def _chunk_size(self) -> int:
        match = _CHUNK_SIZE.fullmatch(await self._line())
        if match is None:
            raise Refused(self._wrong, "a chunk without a size")
        return int(match[1], 16)

    async def _line(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle_s):
                line = await self._reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise Refused(self._wrong, "a body that breaks off") from error
        self._count(len(line))
        if not line.endswith(b"\r\n"):
            raise Refused(self._wrong, "a line of a chunked body that does not end in CR LF")
        return line

    async def _read(self, max_bytes: int) -> bytes:
        async with asyncio.timeout(self._idle_s):
            piece = await self._reader.read(max_bytes)
        self._count(len(piece))
        return piece

    def _count(self, num_bytes: int) -> None:
        self._num_bytes += num_bytes
        if self._num_bytes > self._max_bytes:
            raise Refused("too_large", f"more than {self._max_bytes} bytes in one direction")
