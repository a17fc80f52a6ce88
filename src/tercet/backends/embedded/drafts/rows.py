"""Which of several rows that a tool returned a request describes: by words of it, by its place, as the cheapest.

It knows nothing of parameters.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from tercet.backends.embedded.wording.words import identifier_stems, stems_of
from tercet.numerals import numbers_in

MAX_ROW_WORDS = 80
_ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "last": -1,
}  # fmt: skip
_ORDINAL = re.compile(rf"\bthe ({'|'.join(_ORDINALS)})(?: (?:one|of|result|entry|option|item|row|in)\b|[,.?!]|$)")
_MONEY = "price cost fare amount rate total fee value"
_RATING = "rating score stars review points"
_WHEN = "date time departure depart arrival start created updated modified year at on opened timestamp"
_LENGTH = "duration time minutes hours length latency"
_SIZE = "size weight population area bytes mb gb count quantity"
_EXTREMES: tuple[tuple[re.Pattern[str], frozenset[str], Callable[..., Any]], ...] = tuple(
    (
        re.compile(rf"\b(?:{said})\b"),
        frozenset(stem for name in fields.split() for stem in identifier_stems(name)),
        choose,
    )
    for said, fields, choose in (
        ("cheapest|least expensive|lowest[- ]priced?|lowest (?:price|cost|fare)", _MONEY, min),
        ("most expensive|priciest|dearest|highest price", _MONEY, max),
        ("best|(?:best|top|highest)[- ]rated", _RATING, max),
        ("worst|lowest[- ]rated", _RATING, min),
        ("nearest|closest", "distance km miles meters minutes", min),
        ("earliest|oldest|soonest", _WHEN, min),
        ("latest|newest|most recent|last|youngest", _WHEN, max),
        ("shortest|quickest|fastest", _LENGTH, min),
        ("longest|slowest", _LENGTH, max),
        ("coldest|coolest", "temperature temp", min),
        ("hottest|warmest", "temperature temp", max),
        ("biggest|largest|heaviest", f"{_SIZE} value amount total", max),
        ("smallest|lightest", f"{_SIZE} value amount total", min),
    )
)
"""What asks for an extreme of some fields, stems of what those are called, and which extreme."""
_MOST_AND_LEAST = (
    (re.compile(r"\b(?:highest|most|greatest|largest|maximum|max|top|biggest)\b"), max),
    (re.compile(r"\b(?:lowest|least|smallest|fewest|minimum|min)\b"), min),
)
"""What asks for an extreme of a field that is named beside it."""
_QUALIFIERS: tuple[tuple[re.Pattern[str], frozenset[str], Callable[[Any], bool]], ...] = (
    (re.compile(r"\b(?:direct|non-?stop)\b"), frozenset(identifier_stems("stops transfers changes")), lambda n: n == 0),
    (re.compile(r"\bin stock\b|\bavailable\b"), frozenset(identifier_stems("stock available qty quantity")), bool),
)
"""What asks for rows of a kind, stems of what the field is called that tells, and what it then says."""
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_COMPARABLE = re.compile(r"\d[\d:T./ +-]*Z?")
_NAMES = re.compile(r'"[^"]*":')


class Described:
    """What a request says, to be compared with rows."""

    def __init__(self, text: str) -> None:
        self._lower = text.lower()
        self.stems = frozenset(stems_of(_POSSESSIVE.sub("", text)))
        self._text = text

    @cached_property
    def _numbers(self) -> frozenset[str]:
        """The numbers that it says, but for `one`, which may stand for a thing."""
        text = self._text
        numbers = (number for number in numbers_in(text) if text[number.start : number.end].lower() != "one")
        return frozenset(f"{number.value:g}" for number in numbers)

    def standings(self, rows: Sequence[Any]) -> list[float]:
        """Return of each row 1 if the request describes it, -1 if it describes others, 0 if it describes none."""
        left = self._valued(rows, self._qualified(rows))
        kept = [rows[place] for place in left]
        chosen = self._extreme(kept) or self._placed(kept) or self._worded(kept)
        if not chosen and len(left) < len(rows):
            chosen = list(range(len(left)))
        best = {left[place] for place in chosen}
        return [(1.0 if place in best else -1.0) if best else 0.0 for place in range(len(rows))]

    def _qualified(self, rows: Sequence[Any]) -> list[int]:
        """Return the rows that are as the request wants them: the direct ones, those in stock; all where none is."""
        left = list(range(len(rows)))
        for pattern, fields, is_so in _QUALIFIERS:
            if pattern.search(self._lower) and (values := _column(rows, fields, is_whole=False)):
                left = [place for place in left if is_so(values[place])] or left
        return left

    def _valued(self, rows: Sequence[Any], left: list[int]) -> list[int]:
        """Return those of the rows that have most values which the request says as a whole, of those that not every row
        has: `healthy`, `ON_SHELF`."""
        values = [frozenset(_values_of(rows[place])) for place in left]
        common = frozenset.intersection(*values) if values else frozenset[frozenset[str]]()
        counts = [sum(value <= self.stems for value in of - common) for of in values]
        most = max(counts, default=0)
        return [place for place, count in zip(left, counts, strict=True) if count == most]

    def _extreme(self, rows: Sequence[Any]) -> list[int]:
        """Return the row that has most or least of what the request names: the cheapest."""
        for pattern, fields, choose in _EXTREMES:
            if pattern.search(self._lower) and (values := self._compared(rows, fields)):
                return [values.index(choose(values))]
        for pattern, choose in _MOST_AND_LEAST:
            if pattern.search(self._lower) and (values := _column(rows, self.stems, is_whole=True)):
                return [values.index(choose(values))]
        return []

    def _compared(self, rows: Sequence[Any], fields: frozenset[str]) -> list[Any]:
        """Return a value of each row: of a field that the request names, or else of the first that is compared."""
        return _column(rows, fields & self.stems, is_whole=False) or _column(rows, fields, is_whole=False)

    def _placed(self, rows: Sequence[Any]) -> list[int]:
        match = _ORDINAL.search(self._lower)
        place = _ORDINALS[match[1]] if match else len(rows)
        return [place % len(rows)] if place < len(rows) else []

    def _worded(self, rows: Sequence[Any]) -> list[int]:
        """Return the rows that have most of the request's words, of those that not every row has."""
        stems = [frozenset(_stems_of_row(row)) for row in rows]
        common = frozenset.intersection(*stems)
        said = self.stems | self._numbers
        counts = [len((of - common) & said) for of in stems]
        most = max(counts)
        chosen = [place for place, count in enumerate(counts) if count == most]
        return chosen if most and len(chosen) < len(rows) else []


