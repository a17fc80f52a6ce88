"""Our own cases: each can be asked, what is accepted is valid, and the judge takes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases import Answer, Case
from evals.own_sets import PREFIXES, own_cases
from evals.sets import cases
from tercet.schema import instance_violation

FILES = [path for folder in PREFIXES.values() for path in sorted(folder.glob("*.jsonl"))]
LINES = [json.loads(line) for path in FILES for line in path.read_text().splitlines()]
ALL = list(own_cases())
CASES = [case for case in ALL if not case.set_name.endswith("_step")]
"""But for those that are the beginnings of others."""


def test_they_need_no_data_folder(tmp_path: Path) -> None:
    assert {case.set_name[:4] for case in cases(tmp_path)} == {"own_", "blin"}
    assert {case.set_name for case in cases(tmp_path, ["own_tell"])} == {"own_tell"}
    with pytest.raises(RuntimeError, match=r"no set is called multiple; .* has no development sets"):
        cases(tmp_path, ["own_tell", "multiple"])


def first(accepted: Any) -> Any:
    """The first accepted value of each field that is not left out; of objects within, too."""
    if isinstance(accepted, dict):
        chosen = {name: values[0] if isinstance(values, list) else values for name, values in accepted.items()}
        return {name: first(value) for name, value in chosen.items() if value != ""}
    if isinstance(accepted, list):
        return [first(each) for each in accepted]
    return accepted


def right_answer(case: Case, line: dict[str, Any]) -> Answer:
    match line["set"]:
        case "ask":
            return Answer("Which one?", [])
        case "tell":
            return Answer(" ".join(line["facts"]), [])
        case name if name.startswith("plain_"):
            return Answer(line["answer"], [])
        case "extract":
            return Answer(json.dumps(first(line["accepted"])), [])
        case _:
            return Answer("", [(name, first(fields)) for call in case.expected for name, fields in call.items()])


def test_there_are_enough_of_every_kind() -> None:
    sets = {name: sum(case.set_name == name for case in CASES) for name in {case.set_name for case in CASES}}
    assert len(CASES) == len({case.id for case in CASES}) == len(LINES) > 500
    assert min(count for name, count in sets.items() if name.startswith("own_")) >= 10, sets
    assert sum(count for name, count in sets.items() if name.startswith("blind_")) >= 150, sets


@pytest.mark.parametrize(("case", "line"), list(zip(CASES, LINES, strict=True)), ids=[case.id for case in CASES])
def test_a_case_accepts_its_own_answer_and_not_silence(case: Case, line: dict[str, Any]) -> None:
    assert case.is_right(right_answer(case, line))
    if line["set"] != "irrelevance":
        assert not case.is_right(Answer("", []))
    tools = {tool["name"]: tool["parameters"] for tool in case.tools}
    for call in case.expected:
        for name, fields in call.items():
            assert instance_violation(tools[name], first(fields)) is None
