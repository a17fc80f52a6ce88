"""Months, quarters and years as people write them, and the days they begin and end with."""

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

from tercet.backends.embedded.wording.dates import MONTH, MONTHS

_ORDINAL = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}
_OF_YEAR = r"(?:\s+(?:of\s+)?|,\s*)(?P<year>(?:19|20)\d\d)"
_FORMS = (
    re.compile(rf"\b{MONTH}{_OF_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b(?:Q(?P<quarter>[1-4])|(?P<nth>{'|'.join(_ORDINAL)})\s+quarter){_OF_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b(?:H(?P<half>[12])|(?P<side>first|second)\s+half){_OF_YEAR}\b", re.IGNORECASE),
    re.compile(
        r"\b(?:in|during|throughout|whole of|all of|over|of|for)\s+(?:the\s+)?(?:year\s+)?(?P<year>(?:19|20)\d\d)\b"
        r"(?!\s*(?:[-/–.:]\d|[a-z]))",
        re.IGNORECASE,
    ),
)
_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?[\s-]+(?:of\s+)?\Z", re.IGNORECASE)
_QUARTER = re.compile(rf"\b(?:Q(?P<quarter>[1-4])|(?P<nth>{'|'.join(_ORDINAL)})\s+quarter)\b", re.IGNORECASE)
_NAMED_MONTH = re.compile(rf"\b{MONTH}(?!\w)", re.IGNORECASE)
_MONTHS_A_QUARTER, _MONTHS_A_HALF, _MONTHS_A_YEAR = 3, 6, 12


class Period(NamedTuple):
    """One or more whole months in a text: its first and its last day, and the characters that say it."""

    first: datetime.date
    last: datetime.date
    start: int
    end: int

    @property
    def is_month(self) -> bool:
        """Whether it is a single month."""
        return (self.first.year, self.first.month) == (self.last.year, self.last.month)


class Counted(NamedTuple):
    """A month, or a quarter, by its number in the year, and the characters that say it."""

    number: int
    start: int
    end: int


def periods_in(text: str) -> Iterator[Period]:
    """Yield the months, quarters, halves and years written in `text` with their year."""
    taken: list[tuple[int, int]] = []
    for form in _FORMS:
        for match in form.finditer(text):
            start, end = match.span()
            is_known = any(start < last and first < end for first, last in taken)
            if is_known or _DAY_BEFORE.search(text, max(0, start - 12), start):
                continue
            taken.append((start, end))
            said = match.groupdict()
            begin, months = 1, _MONTHS_A_YEAR
            if said.get("month"):
                begin, months = MONTHS[said["month"].lower()], 1
            elif said.get("quarter") or said.get("nth"):
                begin, months = 1 + _MONTHS_A_QUARTER * (_quarter(match) - 1), _MONTHS_A_QUARTER
            elif said.get("half") or said.get("side"):
                is_second = said.get("half") == "2" or (said.get("side") or "").lower() == "second"
                begin, months = 1 + _MONTHS_A_HALF * is_second, _MONTHS_A_HALF
            year = int(said["year"])
            ahead = begin + months - 1
            behind = datetime.date(year + ahead // _MONTHS_A_YEAR, ahead % _MONTHS_A_YEAR + 1, 1)
            yield Period(datetime.date(year, begin, 1), behind - datetime.timedelta(days=1), start, end)


def months_in(text: str) -> Iterator[Counted]:
    """Yield the months that `text` names, whether their year is said or not."""
    for match in _NAMED_MONTH.finditer(text):
        if match[0].lower() != "may" or match[0][0].isupper():
            yield Counted(MONTHS[match["month"].lower()], *match.span())


def quarters_in(text: str) -> Iterator[Counted]:
    """Yield the quarters of a year that `text` names."""
    yield from (Counted(_quarter(match), *match.span()) for match in _QUARTER.finditer(text))


def _quarter(match: re.Match[str]) -> int:
    return int(match["quarter"]) if match["quarter"] else _ORDINAL[match["nth"].lower()]
