"""Where arguments come from: spans, numbers in digits and words, the schema's own values, or nowhere."""

from typing import Any

import pytest

from tercet.grounding import Grounding, Passage, groundings, is_marked, numbers, passages, spans
from tercet.items import Message, ModelRequest, TextPart, ToolCall, ToolResult
from tercet.numerals import numbers_in
from tests.support import user

TEXT = "Book a table for four at La Piazza, Rome; budget 1,250.50 euros."
CONTEXT = (Passage(0, TEXT),)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("pay 1,204.50 or -3 at 12%", [1204.5, -3, 12]),
        ("2.5k, 3 million", [2.5, 2500, 3, 3_000_000, 1_000_000]),
        ("twenty-three people", [23]),
        ("three hundred and five thousand", [305_000]),
        ("two thousand five hundred and one", [2501]),
        ("half a dozen", [6]),
        ("version a4, 2026-11-22", [2026, 11, 22]),
        ("no number, attend the phone", []),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, values: list[float]) -> None:
    assert [number.value for number in numbers_in(text)] == values
    assert all(text[number.start : number.end].strip() for number in numbers_in(text))


@pytest.mark.parametrize(
    ("value", "said"),
    [("Rome", "Rome"), ("rome", "Rome"), ("La  Piazza", "La Piazza"), (4, "four"), (1250.5, "1,250.50")],
)
def test_a_value_is_found_where_it_is_written(value: Any, said: str) -> None:
    (found,) = groundings({"x": value}, {}, CONTEXT, is_all=True)
    assert (found.path, found.source, found.item) == ("$.x", "context", 0)
    assert found.start is not None
    assert TEXT[found.start : found.end] == said


@pytest.mark.parametrize("value", ["Paris", "Rom", "Book table", 5, 1250])
def test_a_value_that_is_not_written_comes_from_nowhere(value: Any) -> None:
    assert groundings({"x": value}, {}, CONTEXT, is_all=True) == [Grounding("$.x", "nowhere")]


@pytest.mark.parametrize("value", ["c", True, None, 7, "d"])
def test_the_schemas_own_values_are_grounded(value: Any) -> None:
    schema = {"properties": {"x": {"enum": ["c", "f"], "default": 7, "const": "d"}}}
    assert groundings({"x": value}, schema, CONTEXT, is_all=True) == [Grounding("$.x", "schema")]


def test_only_marked_parameters_are_grounded_unless_all_are() -> None:
    schema: dict[str, Any] = {
        "properties": {
            "city": {"x-grounded": True},
            "note": {},
            "guests": {"x-grounded": True, "type": "array", "items": {"properties": {"name": {}}}},
        }
    }
    arguments = {"city": "Oslo", "note": "anything", "guests": [{"name": "Ann"}]}
    assert [found.path for found in groundings(arguments, schema, CONTEXT, is_all=False)] == [
        "$.city",
        "$.guests[0].name",
    ]
    assert len(groundings(arguments, schema, CONTEXT, is_all=True)) == 3
    assert is_marked({"type": "object", **schema})
    assert not is_marked({"properties": {"city": {"type": "string"}}})


def test_only_the_users_words_and_results_ground_and_the_latest_come_first() -> None:
    items = (
        Message("system", (TextPart("Oslo"),)),
        user("Rome"),
        Message("assistant", (TextPart("Paris"),)),
        ToolCall("c1", "f", "{}"),
        ToolResult("c1", (TextPart("Bern"),)),
        user("a note of the service: Lima"),
    )
    assert passages(ModelRequest(items, num_given=5)) == (Passage(4, "Bern"), Passage(1, "Rome"))


def test_spans_are_whole_words_of_one_line_and_all_or_none() -> None:
    found = spans((Passage(0, 'say "La Piazza", now\nRome'),), 1000)
    assert {"La Piazza", "La", "Rome", '"La Piazza", now'} <= set(found)
    assert not any("\n" in span or span == "Pi" for span in found)
    assert spans((Passage(0, "a b c d e"),), 3) == ()
    assert numbers(CONTEXT) == (1250.5, 4)
