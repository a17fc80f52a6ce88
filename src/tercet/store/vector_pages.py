"""Reading lists of vector stores and files in pages, in both directions, and counting files by state."""

from collections.abc import Sequence
from typing import Any

from tercet.errors import NotFound
from tercet.store.database import Connection
from tercet.store.filing import Page
from tercet.store.vector_base import Counts

COUNTS = "SELECT status, COUNT(*), CAST(SUM(usage_bytes) AS BIGINT) FROM vector_files"


def page_of(
    connection: Connection,
    table: str,
    columns: str,
    where: str,
    values: Sequence[object],
    page: Page,
    *,
    is_before: bool,
) -> list[tuple[Any, ...]]:
    """Return a page of the rows that satisfy `where`, those before `page.after` if `is_before`.

    Raises `NotFound` when `page.after` names none of them.
    """
    begin = None
    if page.after is not None:
        statement = f"SELECT number FROM {table} WHERE id = ? AND {where}"  # noqa: S608  # names from our own code
        row = connection.execute(statement, (page.after, *values)).fetchone()
        if row is None:
            param = "before" if is_before else "after"
            raise NotFound(f"There is no entry {page.after!r} to list from.", param=param)
        begin = row[0]
    is_upward = page.is_ascending != is_before
    clause = "" if begin is None else f" AND number {'>' if is_upward else '<'} ?"
    rows = connection.execute(
        f"SELECT {columns} FROM {table} WHERE {where}{clause}"  # noqa: S608  # likewise
        f" ORDER BY number {'ASC' if is_upward else 'DESC'} LIMIT ?",
        (*values, *(() if begin is None else (begin,)), page.limit),
    ).fetchall()
    return rows[::-1] if is_before else rows


def counts_by_store(connection: Connection, store_ids: Sequence[str]) -> dict[str, Counts]:
    """Return the counts of the files of each store that has any."""
    if not store_ids:
        return {}
    places = ", ".join("?" * len(store_ids))
    rows = connection.execute(
        "SELECT store_id, status, COUNT(*), CAST(SUM(usage_bytes) AS BIGINT) FROM vector_files"  # noqa: S608  # marks
        f" WHERE store_id IN ({places}) GROUP BY store_id, status",
        tuple(store_ids),
    ).fetchall()
    return {
        store_id: counts_of([row[1:] for row in rows if row[0] == store_id]) for store_id in {row[0] for row in rows}
    }


def counts_of(rows: Sequence[tuple[Any, ...]]) -> Counts:
    """Return the counts that rows of status, number and bytes stand for."""
    numbers = {status: number for status, number, _ in rows}
    return Counts(**numbers, usage_bytes=int(sum(size for _, _, size in rows)))
