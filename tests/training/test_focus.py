"""Requests read for one of several calls: which words are marked, and what is to be found."""

from __future__ import annotations

from typing import Any

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.parameters import Heading, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.sequences import Focus
from tercet.backends.embedded.spoken import Spoken
from training.data.sample import compact
from training.drafts.examples import examples
from training.drafts.focus import Focused, focused
from training.drafts.turns import Asked, wanted_values


def offered(**kinds: str) -> Any:
    properties = {name: {"type": kind} for name, kind in kinds.items()}
    return parameters(compact({"name": "t", "parameters": {"type": "object", "properties": properties}}).encode())


STAY = offered(city="string", nights="integer")


def asked(text: str, *calls: dict[str, Any], beside: Any = ()) -> Asked:
    request = read(Spoken(text))
    return Asked(request, "t", STAY, wanted_values(calls), False, Heading((), ()), calls, beside)


def found(one: Asked) -> list[Focused]:
    return focused(one, [list(scorer.options(one.request, parameter)) for parameter in one.offered])


def marked(text: str, one: Focused) -> list[tuple[str, Focus]]:
    return [(text[mark.start : mark.end], mark.focus) for mark in one.marks]


def test_the_values_that_tell_calls_apart_are_marked() -> None:
    text = "3 nights in Porto and 5 in Turku"
    calls = {"city": "Porto", "nights": 3}, {"city": "Turku", "nights": 5}
    for one in found(asked(text, *calls)):
        own = next(said for said, focus in marked(text, one) if focus is Focus.OWN)
        (call,) = one.calls
        assert own in (call["city"], str(call["nights"]))
        assert [focus for _, focus in marked(text, one)].count(Focus.OTHER) == 1


def test_all_combinations_are_told_apart_twice() -> None:
    text = "Porto and Turku, for 3 and for 5 nights each"
    calls = [{"city": city, "nights": nights} for city in ("Porto", "Turku") for nights in (3, 5)]
    readings = found(asked(text, *calls))
    assert readings
    assert {len(one.calls) for one in readings} <= {1, 2}
    assert all(len(one.marks) == 2 * (3 - len(one.calls)) for one in readings)


def test_the_part_for_another_tool_is_outside() -> None:
    text = "3 nights in Porto. And what do 50 EUR make in SEK?"
    money = offered(amount="integer")
    (one,) = found(asked(text, {"city": "Porto", "nights": 3}, beside=((money, {"amount": 50}),)))
    assert marked(text, one) == [
        ("And what do 50 EUR make in SEK?", Focus.OUTSIDE),
        ("3 nights in Porto. ", Focus.WITHIN),
    ]


def test_one_call_is_read_once() -> None:
    assert found(asked("3 nights in Porto", {"city": "Porto", "nights": 3})) == []


def test_what_is_read_for_one_call_is_an_example_with_the_values_of_that_call() -> None:
    text = "3 nights in Porto and 5 in Turku"
    calls = {"city": "Porto", "nights": 3}, {"city": "Turku", "nights": 5}
    whole, *parts = examples([asked(text, *calls)], lambda name: False).examples
    assert whole.num_calls == 2
    assert not whole.tokens[:, 5].any()
    assert [part.num_calls for part in parts] == [1, 1]
    assert all(0 < part.labels.sum() < whole.labels.sum() for part in parts)
    assert [any(labels) for labels in zip(*(part.labels for part in parts), strict=True)] == whole.labels.tolist()
    assert all({0, 1, 2} == set(part.tokens[:, 5].tolist()) for part in parts)
