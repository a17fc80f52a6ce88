"""What tools returned and were called with, taken apart: each value with what it is called and the row it stands in.

It knows nothing of the parameters that are to be filled.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.rows import Described
from tercet.backends.embedded.spoken import Known, Spoken
from tercet.backends.embedded.wording.words import UNITS, identifier_stems, stems_of

MAX_LEAVES = 240
"""Values that are looked at, the latest first."""
MAX_TEXT = 400
"""Characters of a text that can be an argument."""
MAX_ASKED = 4
"""Values that a question asks for by name."""
_WISHES = re.compile(
    r"\b(?:(?:can|could|would|will) you|please|i(?:'d| would) (?:like|rather)|i (?:want|need)|let's|book|cancel|send|"
    r"make sure)\b",
    re.IGNORECASE,
)
"""What asks for something to be done."""
_UNIT = ("unit",)
_LINE = re.compile(r"^[\s|*#-]*([A-Za-z][\w ()/-]{0,40}?)\s*[:=|]\s*([^|\n]{1,120}?)\s*\|?\s*$", re.MULTILINE)
_CELLS = re.compile(r"\s*\|\s*|\t|\s{2,}|(?<=\w),(?=\S)")
"""What stands between the cells of a table."""


class Leaf(NamedTuple):
    """One value, what it is called, and where it comes from."""

    value: Any
    """A text, a number, or a list of those."""
    path: tuple[str, ...]
    """Stems of the tool's name and of the names that lead to the value, its own last."""
    key: tuple[str, ...]
    """Stems of its own name."""
    standing: float = 0.0
    """Whether its row is the one that the request describes: 1, -1 where another is, 0 where none is."""
    is_alone: bool = True
    """Whether it stands in no row of several."""
    is_argument: bool = False
    """Whether a tool was called with it, and did not return it."""
    is_latest: bool = False
    """Whether the last result has it."""
    is_said: bool = False
    """Whether the request has its words."""
    is_named: bool = False
    """Whether the request has the words that it is called by."""
    name: str = ""
    """Its own name as it is written."""


def leaves(said: Spoken) -> list[Leaf]:
    """Return what is known from calls and results: each value under a name once, where it was met last."""
    found: dict[tuple[str, tuple[str, ...]], Leaf] = {}
    for leaf in every_leaf(said):
        found.pop((str(leaf.value), leaf.key), None)
        found[str(leaf.value), leaf.key] = leaf
    return list(found.values())[-MAX_LEAVES:]


def every_leaf(said: Spoken) -> Iterator[Leaf]:
    """Yield what is known from calls and results, in order, a value as often as it stands there."""
    described = Described(said.text)
    for place, known in enumerate(said.known):
        is_latest = place == len(said.known) - 1
        reader = _Reader(described, Leaf(None, (), (), is_argument=known.is_call, is_latest=is_latest))
        path = identifier_stems(known.name)
        yield from islice(reader.read(_decoded(known), path, (), reader.plain), MAX_LEAVES)


def asks(text: str) -> bool:
    """Say whether a request asks something, and does not ask for something to be done."""
    return "?" in text and not _WISHES.search(text)


def asked_leaves(said: Spoken, known: Sequence[Leaf]) -> list[Leaf]:
    """Return what of the results, `known` with all else, a request asks for by name: the carrier, of `Which carrier has
    it?`."""
    stems = Described(said.text).stems
    found = [
        leaf
        for leaf in known
        if leaf.standing >= 0 and not (leaf.is_argument or leaf.is_said or isinstance(leaf.value, list))
        if leaf.key and stems.issuperset(leaf.key)
    ]
    is_clear = all(leaf.is_alone or leaf.standing > 0 for leaf in found)
    return found if is_clear and len(found) <= MAX_ASKED else []


def _decoded(known: Known) -> Any:
    """Return a result as it is meant: JSON, or lines of labels and values, or a text."""
    try:
        return json.loads(known.text)
    except (ValueError, RecursionError):
        return _table(known.text) or _labelled(known.text) or known.text


