"""The options that an order names, the one that fits a text, and what a text says yes or no to."""

import pytest

from tercet.backends.embedded.plain.choosing import chosen, language_of
from tercet.backends.embedded.plain.options import Option, asks_sentiment, is_polar, options, ruled
from tercet.backends.embedded.plain.verdicts import NUM_FEATURES, compared, verdict
from tests.backends.turns import answer_to

BOROUGH = (Option("parks", "trees, lawns"), Option("roads", "signs, holes"), Option("water", "pipes, leaks"))


def names(order: str) -> list[str]:
    return [each.name for each in options(order, order)]


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ("Is the review positive or negative?", ["positive", "negative"]),
        ("Is this a complaint, a question or praise?", ["complaint", "question", "praise"]),
        ("Classify the ticket as billing, technical or other.", ["billing", "technical", "other"]),
        ("Reply with one of: urgent, normal, low.", ["urgent", "normal", "low"]),
        ("Categories: sports, politics, culture.", ["sports", "politics", "culture"]),
        ("Which department: sales, support or HR?", ["sales", "support", "HR"]),
        ("Sentiment (positive, negative, neutral)?", ["positive", "negative", "neutral"]),
        ("Choose between tea and coffee.", ["tea", "coffee"]),
        ('Label it "hot" or "cold".', ["hot", "cold"]),
        ("Pick the label: spam/ham", ["spam", "ham"]),
        ("Label each as spam or not spam.", ["spam", "not spam"]),
        ("Answer yes or no.", ["yes", "no"]),
        ("Does the note mention a date? Yes/No", ["Yes", "No"]),
        ("Answer true or false.", ["true", "false"]),
        ("Rate it from 1 to 5.", ["1", "2", "3", "4", "5"]),
    ],
)
def test_an_order_names_options(order: str, named: list[str]) -> None:
    assert names(order) == named


@pytest.mark.parametrize(
    "order",
    [
        "Write a sentence about the sea.",
        "Return JSON with the keys name, age and city.",
        "List the names, one per line.",
        "What is the capital?",
        "Is the door open?",
        "",
    ],
)
def test_an_order_that_names_none_has_none(order: str) -> None:
    assert names(order) == []


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("Reply YES if the parcel is late, NO otherwise.", [Option("YES", "the parcel is late"), Option("NO")]),
        ('Say "yes" if it rains, "no" if it is dry.', [Option("yes", "it rains"), Option("no", "it is dry")]),
        (
            "P1 = nobody can work; P2 = one person cannot work",
            [Option("P1", "nobody can work"), Option("P2", "one person cannot work")],
        ),
        ("Choose from: parks (trees, lawns), roads (signs, holes), water (pipes, leaks).", list(BOROUGH)),
    ],
)
def test_options_may_say_what_they_are_about(order: str, found: list[Option]) -> None:
    assert options(order, order) == found


@pytest.mark.parametrize(
    ("order", "letters"),
    [
        ("Which one fits?\nA) apples\nB) pears\nC) plums", "ABC"),
        ("Which one fits?\nA. apples\nB. pears\nC. plums", "ABC"),
        ("Which is it? a) apples b) pears c) plums", "abc"),
    ],
)
def test_options_may_have_letters(order: str, letters: str) -> None:
    named = ("apples", "pears", "plums")
    assert options(order, order) == [Option(name, "", letter) for name, letter in zip(named, letters, strict=True)]


def test_rules_say_what_options_are_about() -> None:
    made = ruled([Option("accept"), Option("reject")], "Reject insults. Accept anything polite.")
    assert made == [Option("accept", "anything polite"), Option("reject", "insults")]


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        ("Is the shop open?", True),
        ("Did she call?", True),
        ("Isn't it late?", True),
        ("According to the note, does he agree?", True),
        ("Is it red or blue?", False),
        ("Who is it?", False),
        ("Can you help me?", False),
        ("Is it late", False),
    ],
)
def test_a_question_is_answered_by_yes_or_no(question: str, is_one: bool) -> None:
    assert is_polar(question) is is_one


def test_the_options_of_a_sentiment_go_without_saying() -> None:
    assert asks_sentiment("What is the sentiment of this review?")
    assert not asks_sentiment("What is the price of this hotel?")


