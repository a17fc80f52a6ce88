"""Vector stores in the database: records as MessagePack, chunks as rows that go with their file.

Every write on behalf of a run holds its lease, so that of two readers of one file only one can finish it.
"""

from collections.abc import Callable, Sequence

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound
from tercet.store.base import Lease
from tercet.store.database import Connection, Database
from tercet.store.filing import Page
from tercet.store.journal import delete_run, finish_run, hold_run, insert_run
from tercet.store.vector_base import (
    Chunk,
    Counts,
    FileBatchRecord,
    FileStatus,
    FoundChunk,
    StoredVector,
    VectorFileRecord,
    VectorStoreRecord,
)
from tercet.store.vector_pages import COUNTS, counts_by_store, counts_of, page_of
from tercet.store.vector_texts import ranked, scope_of

MAX_FILES = 10_000
_LIVE = "SELECT record FROM vector_stores WHERE id = ? AND owner = ? AND expires_at > ?"
_ADD_FILE = (
    "INSERT INTO vector_files (id, store_id, owner, batch_id, status, usage_bytes, run_id, record)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_CHUNKS = (
    "SELECT c.number, f.id, c.position, c.text, c.vector"
    " FROM vector_chunks c JOIN vector_files f ON f.number = c.file_number"
)
_encode = msgspec.msgpack.Encoder().encode
_store = msgspec.msgpack.Decoder(VectorStoreRecord).decode
_file = msgspec.msgpack.Decoder(VectorFileRecord).decode
_batch = msgspec.msgpack.Decoder(FileBatchRecord).decode


