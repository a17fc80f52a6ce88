"""Saved agents, and what the tables of whole records have in common: rows by id and owner, in the order of creation."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from tercet.errors import InvalidRequest
from tercet.sessions.agents import AgentRecord
from tercet.store.database import Connection, Database
from tercet.store.files import select_page
from tercet.store.filing import Page
from tercet.store.secrets import Cipher, keep_sample


class Owned(Protocol):
    """A record that somebody owns."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def owner(self) -> str:
        """Whose it is."""


T = TypeVar("T", bound=Owned)
Change = Callable[[T], T]
SCANNED_AT_ONCE = 200
MAX_ROWS = 10_000
"""Of one owner, in one table."""


class Codec(Generic[T]):
    """Records as MessagePack; sealed for their id where there is a cipher."""

    def __init__(self, kind: type[T], cipher: Cipher | None = None) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._cipher = cipher

    def encode(self, connection: Connection, record: T) -> bytes:
        """Return what is kept of `record`. Raises `ConfigInvalid` when the key is not the store's."""
        payload = self._encode(record)
        if self._cipher is None:
            return payload
        keep_sample(connection, self._cipher)
        return self._cipher.seal(payload, record.id)

    def decode(self, payload: bytes, record_id: str) -> T:
        """Return the record that was kept. Raises `StoreFailed` when it cannot be decrypted."""
        return self._decode(payload if self._cipher is None else self._cipher.open(bytes(payload), record_id))


class Rows(Generic[T]):
    """A table of whole records. Its functions of a connection are for transactions that do more."""

    def __init__(self, database: Database, table: str, codec: Codec[T]) -> None:
        """Use `table`, whose columns are `number`, `id`, `owner`, `record` and `columns`."""
        self.database = database
        self.table = table
        self.codec = codec

    def columns(self, record: T) -> dict[str, Any]:
        """Return the further columns of a record's row."""
        return {}

    def insert(self, connection: Connection, record: T) -> None:
        """Add a row."""
        values = {"id": record.id, "owner": record.owner, **self.columns(record)}
        values["record"] = self.codec.encode(connection, record)
        places = ", ".join("?" * len(values))
        connection.execute(
            f"INSERT INTO {self.table} ({', '.join(values)}) VALUES ({places})",  # noqa: S608  # names from our own code
            tuple(values.values()),
        )

    def select(self, connection: Connection, record_id: str, owner: str, lock: str = "") -> T | None:
        """Return the record, or None when there is none or another owner has it."""
        row = connection.execute(
            f"SELECT record FROM {self.table} WHERE id = ? AND owner = ?{lock}",  # noqa: S608  # likewise
            (record_id, owner),
        ).fetchone()
        return None if row is None else self.codec.decode(row[0], record_id)

    def replace(self, connection: Connection, record: T) -> None:
        """Change a row."""
        values = {**self.columns(record), "record": self.codec.encode(connection, record)}
        assignments = ", ".join(f"{name} = ?" for name in values)
        connection.execute(
            f"UPDATE {self.table} SET {assignments} WHERE id = ?",  # noqa: S608  # likewise
            (*values.values(), record.id),
        )

    def remove(self, connection: Connection, record_id: str, owner: str) -> bool:
        """Delete a row and return whether there was one."""
        return bool(
            connection.execute(
                f"DELETE FROM {self.table} WHERE id = ? AND owner = ?",  # noqa: S608  # likewise
                (record_id, owner),
            ).rowcount
        )

    async def add(self, record: T) -> None:
        """Keep a new record. Raises `InvalidRequest` when its owner has as many as anybody may have."""

        def run(connection: Connection) -> None:
            count = f"SELECT COUNT(*) FROM {self.table} WHERE owner = ?"  # noqa: S608  # names from our own code
            if connection.execute(count, (record.owner,)).fetchone()[0] >= MAX_ROWS:
                raise InvalidRequest(f"You have {MAX_ROWS} of these, which is the limit: delete some.")
            self.insert(connection, record)

        await self.database.write(run)

    async def get(self, record_id: str, owner: str) -> T | None:
        """Return the record, or None when there is none or another owner has it."""
        return await self.database.read(lambda connection: self.select(connection, record_id, owner))

    async def change(self, record_id: str, owner: str, change: Change[T]) -> T | None:
        """Replace the record by what `change` makes of it, and return that; None when there is none.

        What `change` raises is raised, and nothing is changed.
        """

        def run(connection: Connection) -> T | None:
            record = self.select(connection, record_id, owner, " /*! FOR UPDATE */")
            if record is None:
                return None
            changed = change(record)
            self.replace(connection, changed)
            return changed

        return await self.database.write(run)

    async def delete(self, record_id: str, owner: str) -> bool:
        """Forget a record; return whether there was one."""
        return await self.database.write(lambda connection: self.remove(connection, record_id, owner))

    async def list(
        self,
        owner: str,
        page: Page,
        keep: Callable[[T], bool] | None = None,
        where: str = "TRUE",
        values: tuple[object, ...] = (),
    ) -> list[T]:
        """Return a page of the owner's records that `where` and `keep` hold for.

        Raises `NotFound` when `page.after` is not one of them.
        """

        def scan(connection: Connection) -> list[T]:
            found: list[T] = []
            at = page if keep is None else msgspec.structs.replace(page, limit=SCANNED_AT_ONCE)
            while True:
                rows = select_page(connection, self.table, "record, id", owner, at, where, values)
                records = [self.codec.decode(payload, record_id) for payload, record_id in rows]
                found += records if keep is None else filter(keep, records)
                if keep is None or len(rows) < at.limit or len(found) >= page.limit:
                    return found[: page.limit]
                at = msgspec.structs.replace(at, after=rows[-1][1])

        return await self.database.read(scan)


class AgentRows(Rows[AgentRecord]):
    """Saved agents."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "agents", Codec(AgentRecord))
