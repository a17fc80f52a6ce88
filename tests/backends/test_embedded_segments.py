"""Lists of objects that a text tells: lines, sentences, parts of an enumeration that are alike."""

from typing import Any

import pytest

from tercet.backends.embedded.drafts.parameters import parameters
from tercet.backends.embedded.drafts.segments import listed
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.reading import described, read_out
from tercet.backends.embedded.spoken import Spoken
from tercet.schema import instance_violation
from tests.backends.test_embedded_reading import of, rows

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
COUNT: dict[str, Any] = {"type": "integer"}


def found(fields: dict[str, Any], text: str) -> list[dict[str, Any]]:
    offered = parameters(described("answer", of(items=rows(**fields))))
    return [{name: value.value for name, value in row.items()} for row in listed(text, offered).get("items", [])]


@pytest.mark.parametrize(
    ("fields", "text", "objects"),
    [
        (
            {"name": TEXT, "quantity": COUNT, "line_total": NUMBER},
            "KIOSK\n2 x Espresso        5.00\n1 x Butter roll 2.80\nTOTAL 7.80",
            [
                {"name": "Espresso", "quantity": 2, "line_total": 5},
                {"name": "Butter roll", "quantity": 1, "line_total": 2.8},
            ],
        ),
        (
            {"name": TEXT, "amount": NUMBER, "unit": TEXT},
            "For the bread you need 300 g rye flour, 180 ml buttermilk and 5 g salt. Knead for 10 minutes.",
            [
                {"name": "rye flour", "amount": 300, "unit": "g"},
                {"name": "buttermilk", "amount": 180, "unit": "ml"},
                {"name": "salt", "amount": 5, "unit": "g"},
            ],
        ),
        (
            {"dish": TEXT, "count": COUNT},
            "can u bring 3 pad thai, 1 green curry and 2 mango lassi from baan siam? thx",
            [
                {"dish": "pad thai", "count": 3},
                {"dish": "green curry", "count": 1},
                {"dish": "mango lassi", "count": 2},
            ],
        ),
        (
            {"drug": TEXT, "dose_mg": NUMBER},
            "Seen on Monday. Medication: metformin 850 mg (as before), amlodipine 5 mg (new). Review in 4 weeks.",
            [{"drug": "metformin", "dose_mg": 850}, {"drug": "amlodipine", "dose_mg": 5}],
        ),
        (
            {"owner": TEXT, "task": TEXT, "due": {**TEXT, "description": "day and month"}},
            "Actions: Priya to draft the tender by 12 May. Jonas to book the venue by 3 May. We meet on 20 May.",
            [
                {"owner": "Priya", "task": "draft the tender", "due": "12 May"},
                {"owner": "Jonas", "task": "book the venue", "due": "3 May"},
            ],
        ),
    ],
)
def test_parts_that_are_alike_are_objects(fields: dict[str, Any], text: str, objects: list[dict[str, Any]]) -> None:
    assert found(fields, text) == objects


@pytest.mark.parametrize(
    "text",
    ["", "Nothing to see here.", "One line with 5 apples.", "No. 7\n\n\n", "(((1, 2, 3)))", "1" * 4000, "a, " * 2000],
)
def test_a_text_without_two_of_them_lists_nothing(text: str) -> None:
    assert found({"name": TEXT, "quantity": COUNT}, text) == []


def test_objects_without_numbers_or_times_are_not_looked_for() -> None:
    assert found({"first": TEXT, "last": TEXT}, "Ann Lee, Bo Chen and Cy Roe") == []


def test_an_answer_is_held_to_the_objects_and_they_are_valid() -> None:
    schema = of(items=rows(name=TEXT, quantity=COUNT))
    made = read_out("answer", schema, Spoken("Order of Ann Lee: 4 chairs, 2 desks and 1 lamp."))
    told = [
        {name: part["enum"][0] for name, part in row["properties"].items()}
        for row in made["properties"]["items"]["prefixItems"]
    ]
    assert told == [
        {"name": "chairs", "quantity": 4},
        {"name": "desks", "quantity": 2},
        {"name": "lamp", "quantity": 1},
    ]
    assert instance_violation(schema, {"items": told}) is None


def test_a_call_is_held_to_the_objects_that_its_request_lists() -> None:
    tool = {
        "name": "place_order",
        "description": "Places an order.",
        "parameters": of(items=rows(name=TEXT, quantity=COUNT)),
    }
    said = Spoken("Please order 4 chairs, 2 desks and 1 lamp")
    draft = Offered([described_tool(tool)]).settled(said, "place_order")
    assert [{name: value.value for name, value in row.items()} for row in draft.rows["items"]] == [
        {"quantity": 4, "name": "chairs"},
        {"quantity": 2, "name": "desks"},
        {"quantity": 1, "name": "lamp"},
    ]


def described_tool(tool: dict[str, Any]) -> bytes:
    return described(tool["name"], tool["parameters"])
