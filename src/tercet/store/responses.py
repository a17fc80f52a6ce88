"""Stored responses in the database: whole records as MessagePack, with the columns that they are looked up by."""

from collections.abc import Sequence

import msgspec

from tercet.clock import now_s
from tercet.records import ResponseRecord, Status
from tercet.store.base import Lease, LedgerEntry, RunStatus
from tercet.store.conversations import append_items
from tercet.store.database import NO_LIMIT, Connection, Database
from tercet.store.journal import delete_run, delete_unused_blobs, finish_run, insert_run
from tercet.store.ledger import insert_entries

CHAIN = """
    WITH RECURSIVE chain (id, previous_id, record, depth) AS (
        SELECT id, previous_id, record, 0 FROM responses WHERE id = ?1 AND owner = ?2
        UNION ALL
        SELECT r.id, r.previous_id, r.record, depth + 1
        FROM responses r JOIN chain c ON r.id = c.previous_id WHERE r.owner = ?2
    )
    SELECT previous_id, record FROM chain ORDER BY depth DESC
"""
_PUT = (
    "INSERT INTO responses (id, owner, created_at, previous_id, record) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, created_at = excluded.created_at,"
    " previous_id = excluded.previous_id, record = excluded.record"
)

_RUN_STATUS: dict[Status, RunStatus] = {
    "completed": "completed",
    "incomplete": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


class SqlResponses:
    """The `ResponseStore` over one database."""

    def __init__(self, database: Database, *, retention_days: float, max_responses: int) -> None:
        """Keep responses for `retention_days` and at most `max_responses` of them."""
        self._database = database
        self._retention_s = int(retention_days * 86_400)
        self._max_responses = max_responses
        self._encode = msgspec.msgpack.Encoder().encode
        self._decoder = msgspec.msgpack.Decoder(ResponseRecord)

    async def put(
        self,
        record: ResponseRecord,
        entries: Sequence[LedgerEntry] = (),
        *,
        lease: Lease | None = None,
        run: tuple[str, bytes] | None = None,
    ) -> None:
        """See `ResponseStore.put`."""
        row = (record.id, record.owner, record.created_at, record.previous_id, self._encode(record))

        def insert(connection: Connection) -> None:
            if record.is_stored:
                connection.execute(_PUT, row)
            if record.conversation_id is not None and record.status in ("completed", "incomplete"):
                append_items(connection, record.conversation_id, record.owner, (*record.input, *record.output))
            insert_entries(connection, entries)
            if run is not None:
                insert_run(connection, record.id, run[0], record.owner, run[1])
            if lease is not None:
                finish_run(connection, lease, _RUN_STATUS[record.status])

        await self._database.write(insert, isolation="locks")

    async def get(self, response_id: str, owner: str) -> ResponseRecord | None:
        """See `ResponseStore.get`."""
        row = await self._database.read(
            lambda connection: connection.execute(
                "SELECT record FROM responses WHERE id = ? AND owner = ?", (response_id, owner)
            ).fetchone()
        )
        return self._decoder.decode(row[0]) if row else None

    async def chain(self, response_id: str, owner: str) -> list[ResponseRecord] | None:
        """See `ResponseStore.chain`."""
        rows = await self._database.read(lambda connection: connection.execute(CHAIN, (response_id, owner)).fetchall())
        if not rows or rows[0][0] is not None:
            return None
        return [self._decoder.decode(record) for _, record in rows]

    async def delete(self, response_id: str, owner: str) -> bool:
        """See `ResponseStore.delete`."""

        def remove(connection: Connection) -> bool:
            statement = "DELETE FROM responses WHERE id = ? AND owner = ?"
            if not connection.execute(statement, (response_id, owner)).rowcount:
                return False
            delete_run(connection, response_id)
            return True

        return await self._database.write(remove)

    async def purge(self) -> int:
        """See `ResponseStore.purge`."""
        oldest = now_s() - self._retention_s

        def remove(connection: Connection) -> int:
            aged = connection.execute("DELETE FROM responses WHERE created_at < ?", (oldest,)).rowcount
            surplus = connection.execute(
                "DELETE FROM responses WHERE id IN"
                " (SELECT id FROM responses ORDER BY created_at DESC, id LIMIT ? OFFSET ?)",
                (NO_LIMIT, self._max_responses),
            ).rowcount
            connection.execute(
                "DELETE FROM runs WHERE kind = 'response'"
                " AND NOT EXISTS (SELECT 1 FROM responses WHERE responses.id = runs.id)"
            )
            delete_unused_blobs(connection)
            return aged + surplus

        return await self._database.write(remove, isolation="locks")
