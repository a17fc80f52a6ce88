"""The chunks of vector stores in the database: what searches read."""

from collections.abc import Sequence

from tercet.store.database import Database
from tercet.store.vector_base import FoundChunk, StoredVector, VectorFileRecord
from tercet.store.vector_rows import file_of, places
from tercet.store.vector_texts import ranked

_CHUNKS = (
    "SELECT c.number, f.id, c.position, c.text, c.vector"
    " FROM vector_chunks c JOIN vector_files f ON f.number = c.file_number"
)


class SqlVectorChunks:
    """The part of `VectorStores` that is about what is found."""

    _database: Database

    async def texts(self, store_id: str, file_id: str) -> list[str]:
        """See `VectorStores.texts`."""
        statement = (
            "SELECT c.text FROM vector_chunks c JOIN vector_files f ON f.number = c.file_number"
            " WHERE f.store_id = ? AND f.id = ? ORDER BY c.position"
        )
        rows = await self._database.read(
            lambda connection: connection.execute(statement, (store_id, file_id)).fetchall()
        )
        return [row[0] for row in rows]

    async def version(self, store_ids: Sequence[str]) -> dict[str, int]:
        """See `VectorStores.version`."""
        if not store_ids:
            return {}
        statement = f"SELECT id, version FROM vector_stores WHERE id IN ({places(store_ids)})"  # noqa: S608  # marks
        rows = await self._database.read(lambda connection: connection.execute(statement, tuple(store_ids)).fetchall())
        return dict(rows)

    async def searchable(self, store_id: str) -> list[VectorFileRecord]:
        """See `VectorStores.searchable`."""
        statement = "SELECT record FROM vector_files WHERE store_id = ? AND status = 'completed'"
        rows = await self._database.read(lambda connection: connection.execute(statement, (store_id,)).fetchall())
        return [file_of(row[0]) for row in rows]

    async def vectors(self, store_id: str) -> list[StoredVector]:
        """See `VectorStores.vectors`."""
        statement = (
            "SELECT c.number, f.id, c.vector FROM vector_chunks c JOIN vector_files f ON f.number = c.file_number"
            " WHERE f.store_id = ? AND f.status = 'completed' ORDER BY c.number"
        )
        rows = await self._database.read(lambda connection: connection.execute(statement, (store_id,)).fetchall())
        return [StoredVector(number, file_id, bytes(vector)) for number, file_id, vector in rows]

    async def ranked(self, store_id: str, words: Sequence[str], limit: int) -> list[tuple[int, str, float]]:
        """See `VectorStores.ranked`."""
        if not words:
            return []
        return await self._database.read(lambda connection: ranked(connection, store_id, words, limit))

    async def chunks(self, numbers: Sequence[int]) -> list[FoundChunk]:
        """See `VectorStores.chunks`."""
        if not numbers:
            return []
        statement = f"{_CHUNKS} WHERE c.number IN ({places(numbers)})"  # marks
        rows = await self._database.read(lambda connection: connection.execute(statement, tuple(numbers)).fetchall())
        return [FoundChunk(number, file_id, at, text, bytes(vector)) for number, file_id, at, text, vector in rows]
