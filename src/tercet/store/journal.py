"""The journal of durable runs: who works on a run, and what each of its steps intended and brought about.

A step is written before its effect (intent) and after it (outcome). Whoever works on a run holds a lease with a fence:
a number that grows with every holder, so that the writes of one who lost the lease are refused. A short payload lies in
its step; a long one is stored once per content, so that n steps that share a history cost n, not n².
"""

import hashlib
from collections.abc import Callable, Sequence

from tercet.errors import RunConflict
from tercet.store.base import Lease, Notice, Run, RunStatus, Step
from tercet.store.database import NO_LIMIT, Connection, Database

_CLAIM = """
    UPDATE runs SET holder = ?1, fence = fence + 1, lease_until = ?2, status = 'running'
    WHERE id = (
        SELECT id FROM runs
        WHERE kind = ?3 AND (
            status = 'queued' OR (status = 'running' AND lease_until <= ?4) OR (status = 'waiting' AND wake_at <= ?4)
        )
        ORDER BY created_at, id LIMIT 1 /*! FOR UPDATE SKIP LOCKED */
    )
    RETURNING id, owner, fence, spec, is_cancelled
"""
CHANNEL = "runs"
NEVER = 2**62
"""Later than any moment, in Unix milliseconds."""
SHORT_BYTES = 256
"""A payload of a step up to this size lies in its row: a page of its own, and one of an index, would cost more.

An intent is looked for where its size puts it, so this stays as it is.
"""
_HELD = "SELECT fence, status FROM runs WHERE id = ? /*! FOR UPDATE */"
_RUN = "SELECT id, kind, owner, status, created_at, is_cancelled FROM runs WHERE id = ? AND owner = ?"


