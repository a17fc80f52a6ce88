"""How files are to be searched: filters on their attributes, the ranking of what is found, what a response may do."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import msgspec

DEPTH = 100
"""How far down each ranking counts."""
FUSION = 60
"""How slowly a rank's worth falls: the constant of reciprocal rank fusion."""
AttributeValue = str | float | bool
Attributes = dict[str, AttributeValue]
Comparison = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]


class Compare(msgspec.Struct, frozen=True, tag="compare"):
    """One attribute beside a value, or a list of them for `in` and `nin`."""

    kind: Comparison
    key: str
    value: AttributeValue | tuple[AttributeValue, ...]


class Compound(msgspec.Struct, frozen=True, tag="compound"):
    """Several filters of which all, or any, must hold."""

    kind: Literal["and", "or"]
    filters: "tuple[Compare | Compound, ...]"


Filter = Compare | Compound


class SearchOptions(msgspec.Struct, frozen=True):
    """How a search is made. `min_score` is between 0 and 1; the weights need not add up to 1."""

    max_results: int = 10
    wanted: Filter | None = None
    min_score: float = 0.0
    embedding_weight: float = 1.0
    text_weight: float = 1.0


class FileSearching(msgspec.Struct, frozen=True):
    """A response's leave to search vector stores while it is made."""

    store_ids: tuple[str, ...]
    options: SearchOptions = SearchOptions()
    place: str = "tools"
    """Where a request names the stores, for errors."""


def fused(
    meant: Sequence[tuple[int, float]], said: Sequence[tuple[int, float]], options: SearchOptions
) -> dict[int, float]:
    """Return the scores of reciprocal rank fusion, 1 being first in every ranking that has a weight."""
    scores: defaultdict[int, float] = defaultdict(float)
    weights = options.embedding_weight + options.text_weight
    for ranking, weight in ((meant, options.embedding_weight), (said, options.text_weight)):
        ordered = sorted(ranking, key=lambda found: (-found[1], found[0]))[:DEPTH]
        for rank, (number, _) in enumerate(ordered):
            scores[number] += weight / weights * (FUSION + 1) / (FUSION + 1 + rank)
    return scores
