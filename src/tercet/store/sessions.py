"""Sessions in the database: created, read and listed; changed through `SessionEdit` inside one transaction each."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RunConflict
from tercet.sessions.environments import EnvironmentRecord
from tercet.sessions.events import Numbered, SessionChanged
from tercet.sessions.turns import SessionRecord
from tercet.store.base import Lease
from tercet.store.database import Connection, Database
from tercet.store.filing import Page
from tercet.store.secrets import Cipher
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_environments import Environments
from tercet.store.sessions_pages import known, page_of_items
from tercet.store.sessions_reads import SessionReads
from tercet.store.sessions_rows import (
    Row,
    ancestry,
    encode,
    is_plan,
    keep_value,
    row_of,
    state_of,
)
from tercet.store.sessions_snapshots import tree_at
from tercet.store.sessions_sweep import sweep

T = TypeVar("T")


CHANNEL = "sessions"


class SessionStore(SessionReads):
    """Sessions by id and owner. Every write is one transaction; what it told is returned, to be published."""

    def __init__(self, database: Database, cipher: Cipher, *, retention_days: float = 30.0) -> None:
        """Forget sessions that were not active for `retention_days`; environments are sealed with `cipher`."""
        super().__init__(database)
        self.environments = Environments(database, cipher)
        self._retention_s = int(retention_days * 86_400)

    async def add(self, record: SessionRecord, first: Callable[[SessionEdit], T]) -> tuple[T, list[Numbered]]:
        """Keep a new session and what `first` does to it, all or nothing."""
        return await self._database.write(lambda connection: self._insert(connection, record, first, None, None))

    async def fork(
        self,
        parent_id: str,
        owner: str,
        record: SessionRecord,
        first: Callable[[SessionEdit], T],
        environment: EnvironmentRecord | None = None,
    ) -> tuple[T, list[Numbered]]:
        """Keep a session that shares its parent's items before `record.forked_from[1]`.

        Its `environment` begins as the parent's was there. Raises `RunConflict` where that is not known.
        """

        def insert(connection: Connection) -> tuple[T, list[Numbered]]:
            parent = row_of(connection, parent_id, owner, is_locked=True)
            if parent is None:
                raise NotFound(f"There is no session {parent_id!r}.", param="session_id")
            assert record.forked_from is not None
            plan = check_fork(connection, parent, record.forked_from[1])
            if environment is not None:
                tree = tree_at(connection, ancestry(connection, parent), record.forked_from[1])
                self.environments.insert(connection, msgspec.structs.replace(environment, restores=tree))
            return self._insert(connection, record, first, parent, plan)

        return await self._database.write(insert)

    def _insert(
        self,
        connection: Connection,
        record: SessionRecord,
        first: Callable[[SessionEdit], T],
        parent: Row | None,
        plan_hash: bytes | None,
    ) -> tuple[T, list[Numbered]]:
        shared = record.forked_from[1] if record.forked_from else 0
        connection.execute(
            "INSERT INTO sessions (id, owner, agent_id, used_at, spec, plan, state, parent, num_shared, num_items)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.id,
                record.owner,
                record.agent_id,
                record.last_active_at,
                keep_value(connection, encode(record.spec)),
                plan_hash,
                encode(state_of(record)),
                parent.number if parent else None,
                shared,
                shared,
            ),
        )
        edit = SessionEdit(connection, record.id)
        edit.tell(SessionChanged(edit.record, is_new=True))
        return self._closed(edit, first(edit))

    async def edit(
        self, session_id: str, work: Callable[[SessionEdit], T], owner: str | None = None, lease: Lease | None = None
    ) -> tuple[T, list[Numbered]]:
        """Change a session; return what `work` returned and what was told.

        Raises `NotFound`, `RunConflict` when `lease` was lost, and what `work` raises.
        """

        def write(connection: Connection) -> tuple[T, list[Numbered]]:
            edit = SessionEdit(connection, session_id, owner, lease)
            return self._closed(edit, work(edit))

        return await self._database.write(write)

    @staticmethod
    def _closed(edit: SessionEdit, value: T) -> tuple[T, list[Numbered]]:
        edit.tell_if_changed()
        edit.close()
        if edit.told:
            edit.connection.notify(CHANNEL, edit.record.id)
        return value, edit.told

    def listen(self, heard: Callable[[str], None]) -> Callable[[], None]:
        """Have `heard` called with the id of a session that changed, in any process; return what ends that."""
        return self._database.listen(lambda channel, payload: heard(payload) if channel == CHANNEL else None)

    async def delete(self, session_id: str, owner: str, check: Callable[[SessionEdit], None]) -> SessionRecord:
        """Forget a session once `check` has let it; one that forks share stays, unseen, until they are gone."""

        def remove(connection: Connection) -> SessionRecord:
            edit = SessionEdit(connection, session_id, owner)
            check(edit)
            edit.close()
            connection.execute("UPDATE sessions SET is_deleted = 1 WHERE number = ?", (edit.row.number,))
            sweep(connection)
            return edit.record

        return await self._database.write(remove)

    async def purge(self) -> list[str]:
        """Forget sessions that were not active for too long; return the ids of the environments forgotten with them."""
        oldest = now_s() - self._retention_s

        def remove(connection: Connection) -> list[str]:
            connection.execute("UPDATE sessions SET is_deleted = 1 WHERE used_at < ?", (oldest,))
            sweep(connection)
            connection.execute("DELETE FROM session_keys WHERE created_at < ?", (now_s() - 86_400,))
            rows = connection.execute("SELECT id, owner FROM environments WHERE used_at < ?", (oldest,)).fetchall()
            for environment_id, owner in rows:
                self.environments.remove(connection, environment_id, owner)
            return [row[0] for row in rows]

        return await self._database.write(remove)

    async def delete_artifact(self, session_id: str, owner: str, artifact_id: str) -> str | None:
        """Forget an artifact and return its digest; None when there is none."""

        def remove(connection: Connection) -> str | None:
            row = known(connection, session_id, owner)
            found = connection.execute(
                "DELETE FROM session_artifacts WHERE id = ? AND session = ? RETURNING digest", (artifact_id, row.number)
            ).fetchone()
            return found[0] if found else None

        return await self._database.write(remove)

    async def add_environment(self, environment: EnvironmentRecord) -> EnvironmentRecord:
        """Keep a new environment and hold the contents that it begins with; one that is there stays as it is."""

        def insert(connection: Connection) -> EnvironmentRecord:
            known = self.environments.select(connection, environment.id, environment.owner)
            if known is None:
                self.environments.insert(connection, environment)
            return known or environment

        return await self._database.write(insert)

    async def forget_environment(self, environment_id: str, owner: str) -> None:
        """Forget an environment and let go of its contents."""
        await self._database.write(lambda connection: self.environments.remove(connection, environment_id, owner))


def digest_of(value: Any) -> bytes:
    """Return what tells one value of an input from another."""
    return hashlib.blake2b(encode(value), digest_size=20).digest()


def check_fork(connection: Connection, parent: Row, at_item: int) -> bytes | None:
    """Return the plan as it was before an item. Raises `InvalidRequest` and `RunConflict` for a place without fork."""
    if not 0 <= at_item <= parent.num_items:
        raise InvalidRequest(f"There is no item number {at_item} to fork before.", param="at_item")
    chain = ancestry(connection, parent)
    page = page_of_items(connection, chain, Page(64), at_item, None, None)
    if any(item.status == "in_progress" for item in page):
        raise RunConflict("An item before that place is still in progress.", param="at_item")
    if at_item == parent.num_items:
        return parent.plan
    until = connection.execute(
        "SELECT MIN(place) FROM session_events WHERE session = ? AND item >= ?", (parent.number, at_item)
    ).fetchone()[0]
    rows = connection.execute(
        "SELECT event, value FROM session_events WHERE session = ? AND place < ? AND value IS NOT NULL"
        " ORDER BY place DESC",
        (parent.number, until or 0),
    ).fetchall()
    return next((bytes(value) for event, value in rows if is_plan(bytes(event))), None)
