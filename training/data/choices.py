"""What people say when they mean one of several options without naming it: `texts/choices/*.txt`.

A block is separated by empty lines from others: `= what is chosen | parameter, other names of it`, then a line an
option: `option/other spelling: phrase; phrase`. Of a parameter that is true or false the options are called so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data.forms import blocks

FOLDER = Path(__file__).parent / "texts/choices"


@dataclass(frozen=True, slots=True)
class Option:
    """One of several: how it is spelt, and what is said when it is meant."""

    spellings: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A parameter: what it is about, what it is called, and its options."""

    about: str
    names: tuple[str, ...]
    options: tuple[Option, ...]

    @property
    def is_boolean(self) -> bool:
        return all(option.spellings[0] in ("true", "false") for option in self.options)


def chosen() -> Iterator[Chosen]:
    """All parameters, file by file."""
    for file in blocks(FOLDER):
        for lines in file:
            about, _, names = lines[0].removeprefix("= ").partition(" | ")
            yield Chosen(about, _parts(names, ","), tuple(map(_option, lines[1:])))


def _option(line: str) -> Option:
    spellings, _, phrases = line.partition(": ")
    return Option(_parts(spellings, "/"), _parts(phrases, ";"))


def _parts(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())
