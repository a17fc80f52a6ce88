"""How likely a message that can be read as several requests is meant so.

`cost 18,400, residual 2,000` says two numbers of one thing. Pure and deterministic; `training/stages/several.py` writes
the tables.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal, NamedTuple

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.scorer import share_words
from tercet.backends.embedded.regression import Regression, read_regression
from tercet.backends.embedded.repeats import ENDS, SAID, Part, differ, elsewhere, look, repeated
from tercet.backends.embedded.stretches import MOST, Stretch

SHORT = 20
"""Characters below which a stretch says little."""
_WORD = re.compile(r"\w")
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


def of_tools(text: str, found: Sequence[Reading], whole: float) -> tuple[float, ...]:
    """Return what the likelihood is weighed from that a text asks for different tools; `whole`: how likely it asks for
    the likeliest tool if it asks for one."""
    chances = sorted(each.stretch.chance for each in found)
    margins = [each.stretch.margin / MOST for each in found]
    alone = [each.chance for each in found]
    ends = [each.stretch.end for each in found[:-1]]
    return (
        chances[0],
        chances[1],
        min(1.0, min(margins)),
        min(2.0, _mean(margins)),
        min(alone),
        min(each.chance / max(each.most, 0.01) for each in found),
        whole,
        float(len(found) > 2),
        _mean([each.lacking == 0 for each in found]),
        min(2, max(each.lacking for each in found)) / 2,
        _mean([ENDS.search(text, max(0, end - 2), end) is not None for end in ends]),
        float(_TAKEN_BACK.search(text) is not None),
        float(min(each.stretch.end - each.stretch.start for each in found) < SHORT),
    )


def of_repeats(
    text: str, found: Sequence[Part], offered: Sequence[Parameter], whole: Sequence[Field]
) -> tuple[float, ...]:
    """Return what the likelihood is weighed from that a text asks for one tool several times; `whole`: what it says if
    it asks once."""
    again = repeated(found)
    surest = min(max((part.values[at].chance for at in again & part.values.keys()), default=0.0) for part in found)
    shares = [len(again & part.values.keys()) / max(1, len(again)) for part in found]
    clashes = [
        (offered[place].name, one.values[place], other.values[place])
        for one, other in pairwise(found)
        for place in one.values.keys() & other.values.keys()
        if differ(one.values[place], other.values[place])
    ]
    unexplained = [1 - max(elsewhere(name, one, whole), elsewhere(name, other, whole)) for name, one, other in clashes]
    sentences = [ENDS.search(text[part.start : part.end]) is not None for part in found[:-1]]
    said = {place for part in found for place in part.values}
    missing = sum(each.is_needed and not each.choices and place not in said for place, each in enumerate(offered))
    alike = [look(text, one) == look(text, other) for _, one, other in clashes]
    left = [_left(part, again) for part in found]
    sizes = [len(part.values) for part in found]
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
        float(any(map(_WORD.search, joints))),
        max(left),
        _mean(left),
        min(sizes) / max(sizes),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _left(part: Part, again: frozenset[int]) -> float:
    """Return how likely a part says a second value of what several parts say, in words that are nothing else there."""
    taken = part.values.values()
    return max(
        (
            value.chance
            for place in again & part.values.keys()
            for value in part.possible[place]
            if differ(value, part.values[place]) and not any(share_words(value, other) for other in taken)
        ),
        default=0.0,
    )


def _are_one(found: Sequence[Part], whole: Sequence[Field]) -> bool:
    """Say whether a likely value of one request reaches from one part into another."""
    values = [value for field in whole for value in field.values if value.chance >= SAID]
    return any(value.start < one.end and other.start < value.end for value in values for one, other in pairwise(found))


@cache
def tables() -> dict[str, Regression]:
    """Read the tables that the package brings."""
    written = json.loads(resources.files(__package__).joinpath("several.json").read_text(encoding="utf-8"))
    return {kind: read_regression(each) for kind, each in written.items()}
