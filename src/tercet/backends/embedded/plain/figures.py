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

    @property
    def told(self) -> str:
        """What answers: the value with its unit, or what is told instead."""
        return self.text or number_of(self.value, self.unit)


def number_of(value: float, unit: str = "") -> str:
    """Return a number as people write it: money-like fractions with two decimals, others with few."""
    text = str(int(value)) if value == int(value) else f"{value:.4f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()


def made(value: Fraction, expression: str, unit: str = "") -> Sum:
    """Return a fraction as a value: a whole number where it is one."""
    number: int | float = int(value) if value.denominator == 1 else float(value)
    return Sum(number, expression, unit)


def plain(text: str) -> str:
    """Return a number as it is written, without marks of thousands and with a point."""
    return text.replace(",", "") if re.search(r",\d{3}(?!\d)", text) else text.rstrip(",.").replace(",", ".")
