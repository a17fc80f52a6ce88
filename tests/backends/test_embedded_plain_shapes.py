"""The form that an answer is asked for in, and values that are written in it."""

from typing import Any

import pytest

from tercet.backends.embedded.plain.figures import number_of
from tercet.backends.embedded.plain.shapes import Shape, Sorting, shape_of
from tercet.backends.embedded.plain.writing import in_shape
from tests.backends.turns import answer_to


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ("Answer in one word.", {"max_words": 1, "is_only": True}),
        ("Answer in at most five words.", {"max_words": 5}),
        ("In under ten words, please.", {"max_words": 9}),
        ("Only the answer, nothing else.", {"is_only": True}),
        ("Answer in a full sentence.", {"is_sentence": True}),
        ("No punctuation.", {"is_bare": True}),
        ("Do not use commas.", {"has_commas": False}),
        ("What is the colour of the door?", {}),
    ],
)
def test_an_answer_is_wanted_short(order: str, wanted: dict[str, Any]) -> None:
    assert shape_of(order) == Shape(**wanted)


@pytest.mark.parametrize(
    ("order", "case"),
    [
        ("Write it in upper case.", "upper"),
        ("Answer in capital letters.", "upper"),
        ("All lower case, please.", "lower"),
        ("Use title case.", "title"),
    ],
)
def test_an_answer_is_wanted_in_some_letters(order: str, case: str) -> None:
    assert shape_of(order).case == case


@pytest.mark.parametrize(
    ("order", "layout", "separator"),
    [
        ("Return a JSON list.", "array", ", "),
        ("Answer as a bulleted list.", "bullets", "\n"),
        ("Give me a numbered list.", "numbered", "\n"),
        ("One item per line.", "lines", "\n"),
        ("Separate them with commas.", "joined", ", "),
        ("Comma-separated, no spaces.", "joined", ","),
        ("Semicolon-separated, please.", "joined", "; "),
        ("Separated by pipes.", "joined", " | "),
    ],
)
def test_several_values_are_wanted_as_a_list(order: str, layout: str, separator: str) -> None:
    shape = shape_of(order)
    assert shape.is_list
    assert (shape.layout, shape.separator) == (layout, separator)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("Return JSON with the keys name and city.", ("name", "city")),
        ("Return a JSON object with the fields name, age and city.", ("name", "age", "city")),
        ('JSON like {"name": ..., "age": ...}', ("name", "age")),
        ("Answer in JSON.", ()),
    ],
)
def test_an_object_is_wanted_with_keys(order: str, keys: tuple[str, ...]) -> None:
    shape = shape_of(order)
    assert (shape.layout, shape.keys) == ("object", keys)


def test_json_that_is_given_is_not_wanted() -> None:
    assert shape_of("You get JSON as input. Name the colour.") == Shape()


@pytest.mark.parametrize(
    ("order", "wrap"),
    [
        ("Put the answer in double quotes.", ('"', '"')),
        ("Put it in square brackets.", ("[", "]")),
        ("Put it between curly braces.", ("{", "}")),
        ("Write it in parentheses.", ("(", ")")),
        ("Write it in backticks.", ("`", "`")),
        ("Print it in bold.", ("**", "**")),
        ("Wrap the answer in <answer> tags.", ("<answer>", "</answer>")),
    ],
)
def test_an_answer_is_wanted_between_marks(order: str, wrap: tuple[str, str]) -> None:
    assert shape_of(order).wrap == wrap


@pytest.mark.parametrize(
    ("order", "before", "behind"),
    [
        ('Start with "Answer:".', "Answer:", ""),
        ("Begin your reply with Result:", "Result:", ""),
        ('Use the format "Name: <name>".', "Name: ", ""),
        ('End with "Thank you."', "", "Thank you."),
        ("Give the name followed by an exclamation mark.", "", "!"),
    ],
)
def test_an_answer_is_wanted_with_a_beginning_or_an_end(order: str, before: str, behind: str) -> None:
    shape = shape_of(order)
    assert (shape.before, shape.behind) == (before, behind)


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ("Reply with the number only.", {"is_number": True, "is_only": True}),
        ("Give it without the unit.", {"is_number": True}),
        ("Round to two decimal places.", {"decimals": 2}),
        ("Rounded to the nearest whole number.", {"decimals": 0}),
        ("Round to the nearest hundred.", {"decimals": -2}),
        ("Give the date as YYYY-MM-DD.", {"day": "%Y-%m-%d"}),
        ("Give the date as DD.MM.YYYY.", {"day": "%d.%m.%Y"}),
        ("Give the date as MM/DD/YYYY.", {"day": "%m/%d/%Y"}),
        ("Use HH:MM.", {"is_clock": True}),
    ],
)
def test_numbers_dates_and_times_are_wanted_in_a_form(order: str, wanted: dict[str, Any]) -> None:
    assert shape_of(order) == Shape(**wanted)


