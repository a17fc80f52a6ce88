"""Conversations in the database: a row for each, and a row for each of their items, in the order in which they came."""

from collections.abc import Sequence

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound
from tercet.items import Entry
from tercet.records import ConversationRecord
from tercet.store.database import NO_LIMIT, Connection, Database
from tercet.store.filing import Page

_OWNED = "SELECT id, owner, created_at, metadata FROM conversations WHERE id = ? AND owner = ?"
_LOCK = "SELECT 1 FROM conversations WHERE id = ? /*! FOR UPDATE */"
_ITEM = "SELECT item FROM conversation_items WHERE conversation_id = ? AND id = ? ORDER BY number LIMIT 1"
_encode = msgspec.msgpack.Encoder().encode
_read_item = msgspec.msgpack.Decoder(Entry).decode
_read_metadata = msgspec.msgpack.Decoder(dict[str, str]).decode


class SqlConversations:
    """The `ConversationStore` over one database."""

    def __init__(self, database: Database, *, retention_days: float) -> None:
        """Keep conversations for `retention_days` after they were last added to."""
        self._database = database
        self._retention_s = int(retention_days * 86_400)

    async def add(self, record: ConversationRecord, items: Sequence[Entry] = ()) -> None:
        """See `ConversationStore.add`."""
        row = (record.id, record.owner, record.created_at, record.created_at, _encode(record.metadata))

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO conversations (id, owner, created_at, used_at, metadata) VALUES (?, ?, ?, ?, ?)", row
            )
            append_items(connection, record.id, record.owner, items)

        await self._database.write(insert)

    async def get(self, conversation_id: str, owner: str) -> ConversationRecord | None:
        """See `ConversationStore.get`."""
        return await self._database.read(lambda connection: _find(connection, conversation_id, owner))

    async def change(self, record: ConversationRecord) -> bool:
        """See `ConversationStore.change`."""
        values = (_encode(record.metadata), now_s(), record.id, record.owner)
        statement = "UPDATE conversations SET metadata = ?, used_at = ? WHERE id = ? AND owner = ?"
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount > 0)

    async def delete(self, conversation_id: str, owner: str) -> bool:
        """See `ConversationStore.delete`."""
        statement = "DELETE FROM conversations WHERE id = ? AND owner = ?"
        values = (conversation_id, owner)
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount > 0)

    async def append(self, conversation_id: str, owner: str, items: Sequence[Entry]) -> bool:
        """See `ConversationStore.append`."""

        def insert(connection: Connection) -> bool:
            connection.execute(_LOCK, (conversation_id,))
            for item in items:
                if connection.execute(_ITEM, (conversation_id, item.id)).fetchone():
                    raise InvalidRequest(
                        f"The conversation holds an item with id {item.id!r} already; leave its id out.", param="items"
                    )
            return append_items(connection, conversation_id, owner, items)

        return await self._database.write(insert, isolation="locks")

    async def items(self, conversation_id: str, owner: str, page: Page | None = None) -> list[Entry] | None:
        """See `ConversationStore.items`."""

        def select(connection: Connection) -> list[Entry] | None:
            if _find(connection, conversation_id, owner) is None:
                return None
            return [_read_item(row[0]) for row in _select(connection, conversation_id, page)]

        return await self._database.read(select)

    async def item(self, conversation_id: str, owner: str, item_id: str) -> Entry | None:
        """See `ConversationStore.item`."""

        def select(connection: Connection) -> Entry | None:
            if _find(connection, conversation_id, owner) is None:
                return None
            row = connection.execute(_ITEM, (conversation_id, item_id)).fetchone()
            return _read_item(row[0]) if row else None

        return await self._database.read(select)

    async def remove_item(self, conversation_id: str, owner: str, item_id: str) -> bool:
        """See `ConversationStore.remove_item`."""
        statement = "DELETE FROM conversation_items WHERE conversation_id = ? AND id = ?"

        def remove(connection: Connection) -> bool:
            if _find(connection, conversation_id, owner) is None:
                return False
            return connection.execute(statement, (conversation_id, item_id)).rowcount > 0

        return await self._database.write(remove)

    async def purge(self) -> int:
        """See `ConversationStore.purge`."""
        oldest = now_s() - self._retention_s
        statement = "DELETE FROM conversations WHERE used_at < ?"
        return await self._database.write(lambda connection: connection.execute(statement, (oldest,)).rowcount)


def append_items(connection: Connection, conversation_id: str, owner: str, items: Sequence[Entry]) -> bool:
    """Add items inside the transaction that `connection` is in; return whether there is such a conversation."""
    statement = "UPDATE conversations SET used_at = ? WHERE id = ? AND owner = ?"
    if not connection.execute(statement, (now_s(), conversation_id, owner)).rowcount:
        return False
    connection.executemany(
        "INSERT INTO conversation_items (conversation_id, id, item) VALUES (?, ?, ?)",
        [(conversation_id, item.id, _encode(item)) for item in items],
    )
    return True


def _find(connection: Connection, conversation_id: str, owner: str) -> ConversationRecord | None:
    row = connection.execute(_OWNED, (conversation_id, owner)).fetchone()
    return ConversationRecord(row[0], row[1], row[2], _read_metadata(row[3])) if row else None


def _select(connection: Connection, conversation_id: str, page: Page | None) -> list[tuple[bytes]]:
    page = page or Page(NO_LIMIT, is_ascending=True)
    begin = 0 if page.is_ascending else NO_LIMIT
    if page.after is not None:
        place = "SELECT number FROM conversation_items WHERE conversation_id = ? AND id = ?"
        row = connection.execute(place, (conversation_id, page.after)).fetchone()
        if row is None:
            raise NotFound(f"Item with id {page.after!r} not found.", param="after")
        begin = row[0]
    sign, order = (">", "ASC") if page.is_ascending else ("<", "DESC")
    statement = (
        "SELECT item FROM conversation_items WHERE conversation_id = ?"  # noqa: S608  # signs of our own
        f" AND number {sign} ? ORDER BY number {order} LIMIT ?"
    )
    return connection.execute(statement, (conversation_id, begin, page.limit)).fetchall()
