"""What a conversation orders, the text that it gives for that, and that whatever is said gets an answer."""

import random

import pytest

from tercet.backends.embedded.plain.orders import MAX_ORDER, is_order, order_of
from tercet.items import Message, TextPart
from tests.backends.turns import answer_to, turns

MAIL = "The lamp in the hall is broken. Regards, Ines Falk"
NUM_CHARACTERS = 20_000


@pytest.mark.parametrize(
    ("message", "told", "text"),
    [
        (
            "Which city is meant? The train to Lyon leaves at noon.",
            ("Which city is meant?",),
            "The train to Lyon leaves at noon.",
        ),
        (
            "The meeting moved to Tuesday. Rita will bring the slides. When is the meeting?",
            ("When is the meeting?",),
            "The meeting moved to Tuesday.\nRita will bring the slides.",
        ),
        (
            "Reply in one word. What is the colour of the door? The door of the shop is green.",
            ("Reply in one word.", "What is the colour of the door?"),
            "The door of the shop is green.",
        ),
        (
            "Summarise in one sentence: The train was late because a tree had fallen on the line.",
            ("Summarise in one sentence",),
            "The train was late because a tree had fallen on the line.",
        ),
        ("Sort alphabetically: pear, apple, fig", ("Sort alphabetically",), "pear, apple, fig"),
        ("Rewrite in capitals: good morning everyone", ("Rewrite in capitals",), "good morning everyone"),
    ],
)
def test_what_asks_stands_beside_what_is_given(message: str, told: tuple[str, ...], text: str) -> None:
    order = order_of(turns(message))
    assert (order.told, order.text) == (told, text)


@pytest.mark.parametrize(
    "given",
    [
        f'"""\n{MAIL}\n"""',
        f"'''\n{MAIL}\n'''",
        f"```\n{MAIL}```",
        f"```text\n{MAIL}```",
        f"<mail>{MAIL}</mail>",
        f"<mail>\n{MAIL}\n</mail>",
        f"---\n{MAIL}\n---",
        f"=====\n{MAIL}\n=====",
        f"Text: {MAIL}",
        f"**Customer email:** {MAIL}",
        f'"{MAIL}"',
        f"“{MAIL}”",
        f"«{MAIL}»",
    ],
)
def test_what_is_marked_is_a_text(given: str) -> None:
    order = order_of(turns(f"Who sent this?\n{given}"))
    assert (order.told, order.text) == (("Who sent this?",), MAIL)


@pytest.mark.parametrize(
    "message",
    [
        f"{MAIL}\n\nWho sent this?",
        f"Who sent this?\n\n{MAIL}",
        f"Email:\n{MAIL}\n\nWho sent this?",
        f"<mail>{MAIL}</mail>\nWho sent this?",
    ],
)
def test_a_question_stands_before_a_text_or_behind_it(message: str) -> None:
    order = order_of(turns(message))
    assert (order.questions, order.text) == (("Who sent this?",), MAIL)


def test_a_labelled_question_is_none_of_the_text() -> None:
    order = order_of(turns("Text: The harbour was closed for two days.\n\nQuestion: How long was the harbour closed?"))
    assert order.text == "The harbour was closed for two days."
    assert order.told == ("Question: How long was the harbour closed?",)


def test_a_text_may_have_paragraphs() -> None:
    order = order_of(turns("Who is the letter from?\n\nDear all,\n\nthe kitchen is closed on Friday.\n\nBest, Mara"))
    assert order.told == ("Who is the letter from?",)
    assert order.text == "Dear all,\n\nthe kitchen is closed on Friday.\n\nBest, Mara"


def test_an_order_that_stands_in_a_marked_text_is_none() -> None:
    order = order_of(turns('Who sent this?\n"""\nPlease close the window. Can you help me? Regards, Tom\n"""'))
    assert order.told == ("Who sent this?",)


@pytest.mark.parametrize(
    "rules",
    [
        "Classify each message as billing, technical or other.",
        "Extract the order number. Reply with the number only.",
        "Summarise every message in one sentence.",
    ],
)
def test_an_app_orders_what_is_done_with_all_that_is_said(rules: str) -> None:
    order = order_of(turns("Hello, my order 48213 has not come yet.", rules=rules))
    assert order.text == "Hello, my order 48213 has not come yet."
    assert order.asked.startswith(rules.split(".")[0])


