"""Composed samples are valid, deterministic, and their copied arguments stand in the request."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from training.data import compose, dialect, drills, reading, sessions, shelf, symbolic, template, validate
from training.data.catalog.spec import P
from training.data.render import render
from training.data.sample import Call, Sample, Schema, calls, user
from training.data.values.kinds import Value

GENERATORS: list[Callable[[random.Random], Iterator[Sample]]] = [
    compose.generate,
    symbolic.generate,
    reading.generate,
    sessions.generate,
    drills.generate,
]


def test_the_catalog_has_no_problems() -> None:
    assert shelf.read().problems == ()
    assert len(shelf.read().entries) >= 100


@pytest.mark.parametrize("generate", GENERATORS)
def test_samples_are_valid(generate: Callable[[random.Random], Iterator[Sample]]) -> None:
    wrong = [p for s in islice(generate(random.Random(1)), 1500) if (p := validate.problem(s))]
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize("generate", GENERATORS)
def test_a_seed_gives_the_same_samples(generate: Callable[[random.Random], Iterator[Sample]]) -> None:
    first = [render(s) for s in islice(generate(random.Random(9)), 60)]
    assert first == [render(s) for s in islice(generate(random.Random(9)), 60)]


def test_drills_use_each_value_where_its_cue_puts_it() -> None:
    for sample in islice(drills.generate(random.Random(2)), 300):
        said = ""
        for message in sample.messages:
            if message["role"] == "user":
                said = str(message["content"]).lower()
            for call in message.get("tool_calls", []):  # type: ignore[attr-defined]
                texts = [v for v in call["arguments"].values() if isinstance(v, str)]
                assert all(text.lower() in said for text in texts)


def test_choices_are_written_in_one_style_and_said_in_words() -> None:
    param = P("unit", "enum:square_miles|acres", "Unit of area", optional=True, default="acres")
    style = dataclasses.replace(dialect.draw_dialect(random.Random(0)), choices="spaced title", defaults=True)
    schema, kind = dialect.param_schema(param, style, random.Random(3))
    drawn = {str(value.value): value.text for value in (draw(param, kind, seed) for seed in range(20))}
    assert drawn == {"Square Miles": "square miles", "Acres": "acres"}
    assert schema["default"] == "Acres"


def draw(param: P, kind: str, seed: int) -> Value:
    return template.draw_param(param, random.Random(seed), kind)


def test_a_rate_without_the_word_percent_is_a_fraction_mostly() -> None:
    style = dialect.draw_dialect(random.Random(0))
    plain = P("rate", "percent", "Yearly interest rate")
    told = P("rate", "percent", "Yearly interest rate in percent")
    found = [dialect.param_schema(plain, style, random.Random(seed))[1] for seed in range(200)]
    assert 0.6 < found.count("percent_decimal") / 200 < 0.9
    assert {dialect.param_schema(told, style, random.Random(seed))[1] for seed in range(50)} == {"percent"}


def test_guards_never_reach_a_sample() -> None:
    assert not any("\0" in render(s) for s in islice(compose.generate(random.Random(4)), 800))


def test_joined_calls_keep_only_their_tools() -> None:
    singles = (s for s in symbolic.generate(random.Random(6)) if s.source == "symbolic/by_name")
    joined = next(s for s in sessions.packed(singles, random.Random(1), 1.0) if s.source.endswith("+session"))
    called = {call["name"] for m in joined.messages for call in m.get("tool_calls", [])}  # type: ignore[attr-defined]
    assert called == {tool["name"] for tool in joined.tools}
    assert validate.problem(joined) is None


def test_names_called_are_offered() -> None:
    sample = Sample((user("x"), calls(Call("gone", {}))), ())
    assert validate.problem(sample) == "calls 'gone', which is not offered"


def test_a_wrong_argument_is_a_problem() -> None:
    tool: Schema = {
        "name": "f",
        "description": "",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    }
    assert validate.problem(Sample((user("x"), calls(Call("f", {"n": "1"}))), (tool,)))
    assert validate.problem(Sample((user("x"), calls(Call("f", {"n": 1}))), (tool,))) is None
