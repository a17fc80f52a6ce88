"""Contents of files as rows of chunks in Postgres, so that every process on every machine has them.

What comes in is written under a place of its own, chunk by chunk, each a transaction; the last one gives the place its
digest together with the row that refers to it.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from types import TracebackType

from tercet.clock import now_s
from tercet.errors import StoreFailed
from tercet.store.database import Connection, Database

CHUNK_BYTES = 1 << 20
STALE_S = 3600
"""A content that comes in and was not written to for so long belongs to a process that is gone."""
_CHUNK = "SELECT payload FROM content_chunks WHERE place = ? AND number = ?"
_TOUCH = (
    "INSERT INTO contents (place, written_at) VALUES (?, ?)"
    " ON CONFLICT (place) DO UPDATE SET written_at = excluded.written_at"
)
_PLACE = "SELECT place FROM contents WHERE digest = ?"


class PostgresContents:
    """The `Contents` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, *, has_md5: bool = False) -> "ArrivingContent":
        """See `Contents.receive`."""
        return ArrivingContent(self._database, has_md5=has_md5)

    async def read(self, digest: str, offset: int = 0, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `Contents.read`. A content that is deleted while it is read ends in `StoreFailed`."""
        row = await self._database.read(lambda connection: connection.execute(_PLACE, (digest,)).fetchone())
        if row is None:
            raise StoreFailed(f"the content {digest[:12]!r} is not in the database")
        place, end = row[0], None if size is None else offset + size
        while end is None or offset < end:
            number, begin = divmod(offset, CHUNK_BYTES)
            chunk = await self._chunk(place, number)
            if chunk is None and end is None and await self._is_there(place):
                return
            piece = (chunk or b"")[begin : None if end is None else begin + end - offset]
            if not piece:
                if chunk is not None and end is None:
                    return
                raise StoreFailed(f"the content {digest[:12]!r} is shorter than it was")
            offset += len(piece)
            yield piece

    def remove(self, connection: Connection, digest: str) -> None:
        """See `Contents.remove`."""
        connection.execute("DELETE FROM contents WHERE digest = ?", (digest,))

    async def digests(self) -> Sequence[str]:
        """See `Contents.digests`."""
        statement = "SELECT digest FROM contents WHERE digest IS NOT NULL ORDER BY digest"
        rows = await self._database.read(lambda connection: connection.execute(statement).fetchall())
        return [row[0] for row in rows]

    async def remove_stale(self) -> None:
        """See `Contents.remove_stale`."""
        statement = "DELETE FROM contents WHERE digest IS NULL AND written_at < ?"
        values = (now_s() - STALE_S,)
        await self._database.write(lambda connection: connection.execute(statement, values), isolation="locks")

    async def _chunk(self, place: str, number: int) -> bytes | None:
        row = await self._database.read(lambda connection: connection.execute(_CHUNK, (place, number)).fetchone())
        return bytes(row[0]) if row else None

    async def _is_there(self, place: str) -> bool:
        statement = "SELECT 1 FROM contents WHERE place = ?"
        return await self._database.read(lambda c: c.execute(statement, (place,)).fetchone()) is not None


class ArrivingContent:
    """One content on its way in: an `Arriving`."""

    def __init__(self, database: Database, *, has_md5: bool) -> None:
        self._database = database
        self._place = secrets.token_hex(16)
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if has_md5 else None
        self._buffer = bytearray()
        self._num_chunks = 0
        self._flushing: asyncio.Future[None] | None = None
        self.size = 0

    async def __aenter__(self) -> "ArrivingContent":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._flushing is None:
            return
        await asyncio.wait([self._flushing])
        statement, values = "DELETE FROM contents WHERE place = ? AND digest IS NULL", (self._place,)
        with suppress(StoreFailed):  # what stays behind is stale one day
            await self._database.write(lambda connection: connection.execute(statement, values), isolation="locks")

    @property
    def digest(self) -> str:
        """See `Incoming.digest`."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        """See `Incoming.md5`."""
        assert self._md5 is not None
        return self._md5.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """See `Incoming.write`."""
        self._buffer += chunk
        self._sha256.update(chunk)
        if self._md5 is not None:
            self._md5.update(chunk)
        self.size += len(chunk)
        while len(self._buffer) >= CHUNK_BYTES:
            await self._flush()

    async def seal(self) -> None:
        """See `Arriving.seal`."""
        if self._buffer or not self._num_chunks:
            await self._flush()

    def place(self, connection: Connection) -> None:
        """See `Arriving.place`. An equal content is kept, and marked, so that whoever removes it now loses."""
        again = "UPDATE contents SET written_at = ? WHERE digest = ?"
        if connection.execute(again, (now_s(), self.digest)).rowcount:
            return
        first = "UPDATE contents SET digest = ?, written_at = ? WHERE place = ?"
        if not connection.execute(first, (self.digest, now_s(), self._place)).rowcount:
            raise StoreFailed("cannot keep the content: it took too long to come in")

    async def _flush(self) -> None:
        payload = bytes(self._buffer[:CHUNK_BYTES])
        del self._buffer[:CHUNK_BYTES]
        number, self._num_chunks = self._num_chunks, self._num_chunks + 1
        now = now_s()

        def insert(connection: Connection) -> None:
            connection.execute(_TOUCH, (self._place, now))
            statement = "INSERT INTO content_chunks (place, number, payload) VALUES (?, ?, ?)"
            connection.execute(statement, (self._place, number, payload))

        self._flushing = asyncio.ensure_future(self._database.write(insert, isolation="locks"))
        await asyncio.shield(self._flushing)  # whoever is cancelled here discards once it has ended
