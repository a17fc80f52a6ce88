"""Sessions in the database: created, read and listed; changed through `SessionEdit` inside one transaction each."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RunConflict
from tercet.items import Message
from tercet.sessions.environments import EnvironmentRecord
from tercet.sessions.events import Numbered, SessionChanged
from tercet.sessions.plan import Plan
from tercet.sessions.snapshots import KeptEntry
from tercet.sessions.turns import Artifact, SessionItem, SessionRecord, SubagentRecord, TurnRecord
from tercet.store.base import Lease
from tercet.store.database import NO_LIMIT, Connection, Database
from tercet.store.filing import Page
from tercet.store.journal import hold_run
from tercet.store.secrets import Cipher
from tercet.store.sessions_edit import ROOT, SessionEdit, approvals_of
from tercet.store.sessions_environments import Environments
from tercet.store.sessions_rows import (
    COLUMNS,
    Row,
    ancestry,
    decode_item,
    decode_turn,
    encode,
    event_of,
    is_plan,
    items_of,
    keep_value,
    read_plan,
    record_of,
    row_of,
    state_of,
)
from tercet.store.sessions_snapshots import depth_of, latest_tree, read_tree, tree_at
from tercet.store.sessions_sweep import sweep

T = TypeVar("T")
EVENTS_AT_ONCE = 500
CHANNEL = "sessions"
_LISTED_AT_ONCE = 200


class Summary(msgspec.Struct, frozen=True):
    """What stands for the items of a thread before `place`."""

    place: int
    text: str
    num_replaced: int = 0
    kept: tuple[Message, ...] = ()
    """The user's latest words, as they were."""


class History(msgspec.Struct, frozen=True):
    """A thread as an agent goes on with it."""

    record: SessionRecord
    items: list[SessionItem]
    plan: Plan
    summary: Summary | None
    num_signals: int


