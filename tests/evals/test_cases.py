"""What counts as right, and the figures that come of it."""

import pytest

from evals.cases import Answer, asking_case, calls_case, telling_case
from evals.score import rows, table, wilson_half_width


def test_a_question_without_a_call_is_right_where_something_is_missing() -> None:
    case = asking_case("ask", "1", [], [])
    assert case.is_right(Answer("Which city?", []))
    assert not case.is_right(Answer("I will book it.", []))
    assert not case.is_right(Answer("Which city?", [("book", {})]))


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("It is at 377 Santana Row #1000, phone 408-247-8880.", True),
        ("377 santana row 1000 (408-247-8880)", True),
        ("Call 408-247-8880.", False),
    ],
)
def test_a_text_must_tell_every_fact(text: str, is_right: bool) -> None:
    case = telling_case("tell", "1", [], [], ["377 Santana Row #1000", "408-247-8880"])
    assert case.is_right(Answer(text, [])) is is_right


def test_figures_are_per_set() -> None:
    wanted = [{"f": {"x": [1]}}]
    cases = [
        calls_case("a", "1", [], [], wanted),
        calls_case("a", "2", [], [], wanted),
        calls_case("b", "3", [], [], []),
    ]
    answers = [Answer("", [("f", {"x": 1})]), Answer("", [("f", {"x": 2})]), Answer("no", [])]
    figures = rows(cases, answers)
    assert (figures["a"].right, figures["a"].tools_right, figures["b"].right) == (50.0, 100.0, 100.0)
    assert "| a | 2 | 50 ± " in table({"run": figures})


def test_wilsons_interval_matches_a_published_value() -> None:
    # 15 of 20: [0.531, 0.888] (Newcombe 1998, the score method).
    assert wilson_half_width(15, 20) == pytest.approx((0.8881 - 0.5313) / 2, abs=1e-3)