class SqlJournal:
    """The `Journal` over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, run_id: str, kind: str, owner: str, spec: bytes) -> None:
        """See `Journal.create`."""
        await self._database.write(lambda connection: insert_run(connection, run_id, kind, owner, spec))

    async def claim(self, kind: str, holder: str, lease_s: float) -> Lease | None:
        """See `Journal.claim`."""

        def take(connection: Connection) -> Lease | None:
            now = connection.now_ms()
            row = connection.execute(_CLAIM, (holder, now + int(lease_s * 1000), kind, now)).fetchone()
            if row is None:
                return None
            run_id, owner, fence, spec, is_cancelled = row
            return Lease(run_id, owner, holder, fence, _read(connection, spec), bool(is_cancelled))

        return await self._database.write(take, isolation="locks")

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """See `Journal.renew`."""

        def extend(connection: Connection) -> bool:
            hold_run(connection, lease)
            connection.execute(
                "UPDATE runs SET lease_until = ? WHERE id = ?",
                (connection.now_ms() + int(lease_s * 1000), lease.run_id),
            )
            row = connection.execute("SELECT is_cancelled FROM runs WHERE id = ?", (lease.run_id,)).fetchone()
            return not row[0]

        return await self._database.write(extend, isolation="locks")

    async def release(self, lease: Lease) -> None:
        """See `Journal.release`."""

        def give_back(connection: Connection) -> None:
            hold_run(connection, lease)
            _change(connection, "queued", "UPDATE runs SET lease_until = 0 WHERE id = ?", lease.run_id)

        await self._database.write(give_back, isolation="locks")

    async def begin(self, lease: Lease, number: int, kind: str, intent: bytes) -> None:
        """See `Journal.begin`."""

        def insert(connection: Connection) -> None:
            hold_run(connection, lease)
            begin_step(connection, lease, number, kind, intent)

        await self._database.write(insert, isolation="locks")

    async def end(self, lease: Lease, number: int, outcome: bytes) -> None:
        """See `Journal.end`."""

        def update(connection: Connection) -> None:
            hold_run(connection, lease)
            end_step(connection, lease, number, outcome)

        await self._database.write(update, isolation="locks")

    async def finish(self, lease: Lease, status: RunStatus) -> None:
        """See `Journal.finish`."""

        def update(connection: Connection) -> None:
            finish_run(connection, lease, status)

        await self._database.write(update, isolation="locks")

    async def steps(self, run_id: str, *, after: int = -1, limit: int = -1) -> list[Step]:
        """See `Journal.steps`."""
        statement = (
            "SELECT number, kind, COALESCE(intent, i.payload), COALESCE(outcome, o.payload), begun_at, ended_at"
            " FROM steps LEFT JOIN blobs i ON i.hash = long_intent LEFT JOIN blobs o ON o.hash = long_outcome"
            " WHERE run_id = ? AND number > ? ORDER BY number LIMIT ?"
        )

        def select(connection: Connection) -> list[Step]:
            rows = connection.execute(statement, (run_id, after, NO_LIMIT if limit < 0 else limit)).fetchall()
            return [
                Step(number, kind, bytes(intent), None if outcome is None else bytes(outcome), begun_at, ended_at)
                for number, kind, intent, outcome, begun_at, ended_at in rows
            ]

        return await self._database.read(select)

    async def get(self, run_id: str, owner: str) -> Run | None:
        """See `Journal.get`."""
        row = await self._database.read(lambda connection: connection.execute(_RUN, (run_id, owner)).fetchone())
        if row is None:
            return None
        run_id, kind, owner, status, created_at, is_cancelled = row
        return Run(run_id, kind, owner, status, created_at, bool(is_cancelled))

    async def cancel(self, run_id: str, owner: str) -> bool:
        """See `Journal.cancel`."""
        statement = "UPDATE runs SET is_cancelled = 1 WHERE id = ? AND owner = ? AND status IN ('queued', 'running')"
        return await self._database.write(
            lambda connection: _change(connection, "cancelled", statement, run_id, owner), isolation="locks"
        )

    def listen(self, heard: Callable[[Notice], None]) -> Callable[[], None]:
        """See `Journal.listen`."""

        def told(channel: str, payload: str) -> None:
            if channel == CHANNEL:
                event, _, rest = payload.partition(" ")
                kind, _, run_id = rest.partition(" ")
                heard(Notice(event or "missed", kind, run_id))

        return self._database.listen(told)

    @property
    def is_listening(self) -> bool:
        """See `Journal.is_listening`."""
        return self._database.is_listening

    async def delete(self, run_ids: Sequence[str]) -> None:
        """See `Journal.delete`."""

        def remove(connection: Connection) -> None:
            connection.executemany("DELETE FROM runs WHERE id = ?", [(run_id,) for run_id in run_ids])
            delete_unused_blobs(connection)

        await self._database.write(remove, isolation="locks")


def insert_run(connection: Connection, run_id: str, kind: str, owner: str, spec: bytes) -> None:
    """Queue a run inside the transaction that `connection` is in."""
    connection.execute(
        "INSERT INTO runs (id, kind, owner, status, created_at, spec) VALUES (?, ?, ?, 'queued', ?, ?)",
        (run_id, kind, owner, connection.now_ms(), _keep(connection, spec)),
    )
    _notify(connection, "queued", kind, run_id)


def finish_run(connection: Connection, lease: Lease, status: RunStatus) -> None:
    """End a run inside the transaction that `connection` is in. Raises `RunConflict` for a lost lease."""
    hold_run(connection, lease)
    _change(connection, "ended", "UPDATE runs SET status = ?2, lease_until = 0 WHERE id = ?1", lease.run_id, status)


def begin_step(connection: Connection, lease: Lease, number: int, kind: str, intent: bytes) -> None:
    """Journal an intent inside the transaction that `connection` is in, the lease being held there."""
    short, long = (intent, None) if _is_short(intent) else (None, _keep(connection, intent))
    changed = connection.execute(
        "INSERT INTO steps (run_id, number, kind, intent, long_intent, begun_at, fence) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run_id, number) DO UPDATE SET begun_at = excluded.begun_at, fence = excluded.fence"
        " WHERE steps.ended_at IS NULL AND steps.kind = excluded.kind"
        " AND (steps.intent = excluded.intent OR steps.long_intent = excluded.long_intent)",
        (lease.run_id, number, kind, short, long, connection.now_ms(), lease.fence),
    ).rowcount
    if changed != 1:
        raise RunConflict(f"step {number} of run {lease.run_id!r} is finished or was of another intent")


def end_step(connection: Connection, lease: Lease, number: int, outcome: bytes) -> None:
    """Journal an outcome inside the transaction that `connection` is in, the lease being held there."""
    column, value = ("outcome", outcome) if _is_short(outcome) else ("long_outcome", _keep(connection, outcome))
    changed = connection.execute(
        f"UPDATE steps SET {column} = ?, ended_at = ?"  # noqa: S608  # own names
        " WHERE run_id = ? AND number = ? AND ended_at IS NULL",
        (value, connection.now_ms(), lease.run_id, number),
    ).rowcount
    if changed != 1:
        raise RunConflict(f"step {number} of run {lease.run_id!r} was not begun or has ended")


def suspend_run(connection: Connection, lease: Lease, wake_at: int = 0) -> None:
    """Let a run wait inside the transaction that `connection` is in: nobody holds it until it is woken.

    With `wake_at` (Unix milliseconds) it may be claimed from then on even so.
    """
    hold_run(connection, lease)
    connection.execute(
        "UPDATE runs SET status = 'waiting', lease_until = 0, wake_at = ? WHERE id = ?",
        (wake_at or NEVER, lease.run_id),
    )


def wake_run(connection: Connection, run_id: str) -> None:
    """Queue a waiting run again inside the transaction that `connection` is in; any other stays as it is."""
    _change(connection, "queued", "UPDATE runs SET status = 'queued' WHERE id = ? AND status = 'waiting'", run_id)


def delete_run(connection: Connection, run_id: str) -> None:
    """Forget a run, its steps, and what only they refer to, inside the transaction that `connection` is in."""
    addresses = connection.execute(
        "SELECT spec FROM runs WHERE id = ?1"
        " UNION SELECT long_intent FROM steps WHERE run_id = ?1 AND long_intent IS NOT NULL"
        " UNION SELECT long_outcome FROM steps WHERE run_id = ?1 AND long_outcome IS NOT NULL",
        (run_id,),
    ).fetchall()
    connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))
    connection.executemany(
        "DELETE FROM blobs WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE spec = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM steps WHERE long_intent = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM steps WHERE long_outcome = ?1)",
        addresses,
    )


def delete_unused_blobs(connection: Connection) -> None:
    """Forget the payloads that no run and no step refers to."""
    connection.execute(
        "DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM runs WHERE spec = blobs.hash)"
        " AND NOT EXISTS (SELECT 1 FROM steps WHERE long_intent = blobs.hash)"
        " AND NOT EXISTS (SELECT 1 FROM steps WHERE long_outcome = blobs.hash)"
    )


def hold_run(connection: Connection, lease: Lease) -> None:
    """Raise `RunConflict` unless `lease` is the run's latest and the run is under way."""
    check_held(lease, connection.execute(_HELD, (lease.run_id,)).fetchone())


