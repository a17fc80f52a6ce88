"""Tasks on files in a workspace: the tools are the product's, and what is told is true."""

from __future__ import annotations

import datetime as dt
import json
import random
from itertools import islice
from typing import Any, cast

import pytest

from tercet.agents.context import BASE
from tercet.sandbox import Sandbox
from tercet.tools.workspace_read import ListFiles, ReadFile
from tercet.tools.workspace_search import SearchFiles
from training.data import builtin_tools, validate, workspace
from training.data.sample import Sample

NO_BOX = cast(Sandbox, None)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(islice(workspace.generate(random.Random(5)), 300))


@pytest.mark.parametrize(
    ("shown", "served"),
    [
        (workspace.READ_FILE, ReadFile(NO_BOX)),
        (workspace.SEARCH_FILES, SearchFiles(NO_BOX)),
        (workspace.LIST_FILES, ListFiles(NO_BOX)),
    ],
)
def test_the_tools_are_those_of_sessions(shown: dict[str, Any], served: Any) -> None:
    assert (shown["name"], shown["description"]) == (served.name, served.description)
    own, theirs = shown["parameters"], served.parameters
    assert own["required"] == theirs["required"]
    assert {n: (p["type"], p.get("description")) for n, p in own["properties"].items()} == {
        n: (p["type"], p.get("description")) for n, p in theirs["properties"].items()
    }


def test_the_instructions_are_those_of_sessions(samples: list[Sample]) -> None:
    told = [str(sample.messages[0]["content"]) for sample in samples if sample.messages[0]["role"] == "system"]
    assert told
    assert all(text.startswith(BASE) for text in told)


def test_samples_are_valid_and_their_results_follow_their_calls(samples: list[Sample]) -> None:
    for sample in samples:
        assert validate.problem(sample) is None
        made = [call for m in sample.messages for call in cast(list[dict[str, Any]], m.get("tool_calls", []))]
        returned = [json.loads(str(m["content"])) for m in sample.messages if m["role"] == "tool"]
        for call, outcome in zip(made, returned, strict=True):
            arguments = call["arguments"]
            if call["name"] == "calculator":
                assert outcome["value"] == builtin_tools.calculate(arguments["expression"])
            if call["name"] == "date_difference":
                start, end = (dt.date.fromisoformat(arguments[name]) for name in ("start", "end"))
                assert outcome["days"] == (end - start).days


def test_what_is_worked_on_stands_in_what_was_read(samples: list[Sample]) -> None:
    for sample in samples:
        seen = ""
        for message in sample.messages:
            seen += str(message.get("content") or "")
            for call in cast(list[dict[str, Any]], message.get("tool_calls", [])):
                if call["name"] == "date_difference":
                    assert all(str(value) in seen for value in call["arguments"].values())
                if call["name"] == "convert_units":
                    assert str(call["arguments"]["value"]) in seen
