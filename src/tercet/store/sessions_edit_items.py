"""One transaction on one session: everything that a step, an input or a setting changes is written through this.

The session's row is locked first, so that numbers of items and events, money and waiting are decided one at a time.
What is told here is numbered, kept, and returned to be published after the commit. Knows rows, not what they are for.
"""

from typing import Any

import msgspec

from tercet.clock import now_s
from tercet.errors import NotFound
from tercet.sessions.events import ItemAdded, ItemDone, Numbered, SessionChanged, SessionEvent
from tercet.sessions.turns import (
    Content,
    ItemStatus,
    SessionItem,
    SessionRecord,
)
from tercet.store.base import Lease
from tercet.store.database import Connection
from tercet.store.sessions_rows import (
    Kept,
    as_added,
    decode_item,
    encode,
    held_row_of,
    items_of,
    keep_value,
    record_of,
    row_of,
    state_of,
)

ROOT = ""
"""The thread of the session's own agent; those of subagents have their ids."""


class ItemEdit:
    """What a transaction changes of the session itself, its items and events."""

    def __init__(
        self, connection: Connection, session_id: str, owner: str | None = None, lease: Lease | None = None
    ) -> None:
        """Lock the session, and the run of `lease`.

        Raises `NotFound` when there is none or another owner has it, `RunConflict` when the lease was lost.
        """
        self.connection = connection
        if lease is None:
            row = row_of(connection, session_id, owner, is_locked=True)
        else:
            row = held_row_of(connection, session_id, lease)
        if row is None or (owner is not None and row.owner != owner):
            raise NotFound(f"There is no session {session_id!r}.", param="session_id")
        self.row = row
        self.record: SessionRecord = record_of(connection, row)
        self._read = self._before = self.record
        self._num_items, self._num_events, self._num_signals = row.num_items, row.num_events, row.num_signals
        self._plan_hash = row.plan
        self.told: list[Numbered] = []
        self._events: list[tuple[int, int, int | None, bytes | None, bytes]] = []

    @property
    def num_signals(self) -> int:
        """How often something that a waiting turn could wait for has happened."""
        return self._num_signals

    @property
    def num_items(self) -> int:
        """The number that the next item gets."""
        return self._num_items

    def change(self, **fields: Any) -> SessionRecord:
        """Replace fields of the session and return it."""
        self.record = msgspec.structs.replace(self.record, **fields)
        return self.record

    def signal(self) -> None:
        """Say that something happened that a turn could have waited for; a suspension based on less is refused."""
        self._num_signals += 1

    def add_item(self, turn_id: str, item_id: str, content: Content, thread: str = ROOT, **fields: Any) -> SessionItem:
        """Append an item; `fields` are those of `SessionItem`."""
        item = SessionItem(
            item_id,
            turn_id,
            self._num_items,
            fields.pop("created_at", None) or now_s(),
            content,
            subagent_id=thread or None,
            **fields,
        )
        self._num_items += 1
        self.connection.execute(
            "INSERT INTO session_items (session, place, id, turn_id, thread, item) VALUES (?, ?, ?, ?, ?, ?)",
            (self.row.number, item.number, item.id, turn_id, thread, encode(item)),
        )
        return item

    def put_item(self, item: SessionItem) -> None:
        """Replace an item by what became of it."""
        self.connection.execute(
            "UPDATE session_items SET item = ? WHERE session = ? AND place = ?",
            (encode(item), self.row.number, item.number),
        )

    def call_item(self, turn_id: str, call_id: str, status: ItemStatus | None = None) -> SessionItem | None:
        """Return the latest call of a turn with this `call_id`, if it has this `status`."""
        rows = self.connection.execute(
            "SELECT item FROM session_items WHERE session = ? AND turn_id = ? ORDER BY place DESC LIMIT 256",
            (self.row.number, turn_id),
        ).fetchall()
        for (payload,) in rows:
            item = decode_item(payload)
            if getattr(item.content, "call_id", None) == call_id and item.content.__struct_config__.tag == "call":
                return item if status is None or item.status == status else None
        return None

    def open_items(self, turn_id: str) -> list[SessionItem]:
        """Return the items of a turn that are not complete."""
        rows = self.connection.execute(
            "SELECT item FROM session_items WHERE session = ? AND turn_id = ? ORDER BY place",
            (self.row.number, turn_id),
        ).fetchall()
        return [item for (payload,) in rows if (item := decode_item(payload)).status == "in_progress"]

    def items(self, thread: str = ROOT) -> list[SessionItem]:
        """Return the items of a thread, those shared with parents included."""
        return items_of(self.connection, self.row, thread)

    def tell(self, event: SessionEvent) -> None:
        """Number an event and keep it; its row is written with the session's."""
        kept = Kept.of(event)
        value = keep_value(self.connection, kept.value) if kept.value is not None else None
        self._num_events += 1
        self._events.append((self.row.number, self._num_events, kept.item, value, kept.event))
        self.told.append(Numbered(self._num_events, event))

    def tell_item(self, item: SessionItem, output_index: int | None = None) -> None:
        """Tell of an item that is complete from the start."""
        self.tell(ItemAdded(as_added(item), output_index))
        self.tell(ItemDone(item, output_index))

    def tell_added(self, item: SessionItem, output_index: int | None = None) -> None:
        """Tell that an item has begun."""
        self.tell(ItemAdded(as_added(item), output_index))

    def tell_if_changed(self) -> None:
        """Tell of the session's new status, if it has one, or of other actions that it waits for."""
        before, now = self._before, self.record
        if (before.status, before.required_actions) != (now.status, now.required_actions):
            self.tell(SessionChanged(now))
            self._before = now

    def close(self) -> None:
        """Write the events and the session's row; to be called once, at the end of the transaction."""
        if self._events:
            self.connection.executemany(
                "INSERT INTO session_events (session, place, item, value, event) VALUES (?, ?, ?, ?, ?)", self._events
            )
        columns: dict[str, Any] = {
            "num_items": self._num_items,
            "num_events": self._num_events,
            "num_signals": self._num_signals,
            **self._changed_columns(),
        }
        changes = ", ".join(f"{name} = ?" for name in columns)
        self.connection.execute(
            f"UPDATE sessions SET {changes} WHERE number = ?",  # noqa: S608  # own names
            (*columns.values(), self.row.number),
        )

    def _changed_columns(self) -> dict[str, Any]:
        """Return what else is new in the row: an index is written anew for each column that is named."""
        record, row = self.record, self.row
        columns: dict[str, Any] = {}
        if self._plan_hash != row.plan:
            columns["plan"] = self._plan_hash
        if record is self._read:
            return columns
        if record.spec is not row.spec_value:
            columns["spec"] = keep_value(self.connection, encode(record.spec))
        if (record.last_active_at, record.agent_id) != (row.used_at, row.agent_id):
            columns |= {"used_at": record.last_active_at, "agent_id": record.agent_id}
        columns["state"] = encode(state_of(record))
        return columns
