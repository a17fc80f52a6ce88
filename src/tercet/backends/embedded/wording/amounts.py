"""Numbers as a text means them: prices that are said in two parts, parts of all, degrees south and west."""

import re
from collections.abc import Iterator, Sequence

from tercet.numerals import Number

PART_SAID = re.compile(
    r"\b(?:an? |one )?(half|third|quarter|fifth|tenth)(?: of)?(?= (?:the|all|my|our|its|their|his|her)\b)",
    re.IGNORECASE,
)
PARTS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1}
_CURRENCY = re.compile(r"\s(?:euros?|dollars?|pounds?|quid|bucks)\s(?:and\s)?")
_COMPASS = re.compile(r"\s?(?:°|degrees?|deg)?\s?([NSEW]|north|south|east|west)\b")
BEFORE_CHRIST_SAID = re.compile(r"\s?B\.?C\.?(?:E\.?)?(?!\w)")


def whole(text: str, numbers: Sequence[Number]) -> Iterator[Number]:
    """Yield the numbers without those that are a part of one with its multiple or power: 60 of `60k`."""
    for number in numbers:
        around = (one for one in numbers if one.start <= number.start and number.end <= one.end and one != number)
        parts = (text[one.start : number.start] + text[number.end : one.end] for one in around)
        if not any(part[0].isalpha() or "10" in part or "^" in part for part in parts if part):
            yield number


def spoken_prices(text: str, numbers: Sequence[Number]) -> list[Number]:
    """Return the prices whose hundredths are said behind the currency: `three euros fifty`."""
    starts = {number.start: number for number in numbers}
    found: list[Number] = []
    for number in numbers:
        match = _CURRENCY.match(text, number.end)
        rest = starts.get(match.end()) if match else None
        if rest is not None and number.value.is_integer() and rest.value.is_integer() and 10 <= rest.value < 100:
            found.append(Number(number.value + rest.value / 100, number.start, rest.end))
    return found


def southwards(text: str, numbers: Sequence[Number]) -> Iterator[tuple[int, int]]:
    """Yield the numbers that are degrees south or west, of places told by two of them: `40.4 N 3.7 W`."""
    told = [(number, match[1][0].upper()) for number in numbers if (match := _COMPASS.match(text, number.end))]
    if {"N", "S"} & {side for _, side in told} and {"E", "W"} & {side for _, side in told}:
        yield from ((number.start, number.end) for number, side in told if side in "SW")


def plain(value: float) -> float:
    """Return a number as people write it: whole ones without a fraction."""
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
