"""How likely a message that can be read as several requests is meant so.

`cost 18,400, residual 2,000` says two numbers of one thing. Pure and deterministic; `training/stages/several.py` writes
the tables.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.scorer import Value, share_words
from tercet.backends.embedded.regression import Regression, read_regression
from tercet.backends.embedded.repeats import SAID, Call
from tercet.backends.embedded.stretches import MOST, Stretch

SHORT = 20
"""Characters below which a stretch says little."""
ENDS = re.compile(r"[.?!:\n]\W*$")
"""The end of a sentence, or of what announces others."""
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


class Reading(NamedTuple):
    """A stretch of a text that may ask for a tool: as a whole, and what it says of the tool's arguments."""

    stretch: Stretch
    chance: float
    """How likely it asks for the tool."""
    most: float
    """How likely it asks for the tool that it is likeliest to."""
    lacking: int
    """Values that a call needs and neither it nor the whole text is likely to say."""


def likelihood(kind: Literal["repeats", "tools"], features: Sequence[float]) -> float:
    """Return the likelihood, 0 to 1, that a text is several requests: for one tool, or for different ones."""
    return tables()[kind].likelihood(features)


def of_tools(text: str, found: Sequence[Reading], whole: Mapping[str, float]) -> tuple[float, ...]:
    """Return what the likelihood is weighed from that a text asks for different tools; `whole`: how likely it asks for
    each as a whole."""
    chances = sorted(each.stretch.chance for each in found)
    margins = [each.stretch.margin / MOST for each in found]
    alone = [each.chance for each in found]
    ends = [each.stretch.end for each in found[:-1]]
    names = {each.stretch.name for each in found}
    return (
        chances[0],
        chances[1],
        min(1.0, min(margins)),
        min(2.0, _mean(margins)),
        min(alone),
        min(each.chance / max(each.most, 0.01) for each in found),
        max(whole.values()),
        min(whole.get(name, 0.0) for name in names),
        _mean([whole.get(name, 0.0) for name in sorted(names)]),
        max((chance for name, chance in whole.items() if name not in names), default=0.0),
        float(len(found) > 2),
        _mean([each.lacking == 0 for each in found]),
        min(2, max(each.lacking for each in found)) / 2,
        _mean([ENDS.search(text, max(0, end - 2), end) is not None for end in ends]),
        float(_TAKEN_BACK.search(text) is not None),
        float(min(each.stretch.end - each.stretch.start for each in found) < SHORT),
    )


def of_repeats(text: str, found: Sequence[Call], offered: Sequence[Parameter], score: float) -> tuple[float, ...]:
    """Return what the likelihood is weighed from that a text asks for one tool several times; `score`: what reading it
    makes of that, a logarithm of odds."""
    told = [min(value.chance for value in call.told_by.values()) for call in found]
    chances = [{field.name: field for field in call.possible} for call in found]
    own = [
        _chance_of(value, of.get(name))
        for call, of in zip(found, chances, strict=True)
        for name, value in call.told_by.items()
    ]
    others = [
        _chance_of(other.told_by[name], chances[at].get(name))
        for at, call in enumerate(found)
        for name in call.told_by
        for other in found
        if other is not call and name in other.told_by and other.told_by[name] != call.told_by[name]
    ]
    needed = [each.name for each in offered if each.is_needed]
    lacking = [sum(_least(call, name) < SAID for name in needed) for call in found]
    first, last = found[0].told_by, found[-1].told_by
    (name, one), other = next(iter(first.items())), next(iter(last.values()))
    between = text[min(one.end, other.end) : max(one.start, other.start)]
    parameter = next(each for each in offered if each.name == name)
    return (
        max(-MOST, min(MOST, score)) / MOST,
        min(told),
        _mean(told),
        _mean(own),
        min(own, default=0.0),
        _mean(others),
        float(len(found) > 2),
        float(len(first) > 1),
        min(2, max(lacking)) / 2,
        _mean([each == 0 for each in lacking]),
        float(_TOLD.search(text) is not None),
        float(_TAKEN_BACK.search(between) is not None),
        float(ENDS.search(between) is not None),
        float(bool(parameter.choices)),
        float(parameter.kind == "number"),
        float(parameter.is_needed),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _chance_of(value: Value, field: Field | None) -> float:
    """Return how likely a field has a value."""
    values = field.values if field else ()
    return max((each.chance for each in values if share_words(each, value)), default=0.0)


def _least(call: Call, name: str) -> float:
    """Return how likely a call is given something for a parameter."""
    return max((field.chance for field in call.given if field.name == name), default=0.0)


@cache
def tables() -> dict[str, Regression]:
    """Read the tables that the package brings."""
    written = json.loads(resources.files(__package__).joinpath("several.json").read_text(encoding="utf-8"))
    return {kind: read_regression(each) for kind, each in written.items()}
