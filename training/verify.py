"""Whether an answer is right, decided by the validator and not by a model: the reward.

A call is right when the schema takes it and its values are those of the reference, in whatever order several calls
stand. Of an answer in words only one thing can be verified: that nothing was called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from training import hints, pack
from training.data.sample import Message, Sample, Schema
from training.data.validate import call_problem
from training.encode import Encoder
from training.generate import split
from training.tokenizer import CALL, END

Decode = Callable[[list[int]], str]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt where the assistant is to speak, the tools it was offered, and what the sample has it say."""

    prompt: list[int]
    reference: list[int]
    tools: tuple[Schema, ...]
    expected: Message

    @property
    def wants_call(self) -> bool:
        return bool(self.expected.get("tool_calls"))


def questions(sample: Sample, encoder: Encoder) -> list[Question]:
    """One question for each time the assistant speaks in a sample that offers tools."""
    if not sample.tools:
        return []
    messages = hints.hinted(sample.messages, sample.tools)
    whole = pack.marked(encoder.ids(pack.render(messages, sample.tools, sample.schema))).ids.tolist()
    found = []
    for place, message in enumerate(sample.messages):
        if message["role"] == "assistant":
            prompt = pack.render(messages[:place], sample.tools, sample.schema, is_open=True)
            ids = pack.marked(encoder.ids(prompt)).ids.tolist()
            end = whole.index(END, len(ids)) + 1
            found.append(Question(ids, whole[len(ids) : end], sample.tools, message))
    return found


def is_same(a: Any, b: Any) -> bool:
    """Equal as JSON values: 2 is 2.0, and true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(is_same(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(is_same, a, b))
    return bool(a == b)


def read_calls(ids: Sequence[int], decode: Decode) -> tuple[str, list[dict[str, Any]]] | None:
    """The text and the calls of an answer; None where it was cut short or a call cannot be read."""
    if not ids or ids[-1] != END:
        return None
    text, *parts = split(list(ids), CALL)
    calls = []
    for part in parts:
        name, brace, rest = decode(part).partition("{")
        try:
            arguments = json.loads(brace + rest)
        except ValueError:
            return None
        calls.append({"name": name, "arguments": arguments})
    return decode(text), calls


def reward(ids: Sequence[int], question: Question, decode: Decode) -> float:
    """1 for a right answer, else 0."""
    read = read_calls(ids, decode)
    if read is None:
        return 0.0
    text, made = read
    wanted = question.expected.get("tool_calls") or []
    assert isinstance(wanted, list)
    if not wanted:
        return float(not made and bool(text.strip()))
    offered = {str(tool["name"]): tool for tool in question.tools}
    if len(made) != len(wanted) or any(call_problem(call, offered) for call in made):
        return 0.0
    return float(text == (question.expected.get("content") or "") and are_same_calls(made, wanted))


def are_same_calls(made: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    """Whether each wanted call was made once, in any order."""
    left = list(wanted)
    for call in made:
        match = next((other for other in left if is_same(call, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True
