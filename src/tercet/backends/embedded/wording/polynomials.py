"""Coefficients of a quadratic as it is written: 2, -3 and 7 of `2x² - 3x + 7`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_NUMBER = r"\d*\.?\d*"
_QUADRATIC = re.compile(
    rf"(?<![\w.])(?P<a>[-−]?\s?{_NUMBER})\s?\*?\s?(?P<x>[a-z])\s?(?:²|\^2|\*\*2)"
    rf"(?:\s*(?P<b>[-−+]\s*{_NUMBER})\s?\*?\s?(?P=x)(?!\w))?(?:\s*(?P<c>[-−+]\s*\d+(?:\.\d+)?)(?![\d\w^*²]))?"
)


class Coefficient(NamedTuple):
    """What stands before a power, what it is called in `ax² + bx + c`, and the characters of the term."""

    number: float
    name: str
    start: int
    end: int


def coefficients_in(text: str) -> Iterator[Coefficient]:
    """Yield the coefficients of the first quadratic in `text`; those that are not written are 0."""
    match = _QUADRATIC.search(text)
    if match is None or not (match["b"] or match["c"]):
        return
    for name in ("a", "b", "c"):
        start, end = match.span(name) if match[name] is not None else (match.end(), match.end())
        yield Coefficient(_value(match[name], is_last=name == "c"), name, start, max(end, start + 1))


def _value(said: str | None, *, is_last: bool) -> float:
    if said is None:
        return 0.0
    plain = said.replace("−", "-").replace(" ", "").replace("+", "")
    if plain in ("", "-"):
        return 0.0 if is_last else float(f"{plain}1")
    return float(plain)
