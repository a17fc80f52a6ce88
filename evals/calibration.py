"""Whether a model is right as often as it says, and the scaling that makes it so.

A decision is a pair: the raw confidence and whether it came true. Platt scaling (Platt 1999) fits two numbers by
logistic regression on one half of each set's cases; the expected calibration error (Naeini et al. 2015, ten bins of
equal numbers) is taken on the other.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals import bfcl
from evals.cases import Answer, Case

NUM_BINS = 10
KINDS = ("decision", "tool", "argument", "call")
_LEAST = 1e-6

Pair = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Scale:
    """confidence = sigmoid(slope * logit(raw) + offset)."""

    slope: float = 1.0
    offset: float = 0.0

    def apply(self, raw: float) -> float:
        return 1 / (1 + math.exp(-(self.slope * logit(raw) + self.offset)))


def logit(raw: float) -> float:
    bounded = min(max(raw, _LEAST), 1 - _LEAST)
    return math.log(bounded / (1 - bounded))


def decisions(cases: Iterable[Case], answers: Iterable[Answer]) -> dict[str, list[Pair]]:
    """Return, per kind of decision, how sure the model was and whether it was right.

    Only answers with at most one call to one expected call are read for tools and arguments: elsewhere it is not
    clear which call stands for which.
    """
    found: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    for case, answer in zip(cases, answers, strict=True):
        told = answer.confidence
        if told is None:
            continue
        found["decision"].append((told["decision"], bool(answer.calls) == bool(case.expected)))
        if len(answer.calls) != 1 or len(case.expected) != 1 or len(told["calls"]) != 1:
            continue
        ((name, arguments),), (call,), (wanted,) = answer.calls, told["calls"], case.expected
        ((right_name, fields),) = wanted.items()
        is_tool = bfcl.plain_name(name) == bfcl.plain_name(right_name)
        found["tool"].append((call["tool"], is_tool))
        found["call"].append((call["call"], is_tool and bfcl.are_fields_accepted(arguments, fields)))
        if is_tool:
            found["argument"] += [
                (sure, key in fields and bfcl.are_fields_accepted({key: arguments[key]}, {key: fields[key]}))
                for key, sure in call["arguments"].items()
                if key in arguments
            ]
    return found


def choose(pairs: Sequence[Pair]) -> Scale:
    """Return the scale fitted to `pairs` where it pays on pairs it was not fitted to (two folds), else the identity."""
    halves = (pairs[::2], pairs[1::2])
    scaled = sum(surprise(fit(halves[not side]), halves[side]) for side in (0, 1))
    return fit(pairs) if scaled < sum(surprise(Scale(), half) for half in halves) else Scale()


def surprise(scale: Scale, pairs: Sequence[Pair]) -> float:
    """Return the log loss of scaled confidences, in nats."""
    return -sum(
        math.log(max(_LEAST, scale.apply(raw) if came_true else 1 - scale.apply(raw))) for raw, came_true in pairs
    )


def fit(pairs: Sequence[Pair], *, steps: int = 60) -> Scale:
    """Fit Platt's two numbers by Newton's method, with his smoothed targets; the identity for too few pairs."""
    positives = sum(came_true for _, came_true in pairs)
    negatives = len(pairs) - positives
    if len(pairs) < 8:
        return Scale()
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    points = [(logit(raw), high if came_true else low) for raw, came_true in pairs]
    slope, offset = 1.0, 0.0
    for _ in range(steps):
        slope_step, offset_step = _newton_step(points, slope, offset)
        slope, offset = max(0.0, slope + slope_step), offset + offset_step
        if abs(slope_step) + abs(offset_step) < 1e-9:
            break
    return Scale(slope, offset)


def _newton_step(points: Sequence[tuple[float, float]], slope: float, offset: float) -> tuple[float, float]:
    ridge = 1e-3
    g_slope, g_offset = ridge * (slope - 1.0), 0.0
    h11, h12, h22 = ridge, 0.0, ridge
    for x, target in points:
        chance = 1 / (1 + math.exp(-max(-40.0, min(40.0, slope * x + offset))))
        g_slope += (chance - target) * x
        g_offset += chance - target
        weight = chance * (1 - chance)
        h11, h12, h22 = h11 + weight * x * x, h12 + weight * x, h22 + weight
    determinant = h11 * h22 - h12 * h12
    if determinant < 1e-12:
        return 0.0, 0.0
    return -(h22 * g_slope - h12 * g_offset) / determinant, -(h11 * g_offset - h12 * g_slope) / determinant


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of like confidence: how sure on average, how often right, how many."""

    confidence: float
    accuracy: float
    n: int


def bins(pairs: Sequence[Pair], num_bins: int = NUM_BINS) -> list[Bin]:
    """Return bins of equal numbers, least sure first."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    made = []
    for index in range(num_bins):
        part = ordered[len(ordered) * index // num_bins : len(ordered) * (index + 1) // num_bins]
        if part:
            sure = sum(raw for raw, _ in part) / len(part)
            right = sum(came_true for _, came_true in part) / len(part)
            made.append(Bin(sure, right, len(part)))
    return made


def calibration_error(pairs: Sequence[Pair]) -> float:
    """The expected calibration error: the mean distance of confidence and accuracy over the bins; 0 for no pairs."""
    if not pairs:
        return 0.0
    return sum(one.n * abs(one.confidence - one.accuracy) for one in bins(pairs)) / len(pairs)


def error_by_chance(pairs: Sequence[Pair], num_draws: int = 200) -> float:
    """The calibration error that these confidences would show on average if each came true just as often as it says.

    So few cases to a bin never come out even: what is measured says something only as far as it is above this.
    """
    rng = random.Random(0)
    drawn = ([(sure, rng.random() < sure) for sure, _ in pairs] for _ in range(num_draws))
    return sum(map(calibration_error, drawn)) / num_draws
