"""Automations and their invocations. What is due is claimed and turned into an invocation in one transaction.

So each occurrence becomes exactly one row, however many processes look; and each invocation is delivered by the one
that holds it, until its lease is over.
"""

from collections.abc import Callable

import msgspec

from tercet.sessions.automations import AutomationRecord, ExistingSession, InvocationRecord, NewSession
from tercet.sessions.environments import HostedDraft
from tercet.store.agents import Codec, Rows
from tercet.store.database import Connection, Database
from tercet.store.environments import hold_contents, release_contents
from tercet.store.secrets import Cipher

Occur = Callable[[AutomationRecord, int, bool], tuple[AutomationRecord, InvocationRecord]]
"""Makes of what is due the automation as it is afterwards and the invocation: (record, now, has a pending one)."""

_PENDING = "SELECT EXISTS (SELECT 1 FROM automation_invocations WHERE automation_id = ? AND status = 'queued')"


class Delivery(msgspec.Struct, frozen=True):
    """The right to deliver an invocation until its lease is over; `fence` tells this holder from a later one."""

    invocation: InvocationRecord
    fence: int
    num_attempts: int


class AutomationRows(Rows[AutomationRecord]):
    """Automations."""

    def __init__(self, database: Database, cipher: Cipher, invocations: "InvocationRows") -> None:
        super().__init__(database, "automations", Codec(AutomationRecord, cipher))
        self._invocations = invocations

    def columns(self, record: AutomationRecord) -> dict[str, int | str | None]:
        """See `Rows.columns`."""
        session_id = record.target.session_id if isinstance(record.target, ExistingSession) else None
        return {"due_at": record.due_at if record.status == "active" else None, "session_id": session_id}

    def insert(self, connection: Connection, record: AutomationRecord) -> None:
        """Add an automation and hold the contents that its environment begins with."""
        super().insert(connection, record)
        self._hold(connection, record)

    def replace(self, connection: Connection, record: AutomationRecord) -> None:
        """Change an automation."""
        super().replace(connection, record)
        release_contents(connection, record.id)
        self._hold(connection, record)

    def remove(self, connection: Connection, record_id: str, owner: str) -> bool:
        """Forget an automation and its invocations."""
        is_gone = super().remove(connection, record_id, owner)
        if is_gone:
            release_contents(connection, record_id)
            connection.execute("DELETE FROM automation_invocations WHERE automation_id = ?", (record_id,))
        return is_gone

    async def occur(self, now: int, occur: Occur, most: int) -> list[InvocationRecord]:
        """Turn up to `most` due occurrences into invocations, each once, and return those."""

        def run(connection: Connection) -> list[InvocationRecord]:
            rows = connection.execute(
                "SELECT id, record FROM automations WHERE due_at <= ? ORDER BY due_at, number LIMIT ?"
                " /*! FOR UPDATE SKIP LOCKED */",
                (now, most),
            ).fetchall()
            made: list[InvocationRecord] = []
            for record_id, payload in rows:
                is_pending = bool(connection.execute(_PENDING, (record_id,)).fetchone()[0])
                record, invocation = occur(self.codec.decode(payload, record_id), now, is_pending)
                self.replace(connection, record)
                self._invocations.insert(connection, invocation)
                made.append(invocation)
            if made:
                connection.notify("automations", "due")
            return made

        return await self.database.write(run)

    async def next_due(self) -> int | None:
        """Return the moment of the next occurrence of any automation."""
        row = await self.database.read(
            lambda connection: connection.execute(
                "SELECT MIN(due_at) FROM automations WHERE due_at IS NOT NULL"
            ).fetchone()
        )
        return None if row is None or row[0] is None else int(row[0])

    async def has_pending(self, automation_id: str) -> bool:
        """Return whether an invocation is not delivered yet."""
        row = await self.database.read(lambda connection: connection.execute(_PENDING, (automation_id,)).fetchone())
        return bool(row[0])

    def _hold(self, connection: Connection, record: AutomationRecord) -> None:
        target = record.target
        if isinstance(target, NewSession) and isinstance(target.environment, HostedDraft):
            hold_contents(connection, record.id, target.environment.seeds)


class InvocationRows(Rows[InvocationRecord]):
    """Invocations."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        super().__init__(database, "automation_invocations", Codec(InvocationRecord, cipher))

    def columns(self, record: InvocationRecord) -> dict[str, int | str]:
        """See `Rows.columns`."""
        return {"automation_id": record.automation_id, "status": record.status, "created_at": record.created_at}

    async def has_queued(self, now_ms: int) -> bool:
        """Return whether there is an invocation to claim."""
        row = await self.database.read(
            lambda connection: connection.execute(
                "SELECT EXISTS (SELECT 1 FROM automation_invocations WHERE status = 'queued' AND lease_until <= ?)",
                (now_ms,),
            ).fetchone()
        )
        return bool(row[0])

    async def claim(self, now_ms: int, lease_ms: int) -> Delivery | None:
        """Take a queued invocation that nobody holds, the oldest first."""

        def run(connection: Connection) -> Delivery | None:
            row = connection.execute(
                "SELECT id, owner, fence, num_attempts, record FROM automation_invocations"
                " WHERE status = 'queued' AND lease_until <= ? ORDER BY number LIMIT 1 /*! FOR UPDATE SKIP LOCKED */",
                (now_ms,),
            ).fetchone()
            if row is None:
                return None
            record_id, _, fence, num_attempts, payload = row
            connection.execute(
                "UPDATE automation_invocations SET lease_until = ?, fence = fence + 1, num_attempts = num_attempts + 1"
                " WHERE id = ?",
                (now_ms + lease_ms, record_id),
            )
            return Delivery(self.codec.decode(payload, record_id), fence + 1, num_attempts + 1)

        return await self.database.write(run)

    async def finish(self, delivery: Delivery, record: InvocationRecord) -> bool:
        """Replace a held invocation by its outcome; return False, changing nothing, when another holds it by now."""

        def run(connection: Connection) -> bool:
            row = connection.execute(
                "SELECT fence FROM automation_invocations WHERE id = ? /*! FOR UPDATE */", (record.id,)
            ).fetchone()
            if row is None or row[0] != delivery.fence:
                return False
            self.replace(connection, record)
            return True

        return await self.database.write(run)

    async def postpone(self, delivery: Delivery, until_ms: int) -> None:
        """Give a held invocation back, to be claimed again from `until_ms` on."""
        await self.database.write(
            lambda connection: (
                connection.execute(
                    "UPDATE automation_invocations SET lease_until = ? WHERE id = ? AND fence = ?",
                    (until_ms, delivery.invocation.id, delivery.fence),
                ).rowcount
            )
        )

    async def purge(self, before: int) -> None:
        """Forget delivered invocations that are older than `before`."""
        await self.database.write(
            lambda connection: (
                connection.execute(
                    "DELETE FROM automation_invocations WHERE created_at < ? AND status <> 'queued'", (before,)
                ).rowcount
            )
        )
