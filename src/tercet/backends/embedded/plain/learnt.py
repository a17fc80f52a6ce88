"""What was learnt of plain answers, as the package brings it (`training/stages/plain.py` writes it)."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from operator import mul
from typing import Any, NamedTuple

from tercet.backends.embedded.regression import Regression, read_regression


class Layer(NamedTuple):
    """One hidden layer over the description of a stretch."""

    hidden: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]
    out: tuple[float, ...]

    def score(self, features: Sequence[float]) -> float:
        """Return the score of a description."""
        total = 0.0
        for row, bias, weight in zip(self.hidden, self.biases, self.out, strict=True):
            value = bias + sum(map(mul, row, features))
            if value > 0:
                total += weight * value
        return total


class Learnt(NamedTuple):
    """All that was learnt."""

    quoting: Layer
    choosing: tuple[float, ...]
    """What each number of an option's description is worth."""
    polarity: Regression
    """Of how favourable the known words of a text are, and of its direction."""
    verdict: Regression
    """Of a question beside a text."""


@cache
def learnt() -> Learnt:
    """Read the table that the package brings."""
    return read_learnt(json.loads(resources.files(__package__).joinpath("learnt.json").read_text(encoding="utf-8")))


def read_learnt(written: Mapping[str, Any]) -> Learnt:
    """Return the table of its written form."""
    quoting = written["quoting"]
    return Learnt(
        Layer(tuple(map(tuple, quoting["hidden"])), tuple(quoting["biases"]), tuple(quoting["out"])),
        tuple(written["choosing"]),
        read_regression(written["polarity"]),
        read_regression(written["verdict"]),
    )
