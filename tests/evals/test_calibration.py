"""The scaling of confidence and its error, on pairs whose truth is known."""

import random

import pytest

from evals.calibration import (
    Scale,
    bins,
    calibration_error,
    choose,
    crossed,
    decisions,
    error_by_chance,
    fit,
    fitted,
)
from evals.cases import Answer, calls_case


def overconfident(n: int, seed: int = 1) -> list[tuple[float, bool]]:
    """Pairs that say 0.95 and come true six times in ten, or say 0.6 and come true half of the time."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(n):
        says, is_true = (0.95, 0.6) if rng.random() < 0.5 else (0.6, 0.5)
        pairs.append((says, rng.random() < is_true))
    return pairs


def test_a_fit_on_one_half_calibrates_the_other() -> None:
    scale = fit(overconfident(2000, seed=1))
    fresh = overconfident(2000, seed=2)
    scaled = [(scale.apply(raw), came_true) for raw, came_true in fresh]
    assert calibration_error(fresh) > 0.2
    assert calibration_error(scaled) < 0.05


def test_a_calibrated_model_is_left_nearly_as_it_is() -> None:
    rng = random.Random(3)
    raws = [rng.random() for _ in range(4000)]
    scale = fit([(raw, rng.random() < raw) for raw in raws])
    assert [scale.apply(raw) for raw in (0.1, 0.3, 0.5, 0.7, 0.9)] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9], abs=0.05)


@pytest.mark.parametrize("came_true", [True, False])
def test_pairs_that_all_came_out_alike_give_a_finite_scale(came_true: bool) -> None:
    scale = fit([(0.1 * place, came_true) for place in range(1, 10)])
    assert 0 < scale.apply(0.5) < 1
    assert (scale.apply(0.5) > 0.7) is came_true


def test_scaling_that_does_not_pay_is_left_out() -> None:
    rng = random.Random(4)
    raws = [rng.random() for _ in range(40)]
    assert choose(overconfident(400)) != Scale()
    assert choose([(raw, rng.random() < raw) for raw in raws]) == Scale()


def test_too_few_pairs_fit_nothing() -> None:
    assert fit([(0.9, False)] * 3) == Scale()


def test_chance_alone_gives_an_error_that_falls_with_the_number_of_pairs() -> None:
    few, many = [(0.7, True)] * 100, [(0.7, True)] * 10_000
    assert error_by_chance(few) == pytest.approx(0.114, abs=0.02)  # the mean of |k / 10 - 0.7|, k of 10 at 0.7
    assert error_by_chance(many, 20) < 0.02


def test_bins_hold_every_pair_once() -> None:
    pairs = overconfident(103)
    assert sum(one.n for one in bins(pairs)) == 103


BOOK = {"name": "book", "description": "", "parameters": {}}


def test_decisions_read_each_kind_from_an_answer() -> None:
    case = calls_case("set", "1", [], [BOOK], [{"book": {"city": ["Lima"], "seats": [2]}}])
    told = {"decision": 0.9, "calls": [{"tool": 0.8, "call": 0.3, "arguments": {"city": 0.7, "seats": 0.4}}]}
    found = decisions([case], [Answer("", [("book", {"city": "Lima", "seats": 3})], told)])
    assert found == {
        "calling": [(0.9, True)],
        "silence": [],
        "tool": [(0.8, True)],
        "argument": [(0.7, True), (0.4, False)],
        "call": [(0.8 * 0.7 * 0.4, False)],
    }
    scaled = decisions([case], [Answer("", [("book", {"city": "Lima", "seats": 3})], told)], {"tool": Scale(2.0, 2.0)})
    ((sure, _),) = scaled["call"]
    assert decisions([case], [Answer("Which city?", [], told)])["silence"] == [(0.9, False)]
    assert sure == pytest.approx(0.7 * 0.4 * 0.64 / (0.64 + 0.04))


def test_where_no_tools_are_offered_nothing_is_decided() -> None:
    case = calls_case("set", "1", [], [], [])
    assert not any(decisions([case], [Answer("Lima", [], {"decision": 1.0, "calls": []})]).values())


def test_each_half_of_the_cases_is_scaled_by_what_the_other_tells() -> None:
    rng = random.Random(3)
    cases, answers = [], []
    for number in range(400):
        is_right = rng.random() < 0.6
        cases.append(calls_case("set", str(number), [], [BOOK], [{"book": {}}] if is_right else []))
        answers.append(
            Answer("", [("book", {})], {"decision": 0.95, "calls": [{"tool": 0.9, "call": 0.9, "arguments": {}}]})
        )
    found = crossed(cases, answers)
    assert len(found["calling"]) == 400
    assert calibration_error(found["calling"]) < 0.1 < calibration_error(decisions(cases, answers)["calling"])
    assert fitted(cases, answers)["calling"].apply(0.95) == pytest.approx(0.6, abs=0.06)