@pytest.mark.parametrize(
    ("text", "among", "name"),
    [
        ("I was charged twice for the same invoice.", "billing technical shipping", "billing"),
        ("The app crashes whenever I log in.", "billing technical shipping", "technical"),
        ("My parcel has not been delivered yet.", "billing technical shipping", "shipping"),
        ("What a lovely hotel, we enjoyed every day.", "positive negative", "positive"),
        ("The soup was cold and the waiter was rude.", "positive negative", "negative"),
        ("The shop opens at nine and closes at five.", "positive negative neutral", "neutral"),
        ("The striker scored twice in the final match.", "sports politics weather", "sports"),
        ("Parliament voted on the new law.", "sports politics weather", "politics"),
        ("Rain and strong wind are expected tonight.", "sports politics weather", "weather"),
        ("I want to apply for the vacancy; my CV is attached.", "returns jobs legal", "jobs"),
    ],
)
def test_the_option_is_chosen_that_a_text_speaks_for(text: str, among: str, name: str) -> None:
    assert chosen("", text, [Option(each) for each in among.split()]).name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The oak on the lawn has lost a branch; such trees are dangerous.", "parks"),
        ("There are deep holes before my house.", "roads"),
        ("A pipe under our street leaks.", "water"),
    ],
)
def test_what_an_option_is_about_speaks_for_it(text: str, name: str) -> None:
    assert chosen("", text, BOROUGH).name == name


def test_an_option_that_stands_in_the_text_answers_the_question() -> None:
    text = "She looked at the silver plan and then took the gold plan."
    assert chosen("Which plan did she take?", text, [Option("silver"), Option("gold")]).name == "gold"


def test_an_option_is_taken_or_denied() -> None:
    choices = [Option("spam"), Option("not spam")]
    assert chosen("", "Win a free phone now, click this link!", choices).name == "spam"
    assert chosen("", "Shall we have lunch on Friday?", choices).name == "not spam"


@pytest.mark.parametrize(
    ("text", "among", "language"),
    [
        ("Je ne sais pas où est la gare, merci.", "French German Spanish", "French"),
        ("Ich weiß nicht, wo der Bahnhof ist.", "French German Spanish", "German"),
        ("¿Dónde está la estación? Muchas gracias", "fr de es", "es"),
        ("Где находится вокзал?", "Russian Greek Arabic", "Russian"),
        ("駅はどこですか", "Chinese Japanese Korean", "Japanese"),
        ("The cat is on the table.", "billing technical", ""),
    ],
)
def test_languages_are_told_apart(text: str, among: str, language: str) -> None:
    assert language_of(text, among.split()) == language


@pytest.mark.parametrize(
    ("question", "text", "is_so"),
    [
        ("Is the shop open on Sundays?", "The shop is open every day, on Sundays too.", True),
        ("Is the shop open on Sundays?", "The shop is closed on Sundays.", False),
        ("Did Rita sign the contract?", "Rita signed the contract on Monday.", True),
        ("Did Rita sign the contract?", "Rita refused to sign the contract.", False),
        ("Does the hotel have a pool?", "The hotel has a pool and a sauna.", True),
        ("Does the hotel have a pool?", "The hotel has no pool, but a sauna.", False),
        ("Are dogs allowed in the garden?", "Dogs are allowed in the garden.", True),
        ("Are dogs allowed in the garden?", "Dogs are not allowed in the garden.", False),
        ("Is the customer happy?", "I love this chair, it is perfect.", True),
        ("Is the customer happy?", "The chair broke after a week, I am angry.", False),
    ],
)
def test_a_text_says_yes_or_no(question: str, text: str, is_so: bool) -> None:
    assert verdict(question, text) is is_so


def test_a_question_without_words_is_compared_with_nothing() -> None:
    assert compared("Is it?", "") == (0.0,) * NUM_FEATURES


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ('Is the review positive or negative? "The bed was soft and the staff was kind."', "Positive"),
        ("What is the sentiment of this review? The soup was cold and the waiter was rude.", "Negative"),
        ("Which team is this for: sales, billing or support?\n\nI was charged twice for one invoice.", "Billing"),
        ("Which fits? Answer with A or B only.\nA) fruit\nB) tools\n\nText: Ripe fruit is sold here.", "A"),
        ("Answer YES or NO: Did Rita sign the contract? Text: Rita signed the contract on Monday.", "YES"),
        ("Is the shop open on Sundays? The shop is closed on Sundays and Mondays.", "No"),
        ('In which language is this, French or German? "Wo ist der Bahnhof, bitte?"', "German"),
    ],
)
def test_what_was_chosen_is_the_answer(message: str, answer: str) -> None:
    assert answer_to(message) == answer


@pytest.mark.parametrize(
    ("rules", "message", "answer"),
    [
        (
            "Classify each message as billing, technical or shipping. Answer with the label only.",
            "The app crashes whenever I log in.",
            "technical",
        ),
        (
            'Label the sentiment. Reply in JSON with the key "label": positive, negative or neutral.',
            "The soup was cold and the waiter was rude.",
            '{"label": "negative"}',
        ),
        (
            "You are a spam filter. Answer with spam or ham only.",
            "Win a free phone now, click this link to claim your prize!",
            "spam",
        ),
    ],
)
def test_an_app_has_all_messages_labelled(rules: str, message: str, answer: str) -> None:
    assert answer_to(message, rules=rules) == answer