@pytest.mark.parametrize(
    ("order", "sorting"),
    [
        ("Sort them alphabetically.", "alphabetical"),
        ("In reverse alphabetical order.", "reversed"),
        ("From largest to smallest.", "descending"),
        ("Cheapest first.", "ascending"),
        ("In any order.", ""),
    ],
)
def test_values_are_wanted_in_an_order(order: str, sorting: str) -> None:
    assert shape_of(order).sorting == sorting


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ({}, "pear, apple"),
        ({"layout": "array"}, '["pear", "apple"]'),
        ({"layout": "bullets"}, "- pear\n- apple"),
        ({"layout": "bullets", "bullet": "*"}, "* pear\n* apple"),
        ({"layout": "numbered"}, "1. pear\n2. apple"),
        ({"layout": "lines"}, "pear\napple"),
        ({"layout": "joined", "separator": "; "}, "pear; apple"),
        ({"layout": "pairs", "keys": ("first", "second")}, "first: pear\nsecond: apple"),
        ({"sorting": "alphabetical"}, "apple, pear"),
        ({"sorting": "reversed", "layout": "lines"}, "pear\napple"),
        ({"wrap": ("[", "]"), "case": "upper"}, "[PEAR, APPLE]"),
    ],
)
def test_several_values_stand_as_they_are_wanted(wanted: dict[str, Any], written: str) -> None:
    assert in_shape(["pear", "apple"], Shape(**wanted)) == written


def test_an_object_has_values_of_its_own_kinds() -> None:
    shape = Shape(layout="object", keys=("name", "age", "height", "is_member", "code", "city"))
    written = in_shape(["Ann", "34", "1.75", "true", "007", ""], shape)
    assert written == '{"name": "Ann", "age": 34, "height": 1.75, "is_member": true, "code": "007", "city": null}'
    assert in_shape(["é"], Shape(layout="object")) == '{"answer": "é"}'


@pytest.mark.parametrize(
    ("value", "wanted", "written"),
    [
        ("3 May 2031", {"day": "%Y-%m-%d"}, "2031-05-03"),
        ("May 3rd, 2031", {"day": "%d.%m.%Y"}, "03.05.2031"),
        ("6:30 pm", {"is_clock": True}, "18:30"),
        ("half past six in the evening", {"is_clock": True}, "18:30"),
        ("12 kilograms", {"is_number": True}, "12"),
        ("twelve kilograms", {"is_number": True}, "12"),
        ("$1,250.50", {"is_number": True}, "1,250.50"),
        ("12.345 m", {"decimals": 2}, "12.35"),
        ("2.5", {"decimals": 0}, "3"),
        ("1250", {"decimals": -2}, "1300"),
        ("1,250 euros", {"has_commas": False}, "1250 euros"),
        ("the blue house on the hill", {"max_words": 3}, "the blue house"),
        ("the blue house", {"case": "title"}, "The Blue House"),
        ("Well, yes!", {"is_bare": True}, "Well yes"),
        ("no date", {"day": "%Y-%m-%d"}, "no date"),
    ],
)
def test_a_value_is_written_in_its_form(value: str, wanted: dict[str, Any], written: str) -> None:
    assert in_shape([value], Shape(**wanted)) == written


@pytest.mark.parametrize(("sorting", "written"), [("ascending", "$4, $12, $30"), ("descending", "$30, $12, $4")])
def test_amounts_are_sorted_by_what_they_are_worth(sorting: Sorting, written: str) -> None:
    assert in_shape(["$30", "$4", "$12"], Shape(sorting=sorting)) == written


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ({"before": "Answer:"}, "Answer: blue"),
        ({"behind": "Thank you."}, "blue. Thank you."),
        ({"behind": "!"}, "blue!"),
        ({"wrap": ("<a>", "</a>"), "before": "Result:", "case": "upper"}, "Result: <a>BLUE</a>"),
    ],
)
def test_what_is_around_a_value_is_written_last(wanted: dict[str, Any], written: str) -> None:
    assert in_shape(["blue"], Shape(**wanted)) == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [(5.0, "", "5"), (-4, "", "-4"), (2.5, "km", "2.5 km"), (1 / 3, "", "0.3333"), (20, "%", "20 %")],
)
def test_a_number_is_written_as_people_write_it(value: float, unit: str, written: str) -> None:
    assert number_of(value, unit) == written


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("What colour is the door? Answer in one word. The door of the shop is green.", "green"),
        ("What does it cost? Only the number. Text: The chair costs 45 euros.", "45"),
        ("When is it? Write the date as YYYY-MM-DD. Text: The party is on 3 May 2031.", "2031-05-03"),
        ("At what time? Use HH:MM. Text: The film starts at half past eight in the evening.", "20:30"),
        ("Which city? In capitals and square brackets. Text: The train goes to Lyon.", "[LYON]"),
        ('Start with "Answer:". What colour is the door? Text: The door is green.', "Answer: green"),
        ("Wrap the answer in <city> tags. Where does the train go? Text: It goes to Lyon.", "<city>Lyon</city>"),
        ("Sort alphabetically, one per line: pear, apple, fig", "apple\nfig\npear"),
        ("Turn this list into bullet points:\npear, apple, fig", "- pear\n- apple\n- fig"),
        ("Extract all hashtags as a JSON list: Nice #sun and #sea today", '["#sun", "#sea"]'),
        ("Convert to snake case: Total Net Price", "total_net_price"),
        ("Make it a slug: Our New Garden", "our-new-garden"),
        ("Write the date as YYYY-MM-DD: the 3rd of May 2031", "2031-05-03"),
    ],
)
def test_an_answer_has_the_form_that_was_asked_for(message: str, answer: str) -> None:
    assert answer_to(message) == answer
