"""Vector stores in the database: records as MessagePack, chunks as rows that go with their file."""

from collections.abc import Callable, Sequence

import msgspec

from tercet.clock import now_s
from tercet.store.database import Connection, Database
from tercet.store.filing import Page
from tercet.store.vector_base import Counts, VectorFileRecord, VectorStoreRecord
from tercet.store.vector_chunks import SqlVectorChunks
from tercet.store.vector_files import SqlVectorFiles
from tercet.store.vector_pages import counts_by_store, page_of
from tercet.store.vector_rows import encode, insert_files, read_store, remove_store, store_of, write_store


class SqlVectors(SqlVectorFiles, SqlVectorChunks):
    """The `VectorStores` over one database."""

    def __init__(self, database: Database, *, retention_days: float) -> None:
        """Keep stores for `retention_days` at most after they were last used."""
        self._database = database
        self.retention_s = int(retention_days * 86_400)

    # ---- stores --------------------------------------------------------------------------------------------------

    async def add(self, record: VectorStoreRecord, files: Sequence[VectorFileRecord], kind: str) -> None:
        """See `VectorStores.add`."""
        row = (
            record.id, record.owner, record.created_at, record.expires_at(self.retention_s), encode(record)
        )  # fmt: skip

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO vector_stores (id, owner, created_at, expires_at, record) VALUES (?, ?, ?, ?, ?)", row
            )
            insert_files(connection, record.owner, files, kind)

        await self._database.write(insert)

    async def get(self, store_id: str, owner: str) -> tuple[VectorStoreRecord, Counts] | None:
        """See `VectorStores.get`."""
        return await self._database.read(lambda connection: read_store(connection, store_id, owner))

    async def stores(
        self, owner: str, page: Page, *, is_before: bool = False
    ) -> list[tuple[VectorStoreRecord, Counts]]:
        """See `VectorStores.stores`."""

        def select(connection: Connection) -> list[tuple[VectorStoreRecord, Counts]]:
            where = "owner = ? AND expires_at > ?"
            rows = page_of(connection, "vector_stores", "record", where, (owner, now_s()), page, is_before=is_before)
            records = [store_of(row[0]) for row in rows]
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
            found = read_store(connection, store_id, owner)
            if found is None:
                return None
            record = change(found[0])
            write_store(connection, self.retention_s, record)
            return record, found[1]

        return await self._database.write(update)

    async def delete(self, store_id: str, owner: str) -> bool:
        """See `VectorStores.delete`."""

        def remove(connection: Connection) -> bool:
            if read_store(connection, store_id, owner) is None:
                return False
            remove_store(connection, store_id)
            return True

        return await self._database.write(remove)

    async def touch(self, store_ids: Sequence[str], now: int) -> None:
        """See `VectorStores.touch`."""

        def update(connection: Connection) -> None:
            for store_id in store_ids:
                row = connection.execute("SELECT record FROM vector_stores WHERE id = ?", (store_id,)).fetchone()
                if row is not None:
                    write_store(connection, self.retention_s, msgspec.structs.replace(store_of(row[0]), used_at=now))

        await self._database.write(update)

    async def purge(self) -> None:
        """See `VectorStores.purge`."""
        statement = "SELECT id FROM vector_stores WHERE expires_at <= ?"

        def remove(connection: Connection) -> None:
            for (store_id,) in connection.execute(statement, (now_s(),)).fetchall():
                remove_store(connection, store_id)

        await self._database.write(remove)
