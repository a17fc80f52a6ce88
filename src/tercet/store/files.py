"""Files: rows say who has which content, `Contents` holds each content once.

A content is placed inside the transaction that adds its row, and removed inside one that finds no row. Such writes are
serial, in any number of processes, so a row always has its content.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar, cast

from tercet.clock import now_s
from tercet.errors import NotFound, StoreFailed
from tercet.records import FileRecord
from tercet.store.contents import Arriving, Contents
from tercet.store.database import NO_LIMIT, Connection, Database, Statement
from tercet.store.filing import Incoming, Page
from tercet.store.vector_rows import forget_file

T = TypeVar("T")

_COLUMNS = ", ".join(FileRecord.__struct_fields__)
_PLACES = ", ".join("?" * len(FileRecord.__struct_fields__))
_INSERT = f"INSERT INTO files ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608  # names from our own code
_GET = f"SELECT {_COLUMNS} FROM files WHERE id = ? AND owner = ? AND expires_at > ?"  # noqa: S608  # likewise
_IS_REFERRED_TO = """
    SELECT EXISTS (SELECT 1 FROM files WHERE digest = ?1) OR EXISTS (SELECT 1 FROM upload_parts WHERE digest = ?1)
        OR EXISTS (SELECT 1 FROM batches WHERE input_digest = ?1)
        OR EXISTS (SELECT 1 FROM seed_contents WHERE digest = ?1)
        OR EXISTS (SELECT 1 FROM session_artifacts WHERE digest = ?1)
"""
_SWEPT_AT_ONCE = 500


class SqlFiles:
    """The `FileStore` over one database and the contents that go with it."""

    def __init__(self, database: Database, contents: Contents, *, retention_days: float) -> None:
        """Keep files for `retention_days` at most."""
        self._database = database
        self._contents = contents
        self.retention_s = int(retention_days * 86_400)

    def receive(self, *, has_md5: bool = False) -> AbstractAsyncContextManager[Arriving]:
        """See `FileStore.receive`."""
        return self._contents.receive(has_md5=has_md5)

    async def add(self, record: FileRecord, content: Incoming) -> None:
        """See `FileStore.add`."""
        await self.place(f"file {record.id!r}", content, lambda connection: insert_file(connection, record))

    async def get(self, file_id: str, owner: str) -> FileRecord | None:
        """See `FileStore.get`."""
        values = (file_id, owner, now_s())
        row = await self._database.read(lambda connection: connection.execute(_GET, values).fetchone())
        return FileRecord(*row) if row else None

    async def list(self, owner: str, page: Page, purpose: str | None = None) -> list[FileRecord]:
        """See `FileStore.list`."""
        where, values = "expires_at > ?", [now_s()]
        clause = f"{where} AND purpose = ?" if purpose is not None else where
        more = [purpose] if purpose is not None else []
        rows = await self._database.read(
            lambda connection: select_page(connection, "files", _COLUMNS, owner, page, clause, [*values, *more])
        )
        return [FileRecord(*row) for row in rows]

    async def delete(self, file_id: str, owner: str) -> bool:
        """See `FileStore.delete`."""
        statement = "DELETE FROM files WHERE id = ? AND owner = ? AND expires_at > ? RETURNING digest"
        values = (file_id, owner, now_s())

        def forget(connection: Connection) -> tuple[str] | None:
            row: tuple[str] | None = connection.execute(statement, values).fetchone()
            if row is not None:
                forget_file(connection, file_id)
            return row

        row = await self.write("delete a file", forget)
        if row is None:
            return False
        await self.sweep([row[0]])
        return True

    def read(self, digest: str, offset: int = 0, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `FileStore.read`."""
        return self._contents.read(digest, offset, size)

    async def purge(self) -> None:
        """See `FileStore.purge`."""
        now = now_s()

        def forget(connection: Connection) -> None:
            connection.execute("DELETE FROM files WHERE expires_at <= ?", (now,))
            connection.execute("DELETE FROM uploads WHERE expires_at <= ? AND status = 'pending'", (now,))
            connection.execute("DELETE FROM uploads WHERE created_at <= ?", (now - self.retention_s,))

        await self.write("remove old files", forget)
        digests = await self._contents.digests()
        for start in range(0, len(digests), _SWEPT_AT_ONCE):
            await self.sweep(digests[start : start + _SWEPT_AT_ONCE])
        await self._contents.remove_stale()

    async def place(self, what: str, content: Incoming, insert: Statement[object]) -> None:
        """Bring a content into place together with the rows that `insert` writes, all or nothing."""
        await self.place_all(what, [content], insert)

    async def place_all(self, what: str, contents: Sequence[Incoming], insert: Statement[T]) -> T:
        """Bring several contents into place together with the rows that `insert` writes, all or nothing."""
        incoming = [cast("Arriving", content) for content in contents]  # they came in by `receive` of this store
        for content in incoming:
            await content.seal()

        def run(connection: Connection) -> T:
            value = insert(connection)
            for content in incoming:
                content.place(connection)
            return value

        try:
            return await self.write(f"keep {what}", run)
        except StoreFailed:
            with suppress(StoreFailed):
                await self.sweep([content.digest for content in incoming])
            raise

    async def sweep(self, digests: Iterable[str]) -> None:
        """Remove those of the contents that nothing refers to."""

        def remove(connection: Connection) -> None:
            for digest in digests:
                if not connection.execute(_IS_REFERRED_TO, (digest,)).fetchone()[0]:
                    self._contents.remove(connection, digest)

        await self.write("remove contents", remove)

    async def write(self, what: str, statement: Statement[T]) -> T:
        """Run a write; failures of the disk become `StoreFailed`, as the database's are."""
        try:
            return await self._database.write(statement)
        except OSError as error:
            raise StoreFailed(f"cannot {what}: {error}") from error


def insert_file(connection: Connection, record: FileRecord) -> None:
    """Add a file's row inside the transaction that `connection` is in."""
    connection.execute(_INSERT, tuple(getattr(record, name) for name in FileRecord.__struct_fields__))


def select_page(
    connection: Connection,
    table: str,
    columns: str,
    owner: str,
    page: Page,
    where: str = "TRUE",
    values: Sequence[object] = (),
) -> list[tuple[Any, ...]]:
    """Return a page of the rows of `owner` that satisfy `where`. Raises `NotFound` for an unknown `page.after`."""
    begin = 0 if page.is_ascending else NO_LIMIT
    if page.after is not None:
        place = f"SELECT number FROM {table} WHERE id = ? AND owner = ?"  # noqa: S608  # names from our own code
        row = connection.execute(place, (page.after, owner)).fetchone()
        if row is None:
            raise NotFound(f"There is no entry {page.after!r} to list from.", param="after")
        begin = row[0]
    sign, order = (">", "ASC") if page.is_ascending else ("<", "DESC")
    statement = (
        f"SELECT {columns} FROM {table} WHERE owner = ? AND {where}"  # noqa: S608  # likewise
        f" AND number {sign} ? ORDER BY number {order} LIMIT ?"
    )
    return connection.execute(statement, (owner, *values, begin, page.limit)).fetchall()
