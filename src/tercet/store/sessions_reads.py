"""What is read of sessions: their records, items, turns, events and all else that they hold."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tercet.items import Message
from tercet.sessions.events import Numbered
from tercet.sessions.plan import Plan
from tercet.sessions.snapshots import KeptEntry
from tercet.sessions.turns import Artifact, SessionItem, SessionRecord, SubagentRecord, TurnRecord
from tercet.store.database import NO_LIMIT, Connection, Database
from tercet.store.filing import Page
from tercet.store.sessions_edit import approvals_of
from tercet.store.sessions_edit_items import ROOT
from tercet.store.sessions_pages import item_place, known, page_of_items, place_of, rows_page
from tercet.store.sessions_rows import (
    COLUMNS,
    Row,
    ancestry,
    decode_turn,
    event_of,
    items_of,
    read_plan,
    record_of,
    row_of,
)
from tercet.store.sessions_snapshots import depth_of, latest_tree, read_tree

EVENTS_AT_ONCE = 500


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


class SessionReads:
    """Sessions as they are read, by id and owner. Without an owner, whoever has them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, session_id: str, owner: str | None = None) -> SessionRecord | None:
        """Return the session, or None when there is none or another owner has it."""

        def select(connection: Connection) -> SessionRecord | None:
            row = row_of(connection, session_id, owner)
            return record_of(connection, row) if row else None

        return await self._database.read(select)

    async def history(self, session_id: str, thread: str = ROOT) -> History:
        """Return a thread as an agent goes on with it: the last summary, and the items behind it."""

        def select(connection: Connection) -> History:
            row = known(connection, session_id, None)
            summary = _summary(connection, row, thread)
            items = items_of(connection, row, thread, after=summary.place - 1 if summary else -1)
            return History(record_of(connection, row), items, read_plan(connection, row.plan), summary, row.num_signals)

        return await self._database.read(select)

    async def items(
        self, session_id: str, owner: str, page: Page, thread: str | None = ROOT, turn_id: str | None = None
    ) -> list[SessionItem]:
        """Return a page of items. Raises `NotFound` for an unknown session or `page.after`."""

        def select(connection: Connection) -> list[SessionItem]:
            row = known(connection, session_id, owner)
            chain = ancestry(connection, row)
            begin = item_place(connection, chain, page.after)
            return page_of_items(connection, chain, page, begin, thread, turn_id)

        return await self._database.read(select)

    async def turns(self, session_id: str, owner: str, page: Page, thread: str | None = None) -> list[TurnRecord]:
        """Return a page of turns; `thread` narrows it to those of the root or of one subagent."""
        where, values = ("TRUE", []) if thread is None else ("thread = ?", [thread])

        def select(connection: Connection) -> list[TurnRecord]:
            row = known(connection, session_id, owner)
            found = rows_page(connection, "session_turns", "record", row.number, page, where, values)
            return [decode_turn(each[0]) for each in found]

        return await self._database.read(select)

    async def approvals(self, session_id: str, turn_id: str) -> list[tuple[str, str, str, bytes, int]]:
        """Return (request id, call id, status, digest, expiry) of a turn's requests for approval, oldest first."""

        def select(connection: Connection) -> list[tuple[str, str, str, bytes, int]]:
            row = known(connection, session_id, None)
            return approvals_of(connection, row.number, turn_id)

        return await self._database.read(select)

    async def turn(self, session_id: str, owner: str | None, turn_id: str) -> TurnRecord | None:
        """Return a turn of the session."""

        def select(connection: Connection) -> TurnRecord | None:
            row = known(connection, session_id, owner)
            found = connection.execute(
                "SELECT record FROM session_turns WHERE id = ? AND session = ?", (turn_id, row.number)
            ).fetchone()
            return decode_turn(found[0]) if found else None

        return await self._database.read(select)

    async def subagents(self, session_id: str, owner: str | None, page: Page | None = None) -> list[SubagentRecord]:
        """Return the session's subagents; all of them, oldest first, without a page."""
        page = page or Page(NO_LIMIT, is_ascending=True)

        def select(connection: Connection) -> list[SubagentRecord]:
            row = known(connection, session_id, owner)
            found = rows_page(connection, "session_subagents", "record", row.number, page)
            return [msgspec.msgpack.decode(each[0], type=SubagentRecord) for each in found]

        return await self._database.read(select)

    async def artifacts(
        self, session_id: str, owner: str, page: Page, environment_id: str | None = None
    ) -> list[Artifact]:
        """Return a page of artifacts."""
        columns = "id, turn_id, environment_id, created_at, path, size, digest"
        where, values = ("TRUE", []) if environment_id is None else ("environment_id = ?", [environment_id])

        def select(connection: Connection) -> list[Artifact]:
            row = known(connection, session_id, owner)
            found = rows_page(connection, "session_artifacts", columns, row.number, page, where, values)
            return [Artifact(each[0], session_id, *each[1:]) for each in found]

        return await self._database.read(select)

    async def plan(self, session_id: str, owner: str | None) -> Plan:
        """Return the plan as it stands. Raises `NotFound`."""
        return await self._database.read(
            lambda connection: read_plan(connection, known(connection, session_id, owner).plan)
        )

    async def events(
        self, session_id: str, owner: str | None, after: int = 0, limit: int = EVENTS_AT_ONCE
    ) -> list[Numbered]:
        """Return kept events numbered above `after`, in order. Raises `NotFound`."""

        def select(connection: Connection) -> list[Numbered]:
            row = known(connection, session_id, owner)
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
        return await self._database.read(lambda connection: known(connection, session_id, owner).num_events)

    async def tree(self, address: bytes) -> dict[str, KeptEntry]:
        """Return a kept workspace's entries by path."""
        return await self._database.read(lambda connection: read_tree(connection, address))

    async def latest_snapshot(self, session_id: str) -> tuple[bytes | None, int, int]:
        """Return the address and depth of the last kept workspace, and the bytes that the session's own hold."""

        def select(connection: Connection) -> tuple[bytes | None, int, int]:
            tree, size = latest_tree(connection, ancestry(connection, known(connection, session_id, None)))
            return tree, 0 if tree is None else depth_of(connection, tree), size

        return await self._database.read(select)

    async def list(
        self, owner: str, page: Page, agent_id: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> list[SessionRecord]:
        """Return the owner's sessions. Raises `NotFound` when `page.after` is not one of them."""
        wanted = dict(metadata or {})

        def select(connection: Connection) -> list[SessionRecord]:
            begin = place_of(connection, "sessions", "owner", owner, page.after)
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


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
