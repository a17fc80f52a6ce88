"""How likely a value fills a parameter beside its rivals: other values of the parameter, other parameters of its words.

A small network over logits and their differences. It knows no names and reads no words, so that what it learnt of some
tools holds for others.
"""

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.scorer import Value, share_words
from tercet.backends.embedded.drafts.table import Rivalry, logistic, table

NUM_MARGINS = 23
FAR = 8.0
"""Difference of logits from which one is far ahead, or has no rival."""
SURE_ALONE = 0.75
"""Chance in itself from which a value that has no stronger rival for its words keeps it."""
MAX_RAISE = 2.0
"""Most by which its logit grows because it has no rivals: what hardly fits may be all there is, and still not meant."""
_SCALE = 0.25
_EDGE = 1e-4
_WEAK = -4.6
"""Logit below which a value is no rival to another parameter's."""


class _Bid(NamedTuple):
    """A value for a parameter, with the logits of its rivals there: of the best over its words, and beside them."""

    value: Value
    logit: float
    over: float
    beside: float


def settled(by_parameter: Sequence[list[Value]], offered: Sequence[Parameter]) -> list[list[Value]]:
    """Return each parameter's values with the chances that they have beside all others.

    One that is likely in itself and wins all of its words stays so: a message may make several requests.
    """
    known = table().rivalry
    ahead = iter(margins(by_parameter, offered))
    return [
        [value._replace(chance=_settled(known, value.chance, next(ahead))) for value in values]
        for values in by_parameter
    ]


def margins(by_parameter: Sequence[list[Value]], offered: Sequence[Parameter]) -> list[tuple[float, ...]]:
    """Return `NUM_MARGINS` numbers of each value, in order: how far it is ahead of its rivals, and what it is for."""
    bids = [_bids(values) for values in by_parameter]
    strong = [(place, bid) for place, of in enumerate(bids) for bid in of if bid.logit > _WEAK and bid.value.end]
    strong.sort(key=lambda each: -each[1].logit)
    found: list[tuple[float, ...]] = []
    for place, (of, parameter) in enumerate(zip(bids, offered, strict=True)):
        kind = (bool(parameter.choices), parameter.kind == "number", parameter.kind == "string", parameter.is_list)
        for bid in of:
            elsewhere, loss = -FAR, -FAR
            is_needed_there = False
            for at, other in strong if bid.value.end else ():
                if at != place and share_words(bid.value, other.value):
                    elsewhere, loss = other.logit, other.logit - other.beside
                    is_needed_there = offered[at].is_needed
                    break
            over, beside = _scaled(bid.logit - bid.over), _scaled(bid.logit - bid.beside)
            outside, regret = _scaled(bid.logit - elsewhere), _scaled(bid.logit - bid.beside - loss)
            best, first, worth = min(over, beside), outside > 0, regret > 0
            logit = bid.logit * _SCALE
            needed = (logit, beside, outside, best, regret, best > 0, best > 0 and first, best > 0 and worth, 1.0)
            found.append((
                logit, over, beside, outside, regret, outside * is_needed_there, best > 0, first, worth, *kind,
                bool(bid.value.end), *(needed if parameter.is_needed else (0.0,) * len(needed)),
            ))  # fmt: skip
    return found


def _bids(values: Sequence[Value]) -> list[_Bid]:
    logits = [_logit(value.chance) for value in values]
    bids: list[_Bid] = []
    for value, logit in zip(values, logits, strict=True):
        over = beside = -FAR
        for other, its in zip(values, logits, strict=True):
            if other is not value and share_words(value, other):
                over = max(over, its)
            elif other is not value:
                beside = max(beside, its)
        bids.append(_Bid(value, logit, over, beside))
    return bids


def _scaled(margin: float) -> float:
    return _SCALE * max(-FAR, min(FAR, margin))


def _settled(known: Rivalry, alone: float, found: Sequence[float]) -> float:
    is_kept = alone >= SURE_ALONE and min(found[1], found[3], found[4]) > 0
    hidden = (sum(map(mul, weights, found)) + bias for weights, bias in zip(known.hidden, known.biases, strict=True))
    total = known.bias + sum(weight * value for weight, value in zip(known.out, hidden, strict=True) if value > 0)
    return max(alone if is_kept else 0.0, logistic(min(total, _logit(alone) + MAX_RAISE)))


def _logit(chance: float) -> float:
    inside = min(max(chance, _EDGE), 1 - _EDGE)
    return math.log(inside / (1 - inside))
