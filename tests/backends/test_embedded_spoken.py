"""What a user asks for over several messages."""

from tercet.backends.embedded.spoken import MAX_SPOKEN, Speaker, Spoken, Turn, spoken


def test_an_answer_belongs_to_what_was_asked_about() -> None:
    turns: list[tuple[Speaker, str]] = [
        ("user", "Find a room."),
        ("assistant", "In which city?"),
        ("user", "Oslo"),
        ("assistant", "When?"),
        ("user", "May"),
    ]
    requests = spoken(turns)
    assert [each.text for each in requests] == ["Find a room.", "Find a room.\nOslo", "Find a room.\nOslo\nMay"]
    assert requests[-1].turns == (Turn(0), Turn(13, "In which city?"), Turn(18, "When?"))
    assert requests[-1].last == "May"


def test_a_call_or_a_statement_ends_a_request() -> None:
    turns: list[tuple[Speaker, str]] = [
        ("user", "Find a room."), ("other", ""), ("assistant", "There is one in Oslo."), ("user", "And a car."),
        ("assistant", "Please tell me the city."), ("user", "Lima"), ("assistant", "Which day?"), ("other", ""),
        ("user", "Hi"),
    ]  # fmt: skip
    assert [each.text for each in spoken(turns)] == ["Find a room.", "And a car.", "And a car.\nLima", "Hi"]


def test_what_would_be_too_long_stands_alone() -> None:
    turns: list[tuple[Speaker, str]] = [("user", "x" * MAX_SPOKEN), ("assistant", "Which?"), ("user", "that one")]
    assert spoken(turns)[-1] == Spoken("that one", (Turn(0, "Which?"),))


def test_a_question_to_nobody_is_no_answer() -> None:
    (said,) = spoken([("assistant", "What can I do for you?"), ("user", "Find a room.")])
    assert said.text == "Find a room."


def test_a_yes_takes_the_question_with_it() -> None:
    turns: list[tuple[Speaker, str]] = [
        ("user", "Find a room."), ("assistant", "In Oslo on 3 May, for two?"), ("user", "Yes, that's right."),
    ]  # fmt: skip
    agreed = spoken(turns)[-1]
    assert agreed.text == "Find a room.\nIn Oslo on 3 May, for two?\nYes, that's right."
    assert [agreed.turns[-1].agrees(said) for said in (agreed.last, "No, in Lima.")] == [True, False]
    assert "for two" not in spoken([*turns[:2], ("user", "No, in Lima.")])[-1].text