class SessionStore:
    """Sessions by id and owner. Every write is one transaction; what it told is returned, to be published."""

    def __init__(self, database: Database, cipher: Cipher, *, retention_days: float = 30.0) -> None:
        """Forget sessions that were not active for `retention_days`; environments are sealed with `cipher`."""
        self._database = database
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
            plan = _check_fork(connection, parent, record.forked_from[1])
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
            if lease is not None:
                hold_run(connection, lease)
            edit = SessionEdit(connection, session_id, owner)
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

    async def get(self, session_id: str, owner: str | None = None) -> SessionRecord | None:
        """Return the session, or None when there is none or another owner has it."""

        def select(connection: Connection) -> SessionRecord | None:
            row = row_of(connection, session_id, owner)
            return record_of(connection, row) if row else None

        return await self._database.read(select)

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

    # ---------------------------------------------------------------- what a session holds

    async def history(self, session_id: str, thread: str = ROOT) -> History:
        """Return a thread as an agent goes on with it: the last summary, and the items behind it."""

        def select(connection: Connection) -> History:
            row = _known(connection, session_id, None)
            summary = _summary(connection, row, thread)
            items = items_of(connection, row, thread, after=summary.place - 1 if summary else -1)
            return History(record_of(connection, row), items, read_plan(connection, row.plan), summary, row.num_signals)

        return await self._database.read(select)

    async def items(
        self, session_id: str, owner: str, page: Page, thread: str | None = ROOT, turn_id: str | None = None
    ) -> list[SessionItem]:
        """Return a page of items. Raises `NotFound` for an unknown session or `page.after`."""

        def select(connection: Connection) -> list[SessionItem]:
            row = _known(connection, session_id, owner)
            chain = ancestry(connection, row)
            begin = _item_place(connection, chain, page.after)
            return _page_of_items(connection, chain, page, begin, thread, turn_id)

        return await self._database.read(select)

    async def turns(self, session_id: str, owner: str, page: Page, thread: str | None = None) -> list[TurnRecord]:
        """Return a page of turns; `thread` narrows it to those of the root or of one subagent."""
        where, values = ("TRUE", []) if thread is None else ("thread = ?", [thread])

        def select(connection: Connection) -> list[TurnRecord]:
            row = _known(connection, session_id, owner)
            found = _page(connection, "session_turns", "record", row.number, page, where, values)
            return [decode_turn(each[0]) for each in found]

        return await self._database.read(select)

    async def approvals(self, session_id: str, turn_id: str) -> list[tuple[str, str, str, bytes, int]]:
        """Return (request id, call id, status, digest, expiry) of a turn's requests for approval, oldest first."""

        def select(connection: Connection) -> list[tuple[str, str, str, bytes, int]]:
            row = _known(connection, session_id, None)
            return approvals_of(connection, row.number, turn_id)

        return await self._database.read(select)

    async def turn(self, session_id: str, owner: str | None, turn_id: str) -> TurnRecord | None:
        """Return a turn of the session."""

        def select(connection: Connection) -> TurnRecord | None:
            row = _known(connection, session_id, owner)
            found = connection.execute(
                "SELECT record FROM session_turns WHERE id = ? AND session = ?", (turn_id, row.number)
            ).fetchone()
            return decode_turn(found[0]) if found else None

        return await self._database.read(select)

    async def subagents(self, session_id: str, owner: str | None, page: Page | None = None) -> list[SubagentRecord]:
        """Return the session's subagents; all of them, oldest first, without a page."""
        page = page or Page(NO_LIMIT, is_ascending=True)

        def select(connection: Connection) -> list[SubagentRecord]:
            row = _known(connection, session_id, owner)
            found = _page(connection, "session_subagents", "record", row.number, page)
            return [msgspec.msgpack.decode(each[0], type=SubagentRecord) for each in found]

        return await self._database.read(select)

    async def artifacts(
        self, session_id: str, owner: str, page: Page, environment_id: str | None = None
    ) -> list[Artifact]:
        """Return a page of artifacts."""
        columns = "id, turn_id, environment_id, created_at, path, size, digest"
        where, values = ("TRUE", []) if environment_id is None else ("environment_id = ?", [environment_id])

        def select(connection: Connection) -> list[Artifact]:
            row = _known(connection, session_id, owner)
            found = _page(connection, "session_artifacts", columns, row.number, page, where, values)
            return [Artifact(each[0], session_id, *each[1:]) for each in found]

        return await self._database.read(select)

    async def delete_artifact(self, session_id: str, owner: str, artifact_id: str) -> str | None:
        """Forget an artifact and return its digest; None when there is none."""

        def remove(connection: Connection) -> str | None:
            row = _known(connection, session_id, owner)
            found = connection.execute(
                "DELETE FROM session_artifacts WHERE id = ? AND session = ? RETURNING digest", (artifact_id, row.number)
            ).fetchone()
            return found[0] if found else None

        return await self._database.write(remove)

    async def plan(self, session_id: str, owner: str | None) -> Plan:
        """Return the plan as it stands. Raises `NotFound`."""
        return await self._database.read(
            lambda connection: read_plan(connection, _known(connection, session_id, owner).plan)
        )

    async def events(
        self, session_id: str, owner: str | None, after: int = 0, limit: int = EVENTS_AT_ONCE
    ) -> list[Numbered]:
        """Return kept events numbered above `after`, in order. Raises `NotFound`."""

        def select(connection: Connection) -> list[Numbered]:
            row = _known(connection, session_id, owner)
            found = connection.execute(
                "SELECT e.place, e.event, i.item, v.payload FROM session_events e"
                " LEFT JOIN session_items i ON i.session = e.session AND i.place = e.item"
                " LEFT JOIN session_values v ON v.hash = e.value"
                " WHERE e.session = ? AND e.place > ? ORDER BY e.place LIMIT ?",
                (row.number, after, limit),
            ).fetchall()
            return [
                Numbered(place, event_of(bytes(event), _bytes(item), _bytes(value)))
                for place, event, item, value in found
            ]

        return await self._database.read(select)

    async def num_events(self, session_id: str, owner: str | None) -> int:
        """Return how many events were kept so far. Raises `NotFound`."""
        return await self._database.read(lambda connection: _known(connection, session_id, owner).num_events)

    # ---------------------------------------------------------------- environments and workspaces

    async def tree(self, address: bytes) -> dict[str, KeptEntry]:
        """Return a kept workspace's entries by path."""
        return await self._database.read(lambda connection: read_tree(connection, address))

    async def latest_snapshot(self, session_id: str) -> tuple[bytes | None, int, int]:
        """Return the address and depth of the last kept workspace, and the bytes that the session's own hold."""

        def select(connection: Connection) -> tuple[bytes | None, int, int]:
            tree, size = latest_tree(connection, ancestry(connection, _known(connection, session_id, None)))
            return tree, 0 if tree is None else depth_of(connection, tree), size

        return await self._database.read(select)

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

    async def list(
        self, owner: str, page: Page, agent_id: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> list[SessionRecord]:
        """Return the owner's sessions. Raises `NotFound` when `page.after` is not one of them."""
        wanted = dict(metadata or {})

        def select(connection: Connection) -> list[SessionRecord]:
            begin = _place(connection, "sessions", "owner", owner, page.after)
            sign, order = (">", "ASC") if page.is_ascending else ("<", "DESC")
            found: list[SessionRecord] = []
            while len(found) < page.limit:
                clauses, values = ["owner = ?", "is_deleted = 0"], [owner]
                if begin is not None:
                    clauses.append(f"number {sign} {int(begin)}")
                if agent_id is not None:
                    clauses.append("agent_id = ?")
                    values.append(agent_id)
                statement = (
                    f"SELECT {COLUMNS} FROM sessions WHERE {' AND '.join(clauses)}"  # noqa: S608  # own names
                    f" ORDER BY number {order} LIMIT {_LISTED_AT_ONCE if wanted else page.limit}"
                )
                rows = [Row(*row) for row in connection.execute(statement, values).fetchall()]
                for row in rows:
                    record = record_of(connection, row)
                    if wanted.items() <= record.metadata.items() and len(found) < page.limit:
                        found.append(record)
                if len(rows) < (_LISTED_AT_ONCE if wanted else page.limit):
                    break
                begin = rows[-1].number
            return found

        return await self._database.read(select)


def digest_of(value: Any) -> bytes:
    """Return what tells one value of an input from another."""
    return hashlib.blake2b(encode(value), digest_size=20).digest()


def _known(connection: Connection, session_id: str, owner: str | None) -> Row:
    row = row_of(connection, session_id, owner)
    if row is None:
        raise NotFound(f"There is no session {session_id!r}.", param="session_id")
    return row


def _check_fork(connection: Connection, parent: Row, at_item: int) -> bytes | None:
    """Return the plan as it was before an item. Raises `InvalidRequest` and `RunConflict` for a place without fork."""
    if not 0 <= at_item <= parent.num_items:
        raise InvalidRequest(f"There is no item number {at_item} to fork before.", param="at_item")
    chain = ancestry(connection, parent)
    page = _page_of_items(connection, chain, Page(64), at_item, None, None)
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


def _summary(connection: Connection, row: Row, thread: str) -> Summary | None:
    """Return the last summary of a thread that this session has or shares."""
    for number, limit in reversed(ancestry(connection, row)):
        found = connection.execute(
            "SELECT summary FROM session_summaries WHERE session = ? AND thread = ? AND place <= ?"
            " ORDER BY place DESC, number DESC LIMIT 1",
            (number, thread, NO_LIMIT if limit is None else limit),
        ).fetchone()
        if found:
            return msgspec.msgpack.decode(found[0], type=Summary)
    return None


def _place(connection: Connection, table: str, key: str, value: object, entry_id: str | None) -> int | None:
    if entry_id is None:
        return None
    statement = f"SELECT number FROM {table} WHERE id = ? AND {key} = ?"  # noqa: S608  # names from our own code
    row = connection.execute(statement, (entry_id, value)).fetchone()
    if row is None:
        raise NotFound(f"There is no entry {entry_id!r} to list from.", param="after")
    return int(row[0])


def _page(
    connection: Connection,
    table: str,
    columns: str,
    owner: object,
    page: Page,
    where: str = "TRUE",
    values: Sequence[object] = (),
    key: str = "session",
) -> list[Any]:
    begin = _place(connection, table, key, owner, page.after)
    sign, order = (">", "ASC") if page.is_ascending else ("<", "DESC")
    after = "" if begin is None else f" AND number {sign} {begin}"
    statement = (
        f"SELECT {columns} FROM {table} WHERE {key} = ? AND {where}{after}"  # noqa: S608  # names from our own code
        f" ORDER BY number {order} LIMIT ?"
    )
    return connection.execute(statement, (owner, *values, page.limit)).fetchall()


def _item_place(connection: Connection, chain: Sequence[tuple[int, int | None]], item_id: str | None) -> int | None:
    if item_id is None:
        return None
    for number, limit in chain:
        row = connection.execute(
            "SELECT place FROM session_items WHERE id = ? AND session = ?", (item_id, number)
        ).fetchone()
        if row is not None and (limit is None or row[0] < limit):
            return int(row[0])
    raise NotFound(f"There is no item {item_id!r} to list from.", param="after")


def _page_of_items(
    connection: Connection,
    chain: Sequence[tuple[int, int | None]],
    page: Page,
    begin: int | None,
    thread: str | None,
    turn_id: str | None,
) -> list[SessionItem]:
    """Return a page across a session and those that it shares items with."""
    sign, order = (">", "ASC") if page.is_ascending else ("<", "DESC")
    items: list[SessionItem] = []
    for number, limit in chain if page.is_ascending else reversed(chain):
        clauses, values = ["session = ?"], [number]
        if limit is not None:
            clauses.append(f"place < {int(limit)}")
        if begin is not None:
            clauses.append(f"place {sign} {begin}")
        for name, value in (("thread", thread), ("turn_id", turn_id)):
            if value is not None:
                clauses.append(f"{name} = ?")
                values.append(value)  # type: ignore[arg-type]
        statement = (
            f"SELECT item FROM session_items WHERE {' AND '.join(clauses)}"  # noqa: S608  # names from our own code
            f" ORDER BY place {order} LIMIT {page.limit - len(items)}"
        )
        items += [decode_item(row[0]) for row in connection.execute(statement, values).fetchall()]
        if len(items) >= page.limit:
            break
    return items


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
