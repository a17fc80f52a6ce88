"""One transaction on one session: everything that a step, an input or a setting changes is written through this.

The session's row is locked first, so that numbers of items and events, money and waiting are decided one at a time.
What is told here is numbered, kept, and returned to be published after the commit. Knows rows, not what they are for.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tercet.clock import now_ms, now_s
from tercet.errors import NotFound, RunConflict
from tercet.sessions.agents import AgentSpec
from tercet.sessions.events import ItemAdded, ItemDone, Numbered, SessionChanged, SessionEvent
from tercet.sessions.plan import Plan
from tercet.sessions.snapshots import Snapshot
from tercet.sessions.turns import (
    Artifact,
    Content,
    ItemStatus,
    SessionItem,
    SessionRecord,
    SubagentRecord,
    TurnRecord,
    TurnStatus,
)
from tercet.store.base import Lease, LedgerEntry, RunStatus
from tercet.store.database import Connection
from tercet.store.journal import begin_step, end_step, finish_run, hold_run, insert_run, suspend_run, wake_run
from tercet.store.ledger import insert_entries
from tercet.store.sessions_rows import (
    Kept,
    as_added,
    decode_item,
    decode_turn,
    encode,
    items_of,
    keep_value,
    read_plan,
    record_of,
    row_of,
    state_of,
)
from tercet.store.sessions_snapshots import keep_snapshot

OPEN: tuple[TurnStatus, ...] = ("queued", "in_progress", "waiting")
ROOT = ""
"""The thread of the session's own agent; those of subagents have their ids."""


