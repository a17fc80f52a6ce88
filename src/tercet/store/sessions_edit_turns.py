"""Turns and their runs inside a transaction on a session: queued, woken, stopped; and the steps of their journal."""

from collections.abc import Sequence

from tercet.sessions.turns import (
    TurnRecord,
    TurnStatus,
)
from tercet.store.base import Lease, LedgerEntry, RunStatus
from tercet.store.journal import begin_step, end_step, finish_run, hold_run, insert_run, suspend_run, wake_run
from tercet.store.ledger import insert_entries
from tercet.store.sessions_edit_items import ROOT, ItemEdit
from tercet.store.sessions_rows import (
    decode_turn,
    encode,
)

OPEN: tuple[TurnStatus, ...] = ("queued", "in_progress", "waiting")


class TurnEdit(ItemEdit):
    """What a transaction changes of turns."""

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
