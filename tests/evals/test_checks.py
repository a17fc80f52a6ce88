"""Checks of an answer's text hold what they say."""

from typing import Any

import pytest

from evals.checks import are_met, is_met


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ({"says": ["Ana Ruiz"]}, "It was ana ruiz.", "It was Ana."),
        ({"says": ["broom"]}, "Brooms!", "A vroom."),
        ({"lacks": r"\b9:05\b"}, "At 10:40.", "At 9:05 or 10:40."),
        ({"matches": r"\A[A-Z]+\Z"}, "POSITIVE", "Positive"),
        ({"count": "words", "most": 3}, "by the door", "it is by the door"),
        ({"count": "sentences", "least": 2, "most": 2}, "One. Two!", "One."),
        ({"count": "sentences", "most": 1}, "It costs 3.50 today.", "It costs 3. Today."),
        ({"count": "bullets", "least": 2}, "- one\n- two", "one\ntwo"),
        ({"count": "lines", "most": 1}, "one\n\n", "one\ntwo"),
        ({"json": {"age": [34, "34"], "name": ["Ana"]}}, '{"name": "Ana", "age": 34}', '{"name": "Ana"}'),
        ({"json": {"age": [34]}}, '```json\n{"age": 34}\n```', "age: 34"),
        ({"items": ["figs", "plums"], "is_ordered": True}, "figs, plums", "plums, figs"),
        ({"items": ["figs", "plums"]}, "plums, figs", "plums"),
    ],
)
def test_a_check_holds_for_the_right_and_not_for_the_wrong(check: dict[str, Any], right: str, wrong: str) -> None:
    assert is_met(right, check)
    assert not is_met(wrong, check)


def test_every_check_counts_and_space_around_does_not() -> None:
    assert are_met(" yes \n", [{"matches": r"\Ayes\Z"}, {"lacks": "no"}])
    assert not are_met("yes, no", [{"says": ["yes"]}, {"lacks": "no"}])


def test_an_unknown_check_is_an_error() -> None:
    with pytest.raises(ValueError, match="no check is called sounds"):
        is_met("yes", {"sounds": "good"})
