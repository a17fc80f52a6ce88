"""How likely a tool is meant, given what a request says of its arguments beside what it has in common with its words.

`bp 128 over 83` has no word of `log_blood_pressure`, and all that it needs. Pure and deterministic;
`training/stages/fit.py` writes the table. It knows nothing of prompts.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

from tercet.backends.embedded.drafts.assignment import LIKELY, Field
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.table import log_odds
from tercet.backends.embedded.regression import Regression, read_regression

UNSAID = 0.02
"""Chance of what is needed and has no likely value."""
MOST = 4.0
"""Log odds that count of a chance."""
MANY = 4
"""Values beyond which more say no more."""


def features(
    chance: float, offered: Sequence[Parameter], fields: Sequence[Field], score: float | None
) -> tuple[float, ...]:
    """Return what a likelihood is weighed from: what the words say of a tool, how likely each value is said, and the
    tool's score where the whole request was read together with it."""
    said = {field.name: field.chance for field in fields}
    needed = [log_odds(said.get(each.name, UNSAID), MOST) for each in offered if each.is_needed and not each.choices]
    chosen = [log_odds(said.get(each.name, UNSAID), MOST) for each in offered if each.is_needed and each.choices]
    optional = sum(said.get(each.name, 0.0) >= LIKELY for each in offered if not each.is_needed)
    words = log_odds(chance, MOST)
    return (
        words,
        float(not needed),
        min(MANY, len(needed)) / MANY,
        sum(needed[:MANY]) / MOST / MANY,
        min(needed, default=0.0) / MOST,
        float(bool(chosen)),
        sum(chosen[:MANY]) / MOST / MANY,
        min(MANY, optional) / MANY,
        float(not offered),
        max(0.0, words) / MOST,
        float(score is not None),
        0.0 if score is None else max(-MOST, min(MOST, score)),
        0.0 if score is None else max(-MOST, min(MOST, score)) * float(not needed),
    )


def likelihood(
    chance: float, offered: Sequence[Parameter], fields: Sequence[Field], score: float | None = None
) -> float:
    """Return the likelihood, 0 to 1, that a tool is meant; `chance`: the same by its words alone; `score`: the
    logarithm of its odds by the whole request."""
    return table().likelihood(features(chance, offered, fields, score))


@cache
def table() -> Regression:
    """Read the table that the package brings."""
    text = resources.files(__package__).joinpath("fit.json").read_text(encoding="utf-8")
    return read_regression(json.loads(text))
