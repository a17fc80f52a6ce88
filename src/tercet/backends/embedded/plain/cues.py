"""Words that speak for what an option is called, and small words that tell languages apart (`cues.txt`)."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from tercet.backends.embedded.relevance import stem


class Cues(NamedTuple):
    """By stem of an option's name, the words that speak for it with their weights, as they stand."""

    words: Mapping[str, Mapping[str, float]]

    def of(self, stems: Sequence[str]) -> dict[str, float]:
        """Return the words that speak for a name of these stems."""
        found: dict[str, float] = {}
        for each in stems:
            for word, weight in self.words.get(each, {}).items():
                found[word] = max(weight, found.get(word, 0.0))
        return found


@cache
def cues() -> Cues:
    """Read the words that the package brings, as they stand and by stem."""
    found: dict[str, dict[str, float]] = {}
    names: list[str] = []
    for line in _lines("cues.txt"):
        if line.startswith("["):
            names = [stem(name) for name in line.strip("[]").split()]
            continue
        for entry in line.split():
            word, weight = entry.removeprefix("+"), 2.0 if entry.startswith("+") else 1.0
            for name in names:
                of = found.setdefault(name, {})
                of[word] = max(weight, of.get(word, 0.0))
                of[stem(word)] = max(weight, of.get(stem(word), 0.0))
    return Cues(found)


@cache
def languages() -> Mapping[str, frozenset[str]]:
    """Return the small words of each language, by each of its names."""
    found = {}
    for line in _lines("languages.txt"):
        names, _, words = line.partition(":")
        for name in names.split():
            found[name] = frozenset(words.split())
    return found


def _lines(file: str) -> list[str]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