class SessionEdit:
    """The session as this transaction has made it so far. Used inside a store's write, never kept."""

    def __init__(self, connection: Connection, session_id: str, owner: str | None = None) -> None:
        """Lock the session. Raises `NotFound` when there is none or another owner has it."""
        self.connection = connection
        row = row_of(connection, session_id, owner, is_locked=True)
        if row is None:
            raise NotFound(f"There is no session {session_id!r}.", param="session_id")
        self.row = row
        self.record: SessionRecord = record_of(connection, row)
        self._before = self.record
        self._num_items, self._num_events, self._num_signals = row.num_items, row.num_events, row.num_signals
        self._plan_hash = row.plan
        self.told: list[Numbered] = []

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

    # ---------------------------------------------------------------- items and events

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
        """Number an event and keep it."""
        kept = Kept.of(event)
        value = keep_value(self.connection, kept.value) if kept.value is not None else None
        self.connection.execute(
            "INSERT INTO session_events (session, place, item, value, event) VALUES (?, ?, ?, ?, ?)",
            (self.row.number, self._num_events + 1, kept.item, value, kept.event),
        )
        self._num_events += 1
        self.told.append(Numbered(self._num_events, event))

    def tell_item(self, item: SessionItem, output_index: int | None = None) -> None:
        """Tell of an item that is complete from the start."""
        self.tell(ItemAdded(as_added(item), output_index))
        self.tell(ItemDone(item, output_index))

    def tell_added(self, item: SessionItem, output_index: int | None = None) -> None:
        """Tell that an item has begun."""
        self.tell(ItemAdded(as_added(item), output_index))

    # ---------------------------------------------------------------- turns

    def turn(self, turn_id: str) -> TurnRecord | None:
        """Return a turn of this session."""
        row = self.connection.execute(
            "SELECT record FROM session_turns WHERE id = ? AND session = ?", (turn_id, self.row.number)
        ).fetchone()
        return decode_turn(row[0]) if row else None

    def open_turn(self, thread: str = ROOT) -> TurnRecord | None:
        """Return the turn of a thread that has not ended."""
        row = self.connection.execute(
            "SELECT record FROM session_turns WHERE session = ? AND thread = ? AND is_open = 1"
            " ORDER BY number DESC LIMIT 1",
            (self.row.number, thread),
        ).fetchone()
        return decode_turn(row[0]) if row else None

    def open_turns(self) -> list[TurnRecord]:
        """Return every turn that has not ended, subagents' included."""
        rows = self.connection.execute(
            "SELECT record FROM session_turns WHERE session = ? AND is_open = 1 ORDER BY number", (self.row.number,)
        ).fetchall()
        return [decode_turn(row[0]) for row in rows]

    def cost_of(self, thread: str) -> float:
        """Return what the turns of a thread cost so far."""
        rows = self.connection.execute(
            "SELECT record FROM session_turns WHERE session = ? AND thread = ?", (self.row.number, thread)
        ).fetchall()
        return sum(decode_turn(row[0]).cost_usd for row in rows)

    def put_turn(self, turn: TurnRecord) -> None:
        """Insert or replace a turn."""
        self.connection.execute(
            "INSERT INTO session_turns (id, session, thread, is_open, record) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, record = excluded.record",
            (turn.id, self.row.number, turn.subagent_id or ROOT, int(turn.status in OPEN), encode(turn)),
        )

    def queue(self, turn_id: str, kind: str) -> None:
        """Queue the run of a turn."""
        insert_run(self.connection, turn_id, kind, self.record.owner, self.record.id.encode())

    def wake(self, turn_id: str) -> None:
        """Queue a waiting run again, and keep one that is about to wait from doing so."""
        wake_run(self.connection, turn_id)
        self.signal()

    def stop(self, turn_id: str) -> bool:
        """End a run that nobody works on, or ask its worker to; return whether it has ended."""
        ended = self.connection.execute(
            "UPDATE runs SET status = 'cancelled', is_cancelled = 1, fence = fence + 1"
            " WHERE id = ? AND status IN ('queued', 'waiting')",
            (turn_id,),
        ).rowcount
        self.connection.execute("UPDATE runs SET is_cancelled = 1 WHERE id = ? AND status = 'running'", (turn_id,))
        return bool(ended)

    # ---------------------------------------------------------------- the journal, under a lease

    def hold(self, lease: Lease) -> None:
        """Raise `RunConflict` unless the lease is the run's latest."""
        hold_run(self.connection, lease)

    def begin(self, lease: Lease, number: int, kind: str, intent: bytes) -> None:
        """Journal what a step is about to do."""
        begin_step(self.connection, lease, number, kind, intent)

    def end(self, lease: Lease, number: int, outcome: bytes) -> None:
        """Journal what a step brought about."""
        end_step(self.connection, lease, number, outcome)

    def finish(self, lease: Lease, status: RunStatus) -> None:
        """End the run."""
        finish_run(self.connection, lease, status)

    def suspend(self, lease: Lease, num_signals: int, wake_at_ms: int = 0) -> bool:
        """Let the run wait, unless something happened since `num_signals` was read; return whether it waits.

        With `wake_at_ms` (Unix milliseconds) it goes on then at the latest.
        """
        if self._num_signals != num_signals:
            return False
        suspend_run(self.connection, lease, wake_at_ms)
        return True

    def charge(self, entries: Sequence[LedgerEntry]) -> None:
        """Add to the ledger."""
        if entries:
            insert_entries(self.connection, entries)

    # ---------------------------------------------------------------- inputs that wait for the next step

    def post(self, thread: str, content: Content) -> None:
        """Leave a message for a thread whose turn is under way."""
        self.connection.execute(
            "INSERT INTO session_inbox (session, thread, content) VALUES (?, ?, ?)",
            (self.row.number, thread, encode(content)),
        )
        self.signal()

    def take_posted(self, thread: str) -> list[Content]:
        """Return what was left for a thread, and forget it."""
        where = (self.row.number, thread)
        rows = self.connection.execute(
            "SELECT content FROM session_inbox WHERE session = ? AND thread = ? ORDER BY number", where
        ).fetchall()
        if rows:
            self.connection.execute("DELETE FROM session_inbox WHERE session = ? AND thread = ?", where)
        return [msgspec.msgpack.decode(row[0], type=Content) for row in rows]

    # ---------------------------------------------------------------- approvals

    def ask_approval(self, request_id: str, turn_id: str, call_id: str, digest: bytes, expires_at: int) -> None:
        """Keep a request for approval of exactly the call with this digest."""
        self.connection.execute(
            "INSERT INTO session_approvals (id, session, call_id, turn_id, status, digest, expires_at)"
            " VALUES (?, ?, ?, ?, 'pending', ?, ?)",
            (request_id, self.row.number, call_id, turn_id, digest, expires_at),
        )

    def answer_approval(self, request_id: str, status: str) -> bool:
        """Answer a pending request in time; return whether it was pending."""
        return (
            self.connection.execute(
                "UPDATE session_approvals SET status = ? WHERE id = ? AND session = ? AND status = 'pending'"
                " AND expires_at > ?",
                (status, request_id, self.row.number, now_s()),
            ).rowcount
            == 1
        )

    def use_approval(self, turn_id: str, call_id: str, digest: bytes) -> bool:
        """Use up a grant for exactly this call; return whether there was one in time."""
        return (
            self.connection.execute(
                "UPDATE session_approvals SET status = 'used' WHERE session = ? AND turn_id = ? AND call_id = ?"
                " AND digest = ? AND status = 'approved' AND expires_at > ?",
                (self.row.number, turn_id, call_id, digest, now_s()),
            ).rowcount
            == 1
        )

    # ---------------------------------------------------------------- the rest

    @property
    def plan(self) -> Plan:
        """The plan as it stands."""
        return read_plan(self.connection, self._plan_hash)

    def put_plan(self, plan: Plan) -> None:
        """Replace the plan; earlier versions stay with the events that tell of them."""
        self._plan_hash = keep_value(self.connection, encode(plan))

    def put_subagent(self, subagent: SubagentRecord) -> None:
        """Insert or replace a subagent."""
        self.connection.execute(
            "INSERT INTO session_subagents (id, session, record) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
            (subagent.id, self.row.number, encode(subagent)),
        )

    def subagents(self) -> list[SubagentRecord]:
        """Return the session's subagents, oldest first."""
        rows = self.connection.execute(
            "SELECT record FROM session_subagents WHERE session = ? ORDER BY number", (self.row.number,)
        ).fetchall()
        return [msgspec.msgpack.decode(row[0], type=SubagentRecord) for row in rows]

    def add_summary(self, thread: str, place: int, summary: bytes) -> None:
        """Keep what stands for the items of a thread before `place`."""
        self.connection.execute(
            "INSERT INTO session_summaries (session, thread, place, summary) VALUES (?, ?, ?, ?)",
            (self.row.number, thread, place, summary),
        )

    def keep_workspace(self, snapshot: Snapshot) -> bool:
        """Keep the workspace as it is before the next item; return whether it was not kept there yet."""
        return keep_snapshot(self.connection, self.row.number, self.record.id, self._num_items, snapshot)

    def add_artifacts(self, artifacts: Iterable[Artifact]) -> None:
        """Publish files whose contents are in place."""
        self.connection.executemany(
            "INSERT INTO session_artifacts (id, session, turn_id, environment_id, created_at, path, size, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (a.id, self.row.number, a.turn_id, a.environment_id, a.created_at, a.path, a.size, a.digest)
                for a in artifacts
            ],
        )

    def is_repeated(self, key: str, digest: bytes) -> bool:
        """Remember an idempotency key; return whether it was used for the same input before.

        Raises `RunConflict` when it was used for another input.
        """
        known = self.connection.execute(
            "SELECT digest FROM session_keys WHERE session = ? AND idempotency_key = ?", (self.row.number, key)
        ).fetchone()
        if known is None:
            self.connection.execute(
                "INSERT INTO session_keys (session, idempotency_key, digest, created_at) VALUES (?, ?, ?, ?)",
                (self.row.number, key, digest, now_s()),
            )
            return False
        if bytes(known[0]) != digest:
            raise RunConflict(f"The idempotency key {key!r} was used for another input.", param="Idempotency-Key")
        return True

    def tell_if_changed(self) -> None:
        """Tell of the session's new status, if it has one, or of other actions that it waits for."""
        before, now = self._before, self.record
        if (before.status, before.required_actions) != (now.status, now.required_actions):
            self.tell(SessionChanged(now))
            self._before = now

    def close(self) -> None:
        """Write the session's row; to be called once, at the end of the transaction."""
        spec: AgentSpec = self.record.spec
        hash_ = self.row.spec if spec is self.row.spec_value else keep_value(self.connection, encode(spec))
        self.connection.execute(
            "UPDATE sessions SET used_at = ?, spec = ?, plan = ?, state = ?, num_items = ?, num_events = ?,"
            " num_signals = ?, agent_id = ? WHERE number = ?",
            (
                self.record.last_active_at,
                hash_,
                self._plan_hash,
                encode(state_of(self.record)),
                self._num_items,
                self._num_events,
                self._num_signals,
                self.record.agent_id,
                self.row.number,
            ),
        )


def later_ms(seconds: float) -> int:
    """Return the Unix millisecond `seconds` from now."""
    return now_ms() + int(seconds * 1000)


def approvals_of(connection: Connection, session: int, turn_id: str) -> list[tuple[str, str, str, bytes, int]]:
    """Return (request id, call id, status, digest, expiry) of a turn's requests for approval, oldest first."""
    rows = connection.execute(
        "SELECT id, call_id, status, digest, expires_at FROM session_approvals"
        " WHERE session = ? AND turn_id = ? ORDER BY expires_at, id",
        (session, turn_id),
    ).fetchall()
    return [(row[0], row[1], row[2], bytes(row[3]), row[4]) for row in rows]