def test_an_app_that_lets_users_ask_tells_the_background() -> None:
    rules = "You are the helper of Falk Bakery. We open at seven and close at four. Answer questions of customers."
    order = order_of(turns("When do you close?", rules=rules))
    assert (order.questions, order.text) == (("When do you close?",), "")
    assert order.background == "We open at seven and close at four."


def test_what_a_developer_says_is_a_rule() -> None:
    said = Message("developer", (TextPart("Classify each message as billing, technical or other."),))
    order = order_of((said, *turns("My invoice is wrong.")))
    assert order.rules == "Classify each message as billing, technical or other."
    assert order.text == "My invoice is wrong."


def test_what_was_said_before_is_the_background() -> None:
    order = order_of(turns("My locker is number 14.", "Noted.", "What is my locker number?"))
    assert (order.told, order.text) == (("What is my locker number?",), "")
    assert order.background == "My locker is number 14.\nNoted."


def test_a_few_words_are_a_question() -> None:
    assert order_of(turns("current price of gold")).told == ("current price of gold",)


def test_a_long_message_orders_at_its_ends() -> None:
    filler = "The harbour was calm and the boats were quiet. " * 200
    order = order_of(turns(f"{filler}\n\nWho came to the harbour?"))
    assert order.questions == ("Who came to the harbour?",)
    assert filler.strip() in order.text


@pytest.mark.parametrize(
    ("sentence", "orders"),
    [
        ("Who came?", True),
        ("Please list the names.", True),
        ("Reply with the number only.", True),
        ("Could you tell me the price", True),
        ("- Answer in one word", True),
        ("One word only.", True),
        ("The train was late.", False),
        ("My sister lives in Oslo.", False),
        ("Is " + "very " * MAX_ORDER + "late?", False),
    ],
)
def test_a_sentence_orders_or_tells(sentence: str, orders: bool) -> None:
    assert is_order(sentence) is orders


@pytest.mark.parametrize("behind", ["", " What is it?"])
@pytest.mark.parametrize(
    "run",
    [
        "a", "1", '"', "'", "<", ">", "(", "[", "{", "?", "`", "*", "|", "/", "-", "+", " ", "“", "é", "😀", "\0", ". ",
        ", ", "- a\n", "or ", "A) ", "1. ", "a: b\n", "a=b;", "<a>", "$1 ", "% ", "1+", "is it ", '"a" ', "Text: ",
    ],
)  # fmt: skip
def test_a_long_run_of_the_same_is_answered(run: str, behind: str) -> None:
    assert answer_to((run * NUM_CHARACTERS)[:NUM_CHARACTERS] + behind).strip()


WORDS = (
    "the a is who what which or and not yes no if : , . ? ! \" ' ` ( ) [ ] { } < > / | ; - * 1 2. 3:30 12% $5"
    " 2031-05-03 Ann Oslo red list json sort convert only reply with text: question: summarise count words first last"
    " ``` --- <a> </a> a) b) A. 1) = + x é 日本 😀 hello thanks key: NONE otherwise begin end positive negative"
).split()
CHARACTERS = "ab1\"'<>()[]{}|/\\\n\t .,:;?!-*_`=+%$é日😀\0\u200b"


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_said_is_answered(seed: int) -> None:
    chance = random.Random(seed)
    for length in (1, 2, 4, 8, 30, 120, 400):
        words = " ".join(chance.choices([*WORDS, "\n", "\n\n"], k=length))
        assert answer_to(words).strip(), words
        noise = "".join(chance.choices(CHARACTERS, k=length))
        assert answer_to(noise).strip(), noise
        rules = " ".join(chance.choices(WORDS, k=20))
        assert answer_to(words, noise, noise + words, rules=rules).strip(), (words, noise, rules)


@pytest.mark.parametrize("message", ["", " ", "?", "...", "\t", "\n\n", '"', "<>", "😀"])
def test_hardly_anything_is_answered_too(message: str) -> None:
    assert answer_to(message).strip()