def _stems_of_row(row: Any) -> Iterator[str]:
    text = _NAMES.sub(" ", json.dumps(row, ensure_ascii=False)) if isinstance(row, dict) else str(row)
    return islice(stems_of(text.replace("_", " ")), MAX_ROW_WORDS)


def _values_of(row: Any) -> Iterator[frozenset[str]]:
    """Yield the stems of each text that a row has as a field."""
    for value in row.values() if isinstance(row, dict) else ():
        if isinstance(value, str) and (stems := frozenset(islice(stems_of(value.replace("_", " ")), MAX_ROW_WORDS))):
            yield stems


def _column(rows: Sequence[Any], meant: frozenset[str], *, is_whole: bool) -> list[Any]:
    """Return a value of each row as far as they can be compared: of the first field that has one of the words that are
    meant in its name; `is_whole`: that has no others."""
    if not all(isinstance(row, dict) for row in rows):
        return []
    for name in rows[0]:
        stems = set(identifier_stems(str(name)))
        is_meant = bool(stems) and (stems <= meant if is_whole else not stems.isdisjoint(meant))
        if is_meant and all(name in row for row in rows):
            values = [_comparable(row[name]) for row in rows]
            if None not in values and len({type(value) for value in values}) == 1:
                return values
    return []


def _comparable(value: Any) -> float | str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or (_COMPARABLE.fullmatch(value) and not value.isdecimal()):
        return value if isinstance(value, str) else None
    number = next(iter(numbers_in(value)), None)
    return number.value if number else None