class SqlVectors:
    """The `VectorStores` over one database."""

    def __init__(self, database: Database, *, retention_days: float) -> None:
        """Keep stores for `retention_days` at most after they were last used."""
        self._database = database
        self.retention_s = int(retention_days * 86_400)

    # ---- stores --------------------------------------------------------------------------------------------------

    async def add(self, record: VectorStoreRecord, files: Sequence[VectorFileRecord], kind: str) -> None:
        """See `VectorStores.add`."""
        row = (
            record.id, record.owner, record.created_at, record.expires_at(self.retention_s), _encode(record)
        )  # fmt: skip

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO vector_stores (id, owner, created_at, expires_at, record) VALUES (?, ?, ?, ?, ?)", row
            )
            _insert_files(connection, record.owner, files, kind)

        await self._database.write(insert)

    async def get(self, store_id: str, owner: str) -> tuple[VectorStoreRecord, Counts] | None:
        """See `VectorStores.get`."""
        return await self._database.read(lambda connection: _read_store(connection, store_id, owner))

    async def stores(
        self, owner: str, page: Page, *, is_before: bool = False
    ) -> list[tuple[VectorStoreRecord, Counts]]:
        """See `VectorStores.stores`."""

        def select(connection: Connection) -> list[tuple[VectorStoreRecord, Counts]]:
            where = "owner = ? AND expires_at > ?"
            rows = page_of(connection, "vector_stores", "record", where, (owner, now_s()), page, is_before=is_before)
            records = [_store(row[0]) for row in rows]
            counts = counts_by_store(connection, [record.id for record in records])
            return [(record, counts.get(record.id, Counts())) for record in records]

        return await self._database.read(select)

    async def num_of(self, owner: str) -> int:
        """See `VectorStores.num_of`."""
        statement = "SELECT COUNT(*) FROM vector_stores WHERE owner = ? AND expires_at > ?"
        row = await self._database.read(lambda connection: connection.execute(statement, (owner, now_s())).fetchone())
        return int(row[0])

    async def change(
        self, store_id: str, owner: str, change: Callable[[VectorStoreRecord], VectorStoreRecord]
    ) -> tuple[VectorStoreRecord, Counts] | None:
        """See `VectorStores.change`."""

        def update(connection: Connection) -> tuple[VectorStoreRecord, Counts] | None:
            found = _read_store(connection, store_id, owner)
            if found is None:
                return None
            record = change(found[0])
            self._write(connection, record)
            return record, found[1]

        return await self._database.write(update)

    async def delete(self, store_id: str, owner: str) -> bool:
        """See `VectorStores.delete`."""

        def remove(connection: Connection) -> bool:
            if _read_store(connection, store_id, owner) is None:
                return False
            _remove_store(connection, store_id)
            return True

        return await self._database.write(remove)

    async def touch(self, store_ids: Sequence[str], now: int) -> None:
        """See `VectorStores.touch`."""

        def update(connection: Connection) -> None:
            for store_id in store_ids:
                row = connection.execute("SELECT record FROM vector_stores WHERE id = ?", (store_id,)).fetchone()
                if row is not None:
                    self._write(connection, msgspec.structs.replace(_store(row[0]), used_at=now))

        await self._database.write(update)

    async def purge(self) -> None:
        """See `VectorStores.purge`."""
        statement = "SELECT id FROM vector_stores WHERE expires_at <= ?"

        def remove(connection: Connection) -> None:
            for (store_id,) in connection.execute(statement, (now_s(),)).fetchall():
                _remove_store(connection, store_id)

        await self._database.write(remove)

    def _write(self, connection: Connection, record: VectorStoreRecord) -> None:
        connection.execute(
            "UPDATE vector_stores SET expires_at = ?, record = ? WHERE id = ?",
            (record.expires_at(self.retention_s), _encode(record), record.id),
        )

    # ---- files and batches ---------------------------------------------------------------------------------------

    async def add_files(
        self, owner: str, files: Sequence[VectorFileRecord], kind: str, batch: FileBatchRecord | None = None
    ) -> None:
        """See `VectorStores.add_files`."""
        store_id = files[0].store_id

        def insert(connection: Connection) -> None:
            found = _read_store(connection, store_id, owner)
            if found is None:
                raise NotFound(f"No vector store found with id {store_id!r}.", param="vector_store_id")
            if batch is not None:
                connection.execute(
                    "INSERT INTO vector_batches (id, store_id, record) VALUES (?, ?, ?)",
                    (batch.id, store_id, _encode(batch)),
                )
            _insert_files(connection, owner, files, kind)
            self._write(connection, msgspec.structs.replace(found[0], used_at=files[0].created_at))

        await self._database.write(insert)

    async def file(self, store_id: str, file_id: str) -> VectorFileRecord | None:
        """See `VectorStores.file`."""
        return await self._database.read(lambda connection: _read_file(connection, store_id, file_id))

    async def files(
        self,
        store_id: str,
        page: Page,
        *,
        is_before: bool = False,
        status: FileStatus | None = None,
        batch_id: str | None = None,
    ) -> list[VectorFileRecord]:
        """See `VectorStores.files`."""
        where, values = "store_id = ?", [store_id]
        for column, value in (("status", status), ("batch_id", batch_id)):
            if value is not None:
                where, values = f"{where} AND {column} = ?", [*values, value]
        rows = await self._database.read(
            lambda connection: page_of(connection, "vector_files", "record", where, values, page, is_before=is_before)
        )
        return [_file(row[0]) for row in rows]

    async def change_file(
        self, store_id: str, file_id: str, change: Callable[[VectorFileRecord], VectorFileRecord]
    ) -> VectorFileRecord | None:
        """See `VectorStores.change_file`."""

        def update(connection: Connection) -> VectorFileRecord | None:
            found = _read_file(connection, store_id, file_id)
            if found is None:
                return None
            record = change(found)
            _write_file(connection, record)
            return record

        return await self._database.write(update)

    async def remove_file(self, store_id: str, file_id: str) -> bool:
        """See `VectorStores.remove_file`."""

        def remove(connection: Connection) -> bool:
            found = _read_file(connection, store_id, file_id)
            if found is None:
                return False
            connection.execute("DELETE FROM vector_files WHERE store_id = ? AND id = ?", (store_id, file_id))
            delete_run(connection, found.run_id)
            _note_change(connection, store_id)
            return True

        return await self._database.write(remove)

    async def batch(self, store_id: str, batch_id: str) -> tuple[FileBatchRecord, Counts] | None:
        """See `VectorStores.batch`."""

        def read(connection: Connection) -> tuple[FileBatchRecord, Counts] | None:
            row = connection.execute(
                "SELECT record FROM vector_batches WHERE id = ? AND store_id = ?", (batch_id, store_id)
            ).fetchone()
            if row is None:
                return None
            rows = connection.execute(f"{COUNTS} WHERE batch_id = ? GROUP BY status", (batch_id,)).fetchall()
            return _batch(row[0]), counts_of(rows)

        return await self._database.read(read)

    async def cancel_batch(self, store_id: str, batch_id: str) -> list[str] | None:
        """See `VectorStores.cancel_batch`."""

        def cancel(connection: Connection) -> list[str] | None:
            row = connection.execute(
                "SELECT record FROM vector_batches WHERE id = ? AND store_id = ?", (batch_id, store_id)
            ).fetchone()
            if row is None:
                return None
            record = msgspec.structs.replace(_batch(row[0]), is_cancelled=True)
            connection.execute("UPDATE vector_batches SET record = ? WHERE id = ?", (_encode(record), batch_id))
            rows = connection.execute(
                "SELECT record FROM vector_files WHERE batch_id = ? AND status = 'in_progress'", (batch_id,)
            ).fetchall()
            files = [_file(row[0]) for row in rows]
            for file in files:
                _write_file(connection, msgspec.structs.replace(file, status="cancelled"))
            return [file.run_id for file in files]

        return await self._database.write(cancel)

    # ---- reading files in ----------------------------------------------------------------------------------------

    async def source(self, store_id: str, file_id: str) -> str | None:
        """See `VectorStores.source`."""
        statement = (
            "SELECT digest FROM files WHERE id = ? AND expires_at > ?"
            " AND owner = (SELECT owner FROM vector_stores WHERE id = ?)"
        )
        values = (file_id, now_s(), store_id)
        row = await self._database.read(lambda connection: connection.execute(statement, values).fetchone())
        return str(row[0]) if row else None

    async def num_chunks(self, lease: Lease, file: VectorFileRecord) -> int:
        """See `VectorStores.num_chunks`."""
        statement = (
            "SELECT COUNT(*) FROM vector_chunks WHERE file_number = (SELECT number FROM vector_files WHERE run_id = ?)"
        )
        row = await self._database.read(lambda connection: connection.execute(statement, (file.run_id,)).fetchone())
        return int(row[0])

    async def keep_chunks(self, lease: Lease, file: VectorFileRecord, chunks: Sequence[Chunk]) -> None:
        """See `VectorStores.keep_chunks`."""

        def insert(connection: Connection) -> None:
            hold_run(connection, lease)
            row = connection.execute("SELECT number FROM vector_files WHERE run_id = ?", (file.run_id,)).fetchone()
            if row is None:
                return
            scope = scope_of(file.store_id)
            connection.executemany(
                "INSERT INTO vector_chunks (file_number, scope, position, text, vector) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (file_number, position) DO NOTHING",
                [(row[0], scope, chunk.position, chunk.text, chunk.vector) for chunk in chunks],
            )

        await self._database.write(insert)

    async def finish_file(self, lease: Lease, file: VectorFileRecord) -> None:
        """See `VectorStores.finish_file`."""

        def finish(connection: Connection) -> None:
            finish_run(connection, lease, "cancelled" if file.status == "cancelled" else "completed")
            row = connection.execute("SELECT number, status FROM vector_files WHERE run_id = ?", (file.run_id,))
            found = row.fetchone()
            if found is None or found[1] != "in_progress":
                return
            if file.status != "completed":
                connection.execute("DELETE FROM vector_chunks WHERE file_number = ?", (found[0],))
            _write_file(connection, file)
            _note_change(connection, file.store_id)

        await self._database.write(finish)

    # ---- searching -----------------------------------------------------------------------------------------------

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
        statement = f"SELECT id, version FROM vector_stores WHERE id IN ({_places(store_ids)})"  # noqa: S608  # marks
        rows = await self._database.read(lambda connection: connection.execute(statement, tuple(store_ids)).fetchall())
        return dict(rows)

    async def searchable(self, store_id: str) -> list[VectorFileRecord]:
        """See `VectorStores.searchable`."""
        statement = "SELECT record FROM vector_files WHERE store_id = ? AND status = 'completed'"
        rows = await self._database.read(lambda connection: connection.execute(statement, (store_id,)).fetchall())
        return [_file(row[0]) for row in rows]

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
        statement = f"{_CHUNKS} WHERE c.number IN ({_places(numbers)})"  # marks
        rows = await self._database.read(lambda connection: connection.execute(statement, tuple(numbers)).fetchall())
        return [FoundChunk(number, file_id, at, text, bytes(vector)) for number, file_id, at, text, vector in rows]


