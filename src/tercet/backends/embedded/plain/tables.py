"""A table in a text: rows that marks part into cells, below a row of names; and the cell that a question means."""

import re
from collections.abc import Sequence

from tercet.backends.embedded.wording.words import stems_of

_MARKS = ("|", "\t", ";", ",")
_RULE = re.compile(r"^[\s|:+=-]+$")
MIN_ROWS = 2
"""Rows of a table below its names."""


def table(text: str) -> list[list[str]]:
    """Return the rows of the first table of a text, that of its names first; nothing of a text without one."""
    lines = [line.strip() for line in text.splitlines()]
    for mark in _MARKS:
        rows = [
            [cell.strip(" *_`") for cell in line.strip("|").split(mark)]
            for line in lines
            if mark in line and not _RULE.match(line)
        ]
        widths = {len(row) for row in rows}
        if (
            len(rows) > MIN_ROWS
            and len(widths) == 1
            and min(widths) > 1
            and len(rows) >= len([line for line in lines if line]) // 2
        ):
            if any(any(map(str.isdigit, cell)) for cell in rows[0]) or max(len(cell.split()) for cell in rows[0]) > 4:
                return []
            return rows
    return []


def cell(question: str, rows: Sequence[Sequence[str]]) -> str:
    """Return the cell in the row and the column that have most of a question's words; empty where none has any."""
    asked = frozenset(stems_of(question))
    names, body = rows[0], rows[1:]
    shared = [_share(asked, " ".join(row)) for row in body]
    best = max(range(len(body)), key=shared.__getitem__)
    if not shared[best]:
        return ""
    of_columns = [_share(asked, name) for name in names]
    in_row = [_share(asked, value) for value in body[best]]
    columns = [place for place in range(len(names)) if not in_row[place]]
    if not columns:
        return ""
    column = max(columns, key=lambda place: of_columns[place])
    if not of_columns[column] and len(columns) > 1:
        return ""
    return body[best][column]


def _share(asked: frozenset[str], text: str) -> float:
    stems = frozenset(stems_of(text))
    return len(asked & stems) + len(asked & stems) / (len(stems) or 1)
