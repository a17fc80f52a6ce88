"""Requests that can be read as several: what is learnt of them, and those that were written for it."""

from __future__ import annotations

from typing import Any

import pytest

from evals.own_sets import own_cases
from tercet.backends.embedded.several import tables
from tercet.schema import instance_violation
from training.data.sample import Call, Sample, Schema, calls, user
from training.data.written import written
from training.stages import several

TEXT = {"type": "string"}


def shown(name: str, about: str, *needed: str) -> Schema:
    parameters = {"type": "object", "properties": dict.fromkeys(needed, TEXT), "required": list(needed)}
    return {"name": name, "description": about, "parameters": parameters}


WEATHER = shown("get_weather", "The weather in a city on a day.", "city", "day")
NEWS = shown("get_news", "News on a topic.", "topic")


def sample(text: str, *made: Call, tools: tuple[Schema, ...] = (WEATHER, NEWS)) -> Sample:
    return Sample((user(text), calls(*made)), tools)


def weather(city: str, day: str) -> Call:
    return Call("get_weather", {"city": city, "day": day})


TWICE = "What is the weather in Oslo on Friday and in Rome on Sunday?"


@pytest.mark.parametrize(
    ("made", "rows"),
    [
        ((weather("Oslo", "Friday"), weather("Rome", "Sunday")), [("repeats", True)]),
        ((weather("Oslo", "Friday"),), [("repeats", False)]),
        ((weather("Oslo", "Friday"), weather("Rome", "Sunday"), weather("Bern", "Monday")), []),
    ],
)
def test_one_tool_called_as_often_as_it_is_read_or_once(made: tuple[Call, ...], rows: list[tuple[str, bool]]) -> None:
    found = list(several.of_sample(sample(TWICE, *made)))
    assert [(row.kind, row.is_several) for row in found] == rows


def test_different_tools_that_are_read_as_they_are_called() -> None:
    text = "Give me the weather in Oslo on Friday, and get the news on football."
    (row,) = several.of_sample(sample(text, weather("Oslo", "Friday"), Call("get_news", {"topic": "football"})))
    assert (row.kind, row.is_several) == ("tools", True)


def test_there_are_as_many_weights_as_features() -> None:
    known = tables()
    made = [
        *several.of_sample(sample(TWICE, weather("Oslo", "Friday"), weather("Rome", "Sunday"))),
        *several.of_sample(
            sample(
                "Give me the weather in Oslo on Friday, and get the news on football.",
                weather("Oslo", "Friday"), Call("get_news", {"topic": "football"}),
            )
        ),
    ]  # fmt: skip
    assert {row.kind: len(row.features) for row in made} == {
        kind: len(table.coefficients) for kind, table in known.items()
    }


def test_what_was_written_calls_tools_that_are_offered_with_valid_arguments() -> None:
    assert len(written()) == 470
    for each in written():
        offered: dict[Any, Any] = {tool["name"]: tool["parameters"] for tool in each.tools}
        made: Any = each.messages[-1]["tool_calls"]
        for call in made:
            assert instance_violation(offered[call["name"]], call["arguments"]) is None


def test_no_request_that_was_written_is_one_that_is_measured() -> None:
    measured = {str(message.get("content")).casefold() for case in own_cases() for message in case.messages}
    assert not [each for each in written() if str(each.messages[0]["content"]).casefold() in measured]
