"""Dates with a day as people write them, and their ISO form where the year is said."""

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|"
        "october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
MONTH = rf"(?P<month>{'|'.join(MONTHS)})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_RELATIVE = re.compile(
    rf"\b(?:the\s+(?P<nth>\d{{1,2}})(?:st|nd|rd|th)(?!\s+of\b)|(?:(?:this|next|coming|last)\s+)?{_WEEKDAY}(?:\s+(?:this|next)\s+week)?"
    r"|today|tomorrow|tonight|yesterday|(?:the\s+)?day\s+after\s+tomorrow)\b",
    re.IGNORECASE,
)
"""Days that only a calendar tells."""
_UNTIL = r"-|–|—|\b(?:to|until|till|through)\b"
_JOINED = re.compile(rf"\s*(?:{_UNTIL}|\b(?:and|or)\b|,)\s*(?:the\s+)?", re.IGNORECASE)
_DAY_BEFORE = re.compile(rf"(?<![\w.,/-]){_DAY}\s*(?:{_UNTIL}|\b(?:and|or)\b)\s*(?:the\s+)?\Z", re.IGNORECASE)
_BOTH = r"(?:and|&)(?=\s+(?:the\s+)?\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}\b)"
"""An `and` before a day with a year: `March 3 and 5, 2025`."""
_DAY_BEHIND = re.compile(
    rf"\s*(?:{_UNTIL}|{_BOTH})\s*(?:the\s+)?{_DAY}\b(?!\s*(?:of\s+)?(?:{'|'.join(MONTHS)})\b){_YEAR}",
    re.IGNORECASE,
)
"""A day of a month that is said beside another of it: `12 to 14 June`, `June 12-14`."""
MONTHS_A_YEAR = 12
MAX_JOINT = 20
"""Characters before a day in which another of its month is looked for."""
_FORMS = (
    re.compile(r"\b(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b"),
    re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"),
    re.compile(rf"\b{MONTH}\s+(?:the\s+)?{_DAY}\b{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?:the\s+)?{_DAY}\s+(?:of\s+)?{MONTH}\b{_YEAR}", re.IGNORECASE),
)


class Dated(NamedTuple):
    """A date in a text; `iso` is empty where the year is not said or there is no such day."""

    iso: str
    start: int
    end: int


class _Day(NamedTuple):
    """A day as it is said; the year is 0 where it is not."""

    start: int
    end: int
    year: int
    month: int
    day: int

    @property
    def iso(self) -> str:
        try:
            return datetime.date(self.year, self.month, self.day).isoformat() if self.year else ""
        except ValueError:
            return ""


def dates_in(text: str) -> Iterator[Dated]:
    """Yield the dates written in `text`, and the days that it names relative to others.

    Of days that stand side by side, as the ends of a range do, one may say the month or the year for both.
    """
    found = sorted({each[:2]: each for each in _days(text)}.values())
    for place in range(len(found) - 1, 0, -1):
        later, earlier = found[place], found[place - 1]
        if later.year and not earlier.year and _JOINED.fullmatch(text, earlier.end, later.start):
            found[place - 1] = earlier._replace(year=later.year - (earlier.month > later.month))
    for place in range(1, len(found)):
        earlier, later = found[place - 1], found[place]
        if earlier.year and not later.year and _JOINED.fullmatch(text, earlier.end, later.start):
            found[place] = later._replace(year=earlier.year + (later.month < earlier.month))
    for match in _RELATIVE.finditer(text):
        if match["nth"] and any(match.start() < each.end and each.start < match.end() for each in found):
            continue
        before = [each for each in found if each.year and each.end <= match.start()]
        iso = _next(before[-1], int(match["nth"])) if before and match["nth"] else ""
        yield Dated(iso, match.start(), match.end())
    yield from (Dated(each.iso, each.start, each.end) for each in found)


def _next(before: _Day, day: int) -> str:
    """Return the next day of that number: the 12th behind 10 October is the 12th of October."""
    month = before.month + (day <= before.day)
    year = before.year + (month > MONTHS_A_YEAR)
    return before._replace(year=year, month=(month - 1) % MONTHS_A_YEAR + 1, day=day).iso


def _days(text: str) -> Iterator[_Day]:
    for form in _FORMS:
        for match in form.finditer(text):
            said = match["month"].lower()
            is_named = said in MONTHS
            month, day = MONTHS.get(said) or int(said), int(match["day"])
            if month > MONTHS_A_YEAR >= day:
                month, day = day, month
            one = _Day(*match.span(), int(match["year"] or 0), month, day)
            yield one
            if not is_named:
                continue
            if match.start("day") < match.start("month"):
                begin = max(0, one.start - MAX_JOINT)
                if before := _DAY_BEFORE.search(text[begin : one.start]):
                    start = begin + before.start()
                    yield one._replace(start=start, end=start + len(_said(before)), day=int(before["day"]))
            elif behind := _DAY_BEHIND.match(text, one.end):
                year = int(behind["year"] or 0) or one.year
                yield one._replace(start=behind.start("day"), end=behind.end(), year=year, day=int(behind["day"]))


def _said(match: re.Match[str]) -> str:
    """Return a day with its ending: `3rd`."""
    return re.split(r"[\s–—-]", match[0], maxsplit=1)[0]
