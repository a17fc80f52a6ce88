"""Dates with a day as people write them, and their ISO form where the year is said."""

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|"
        "october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_RELATIVE = re.compile(
    rf"\b(?:the\s+\d{{1,2}}(?:st|nd|rd|th)(?!\s+of\b)|(?:(?:this|next|coming|last)\s+)?{_WEEKDAY}(?:\s+(?:this|next)\s+week)?"
    r"|today|tomorrow|tonight|yesterday|(?:the\s+)?day\s+after\s+tomorrow)\b",
    re.IGNORECASE,
)
"""Days that only a calendar tells."""
_FORMS = (
    re.compile(r"\b(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b"),
    re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"),
    re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}\b{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?:the\s+)?{_DAY}\s+(?:of\s+)?{_MONTH}\b{_YEAR}", re.IGNORECASE),
)


class Dated(NamedTuple):
    """A date in a text; `iso` is empty where the year is not said or there is no such day."""

    iso: str
    start: int
    end: int


def dates_in(text: str) -> Iterator[Dated]:
    """Yield the dates written in `text`, and the days that it names relative to others."""
    for match in _RELATIVE.finditer(text):
        yield Dated("", match.start(), match.end())
    for form in _FORMS:
        for match in form.finditer(text):
            yield Dated(_iso(match["year"], match["month"], match["day"]), match.start(), match.end())


def _iso(year: str | None, month: str, day: str) -> str:
    if not year:
        return ""
    try:
        return datetime.date(int(year), _MONTHS.get(month.lower()) or int(month), int(day)).isoformat()
    except ValueError:
        return ""
