"""Things with a number each, in the order of their numbers: `Tariq scored 18, Elin 31` from the highest."""

import re
from typing import NamedTuple

from tercet.numerals import numbers_in

_FALLS = re.compile(
    r"\b(?:highest|largest|biggest|most(?: expensive| points)?|oldest|longest|heaviest|greatest|best|top|dearest)"
    r" (?:first|on top|at the top|to (?:the )?(?:lowest|smallest|least|cheapest|youngest|shortest|lightest|worst))\b"
    r"|\bdescending\b|\bfrom (?:the )?(?:highest|largest|biggest|most|oldest|longest|heaviest|dearest|best)\b",
    re.IGNORECASE,
)
_RISES = re.compile(
    r"\b(?:lowest|smallest|cheapest|least(?: expensive)?|fewest|youngest|shortest|lightest|worst)"
    r" (?:first|on top|at the top|to (?:the )?(?:highest|largest|biggest|most|dearest|oldest|longest|heaviest|best))\b"
    r"|\bascending\b|\bfrom (?:the )?(?:lowest|smallest|cheapest|least|youngest|shortest|lightest|worst)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*(?:,|;|\n|\band\b)\s*(?:and\s+)?|(?<=\w[.!?])\s+")
_LEAD = re.compile(r"^.{0,60}?:\s+")
_NAME = re.compile(r"[A-ZÀ-Þ][\w'’-]*(?: [A-ZÀ-Þ][\w'’-]*){0,2}")
_NUMBERED = re.compile(r"\bname\s*\(\s*\w+\s*\)", re.IGNORECASE)
"""A form that wants the number behind the name: `Name (points)`."""
_LINKS = re.compile(r"\b(?:scored|has|had|got|is|was|weighs|costs?|at|with|for|the|of|a|an)\b|[^\w'’ -]")
MAX_NAME = 4
"""Words of a name."""


class Ranked(NamedTuple):
    """A thing and its number, as it is written."""

    name: str
    number: float
    said: str


def ranked(told: str, text: str) -> list[str]:
    """Return the things of a text in the order of their numbers that is asked for; empty where none is, or where not
    every part of the text is a thing with one number."""
    falls, rises = _FALLS.search(told), _RISES.search(told)
    if not falls and not rises:
        return []
    parts = [part.strip(" .!") for part in _PARTS.split(text) if part.strip(" .!")]
    found = [one for part in parts if (one := _ranked(_LEAD.sub("", part)))]
    if len(found) < 2 or len(found) < len(parts) - 1:
        return []
    ordered = sorted(found, key=lambda one: one.number, reverse=falls is not None)
    return [f"{one.name} ({one.said})" if _NUMBERED.search(told) else one.name for one in ordered]


def _ranked(part: str) -> Ranked | None:
    numbers = [number for number in numbers_in(part) if part[number.start].isdigit()]
    if len(numbers) != 1:
        return None
    (number,) = numbers
    named = _NAME.match(part)
    name = named[0] if named else " ".join(_LINKS.sub(" ", part[: number.start]).split())
    is_name = 0 < len(name.split()) <= MAX_NAME
    return Ranked(name, number.value, part[number.start : number.end]) if is_name else None
