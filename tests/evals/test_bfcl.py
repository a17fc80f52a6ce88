"""BFCL's matching rules."""

from __future__ import annotations

from typing import Any

import pytest

from evals import bfcl

EXPECTED: list[bfcl.Accepted] = [{"book.flight": {"to": ["New York", "NYC"], "seats": [2], "class": ["", "economy"]}}]


@pytest.mark.parametrize(
    ("arguments", "is_right"),
    [
        ({"to": "new york", "seats": 2}, True),
        ({"to": "NYC", "seats": 2, "class": "economy"}, True),
        ({"to": "NYC", "seats": 2.0}, True),
        ({"to": "Boston", "seats": 2}, False),
        ({"to": "NYC"}, False),
        ({"to": "NYC", "seats": True}, False),
        ({"to": "NYC", "seats": 2, "meal": "none"}, False),
        ({"to": "NYC", "seats": 2, "class": "first"}, False),
    ],
)
def test_arguments(arguments: dict[str, Any], is_right: bool) -> None:
    assert bfcl.are_calls_accepted([("book_flight", arguments)], EXPECTED) is is_right


def test_parallel_calls_match_in_any_order() -> None:
    expected: list[bfcl.Accepted] = [{"f": {"x": [1]}}, {"f": {"x": [2]}}]
    assert bfcl.are_calls_accepted([("f", {"x": 2}), ("f", {"x": 1})], expected)
    assert not bfcl.are_calls_accepted([("f", {"x": 2}), ("f", {"x": 2})], expected)
    assert not bfcl.are_calls_accepted([("f", {"x": 2})], expected)


def test_no_call_is_right_where_none_is_expected() -> None:
    assert bfcl.are_calls_accepted([], [])
    assert not bfcl.are_calls_accepted([("f", {})], [])


def test_nested_objects_and_lists() -> None:
    expected: list[bfcl.Accepted] = [{"f": {"where": [{"city": ["Rome"], "zip": ["", "1"]}], "tags": [["a", "b"]]}}]
    assert bfcl.are_calls_accepted([("f", {"where": {"city": "rome"}, "tags": ["A", "b"]})], expected)
    assert not bfcl.are_calls_accepted([("f", {"where": {"city": "rome"}, "tags": ["b", "a"]})], expected)


def test_schema_types_become_json_schema() -> None:
    function = {
        "name": "a.b",
        "description": "d",
        "parameters": {
            "type": "dict",
            "properties": {"x": {"type": "float"}, "y": {"type": "tuple", "items": {"type": "any"}}},
            "required": ["x"],
        },
    }
    made = bfcl.tool(function)
    assert made["name"] == "a_b"
    assert made["parameters"] == {
        "type": "object",
        "properties": {"x": {"type": "number"}, "y": {"type": "array", "items": {}}},
        "required": ["x"],
    }
