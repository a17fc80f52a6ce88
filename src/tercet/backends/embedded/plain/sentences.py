"""A text as sentences with their places; lines are sentences, too."""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_SENTENCES = 4000
"""Sentences of a text that are looked at."""
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n+")
_SHORT = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|sr|jr|st|no|nr|vs|etc|approx|dept|fig|inc|ltd|co|corp|e\.g|i\.e|cf|al|jan|feb|mar"
    r"|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|a\.m|p\.m|ave|blvd|rd|[A-Z]|(?:[A-Z]\.)+[A-Z])$",
    re.IGNORECASE,
)
"""What a full stop that ends no sentence stands behind; a single letter is an initial."""


class Sentence(NamedTuple):
    """A sentence, and the character that it begins with."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The character behind it."""
        return self.start + len(self.text)


def sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text, in order."""
    found = []
    for start, end in _stretches(text):
        stretch = text[start:end]
        kept = stretch.strip()
        if any(map(str.isalnum, kept)):
            found.append(Sentence(kept, start + len(stretch) - len(stretch.lstrip())))
        if len(found) >= MAX_SENTENCES:
            break
    return found


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        if match[0][0] == "." and _goes_on(text, start, match):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    """Say whether a full stop ends no sentence: behind an abbreviation or a list's number."""
    before = text[max(start, match.start() - 40) : match.start()]
    behind = text[match.end() :].lstrip(" ")[:1]
    if before.strip().isdigit() and len(before.strip()) < 3 and behind:
        return True
    return bool(behind) and behind != "\n" and _SHORT.search(before[-12:]) is not None
