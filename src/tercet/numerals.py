"""Numbers as people write them in English: `1,204.50`, `-3`, `12%`, `2.5k`, `twenty-three`, `three hundred`."""

import re
from collections.abc import Iterator

import msgspec

_DIGITS = re.compile(
    r"(?<![\w.])[-−+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
    r"(?=(\s?(?:k|(?i:thousand|million|billion|mn|bn))\b|K\b)?)"
)
_POWER = re.compile(r"\s?[×x*]\s?10(?:\^([-−]?\d{1,2})|([-−]\d{1,2}))(?![\d.])")
"""What stands behind a number in scientific notation: `4.5×10^-6`. `2 x 105` is none."""
_SIGNED_MILLION = re.compile(r"(?<=[$€£¥])[\d.,]+[mM]\b")
_MINUS = re.compile(r"\b(?:minus|negative) \Z", re.IGNORECASE)
_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_MULTIPLES = {"k": 1_000, "mn": 1_000_000, "m": 1_000_000, "bn": 1_000_000_000, **_SCALES}
_NAMED = {**_UNITS, **_TENS, "dozen": 12, "half": 0.5}
_SIZES = {**_SCALES, "dozen": 12}
_SHARES = {"half": 0.5, "a quarter of": 0.25, "quarter of": 0.25, "three quarters of": 0.75}
_SHARE = re.compile(
    rf"\b(?P<share>{'|'.join(_SHARES)}) an? (?P<scale>{'|'.join(_SIZES)})\b|\ba couple(?= of\b)", re.IGNORECASE
)
"""`half a million`, `a couple of`."""
_WORDS = re.compile(
    rf"\b(?:{'|'.join([*_NAMED, *_SCALES])})(?:(?:[\s-]+(?:and\s+)?)(?:{'|'.join([*_UNITS, *_TENS, *_SIZES])}))*"
    r"(\s+and\s+a\s+(?:half|quarter))?\b",
    re.IGNORECASE,
)


class Number(msgspec.Struct, frozen=True):
    """A number in a text, and where it is written: characters from `start` until before `end`."""

    value: float
    start: int
    end: int


def numbers_in(text: str) -> Iterator[Number]:
    """Yield the numbers written in `text`: those in digits first, then shares of a scale, then those in words.

    A number with a multiple or a power of ten behind it (`2.5 million`, `4.5×10^-6`) is yielded both with it and
    without.
    """
    for match in _DIGITS.finditer(text):
        value = float(match[0].replace(",", "").replace("−", "-"))
        yield Number(value, match.start(), match.end())
        if multiple := (match[1] or "").strip().lower():
            yield Number(value * _MULTIPLES[multiple], match.start(), match.end() + len(match[1]))
        elif _SIGNED_MILLION.match(text, match.start()):
            yield Number(value * _MULTIPLES["m"], match.start(), match.end() + 1)
        if power := _POWER.match(text, match.end()):
            yield Number(value * 10.0 ** int((power[1] or power[2]).replace("−", "-")), match.start(), power.end())
        if is_minus := _MINUS.search(text, max(0, match.start() - 9), match.start()):
            yield Number(-value, is_minus.start(), match.end())
    shared: list[tuple[int, int]] = []
    for match in _SHARE.finditer(text):
        shared.append(match.span())
        value = _SHARES[match["share"].lower()] * _SIZES[match["scale"].lower()] if match["share"] else 2.0
        yield Number(value, *match.span())
    for match in _WORDS.finditer(text):
        if any(start <= match.start() < end for start, end in shared):
            continue
        part = match[1] or ""
        words = match[0].removesuffix(part)
        behind = 0.5 if part.endswith("half") else 0.25 if part else 0
        yield Number(_value(words) + behind * _SCALES.get(words.split()[-1].lower(), 1), match.start(), match.end())


def _value(words: str) -> float:
    """Return what number words say: `three hundred and five thousand` is 305,000."""
    total, group = 0.0, 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        if word == "and":
            continue
        if word in ("hundred", "dozen"):
            group = (group or 1) * _SIZES[word]
        elif word in _SCALES:
            total += (group or 1) * _SCALES[word]
            group = 0.0
        else:
            group += _NAMED[word]
    return total + group
