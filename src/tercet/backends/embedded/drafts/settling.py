"""One value for each parameter, chosen together: which of two takes the words that both want most.

The likeliest for each alone is not the likeliest for all: `LHR` may be a little likelier as the departure than `LIS`,
and far likelier as the arrival than anything else.
"""

import math
from collections.abc import Sequence
from itertools import combinations

from tercet.backends.embedded.drafts.scorer import Value, share_words

MAX_OPTIONS = 12
"""Values of a parameter that are weighed."""
MAX_MOVES = 60
NOTHING = 0.02
"""What it costs a parameter to have no value, as a chance."""


def together(by_parameter: Sequence[Sequence[Value]]) -> list[Value | None]:
    """Return a value of each parameter, no two of which share words, that are likely together; None for one that has
    none or loses all that it has."""
    options: list[list[Value | None]] = [
        [*sorted(values, key=lambda value: -value.chance)[:MAX_OPTIONS], None] for values in by_parameter
    ]
    taken = [own[0] for own in options]
    for _ in range(MAX_MOVES):
        pairs = combinations(range(len(taken)), 2)
        clash = next(((one, other) for one, other in pairs if _clash(taken[one], taken[other])), None)
        if clash is None:
            break
        moves = [(place, _free(options, taken, place)) for place in clash]
        place, move = min(moves, key=lambda each: _loss(taken[each[0]], each[1]))
        taken[place] = move
    return taken


def _clash(one: Value | None, other: Value | None) -> bool:
    return one is not None and other is not None and bool(one.end and other.end) and share_words(one, other)


def _free(options: Sequence[Sequence[Value | None]], taken: Sequence[Value | None], place: int) -> Value | None:
    """Return the likeliest value, of those less likely than a parameter's own, that shares no words with others."""
    others = [value for at, value in enumerate(taken) if at != place]
    behind = options[place][options[place].index(taken[place]) + 1 :]
    return next((each for each in behind if not any(_clash(each, other) for other in others)), None)


def _loss(value: Value | None, other: Value | None) -> float:
    return math.log(_chance(value) / _chance(other))


def _chance(value: Value | None) -> float:
    return max(NOTHING, value.chance) if value is not None else NOTHING
