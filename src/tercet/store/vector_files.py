"""The files of vector stores and their batches in the database, and the reading of a file into its store.

Every write on behalf of a run holds its lease, so that of two readers of one file only one can finish it.
"""

from collections.abc import Callable, Sequence

import msgspec

from tercet.clock import now_s
from tercet.errors import NotFound
from tercet.store.base import Lease
from tercet.store.database import Connection, Database
from tercet.store.filing import Page
from tercet.store.journal import delete_run, finish_run, hold_run
from tercet.store.vector_base import Chunk, Counts, FileBatchRecord, FileStatus, VectorFileRecord
from tercet.store.vector_pages import COUNTS, counts_of, page_of
from tercet.store.vector_rows import (
    batch_of,
    encode,
    file_of,
    insert_files,
    note_change,
    read_file,
    read_store,
    write_file,
    write_store,
)
from tercet.store.vector_texts import scope_of


class SqlVectorFiles:
    """The part of `VectorStores` that is about files."""

    _database: Database
    retention_s: int

    async def add_files(
        self, owner: str, files: Sequence[VectorFileRecord], kind: str, batch: FileBatchRecord | None = None
    ) -> None:
        """See `VectorStores.add_files`."""
        store_id = files[0].store_id

        def insert(connection: Connection) -> None:
            found = read_store(connection, store_id, owner)
            if found is None:
                raise NotFound(f"No vector store found with id {store_id!r}.", param="vector_store_id")
            if batch is not None:
                connection.execute(
                    "INSERT INTO vector_batches (id, store_id, record) VALUES (?, ?, ?)",
                    (batch.id, store_id, encode(batch)),
                )
            insert_files(connection, owner, files, kind)
            write_store(connection, self.retention_s, msgspec.structs.replace(found[0], used_at=files[0].created_at))

        await self._database.write(insert)

    async def file(self, store_id: str, file_id: str) -> VectorFileRecord | None:
        """See `VectorStores.file`."""
        return await self._database.read(lambda connection: read_file(connection, store_id, file_id))

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
        return [file_of(row[0]) for row in rows]

    async def change_file(
        self, store_id: str, file_id: str, change: Callable[[VectorFileRecord], VectorFileRecord]
    ) -> VectorFileRecord | None:
        """See `VectorStores.change_file`."""

        def update(connection: Connection) -> VectorFileRecord | None:
            found = read_file(connection, store_id, file_id)
            if found is None:
                return None
            record = change(found)
            write_file(connection, record)
            return record

        return await self._database.write(update)

    async def remove_file(self, store_id: str, file_id: str) -> bool:
        """See `VectorStores.remove_file`."""

        def remove(connection: Connection) -> bool:
            found = read_file(connection, store_id, file_id)
            if found is None:
                return False
            connection.execute("DELETE FROM vector_files WHERE store_id = ? AND id = ?", (store_id, file_id))
            delete_run(connection, found.run_id)
            note_change(connection, store_id)
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
            return batch_of(row[0]), counts_of(rows)

        return await self._database.read(read)

    async def cancel_batch(self, store_id: str, batch_id: str) -> list[str] | None:
        """See `VectorStores.cancel_batch`."""

        def cancel(connection: Connection) -> list[str] | None:
            row = connection.execute(
                "SELECT record FROM vector_batches WHERE id = ? AND store_id = ?", (batch_id, store_id)
            ).fetchone()
            if row is None:
                return None
            record = msgspec.structs.replace(batch_of(row[0]), is_cancelled=True)
            connection.execute("UPDATE vector_batches SET record = ? WHERE id = ?", (encode(record), batch_id))
            rows = connection.execute(
                "SELECT record FROM vector_files WHERE batch_id = ? AND status = 'in_progress'", (batch_id,)
            ).fetchall()
            files = [file_of(row[0]) for row in rows]
            for file in files:
                write_file(connection, msgspec.structs.replace(file, status="cancelled"))
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
            write_file(connection, file)
            note_change(connection, file.store_id)

        await self._database.write(finish)