def forget_file(connection: Connection, file_id: str) -> None:
    """Take a deleted file out of every store, inside the transaction that `connection` is in."""
    for store_id, run_id in connection.execute(
        "SELECT store_id, run_id FROM vector_files WHERE id = ?", (file_id,)
    ).fetchall():
        delete_run(connection, run_id)
        _note_change(connection, store_id)
    connection.execute("DELETE FROM vector_files WHERE id = ?", (file_id,))


def _read_store(connection: Connection, store_id: str, owner: str) -> tuple[VectorStoreRecord, Counts] | None:
    row = connection.execute(_LIVE, (store_id, owner, now_s())).fetchone()
    if row is None:
        return None
    return _store(row[0]), counts_by_store(connection, [store_id]).get(store_id, Counts())


def _read_file(connection: Connection, store_id: str, file_id: str) -> VectorFileRecord | None:
    row = connection.execute(
        "SELECT record FROM vector_files WHERE store_id = ? AND id = ?", (store_id, file_id)
    ).fetchone()
    return None if row is None else _file(row[0])


def _insert_files(connection: Connection, owner: str, files: Sequence[VectorFileRecord], kind: str) -> None:
    """Put files into a store and queue the runs that read them in."""
    for file in files:
        known = _read_file(connection, file.store_id, file.id)
        if known is not None:
            connection.execute("DELETE FROM vector_files WHERE store_id = ? AND id = ?", (file.store_id, file.id))
            delete_run(connection, known.run_id)
        row = connection.execute(
            "SELECT 1 FROM files WHERE id = ? AND owner = ? AND expires_at > ?", (file.id, owner, now_s())
        ).fetchone()
        if row is None:
            raise InvalidRequest(f"No such File object: {file.id!r}.", param="file_id", code="file_not_found")
        values = (
            file.id, file.store_id, owner, file.batch_id, file.status, file.usage_bytes, file.run_id, _encode(file)
        )  # fmt: skip
        connection.execute(_ADD_FILE, values)
        insert_run(connection, file.run_id, kind, owner, _encode((file.store_id, file.id)))
    if files:
        _check_room(connection, files[0].store_id)
        _note_change(connection, files[0].store_id)


def _check_room(connection: Connection, store_id: str) -> None:
    row = connection.execute("SELECT COUNT(*) FROM vector_files WHERE store_id = ?", (store_id,)).fetchone()
    if row[0] > MAX_FILES:
        raise InvalidRequest(
            f"A vector store holds at most {MAX_FILES} files.", param="file_ids", code="too_many_files"
        )


def _write_file(connection: Connection, file: VectorFileRecord) -> None:
    connection.execute(
        "UPDATE vector_files SET batch_id = ?, status = ?, usage_bytes = ?, record = ? WHERE run_id = ?",
        (file.batch_id, file.status, file.usage_bytes, _encode(file), file.run_id),
    )


def _note_change(connection: Connection, store_id: str) -> None:
    connection.execute("UPDATE vector_stores SET version = version + 1 WHERE id = ?", (store_id,))


def _remove_store(connection: Connection, store_id: str) -> None:
    for (run_id,) in connection.execute("SELECT run_id FROM vector_files WHERE store_id = ?", (store_id,)).fetchall():
        delete_run(connection, run_id)
    connection.execute("DELETE FROM vector_stores WHERE id = ?", (store_id,))


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