def check_held(lease: Lease, row: tuple[int, str] | None) -> None:
    """Raise `RunConflict` unless `row`, a run's fence and status as they were locked, is that of who holds it."""
    if row != (lease.fence, "running"):
        raise RunConflict(f"run {lease.run_id!r} is no longer held by {lease.holder!r}")


def _change(connection: Connection, event: str, statement: str, run_id: str, *values: object) -> bool:
    """Change a run's row and give notice of the `event`; return whether there was such a run."""
    row = connection.execute(f"{statement} RETURNING kind", (run_id, *values)).fetchone()
    if row is None:
        return False
    _notify(connection, event, row[0], run_id)
    return True


def _notify(connection: Connection, event: str, kind: str, run_id: str) -> None:
    connection.notify(CHANNEL, f"{event} {kind} {run_id}")


def _keep(connection: Connection, payload: bytes) -> bytes:
    """Store a payload once and return its address."""
    address = hashlib.blake2b(payload, digest_size=20).digest()
    connection.execute(
        "INSERT INTO blobs (hash, payload) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING", (address, payload)
    )
    return address


def _read(connection: Connection, address: bytes) -> bytes:
    return bytes(connection.execute("SELECT payload FROM blobs WHERE hash = ?", (address,)).fetchone()[0])


def _is_short(payload: bytes) -> bool:
    return len(payload) <= SHORT_BYTES
