"""Which words have to do with each other: `texts/meanings/*.txt`, a line for each headword, `nippy: cold chilly`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "texts/meanings"


class Meaning(NamedTuple):
    """A word, and those that have to do with it, the nearest first."""

    word: str
    related: tuple[str, ...]


def meanings() -> Iterator[Meaning]:
    """All headwords, in their order."""
    for path in sorted(FOLDER.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            word, _, related = line.partition(":")
            if word.strip() and related.strip():
                yield Meaning(word.strip(), tuple(related.split()))
