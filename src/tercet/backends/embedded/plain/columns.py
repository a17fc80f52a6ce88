"""What a text lists, written as a table: the columns that an order names, a row for each thing of the text."""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.drafts.segments import rows_in
from tercet.backends.embedded.reading import described
from tercet.backends.embedded.relevance import stem
from tercet.backends.embedded.wording.words import identifier_stems

_COLUMNS = re.compile(
    r"\b(?:columns?|headers?|headings)\s*(?:named|called|are|being|for)?\s*:?\s*(?:the )?([^.;\n]{2,120})",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"\b(?:array|list) of (?:json )?objects\b[^.\n]{0,20}?"
    r"\b(?:(?:with )?(?:the )?(?:keys|fields|properties)|with)\b:?\s*([^.;\n]{2,120})",
    re.IGNORECASE,
)
_STOPS = re.compile(
    r",?\s*\b(?:one (?:row|line|object)|a row|each|no other|nothing|no header|without|for (?:each|every|the|this|all)"
    r"|from (?:the|this)|of (?:the|this)|and (?:one|no|a row)|in that order|only|taken)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_PARTS = re.compile(r"\s*(?:,|\band\b|/|\|)\s*(?:and\s+)?")
_NAME = re.compile(r"[\w %()€$-]{1,30}")
_MARKDOWN = re.compile(r"\b(?:markdown|md)\b|\btable\b", re.IGNORECASE)
_CSV, _TSV = re.compile(r"\bcsv\b", re.IGNORECASE), re.compile(r"\btsv\b|\btab-separated\b", re.IGNORECASE)
_NO_HEADER = re.compile(r"\b(?:no|without(?: a)?) header", re.IGNORECASE)
_COUNTED = frozenset(
    stem(word)
    for word in (
        "age quantity qty count number amount price cost points score year total votes weight height size length"
        " distance km minutes hours calories percent percentage rating temperature rank goals sum salary population"
    ).split()
)
"""Last words of the columns that have numbers."""
MAX_COLUMNS = 8


def tabled(told: str, text: str) -> str:
    """Return what a text lists as the table, the CSV or the JSON array that an order wants; empty where it wants none,
    or where the text has no two parts that are alike."""
    named = _KEYS.search(told)
    found = named or _COLUMNS.search(told)
    is_csv, is_tsv = _CSV.search(told), _TSV.search(told)
    if not found or not (named or is_csv or is_tsv or _MARKDOWN.search(told)):
        return ""
    columns = _columns(found[1])
    rows = _rows(columns, text) if columns else []
    if not rows:
        return ""
    if named:
        return json.dumps(rows, ensure_ascii=False)
    cells = [["" if row[column] is None else str(row[column]) for column in columns] for row in rows]
    lines = cells if _NO_HEADER.search(told) else [columns, *cells]
    if is_csv or is_tsv:
        written = io.StringIO()
        csv.writer(written, delimiter="\t" if is_tsv else ",", lineterminator="\n").writerows(lines)
        return written.getvalue().rstrip("\n")
    rule = [["---"] * len(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [columns, *rule, *cells])


def _columns(said: str) -> list[str]:
    """Return the names of columns as they are said."""
    parts = [part.strip(" \"'`“”()[]{}<>*") for part in _PARTS.split(_STOPS.sub("", said))]
    named = [part for part in parts if part]
    is_plain = all(_NAME.fullmatch(part) and len(part.split()) < 4 for part in named)
    return named if is_plain and 1 < len(named) <= MAX_COLUMNS else []


def _rows(columns: Sequence[str], text: str) -> list[dict[str, Any]]:
    """Return the things that a text lists, each with a value of every column, null where it has none."""
    fields = {column: {"type": "number" if _is_counted(column) else "string"} for column in columns}
    row = {"type": "object", "properties": fields, "required": list(fields)}
    schema = {"type": "object", "properties": {"rows": {"type": "array", "items": row}}, "required": ["rows"]}
    found = rows_in(text, parameters(described("table", schema)))
    return [{column: each[column].value if column in each else None for column in columns} for each in found]


def _is_counted(column: str) -> bool:
    stems = identifier_stems(column.replace(" ", "_"))
    return bool(stems) and (stems[-1] in _COUNTED or "%" in column)
