"""Rows of a session, page by page, across it and those that it shares items with."""

from collections.abc import Sequence
from typing import Any

from tercet.errors import NotFound
from tercet.sessions.turns import SessionItem
from tercet.store.database import Connection
from tercet.store.filing import Page
from tercet.store.sessions_rows import (
    Row,
    decode_item,
    row_of,
)


def known(connection: Connection, session_id: str, owner: str | None) -> Row:
    row = row_of(connection, session_id, owner)
    if row is None:
        raise NotFound(f"There is no session {session_id!r}.", param="session_id")
    return row


def place_of(connection: Connection, table: str, key: str, value: object, entry_id: str | None) -> int | None:
    if entry_id is None:
        return None
    statement = f"SELECT number FROM {table} WHERE id = ? AND {key} = ?"  # noqa: S608  # names from our own code
    row = connection.execute(statement, (entry_id, value)).fetchone()
    if row is None:
        raise NotFound(f"There is no entry {entry_id!r} to list from.", param="after")
    return int(row[0])


def rows_page(
    connection: Connection,
    table: str,
    columns: str,
    owner: object,
    page: Page,
    where: str = "TRUE",
    values: Sequence[object] = (),
    key: str = "session",
) -> list[Any]:
    begin = place_of(connection, table, key, owner, page.after)
    sign, order = (">", "ASC") if page.is_ascending else ("<", "DESC")
    after = "" if begin is None else f" AND number {sign} {begin}"
    statement = (
        f"SELECT {columns} FROM {table} WHERE {key} = ? AND {where}{after}"  # noqa: S608  # names from our own code
        f" ORDER BY number {order} LIMIT ?"
    )
    return connection.execute(statement, (owner, *values, page.limit)).fetchall()


def item_place(connection: Connection, chain: Sequence[tuple[int, int | None]], item_id: str | None) -> int | None:
    if item_id is None:
        return None
    for number, limit in chain:
        row = connection.execute(
            "SELECT place FROM session_items WHERE id = ? AND session = ?", (item_id, number)
        ).fetchone()
        if row is not None and (limit is None or row[0] < limit):
            return int(row[0])
    raise NotFound(f"There is no item {item_id!r} to list from.", param="after")


def page_of_items(
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
