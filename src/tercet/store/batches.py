"""Batches in the database: whole records as MessagePack, changed only together with what else the change is about."""

from collections.abc import Callable, Sequence

import msgspec

from tercet.clock import now_s
from tercet.errors import NotFound
from tercet.records import BatchRecord, FileRecord
from tercet.store.base import Lease, RunStatus
from tercet.store.database import Connection, Database
from tercet.store.files import SqlFiles, insert_file, select_page
from tercet.store.filing import Incoming, Page
from tercet.store.journal import delete_unused_blobs, finish_run, hold_run, insert_run

Change = Callable[[BatchRecord], BatchRecord]

_RUN_STATUS: dict[str, RunStatus] = {
    "completed": "completed",
    "expired": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_HAS_INPUT = "SELECT EXISTS (SELECT 1 FROM files WHERE id = ? AND owner = ?)"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(BatchRecord).decode


class SqlBatches:
    """The `BatchStore` over one database."""

    def __init__(self, database: Database, files: SqlFiles, *, retention_days: float) -> None:
        """Keep batches for `retention_days` after they were created."""
        self._database = database
        self._files = files
        self._retention_s = int(retention_days * 86_400)

    async def add(self, record: BatchRecord, kind: str) -> None:
        """See `BatchStore.add`."""
        row = (record.id, record.owner, record.created_at, record.input_digest, _encode(record))

        def insert(connection: Connection) -> None:
            if not connection.execute(_HAS_INPUT, (record.input_file_id, record.owner)).fetchone()[0]:
                raise NotFound(f"The file {record.input_file_id!r} was deleted.", param="input_file_id")
            connection.execute(
                "INSERT INTO batches (id, owner, created_at, input_digest, record) VALUES (?, ?, ?, ?, ?)", row
            )
            insert_run(connection, record.id, kind, record.owner, record.id.encode())

        await self._files.write("keep a batch", insert)

    async def get(self, batch_id: str, owner: str) -> BatchRecord | None:
        """See `BatchStore.get`."""
        statement = "SELECT record FROM batches WHERE id = ? AND owner = ?"
        row = await self._database.read(lambda connection: connection.execute(statement, (batch_id, owner)).fetchone())
        return _decode(row[0]) if row else None

    async def list(self, owner: str, page: Page) -> list[BatchRecord]:
        """See `BatchStore.list`."""
        rows = await self._database.read(lambda connection: select_page(connection, "batches", "record", owner, page))
        return [_decode(row[0]) for row in rows]

    async def change(self, batch_id: str, change: Change, lease: Lease | None = None) -> BatchRecord:
        """See `BatchStore.change`."""

        def update(connection: Connection) -> BatchRecord:
            if lease is not None:
                hold_run(connection, lease)
            return _update(connection, batch_id, change)

        return await self._files.write("change a batch", update)

    async def finish(
        self, batch_id: str, change: Change, lease: Lease, outputs: Sequence[tuple[FileRecord, Incoming]] = ()
    ) -> BatchRecord:
        """See `BatchStore.finish`."""

        def end(connection: Connection) -> BatchRecord:
            record = _update(connection, batch_id, change)
            finish_run(connection, lease, _RUN_STATUS[record.status])
            connection.execute("DELETE FROM steps WHERE run_id = ?", (batch_id,))  # the output files hold them now
            for file, _ in outputs:
                insert_file(connection, file)
            return record

        return await self._files.place_all(f"the end of batch {batch_id!r}", [content for _, content in outputs], end)

    async def purge(self) -> None:
        """See `BatchStore.purge`."""
        oldest = now_s() - self._retention_s

        def forget(connection: Connection) -> list[str]:
            rows = connection.execute(
                "DELETE FROM batches WHERE created_at < ? RETURNING id, input_digest", (oldest,)
            ).fetchall()
            connection.executemany("DELETE FROM runs WHERE id = ?", [row[:1] for row in rows])
            delete_unused_blobs(connection)
            return [row[1] for row in rows]

        await self._files.sweep(await self._files.write("remove old batches", forget))


def _update(connection: Connection, batch_id: str, change: Change) -> BatchRecord:
    row = connection.execute("SELECT record FROM batches WHERE id = ? /*! FOR UPDATE */", (batch_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no batch {batch_id!r}.")
    record = change(_decode(row[0]))
    connection.execute("UPDATE batches SET record = ? WHERE id = ?", (_encode(record), batch_id))
    return record
