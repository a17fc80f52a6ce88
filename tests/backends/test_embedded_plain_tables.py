"""Messages without tools that want a table, an order by numbers, or the value behind a label."""

import pytest

from tercet.backends.embedded.plain import listing
from tercet.backends.embedded.plain.answers import answer
from tercet.backends.embedded.plain.columns import tabled
from tercet.backends.embedded.plain.quoting import question_of, quoted
from tercet.backends.embedded.plain.ranking import ranked
from tercet.items import Message, TextPart

FAMILY = "Ruth is 41, her son Eli is 12 and grandma Miriam is 77."
LINES = "2 pans at 18.50\n3 pots at 22.00\n1 lid at 4"


def said(text: str) -> str:
    return answer([Message("user", (TextPart(text),))])


@pytest.mark.parametrize(
    ("told", "text", "written"),
    [
        (
            "Make a markdown table with the columns Name and Age, one row per person, no other text.",
            FAMILY,
            "| Name | Age |\n| --- | --- |\n| Ruth | 41 |\n| Eli | 12 |\n| Miriam | 77 |",
        ),
        (
            "Convert to CSV with the columns name,quantity,price.",
            LINES,
            "name,quantity,price\npans,2,18.5\npots,3,22\nlid,1,4",
        ),
        ("CSV, columns: name and quantity. No header.", "3 chairs, 2 desks and 1 lamp", "chairs,3\ndesks,2\nlamp,1"),
        (
            "Return a JSON array of objects with the keys item and price",
            "Espresso 5.00, croissant 2.80",
            '[{"item": "Espresso", "price": 5}, {"item": "croissant", "price": 2.8}]',
        ),
        ("Put this into a table.", FAMILY, ""),
        ("A table with the columns Name and Age", "Nobody is here.", ""),
        ("How many columns does the temple have?", FAMILY, ""),
    ],
)
def test_what_a_text_lists_is_written_as_a_table(told: str, text: str, written: str) -> None:
    assert tabled(told, text) == written


@pytest.mark.parametrize(
    ("told", "text", "names"),
    [
        (
            "Sort the people by points, highest first. Format: Name (points), one per line.",
            "Tariq scored 18, Elin 31, Mbali 25 and Sven 9.",
            ["Elin (31)", "Mbali (25)", "Tariq (18)", "Sven (9)"],
        ),
        (
            "names sorted from cheapest to dearest",
            "price list: apples 2.10, plums 3.40, pears 2.80, figs 6.00",
            ["apples", "pears", "plums", "figs"],
        ),
        ("Sort these by age, youngest first", "Ann is 30 and Bob 25", ["Bob", "Ann"]),
        ("Sort these alphabetically", "Ann is 30 and Bob 25", []),
        ("largest first", "nothing to rank here", []),
    ],
)
def test_things_are_put_in_the_order_of_their_numbers(told: str, text: str, names: list[str]) -> None:
    assert ranked(told, text) == names


def test_a_table_is_the_whole_answer_to_a_message() -> None:
    assert said(f"Make a markdown table with the columns Name and Age.\n\n{FAMILY}").startswith("| Name | Age |\n")


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("When is a decision due?", "29 July"),
        ("What type of permit is it?", None),
        ("Who is the officer?", "Mehmet Kaya"),
    ],
)
def test_a_question_that_names_a_label_is_answered_by_what_stands_behind_it(question: str, value: str | None) -> None:
    text = "permit: BP-2291\ntype: garden shed\nreceived: 3 June\ndecision due: 29 July\nofficer: Mehmet Kaya"
    found = quoted(question_of(question), text)
    assert value is None or (found[0][0], found[0][1].text) == (1.0, value)
    assert value is not None or found[0][0] < 1.0


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("Repeat only the last three words", "the thin gloves"),
        ("the first 2 words please", "See you"),
        ("the last word of your answer", ""),
    ],
)
def test_the_first_or_last_few_words(told: str, wanted: str) -> None:
    assert listing.placed(told, "See you Thursday at the rink, bring the thin gloves") == wanted


def test_a_name_that_begins_a_sentence_is_a_name() -> None:
    text = "Tuulikki spilled the juice, then Emre slipped in it."
    assert listing.of_kind("List the children named in the entry", text) == ["Tuulikki", "Emre"]
