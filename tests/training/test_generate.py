"""Asking a model: the grammar of tool calls and the parsing of what comes back."""

from __future__ import annotations

import llguidance
import pytest

from evals import sets
from evals.cases import Answer, calls_case
from training import generate, tokenizer
from training.stages.evaluate import table

TOOLS = [
    {"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
    {"name": "g_h", "parameters": {"type": "object", "properties": {}}},
]


@pytest.mark.parametrize("tool_choice", ["auto", "required", "none"])
def test_grammar_compiles(tool_choice: str) -> None:
    lark = generate.call_grammar(TOOLS, tool_choice).removeprefix("%llguidance {}\n")
    grammar = llguidance.LLMatcher.grammar_from_lark(lark.replace("<|tool|>", '"CALL"'))
    assert not llguidance.LLMatcher.validate_grammar(grammar)


def ids(text: str) -> list[int]:
    return list(tokenizer.load().encode(text, add_special_tokens=False).ids)


def decode(part: list[int]) -> str:
    return str(tokenizer.load().decode(part, skip_special_tokens=False))


def test_parse_tells_text_from_calls() -> None:
    assert generate.parse(ids("Which city?<|end|>"), decode) == Answer("Which city?", [])
    made = generate.parse(ids('<|call|>f{"x":1}<|call|>g_h{}<|end|>'), decode)
    assert made == Answer("", [("f", {"x": 1}), ("g_h", {})])


def test_a_call_cut_short_keeps_its_name_only() -> None:
    assert generate.parse(ids('<|call|>f{"x":1'), decode).calls == [("f", {})]


def test_table_counts_per_set() -> None:
    record = {"set": "s", "right": True, "names_right": True, "ms": 3.0}
    figures = table([record, {**record, "right": False, "ms": 5.0}])
    assert figures == {"s": {"n": 2, "right": 50.0, "tools_right": 100.0, "ms": 5.0}}


def test_case_is_right_when_no_call_was_wanted_and_none_made() -> None:
    case = calls_case("irrelevance", "1", [], [], [])
    assert case.is_right(Answer("", []))
    assert not case.is_right(Answer("", [("f", {})]))


def test_numbers_that_the_set_writes_as_strings_follow_its_schema() -> None:
    kinds = {"n": "int", "x": "float", "s": "str"}
    api = {"parameters": {name: {"type": kind} for name, kind in kinds.items()}}
    assert sets.typed("61", api, "n") == 61
    assert sets.typed("37.5", api, "x") == 37.5
    assert sets.typed("about 5", api, "n") == "about 5"
    assert sets.typed(61, api, "s") == "61"
    assert sets.typed(True, api, "s") is True
