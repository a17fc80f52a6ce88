"""Reading what users bring: what is learnt of a line, and what is said of a bad one."""

import json
from pathlib import Path
from typing import Any

import pytest

from tercet.errors import InvalidRequest
from tercet.items import Message, ToolCall, ToolResult
from tercet.tuning.examples import Example, read_examples, split

TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    },
}


def call(arguments: str = '{ "a": 1 }', name: str = "add") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": function}]}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "calls.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_every_assistant_message_is_an_example_of_its_own(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "add one"},
        call(),
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
        {"role": "assistant", "content": "Two."},
    ]
    first, second = read_examples(written(tmp_path, {"messages": messages, "tools": [TOOL]}))
    assert first.answer == (ToolCall("c1", "add", '{"a":1}'),)
    assert [type(item) for item in second.before] == [Message, Message, ToolCall, ToolResult]
    assert second.answer[0] == Message("assistant", second.answer[0].content)  # type: ignore[union-attr]
    assert not second.calls


def test_a_message_of_no_weight_is_context_only(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "no", "weight": 0},
        {"role": "user", "content": "again"},
        {"role": "assistant", "content": "yes"},
    ]
    (only,) = read_examples(written(tmp_path, {"messages": messages}))
    assert len(only.before) == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2"),
        ({"messages": "hi"}, "$.messages"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "$.messages[0].role"),
        ({"messages": [{"role": "user"}, {"role": "assistant", "content": "x"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "x"}, call(name="sub")], "tools": [TOOL]}, "'sub'"),
        ({"messages": [{"role": "user", "content": "x"}, call('{"a": "one"}')], "tools": [TOOL]}, "arguments"),
        ({"messages": [{"role": "user", "content": "x"}, call("{")], "tools": [TOOL]}, "arguments"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
    ],
)
def test_a_bad_line_is_named_with_its_field(tmp_path: Path, line: object, words: str) -> None:
    good = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}
    with pytest.raises(InvalidRequest) as caught:
        read_examples(written(tmp_path, good, line))
    assert "line 2" in caught.value.message
    assert words in caught.value.message


def test_nothing_to_learn_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no assistant message"):
        read_examples(written(tmp_path, {"messages": [{"role": "user", "content": "x"}]}))
    with pytest.raises(InvalidRequest, match="cannot read"):
        read_examples(tmp_path / "missing.jsonl")


def test_whole_lines_are_held_back() -> None:
    examples = [Example(line, (), (), ()) for line in range(1, 21) for _ in range(2)]
    learnt, held = split(examples, 0.1)
    assert {example.line for example in held} == {10, 20}
    assert not {example.line for example in learnt} & {10, 20}
    with pytest.raises(InvalidRequest, match="too few"):
        split([Example(1, (), (), ())], 0.1)
