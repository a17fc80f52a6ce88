"""What was learnt of which candidates fill which parameters: vectors of features, and how overlaps are weighed.

A parameter and a candidate each are the sum of the vectors of their features. A score adds their product (a
factorisation machine: Rendle, ICDM 2010), the overlaps, and one hidden layer over both, which weighs overlaps by what
they are overlaps of. Several such scorers, learnt apart, stand side by side in one: where words are new, what one of
them makes up the others do not. Features that were seldom seen in training count for nothing.
`training/stages/drafts.py` writes the table.
"""

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from operator import add, mul
from typing import Any, NamedTuple

WIDTH, HIDDEN = 48, 48
"""Numbers of a vector that are multiplied, and of the hidden layer; a bias stands between them."""
_COLUMNS = WIDTH + 1 + HIDDEN
_ROW, _LANES = struct.Struct(f"{_COLUMNS}b"), struct.Struct(f"<{_COLUMNS}H")
_SHIFT = 128
_HIDDEN_LANES, _HIDDEN_SHIFT, _PARTS = struct.Struct(f"<{HIDDEN}I"), 1 << 14, 256
"""Of the hidden layer while overlaps are added to it: an overlap counts in parts of 256."""
_HIDDEN_STEP = 1 / (1024 * _PARTS)
_BASE = 1 << 30
_BASE_PACKED = int.from_bytes(_HIDDEN_LANES.pack(*(_BASE,) * HIDDEN), "little")
"""What the sum begins with, so that no lane is ever negative."""
_MOST = 30.0
SEPARATOR = "\t"
"""Between the features of a written table."""


class Side(NamedTuple):
    """The features of parameters or of candidates, each with its vector."""

    places: Mapping[str, int]
    vectors: bytes
    """A row of signed bytes each."""
    step: float
    """What one step of a number is worth."""


class Sum(NamedTuple):
    """The sum of some features' vectors."""

    towards: tuple[float, ...]
    bias: float
    hidden: tuple[float, ...]


class Rivalry(NamedTuple):
    """One hidden layer over how far a value is ahead of others."""

    hidden: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]
    out: tuple[float, ...]
    bias: float


class Table(NamedTuple):
    """What was learnt."""

    parameters: Side
    candidates: Side
    overlaps: tuple[float, ...]
    hidden: tuple[int, ...]
    """By overlap, what it adds to the hidden layer, packed."""
    out: tuple[float, ...]
    """What the hidden layer adds to the score."""
    bias: float
    quotable: Mapping[str, float]
    """By feature of a parameter, how much likelier it makes that the value stands in the request."""
    quotable_bias: float
    rivalry: Rivalry


def score_of(known: Table, parameter: Sum, candidate: Sum, overlap: Sequence[float]) -> float:
    """Return the score of a candidate for a parameter: the logarithm of its odds."""
    total: float = known.bias + parameter.bias + candidate.bias + sum(map(mul, parameter.towards, candidate.towards))
    packed, shares = _BASE_PACKED, 0
    for place, value in enumerate(overlap):
        if value:
            total += value * known.overlaps[place]
            share = round(value * _PARTS)
            packed += share * known.hidden[place]
            shares += share
    lanes = _HIDDEN_LANES.unpack(packed.to_bytes(_HIDDEN_LANES.size, "little"))
    shift = _BASE + shares * _HIDDEN_SHIFT
    hidden = map(add, map(add, parameter.hidden, candidate.hidden), [(lane - shift) * _HIDDEN_STEP for lane in lanes])
    own: float = sum([weight * value for weight, value in zip(known.out, hidden, strict=True) if value > 0])
    return total + own


def _packed_hidden(row: Sequence[float]) -> int:
    """Return what an overlap adds to the hidden layer as one integer of wide lanes, of which a multiple is as quickly
    added; each number is shifted so that none is negative."""
    most = _HIDDEN_SHIFT - 1
    numbers = (max(-most, min(most, round(number / _HIDDEN_STEP / _PARTS))) + _HIDDEN_SHIFT for number in row)
    return int.from_bytes(_HIDDEN_LANES.pack(*numbers), "little")


def logistic(total: float) -> float:
    """Return a score as a chance."""
    return 1.0 / (1.0 + math.exp(-max(-_MOST, min(_MOST, total))))


def log_odds(chance: float, most: float) -> float:
    """Return a chance as a score, of at most `most` either way."""
    return max(-most, min(most, math.log(max(chance, 1e-6) / max(1.0 - chance, 1e-6))))


@lru_cache(maxsize=4096)
def of_parameter(features: tuple[str, ...]) -> Sum:
    """Return the sum of a parameter's features."""
    return of_features(table().parameters, features)


@lru_cache(maxsize=8192)
def of_candidate(features: tuple[str, ...]) -> Sum:
    """Return the sum of a candidate's features."""
    return of_features(table().candidates, features)


@lru_cache(maxsize=16384)
def _packed_row(row: bytes) -> int:
    """Return a row as one integer of wide lanes, each number shifted so that none is negative: adding them is fast."""
    return int.from_bytes(_LANES.pack(*(number + _SHIFT for number in _ROW.unpack(row))), "little")


def of_features(side: Side, features: Sequence[str]) -> Sum:
    """Return the sum of the vectors of those features that are known."""
    places = [side.places[feature] for feature in features if feature in side.places]
    known = [_packed_row(side.vectors[_ROW.size * place : _ROW.size * (place + 1)]) for place in places]
    lanes = _LANES.unpack(sum(known).to_bytes(_LANES.size, "little"))
    shift = _SHIFT * len(known)
    numbers = tuple([(lane - shift) * side.step for lane in lanes])
    return Sum(numbers[:WIDTH], numbers[WIDTH], numbers[WIDTH + 1 :])


@cache
def table() -> Table:
    """Read the table that the package brings."""
    text = resources.files(__package__).joinpath("table.json").read_text(encoding="utf-8")
    return read_table(json.loads(text))


def read_table(written: dict[str, Any]) -> Table:
    """Return the table of its written form."""
    quotable, rivalry = written["quotable"], written["rivalry"]
    weights = memoryview(base64.b64decode(quotable["weights"])).cast("b")
    features = written["parameters"]["features"].split(SEPARATOR)
    return Table(
        _side(written["parameters"]),
        _side(written["candidates"]),
        tuple(written["overlaps"]),
        tuple(map(_packed_hidden, written["hidden"])),
        tuple(written["out"]),
        float(written["bias"]),
        {feature: quotable["step"] * weight for feature, weight in zip(features, weights, strict=True) if weight},
        float(quotable["bias"]),
        Rivalry(tuple(map(tuple, rivalry["hidden"])), tuple(rivalry["biases"]), tuple(rivalry["out"]), rivalry["bias"]),
    )


def _side(written: dict[str, Any]) -> Side:
    places = {feature: place for place, feature in enumerate(written["features"].split(SEPARATOR))}
    return Side(places, base64.b64decode(written["vectors"]), written["step"])
