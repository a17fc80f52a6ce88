"""All that a transaction may change of a session: messages left, approvals, the plan, subagents, artifacts."""

from collections.abc import Iterable

import msgspec

from tercet.clock import now_ms, now_s
from tercet.errors import RunConflict
from tercet.sessions.plan import Plan
from tercet.sessions.snapshots import Snapshot
from tercet.sessions.turns import (
    Artifact,
    Content,
    SubagentRecord,
)
from tercet.store.database import Connection
from tercet.store.sessions_edit_turns import TurnEdit
from tercet.store.sessions_rows import (
    encode,
    keep_value,
    read_plan,
)
from tercet.store.sessions_snapshots import keep_snapshot


class SessionEdit(TurnEdit):
    """The session as this transaction has made it so far. Used inside a store's write, never kept."""

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
