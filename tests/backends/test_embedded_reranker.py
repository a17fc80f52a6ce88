"""Requests that are read as a whole beside a tool: which of several values is meant by which parameter."""

import json
from typing import Any

import numpy as np
import pytest

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.encoder import MAX_APART, NUM_APART, relations
from tercet.backends.embedded.drafts.parameters import Heading, Parameter, heading, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.reranker import Place, reranker
from tercet.backends.embedded.drafts.sequences import MAX_REQUEST, MAX_TOKENS, Segment, sequence
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken

QUANTILE = {
    "name": "normal_quantile",
    "description": "Returns the value below which a given proportion of a normal distribution lies.",
    "parameters": {
        "type": "object",
        "properties": {
            "proportion": {"type": "number", "description": "The proportion, strictly between 0 and 1."},
            "mean": {"type": "number", "description": "The mean of the distribution."},
            "sd": {"type": "number", "description": "The standard deviation of the distribution."},
        },
        "required": ["proportion", "mean", "sd"],
    },
}
SCORES = (
    "Exam scores are normally distributed with a mean of 500 and a standard deviation of 90. "
    "Find the score below which 85% of the candidates fall."
)


def described(tool: dict[str, Any]) -> tuple[Heading, tuple[Parameter, ...]]:
    written = json.dumps(tool).encode()
    return heading(written), parameters(written)


def likeliest(tool: dict[str, Any], text: str) -> dict[str, Any]:
    found = Offered([json.dumps(tool).encode()]).settled(Spoken(text), tool["name"])
    return {field.name: field.likeliest.value for field in found.fields}


def test_a_number_is_the_one_that_the_sentence_says_it_is() -> None:
    assert likeliest(QUANTILE, SCORES) == {"proportion": 0.85, "mean": 500, "sd": 90}


def test_a_sequence_has_the_request_the_tool_its_parameters_and_choices_in_order() -> None:
    schema = {"type": "string", "enum": ["deep_dish", "thin"], "description": "The kind of crust."}
    tool = {"name": "order_pizza", "description": "Order one.", "parameters": {"properties": {"crust": schema}}}
    made = sequence(read(Spoken("A thin one, please")), *described(tool))
    assert made is not None
    assert [(token.segment.name, token.stems) for token in made.tokens] == [
        *(("REQUEST", (stem,)) for stem in ("a", "thin", "one", ",", "pleas")),
        ("TOOL_NAME", ("ord",)), ("TOOL_NAME", ("pizza",)),
        *(("TOOL_ABOUT", (stem,)) for stem in ("ord", "one", ".")),
        ("PARAMETER", ()), ("NAME", ("crust",)),
        *(("ABOUT", (stem,)) for stem in ("the", "kind", "of", "crust", ".")),
        ("CHOICE", ("deep", "dish")), ("CHOICE", ("thin",)),
    ]  # fmt: skip
    assert made.pair(0, 1, 2, 6) == (10, 18, 1, 1)
    assert made.pair(0, -1, 0, 10) == (10, -1, 0, 2)
    assert made.pair(0, 0, 0, 0)[2:] == (-1, -1)


def test_of_a_long_request_the_last_words_are_read_and_what_is_too_much_is_left_as_it_was() -> None:
    long = read(Spoken("and then " * 60 + "a mean of 500"))
    made = sequence(long, *described(QUANTILE))
    assert made is not None
    assert sum(token.segment is Segment.REQUEST for token in made.tokens) == MAX_REQUEST
    assert made.pair(0, -1, 0, 3)[2:] == (-1, -1)
    fields = {f"field_{number}": {"type": "string", "description": "A text " * 9} for number in range(20)}
    many = described({"name": "fill", "parameters": {"type": "object", "properties": fields}})
    said = read(Spoken("Fill it with Rome"))
    assert sequence(said, *many) is None
    assert sum(len(each.told) for each in many[1]) > MAX_TOKENS
    assert reranker().read(said, *many) is None


def test_nothing_said_is_not_read() -> None:
    assert reranker().read(read(Spoken("")), *described(QUANTILE)) is None


def test_scores_are_the_same_each_time_and_whatever_else_is_asked_at_once() -> None:
    request, (tool, known) = read(Spoken(SCORES)), described(QUANTILE)
    read_out = reranker().read(request, tool, known)
    assert read_out is not None
    options = list(scorer.options(request, known[1]))
    places = scorer.places(options, scorer.table_scores(options, known[1]))
    together = read_out.scores(1, places)
    assert [read_out.scores(1, [place])[0] for place in places] == pytest.approx(together, abs=1e-3)
    assert read_out.scores(1, []) == []
    again = reranker().read(request, tool, known)
    assert again is not None
    assert again.scores(1, places) == together


def test_what_nobody_said_of_a_request_is_weighed_without_a_place() -> None:
    read_out = reranker().read(read(Spoken(SCORES)), *described(QUANTILE))
    assert read_out is not None
    beyond = Place(len(SCORES) + 2, len(SCORES) + 3, -1, (), 0.0)
    assert np.isfinite(read_out.scores(0, [beyond])).all()


def test_relations_tell_how_far_apart_tokens_of_a_segment_are_and_else_their_segments() -> None:
    found = relations(np.array([0, 0, 0, 4]), np.array([-1, -1, -1, 0]), np.array([0, 1, 40, 0]))
    assert found[0].tolist() == [MAX_APART, MAX_APART + 1, 2 * MAX_APART, NUM_APART + 4]
    assert found[3, 0] == NUM_APART + 4 * len(Segment)
