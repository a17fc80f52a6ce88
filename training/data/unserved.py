"""Requests that lack what a call needs, and such that sound near a tool that does not serve them: `texts/unserved`.

A block has the name of a tool of `texts/requests`, `= tool`; a line for each message that asks for it and does not say
all that it needs, `? message`; and one for each that it does not serve, `! message`. Slots are those of the tool.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.data import requests
from training.data.forms import blocks
from training.data.requests import Asked, shown
from training.data.sample import Call, Sample, assistant, calls, user
from training.data.template import SLOT

FOLDER = Path(__file__).parent / "texts/unserved"
QUESTION, REFUSAL = "Could you tell me more?", "I can't do that: none of my tools covers it."
LACKING, UNSERVED = "? ", "! "


@dataclass(frozen=True)
class Beside:
    """A tool, by the file of `requests` and its place there, and the messages that are written for it."""

    tools: tuple[Asked, ...]
    place: int
    lacking: tuple[str, ...]
    unserved: tuple[str, ...]


@cache
def written() -> tuple[Beside, ...]:
    """All of them; of tools of one name it is the one that has all that is said."""
    return tuple(_beside(lines) for file in blocks(FOLDER) for lines in file)


def _beside(lines: Sequence[str]) -> Beside:
    said = {slot.split("!")[0] for line in lines for slot in SLOT.findall(line) if not slot.startswith("_:")}
    tools, place = next(at for at in _places()[lines[0].removeprefix("= ")] if said <= at[0][at[1]].kinds.keys())
    kinds = (tuple(line[2:] for line in lines if line.startswith(mark)) for mark in (LACKING, UNSERVED))
    return Beside(tools, place, *kinds)


@cache
def _places() -> Mapping[str, list[tuple[tuple[Asked, ...], int]]]:
    """By name of a tool, its file and its place there."""
    found: dict[str, list[tuple[tuple[Asked, ...], int]]] = {}
    for file in requests.asked_for():
        for place, tool in enumerate(file):
            found.setdefault(tool.name, []).append((file, place))
    return found


def samples(rng: random.Random) -> Iterator[Sample]:
    """All messages once: one that lacks something is answered by a question before its call, any other declined."""
    for beside in written():
        yield from (sample(beside, text, rng, is_asked=True) for text in beside.lacking)
        yield from (sample(beside, text, rng, is_asked=False) for text in beside.unserved)


def sample(beside: Beside, text: str, rng: random.Random, *, is_asked: bool) -> Sample:
    """One message with its tool and, most times, others beside it."""
    tool = beside.tools[beside.place]
    offered = shown(tool, rng).schema
    others = requests.beside(offered, beside.tools, beside.place, rng)
    schemas = {str(each["name"]): each for each in (offered, *others)}
    said, _ = requests.worded(tool, text, rng)
    behind = (assistant(QUESTION), calls(Call(str(offered["name"]), {}))) if is_asked else (assistant(REFUSAL),)
    return Sample((user(said), *behind), tuple(schemas.values()), None, "unserved")
