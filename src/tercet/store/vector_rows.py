"""The rows of vector stores and their files: read, written and removed inside the transaction that a caller is in."""

from collections.abc import Sequence

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest
from tercet.store.database import Connection
from tercet.store.journal import delete_run, insert_run
from tercet.store.vector_base import Counts, FileBatchRecord, VectorFileRecord, VectorStoreRecord
from tercet.store.vector_pages import counts_by_store

MAX_FILES = 10_000
_LIVE = "SELECT record FROM vector_stores WHERE id = ? AND owner = ? AND expires_at > ?"
_ADD_FILE = (
    "INSERT INTO vector_files (id, store_id, owner, batch_id, status, usage_bytes, run_id, record)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
encode = msgspec.msgpack.Encoder().encode
store_of = msgspec.msgpack.Decoder(VectorStoreRecord).decode
file_of = msgspec.msgpack.Decoder(VectorFileRecord).decode
batch_of = msgspec.msgpack.Decoder(FileBatchRecord).decode


def forget_file(connection: Connection, file_id: str) -> None:
    """Take a deleted file out of every store, inside the transaction that `connection` is in."""
    for store_id, run_id in connection.execute(
        "SELECT store_id, run_id FROM vector_files WHERE id = ?", (file_id,)
    ).fetchall():
        delete_run(connection, run_id)
        note_change(connection, store_id)
    connection.execute("DELETE FROM vector_files WHERE id = ?", (file_id,))


def read_store(connection: Connection, store_id: str, owner: str) -> tuple[VectorStoreRecord, Counts] | None:
    """Return the store with the counts of its files, if the owner has it."""
    row = connection.execute(_LIVE, (store_id, owner, now_s())).fetchone()
    if row is None:
        return None
    return store_of(row[0]), counts_by_store(connection, [store_id]).get(store_id, Counts())


def read_file(connection: Connection, store_id: str, file_id: str) -> VectorFileRecord | None:
    """Return a file of a store, if it is there."""
    row = connection.execute(
        "SELECT record FROM vector_files WHERE store_id = ? AND id = ?", (store_id, file_id)
    ).fetchone()
    return None if row is None else file_of(row[0])


def insert_files(connection: Connection, owner: str, files: Sequence[VectorFileRecord], kind: str) -> None:
    """Put files into a store and queue the runs that read them in."""
    for file in files:
        known = read_file(connection, file.store_id, file.id)
        if known is not None:
            connection.execute("DELETE FROM vector_files WHERE store_id = ? AND id = ?", (file.store_id, file.id))
            delete_run(connection, known.run_id)
        row = connection.execute(
            "SELECT 1 FROM files WHERE id = ? AND owner = ? AND expires_at > ?", (file.id, owner, now_s())
        ).fetchone()
        if row is None:
            raise InvalidRequest(f"No such File object: {file.id!r}.", param="file_id", code="file_not_found")
        values = (
            file.id, file.store_id, owner, file.batch_id, file.status, file.usage_bytes, file.run_id, encode(file)
        )  # fmt: skip
        connection.execute(_ADD_FILE, values)
        insert_run(connection, file.run_id, kind, owner, encode((file.store_id, file.id)))
    if files:
        _check_room(connection, files[0].store_id)
        note_change(connection, files[0].store_id)


def _check_room(connection: Connection, store_id: str) -> None:
    row = connection.execute("SELECT COUNT(*) FROM vector_files WHERE store_id = ?", (store_id,)).fetchone()
    if row[0] > MAX_FILES:
        raise InvalidRequest(
            f"A vector store holds at most {MAX_FILES} files.", param="file_ids", code="too_many_files"
        )


def write_store(connection: Connection, retention_s: int, record: VectorStoreRecord) -> None:
    """Write a store's row anew; it lives for `retention_s` at most after it was last used."""
    connection.execute(
        "UPDATE vector_stores SET expires_at = ?, record = ? WHERE id = ?",
        (record.expires_at(retention_s), encode(record), record.id),
    )


def write_file(connection: Connection, file: VectorFileRecord) -> None:
    """Write a file's row anew."""
    connection.execute(
        "UPDATE vector_files SET batch_id = ?, status = ?, usage_bytes = ?, record = ? WHERE run_id = ?",
        (file.batch_id, file.status, file.usage_bytes, encode(file), file.run_id),
    )


def note_change(connection: Connection, store_id: str) -> None:
    """Note that what can be found in a store is another now."""
    connection.execute("UPDATE vector_stores SET version = version + 1 WHERE id = ?", (store_id,))


def remove_store(connection: Connection, store_id: str) -> None:
    """Forget a store, its files and the runs that read them in."""
    for (run_id,) in connection.execute("SELECT run_id FROM vector_files WHERE store_id = ?", (store_id,)).fetchall():
        delete_run(connection, run_id)
    connection.execute("DELETE FROM vector_stores WHERE id = ?", (store_id,))


def places(values: Sequence[object]) -> str:
    """Return a mark per value."""
    return ", ".join("?" * len(values))
