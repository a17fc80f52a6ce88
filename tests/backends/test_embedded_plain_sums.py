"""What a message asks to be computed of its own numbers."""

import pytest

from tercet.backends.embedded.plain.answers import UNABLE
from tercet.backends.embedded.plain.figures import Sum
from tercet.backends.embedded.plain.problems import compared
from tercet.backends.embedded.plain.sentences import sentences
from tercet.backends.embedded.plain.sums import computed, written
from tests.backends.turns import answer_to


def found(message: str, rules: str = "") -> Sum:
    value = computed(message, sentences(message)[-1].text, rules)
    assert value
    return value


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("What is 17 * 23?", 391),
        ("How much is 3.5 x 4?", 14),
        ("What is (4 + 6) * 3?", 30),
        ("What is 1,250 + 750?", 2000),
        ("What is 12 plus 30?", 42),
        ("What is seven times eight?", 56),
        ("What is 100 divided by 8?", 12.5),
        ("What is 2 to the power of 10?", 1024),
        ("What is 9 squared?", 81),
        ("What is the square root of 144?", 12),
        ("What is 15% of 240?", 36),
        ("What is 20 percent of 80?", 16),
    ],
)
def test_what_is_written_out_is_computed(message: str, value: float) -> None:
    assert found(message).value == value


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("A box holds 24 bottles. How many bottles are in 15 boxes?", 360),
        ("Ann had 31 apples, gave away 7 and got 4 more. How many does she have now?", 28),
        ("There were 50 seats and 12 are taken. How many are left?", 38),
        ("I buy 3 pens at $2 each and 2 books at $10 each. What is the total?", 26),
        ("I buy a pen for $3 and pay with $10. How much change do I get?", 7),
        ("Five friends split a bill of 90 euros equally. How much does each person pay?", 18),
        ("The ladder is 7 m long and the wall is 3 m high. What is the difference?", 4),
        ("What is the average of 4, 8 and 12?", 8),
    ],
)
def test_a_problem_in_words_is_computed(message: str, value: float) -> None:
    assert found(message).value == value


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("A shirt costs 40 euros and is 25% off. What is the price after the discount?", 30),
        ("Dinner costs $80 plus a 15% tip. How much is it in total?", 92),
        ("Dinner costs $80. How much is the tip of 15%?", 12),
    ],
)
def test_a_rate_is_taken_of_an_amount(message: str, value: float) -> None:
    assert found(message).value == value


def test_growth_is_told_in_percent() -> None:
    grown = found("The rent rose from 500 to 600 euros. By what percentage?")
    assert (grown.value, grown.unit) == (20, "%")


def test_the_time_between_two_times_of_day_is_computed() -> None:
    span = found("The meeting starts at 9:15 and ends at 11:45. How many minutes does it take?")
    assert (span.value, span.unit) == (150, "minutes")


def test_the_end_of_what_takes_a_while_is_a_time_of_day() -> None:
    assert found("The film starts at 20:15 and takes 90 minutes. When does it end?").text == "21:45"
    assert found("The film starts at 23:30 and takes 2 hours. When does it end?").text == "01:30"


@pytest.mark.parametrize(
    "message",
    [
        "Tom has 3 dogs. What colour are they?",
        "Call me at 555-1234.",
        "Is the date 2031-05-03 right?",
        "The code is 4711.",
        "Who wrote the letter?",
        "What is 10 / 0?",
        "",
    ],
)
def test_numbers_alone_ask_for_nothing(message: str) -> None:
    assert computed(message, message) is None


def test_a_calculator_need_not_be_asked() -> None:
    assert computed("12 x 12 =", "12 x 12 =", "You are a calculator.") == Sum(144, "12*12")
    assert found("12, 30 and 8", "You sum up the prices that users send. Reply with the total.").value == 50


def test_lines_of_an_order_are_added_up() -> None:
    message = "3 x pen at 2.50\n2 x book at 10"
    total = computed(message, message, "You add up orders. Give the total only.")
    assert total
    assert total.value == 27.5


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("17*23", 391),
        ("2+2=", 4),
        ("What is 17*23?", 391),
        ("Please calculate 12 / 4", 3),
        ("how much is 5 times 6?", 30),
        ("What is 15% of 240?", 36),
    ],
)
def test_a_message_may_be_a_sum_and_nothing_else(message: str, value: float) -> None:
    sum_of = written(message)
    assert sum_of
    assert sum_of.value == value


@pytest.mark.parametrize("message", ["", "Hello", "What is 17*23 and who wrote it?", "Book room 12 for 3 nights."])
def test_a_message_that_is_more_is_none(message: str) -> None:
    assert written(message) is None


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Which is larger: 0.5 or 0.45?", "0.5"),
        ("Which is smaller: 0.5 or 0.45?", "0.45"),
        ("Which is cheaper: tea for $3 or juice for $2?", "juice for $2"),
        ("Which is more expensive: tea for $3 or juice for $2?", "tea for $3"),
        ("Which is heavier: 3 kg or 5 kg?", "5 kg"),
    ],
)
def test_the_larger_or_smaller_of_amounts_is_told_as_it_is_called(question: str, best: str) -> None:
    told = compared(question, question)
    assert told
    assert told.text == best


@pytest.mark.parametrize("question", ["How much larger is 5 than 3?", "Which is red: 3 or 5?", "Which is larger?"])
def test_what_compares_no_amounts_is_not_compared(question: str) -> None:
    assert compared(question, question) is None


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("What is 17 * 23?", "391"),
        ("What is the average of 4, 8 and 12?", "8"),
        ("The film starts at 20:15 and takes 90 minutes. When does it end?", "21:45"),
        ("Which is larger: 0.5 or 0.45?", "0.5"),
        ("Add up 12, 30 and 8.", "50"),
        ("What is the total?\n\n3 x pen at 2.50\n2 x book at 10", "27.5"),
    ],
)
def test_what_was_computed_is_the_answer(message: str, answer: str) -> None:
    assert answer_to(message) == answer


@pytest.mark.parametrize("message", ["What is 10 / 0?", "What is 2**1000000?"])
def test_what_has_no_value_is_not_computed(message: str) -> None:
    assert answer_to(message) == UNABLE
