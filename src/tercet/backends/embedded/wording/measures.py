"""Lengths, weights, volumes, amounts of data and of money as people write them, and what they come to in another unit.

Factors: the international yard and pound (1959) and the SI brochure (BIPM, 2019); tons of 1,000 kilograms, US gallons.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tercet.backends.embedded.wording.durations import plain
from tercet.backends.embedded.wording.kinds import meant_by
from tercet.numerals import Number

SCALES: tuple[Mapping[str, float], ...] = (
    {
        "mm": 0.001,
        "cm": 0.01,
        "m": 1,
        "km": 1000,
        "in": 0.0254,
        "ft": 0.3048,
        "yd": 0.9144,
        "mi": 1609.344,
        "nmi": 1852,
    },
    {"mg": 0.001, "g": 1, "kg": 1000, "t": 1_000_000, "oz": 28.349523125, "lb": 453.59237},
    {"ml": 0.001, "l": 1, "gal": 3.785411784},
    {"kb": 1, "mb": 1000, "gb": 1_000_000, "tb": 1_000_000_000},
    {"cent": 1, "whole": 100},
)
"""By unit, what one of it is in the first of its scale that counts 1; money as hundredths and wholes."""
UNIT = "|".join(sorted((sign for scale in SCALES[:4] for sign in scale), key=len, reverse=True)) + "|°C|°F|kcal|cl|dl"
"""Signs of units, as a pattern."""
CENT, WHOLE = "cent", "whole"
_BEHIND = re.compile(r"[\s-]?(¢|[a-z]+)\b(?:\s(?:miles?)\b)?", re.IGNORECASE)
_CENTS = frozenset("¢ cent cents penny pence p".split())
_SINGLE = frozenset("m g t l".split())
"""Signs of one letter, which behind a number mean a unit and as a name's last part seldom do."""
_AMBIGUOUS = frozenset(("in", "b", "c", "f", "k", "d", "w", "h", "s", "j", "v", "min"))


class Measure(NamedTuple):
    """The unit that a number counts, and the characters that say the number."""

    unit: str
    start: int
    end: int


def measures_in(text: str, numbers: Iterable[Number]) -> Iterator[Measure]:
    """Yield the numbers of `text` that count a unit of length, weight, volume, data or money."""
    for number in numbers:
        sign = text[number.start - 1 : number.start]
        if sign in ("$", "€", "£") and sign:
            yield Measure(WHOLE, number.start, number.end)
        elif match := _BEHIND.match(text, number.end):
            unit = unit_of(match[0].strip(" -")) or unit_of(match[1])
            if unit:
                yield Measure(unit, number.start, number.end)


def is_unit(sign: str) -> bool:
    """Say whether a sign is that of a unit known here."""
    return any(sign in scale for scale in SCALES)


def unit_of(word: str) -> str:
    """Return the unit that a word or a sign stands for, as a sign in lower case; empty for any other word."""
    lower = word.lower()
    if lower in _CENTS:
        return CENT
    if lower in ("dollars", "euros", "dollar", "euro", "bucks", "quid"):
        return WHOLE
    if lower in _AMBIGUOUS:
        return ""
    return next((code for kind, code in meant_by(lower) if kind == "unit" and is_unit(code)), "")


def unit_of_name(parts: tuple[str, ...]) -> str:
    """Return the unit that a parameter counts by the parts of its name: `km` of `distance_km`, `radiusMetres`."""
    if {"cents", "pence"} & set(parts):
        return CENT
    last = parts[-1] if parts else ""
    return "" if last in _SINGLE and len(parts) < 2 else unit_of(last) if last not in ("p", "pound", "pounds") else ""


def converted(count: float, unit: str, wanted: str) -> float | None:
    """Return `count` of a unit in another; None where they cannot be compared."""
    for scale in SCALES:
        if unit in scale and wanted in scale:
            return plain(count * scale[unit] / scale[wanted])
    return None
