"""Lengths of time as people say them, and what they come to in another unit: an hour and a half is 90 minutes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tercet.numerals import Number, numbers_in

SECONDS = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "fortnight": 1_209_600,
}  # fmt: skip
MONTHS = {"month": 1, "quarter": 3, "year": 12, "decade": 120}
_SHORT = {"sec": "second", "s": "second", "min": "minute", "h": "hour", "hr": "hour", "yr": "year", "mo": "month"}
_UNIT = rf"(?P<unit>{'|'.join([*SECONDS, *MONTHS])}|secs?|mins?|hrs?|yrs?)s?"
_BEHIND = re.compile(rf"[\s-]*{_UNIT}\b(?P<half>\s+and\s+a\s+half\b)?", re.IGNORECASE)
_ARTICLE = re.compile(
    rf"\b(?:(?P<part>half|quarter of|three quarters of)\s+)?(?:an?|one)\s+(?!quarter\s+of\b){_UNIT}\b"
    rf"(?P<half>\s+and\s+a\s+half\b)?"
    rf"|\bhalf[\s-](?:an?[\s-])?hour\b",
    re.IGNORECASE,
)
_JOINT = re.compile(r",?\s*(?:and\s+)?|-")
_SMALLER = {"week": "day", "day": "hour", "hour": "minute", "minute": "second", "year": "month"}
_ENDS = re.compile(r"\s*(?:[,.;:!?)]|$)")
_PARTS = {"half": 0.5, "quarter of": 0.25, "three quarters of": 0.75}


class Duration(NamedTuple):
    """So many of a unit, and the characters that say it."""

    number: float
    unit: str
    start: int
    end: int


def durations_in(text: str, numbers: Iterable[Number] | None = None) -> Iterator[Duration]:
    """Yield the lengths of time in `text`, of numbers the number's own characters; `numbers`: those of the text, where
    they are known.

    Of two that make one, `an hour and twenty minutes`, each and both together, in the smaller unit.
    """
    found = list(numbers_in(text) if numbers is None else numbers)
    ends: dict[int, Duration] = {}
    for number in found:
        if match := _BEHIND.match(text, number.end):
            one = Duration(number.value + 0.5 * bool(match["half"]), _named(match["unit"]), number.start, number.end)
            ends[match.end()] = one
            yield one
    for match in _ARTICLE.finditer(text):
        if not match["unit"]:
            yield Duration(0.5, "hour", *match.span())
            continue
        count = _PARTS.get((match["part"] or "").lower(), 1.0) + 0.5 * bool(match["half"])
        one = Duration(count, _named(match["unit"]), *match.span())
        ends[match.end()] = one
        yield one
    yield from _together(text, found, ends)


def _together(text: str, numbers: Iterable[Number], ends: Mapping[int, Duration]) -> Iterator[Duration]:
    """Yield what a length of time and a number behind it make, in the smaller unit; of hours that may be unsaid."""
    for number in numbers:
        for end, before in ends.items():
            smaller = _SMALLER.get(before.unit, "")
            if not smaller or not (end <= number.start and _JOINT.fullmatch(text, end, number.start)):
                continue
            behind = _BEHIND.match(text, number.end)
            unit = _named(behind["unit"]) if behind else ""
            is_unsaid = before.unit == "hour" and " and " in text[end : number.start] and _ENDS.match(text, number.end)
            if unit == smaller or is_unsaid:
                more = converted(before.number, before.unit, smaller) or 0.0
                yield Duration(more + number.value, smaller, before.start, behind.end() if behind else number.end)


def converted(count: float, unit: str, wanted: str) -> float | None:
    """Return `count` of a unit in another; None where they cannot be compared."""
    for scale in (SECONDS, MONTHS):
        if unit in scale and wanted in scale:
            return plain(count * scale[unit] / scale[wanted])
    if unit == "year" and wanted == "day":
        return plain(count * 365)
    if unit == "month" and wanted == "day":
        return plain(count * 30)
    return None


def unit_of(word: str) -> str:
    """Return the unit of time that a word names, in the singular; empty for any other word."""
    lower = word.lower()
    singular = lower[:-1] if lower.endswith("s") and len(lower) > 2 else lower
    known = _SHORT.get(singular, singular)
    return known if known in SECONDS or known in MONTHS else ""


def _named(word: str) -> str:
    return unit_of(word) or word.lower()


def plain(value: float) -> float:
    """Return a number as people write it: whole ones without a fraction."""
    return int(value) if float(value).is_integer() else round(value, 6)
