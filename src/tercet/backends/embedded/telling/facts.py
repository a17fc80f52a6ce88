"""What tools returned, taken apart: rows of facts, numbers and names, and texts to quote from."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from tercet.backends.embedded.relevance import PART
from tercet.backends.embedded.telling.forms import FALSE, NOTHING, NUMBER, TRUE, forms
from tercet.backends.embedded.wording.words import UNITS
from tercet.numerals import numbers_in

MAX_FACTS = 400
"""Facts that are read of results; those with more are told in whatever words."""
MAX_VALUE = 120
"""Characters up to which a text is the value of a field."""
SHORT = 5
"""Words up to which a text is told whole; of longer ones also a part."""
_LINE = re.compile(r"^[\s|*#-]*([A-Za-z][\w ()/-]{0,40}?)\s*[:|]\s*([^|\n]{1,80}?)\s*\|?\s*$", re.MULTILINE)
_ERRORS = frozenset(("error", "error message", "message", "reason", "detail"))
_NAMES = frozenset(("name", "title"))


class Fact(NamedTuple):
    """One field of a row: the ways to call it, and the ways to say its value."""

    labels: tuple[str, ...]
    said: tuple[str, ...]
    is_name: bool = False
    """Whether it names what the row is about."""

    @property
    def is_number(self) -> bool:
        """Whether its value is a number and no more."""
        return NUMBER.fullmatch(self.said[0]) is not None

    @property
    def is_error(self) -> bool:
        """Whether it says what went wrong."""
        return self.labels[0] in _ERRORS

    @property
    def plain_labels(self) -> tuple[str, ...]:
        """The ways to call it within a sentence."""
        return tuple(label for label in self.labels if label.lower() == label) or self.labels

    @property
    def has_value(self) -> bool:
        """Whether it has anything to say but yes or no, or that it is none."""
        return self.said not in (TRUE, FALSE, NOTHING)


class Told(msgspec.Struct):
    """All that may be told of results."""

    said: tuple[str, ...]
    """The results as they came."""
    rows: list[list[Fact]] = []
    """The plain fields of each object, in its order."""
    lines: list[Fact] = []
    """What lines of texts say as a label and a value, and what else is told of such a text."""
    values: list[str] = []
    """Other texts and numbers, each to be told whole."""
    texts: list[str] = []
    """Texts of which any run of words may be told."""
    counts: list[int] = []
    """How long the lists are."""
    kinds: list[str] = []
    """Words of what the lists are called."""
    has_series: bool = False
    """Whether a list is of several objects of several fields."""

    @property
    def num_facts(self) -> int:
        """How many facts and values there are."""
        return sum(map(len, self.rows)) + len(self.lines) + len(self.values)


def told(results: Sequence[str]) -> Told:
    """Return what `results`, each JSON or any other text, have to tell."""
    found = Told(tuple(results))
    for result in results:
        try:
            _read(msgspec.json.decode(result), found)
        except (msgspec.DecodeError, RecursionError):
            _read(result, found)
    return found


def _read(value: Any, found: Told) -> None:
    match value:
        case dict():
            row = list(_facts(value))
            if any(isinstance(entry, str) and "\n" in entry for entry in value.values()):
                found.lines.extend(row)
            elif any(fact.has_value for fact in row):
                found.rows.append(row)
            for key, entry in value.items():
                if isinstance(entry, list):
                    found.kinds.extend(words_of(key))
                if not _is_plain(entry) or _is_text(entry):
                    _read(entry, found)
        case list():
            found.counts.append(len(value))
            if sum(isinstance(entry, dict) and len(entry) > 1 for entry in value) > 1:
                found.has_series = True
            for entry in value:
                _read(entry, found)
        case str() if _is_text(value):
            found.texts.append(value)
            found.lines.extend(_lines(value))
            found.values.extend(value[number.start : number.end] for number in numbers_in(value))
        case _:
            found.values.extend(forms(value))


def _facts(row: dict[str, Any]) -> Iterator[Fact]:
    for key, value in row.items():
        if _is_plain(value) and len(str(value)) <= MAX_VALUE and (said := forms(value)) and (called := labels(key)):
            yield Fact(called, said, _is_naming(words_of(key)))


def _is_naming(words: Sequence[str]) -> bool:
    return bool(words) and (words[-1] in _NAMES or (words[0] in _NAMES and words[1:2] == ["of"]))


def _lines(text: str) -> Iterator[Fact]:
    for match in _LINE.finditer(text):
        if said := forms(match[2]):
            yield Fact(labels(match[1]), said)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and ("\n" in value or len(value.split()) > SHORT)


def words_of(key: str) -> list[str]:
    """Return the words of an identifier, in lower case: `phoneNumber` and `phone_number` are `phone number`."""
    return [word.lower() for word in PART.findall(key)]


def labels(key: str) -> tuple[str, ...]:
    """Return the ways to call a field."""
    words = words_of(key)
    spaced, last = " ".join(words), words[-1] if words else ""
    short = spaced.upper() if len(spaced) <= 3 else ""
    bare = " ".join(words[:-1]) if last in UNITS else ""
    names = (spaced, bare, last if len(last) > 2 and not bare else "", short)
    return tuple(dict.fromkeys(filter(None, (*names, *map(str.capitalize, names[:3]), key.strip()))))
