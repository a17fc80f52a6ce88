"""How likely a message that can be read as several requests for one tool is meant so.

`cost 18,400, residual 2,000` says two numbers of one thing. Pure and deterministic; `training/stages/several.py` writes
the table.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.scorer import Value, share_words
from tercet.backends.embedded.drafts.table import logistic
from tercet.backends.embedded.repeats import ENDS, SAID, Part, differ, look, repeated

_TOLD = re.compile(
    r"\b(?:each|both|all (?:three|four|five)|respectively|compar(?:e|ing)|versus|vs|another|same|also|too|twice|once"
    r"|likewise|ditto|separately|then|either|which(?: one)? (?:is|was|has|of))\b|^\s*(?:[-*•]|\d[.)])\s",
    re.IGNORECASE | re.MULTILINE,
)
"""Words, or a list, that tell that several things are wanted."""
_TAKEN_BACK = re.compile(
    r"\b(?:no|not|sorry|wait|i mean|actually|scratch that|rather|oops|correction|instead|except|but|already|used to"
    r"|normally|usually|last time)\b",
    re.IGNORECASE,
)
"""Words that tell that what is said before them is not wanted."""


class Table(NamedTuple):
    """What was learnt: how the features make a likelihood."""

    coefficients: tuple[float, ...]
    bias: float


def likelihood(text: str, found: Sequence[Part], offered: Sequence[Parameter], whole: Sequence[Field]) -> float:
    """Return the likelihood, 0 to 1, that a text is the requests `found`; `whole`: what it says if it is one."""
    known = table()
    return logistic(known.bias + sum(map(mul, known.coefficients, features(text, found, offered, whole))))


def features(
    text: str, found: Sequence[Part], offered: Sequence[Parameter], whole: Sequence[Field]
) -> tuple[float, ...]:
    """Return what the likelihood is weighed from."""
    again = repeated(found)
    surest = min(max((part.values[at].chance for at in again & part.values.keys()), default=0.0) for part in found)
    shares = [len(again & part.values.keys()) / max(1, len(again)) for part in found]
    clashes = [
        (offered[place].name, one.values[place], other.values[place])
        for one, other in pairwise(found)
        for place in one.values.keys() & other.values.keys()
        if differ(one.values[place], other.values[place])
    ]
    unexplained = [1 - max(_elsewhere(name, one, whole), _elsewhere(name, other, whole)) for name, one, other in clashes]
    sentences = [ENDS.search(text[part.start : part.end]) is not None for part in found[:-1]]
    said = {place for part in found for place in part.values}
    missing = sum(each.is_needed and not each.choices and place not in said for place, each in enumerate(offered))
    alike = [look(text, one) == look(text, other) for _, one, other in clashes]
    joints = [text[one.end : other.start] for one, other in pairwise(found)]
    return (
        surest,
        surest * min(shares),
        _mean(shares),
        min(unexplained, default=0.0),
        _mean(unexplained),
        float(len(again) > 1),
        float(len(found) > 2),
        _mean(sentences),
        float(_TOLD.search(text) is not None),
        min(2, missing) / 2,
        _mean(alike),
        float(any(_TAKEN_BACK.search(text, one.end, other.end) for one, other in pairwise(found))),
        float(_are_one(found, whole)),
        float(any(map(re.compile(r"\w").search, joints))),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _elsewhere(name: str, value: Value, whole: Sequence[Field]) -> float:
    """Return how likely a value is another parameter's if the text is one request."""
    others = (field.likeliest for field in whole if field.name != name)
    return max((other.chance for other in others if share_words(value, other)), default=0.0)


def _are_one(found: Sequence[Part], whole: Sequence[Field]) -> bool:
    """Say whether a likely value of one request reaches from one part into another."""
    values = [value for field in whole for value in field.values if value.chance >= SAID]
    return any(value.start < one.end and other.start < value.end for value in values for one, other in pairwise(found))


@cache
def table() -> Table:
    """Read the table that the package brings."""
    written = json.loads(resources.files(__package__).joinpath("several.json").read_text(encoding="utf-8"))
    return Table(tuple(written["coefficients"]), float(written["bias"]))