def _written(text: str) -> Any:
    """Return what a text of a result holds, such as a file that was read: JSON, a table, or lines of labels and values;
    None where it is only a text."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    return (_table(text) or _labelled(text) or None) if "\n" in text else None


def _is_keyed(value: Mapping[str, Any]) -> bool:
    """Say whether an object is a list of rows, each under what it is called: records of one form, or values under
    codes."""
    if len(value) < 2 or len({type(inner) for inner in value.values()}) > 1:
        return False
    if all(isinstance(inner, dict) for inner in value.values()):
        return len({frozenset(inner) for inner in value.values()}) == 1
    return all(any(map(str.isdigit, name)) for name in value)


def _labelled(text: str) -> dict[str, str]:
    """Return the values of lines that begin with what they are called."""
    return {match[1]: match[2] for match in _LINE.finditer(text)}


def _table(text: str) -> list[dict[str, str]]:
    """Return the rows of a table in a text, whose columns are kept apart by marks or wide gaps; none if it is none."""
    lines = (line.strip() for line in text.splitlines())
    cells = [_CELLS.split(line.strip("|")) for line in lines if any(map(str.isalnum, line))]
    cells = [[cell.strip() for cell in row] for row in cells if len(row) > 1]
    if len(cells) < 2 or len(cells[0]) < 2 or not all(any(map(str.isalpha, name)) for name in cells[0]):
        return []
    rows = [row for row in cells[1:] if len(row) == len(cells[0])]
    return [dict(zip(cells[0], row, strict=True)) for row in rows] if len(rows) * 2 > len(cells) else []


class _Reader:
    """Takes one result apart, of which every leaf is like `plain` but for its own."""

    def __init__(self, described: Described, plain: Leaf) -> None:
        self._described, self.plain = described, plain

    def read(self, value: Any, path: tuple[str, ...], key: tuple[str, ...], like: Leaf) -> Iterator[Leaf]:
        match value:
            case dict():
                entries = [{"": name, "of": inner} for name, inner in value.items()]
                of_rows = self._rows(entries, like) if _is_keyed(value) else [like] * len(entries)
                for (name, inner), row in zip(value.items(), of_rows, strict=True):
                    own = identifier_stems(str(name))
                    yield from self.read(inner, path + own, own, row._replace(name=str(name)))
            case list():
                is_plain = bool(value) and not any(isinstance(entry, dict | list) for entry in value)
                if is_plain:
                    yield self._made(value, path, key, like)
                rows = [like] * len(value) if is_plain and not like.is_alone else self._rows(value, like)
                for entry, row in zip(value, rows, strict=True):
                    yield from self.read(entry, path, key, row)
            case bool() | None | "":
                return
            case str() if (inside := _written(value)) is not None:
                yield from self.read(inside, path, key, like)
            case str() if len(value) > MAX_TEXT:
                return
            case _:
                yield self._made(value, path, key, like)
                if (unit := like.name.rpartition("_")[2]) in UNITS and unit != like.name:
                    named = self._made(unit, (*path[:-1], *_UNIT), (*key[:-1], *_UNIT), like)
                    yield named._replace(name=f"{like.name.removesuffix(unit)}unit")

    def _rows(self, value: Sequence[Any], like: Leaf) -> list[Leaf]:
        """Return what the leaves of each row are like."""
        if len(value) < 2:
            return [like] * len(value)
        return [like._replace(standing=standing, is_alone=False) for standing in self._described.standings(value)]

    def _made(self, value: Any, path: tuple[str, ...], key: tuple[str, ...], like: Leaf) -> Leaf:
        own = frozenset(stems_of(str(value)))
        is_said = bool(own) and own <= self._described.stems
        is_named = not self._described.stems.isdisjoint(key)
        return like._replace(value=value, path=path, key=key, is_said=is_said, is_named=is_named)
