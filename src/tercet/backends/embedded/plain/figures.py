"""A value that was computed of the numbers of a message."""

import re
from fractions import Fraction
from typing import NamedTuple


class Sum(NamedTuple):
    """A value that was computed, and of what."""

    value: int | float
    expression: str
    unit: str = ""
    text: str = ""
    """What is told instead of the value, where that is asked for."""


def made(value: Fraction, expression: str, unit: str = "") -> Sum:
    number: int | float = int(value) if value.denominator == 1 else float(value)
    return Sum(number, expression, unit)


def plain(text: str) -> str:
    return text.replace(",", "") if re.search(r",\d{3}(?!\d)", text) else text.rstrip(",.").replace(",", ".")
