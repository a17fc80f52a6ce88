"""Whether a model is right as often as it says, and the scaling that makes it so.

A decision is a pair: the raw confidence and whether it came true. Beta calibration (Kull, Silva Filho and Flach,
AISTATS 2017) fits three numbers by logistic regression; the expected calibration error (Naeini et al. 2015, ten bins of
equal numbers) is taken on cases that they were not fitted to: each half of a set's cases with what the other half told.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals import bfcl
from evals.cases import Answer, Case

NUM_BINS = 10
KINDS = ("calling", "silence", "tool", "argument", "call")
_LEAST = 0.003
"""Bound of raw confidences and one less it, the service's own."""
_RIDGE = 0.05

Pair = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Scale:
    """confidence = sigmoid(a ln(raw) - b ln(1 - raw) + c)."""

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def apply(self, raw: float) -> float:
        return _logistic(_dot((self.a, self.b, self.c), _point(raw)))


Numbers = tuple[float, float, float]


def _point(raw: float) -> Numbers:
    bounded = min(max(raw, _LEAST), 1 - _LEAST)
    return math.log(bounded), -math.log(1 - bounded), 1.0


def _dot(one: Numbers, other: Numbers) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))


def decisions(
    cases: Iterable[Case], answers: Iterable[Answer], scales: Mapping[str, Scale] | None = None
) -> dict[str, list[Pair]]:
    """Return, per kind of decision, how sure the model was and whether it was right; a whole call is as sure as the
    product of its tool's and its arguments' confidences, which `scales` are applied to.

    Only answers with at most one call to one expected call are read for tools and arguments: elsewhere it is not
    clear which call stands for which. Where no tools are offered nothing is decided.
    """
    known = dict.fromkeys(KINDS, Scale()) | dict(scales or {})
    found: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    for case, answer in zip(cases, answers, strict=True):
        told = answer.confidence
        if told is None or not case.tools:
            continue
        decided = "calling" if answer.calls else "silence"
        found[decided].append((told["decision"], bool(answer.calls) == bool(case.expected)))
        if len(answer.calls) != 1 or len(case.expected) != 1 or len(told["calls"]) != 1:
            continue
        ((name, arguments),), (call,), (wanted,) = answer.calls, told["calls"], case.expected
        ((right_name, fields),) = wanted.items()
        is_tool = bfcl.plain_name(name) == bfcl.plain_name(right_name)
        found["tool"].append((call["tool"], is_tool))
        parts = [known["tool"].apply(call["tool"]), *map(known["argument"].apply, call["arguments"].values())]
        found["call"].append((math.prod(parts), is_tool and bfcl.are_fields_accepted(arguments, fields)))
        if is_tool:
            found["argument"] += [
                (sure, key in fields and bfcl.are_fields_accepted({key: arguments[key]}, {key: fields[key]}))
                for key, sure in call["arguments"].items()
                if key in arguments
            ]
    return found


def crossed(cases: Sequence[Case], answers: Sequence[Answer]) -> dict[str, list[Pair]]:
    """Return the decisions of each kind, each scaled by what was fitted to the other half of each set's cases."""
    order = sorted(range(len(cases)), key=lambda place: cases[place].set_name)
    halves = [([cases[n] for n in half], [answers[n] for n in half]) for half in (order[::2], order[1::2])]
    found: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    for one, other in (halves, halves[::-1]):
        known = fitted(*one)
        for kind, pairs in decisions(*other, known).items():
            found[kind] += [(known[kind].apply(raw), came_true) for raw, came_true in pairs]
    return found


def fitted(cases: Sequence[Case], answers: Sequence[Answer]) -> dict[str, Scale]:
    """Return the scale of each kind of decision, fitted to all of these cases; those of the parts of a call first."""
    known: dict[str, Scale] = {}
    for kind in KINDS:
        known[kind] = choose(decisions(cases, answers, known)[kind])
    return known


def choose(pairs: Sequence[Pair]) -> Scale:
    """Return the scale fitted to `pairs` where it pays on pairs it was not fitted to (two folds), else the identity."""
    halves = (pairs[::2], pairs[1::2])
    scaled = sum(surprise(fit(halves[not side]), halves[side]) for side in (0, 1))
    return fit(pairs) if scaled < sum(surprise(Scale(), half) for half in halves) else Scale()


def surprise(scale: Scale, pairs: Sequence[Pair]) -> float:
    """Return the log loss of scaled confidences, in nats."""
    return -sum(
        math.log(max(1e-6, scale.apply(raw) if came_true else 1 - scale.apply(raw))) for raw, came_true in pairs
    )


def fit(pairs: Sequence[Pair], *, steps: int = 60) -> Scale:
    """Fit the three numbers by Newton's method, with Platt's smoothed targets; the identity for too few pairs."""
    positives = sum(came_true for _, came_true in pairs)
    negatives = len(pairs) - positives
    if len(pairs) < 8:
        return Scale()
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    points = [(_point(raw), high if came_true else low) for raw, came_true in pairs]
    numbers: Numbers = (0.5, 0.5, 0.0)
    for _ in range(steps):
        step = _newton_step(points, numbers)
        numbers = (max(0.0, numbers[0] + step[0]), max(0.0, numbers[1] + step[1]), numbers[2] + step[2])
        if sum(map(abs, step)) < 1e-9:
            break
    return Scale(*numbers)


def _newton_step(points: Sequence[tuple[Numbers, float]], numbers: Numbers) -> Numbers:
    slopes = [_RIDGE * (numbers[0] - 0.5), _RIDGE * (numbers[1] - 0.5), 0.0]
    curves = [[_RIDGE * (row == column) for column in range(3)] for row in range(3)]
    for point, target in points:
        chance = _logistic(_dot(numbers, point))
        for row in range(3):
            slopes[row] += (chance - target) * point[row]
            for column in range(3):
                curves[row][column] += chance * (1 - chance) * point[row] * point[column]
    solved = _solved(curves, slopes)
    return -solved[0], -solved[1], -solved[2]


def _solved(rows: list[list[float]], right: list[float]) -> list[float]:
    """Solve three equations with a positive definite matrix by elimination."""
    for place in range(3):
        for below in range(place + 1, 3):
            share = rows[below][place] / rows[place][place]
            rows[below] = [one - share * other for one, other in zip(rows[below], rows[place], strict=True)]
            right[below] -= share * right[place]
    found = [0.0, 0.0, 0.0]
    for place in (2, 1, 0):
        known = sum(rows[place][column] * found[column] for column in range(place + 1, 3))
        found[place] = (right[place] - known) / rows[place][place]
    return found


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
