"""Our own cases, written for this repository and shipped with it: `evals/own/*.jsonl`, a case a line.

What is asked and offered is in the form of Chat Completions; what is accepted, by parameter, in that of BFCL. Those in
`blind/` are for measuring alone: nobody looks at what a model makes of a single one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.cases import Case, asking_case, calls_case, plain_case, reading_case, telling_case

FOLDER = Path(__file__).parent / "own"
PREFIXES = {"own_": FOLDER, "blind_": FOLDER / "blind"}
"""Before the name of each set, which others have, too; and where its cases are."""


def own_cases() -> Iterator[Case]:
    """All of them, those of a file together."""
    for prefix, folder in PREFIXES.items():
        for path in sorted(folder.glob("*.jsonl")):
            for line in path.read_text().splitlines():
                told = json.loads(line)
                yield _case(prefix, told)
                yield from _earlier(prefix, told)


def _case(prefix: str, told: dict[str, Any]) -> Case:
    name, case_id, messages = prefix + told["set"], told["id"], told["messages"]
    match told["set"]:
        case "ask":
            return asking_case(name, case_id, messages, told["tools"])
        case "tell":
            return telling_case(name, case_id, messages, told["tools"], told["facts"])
        case "extract":
            return reading_case(name, case_id, messages, told["schema"], told["accepted"])
        case set_name if set_name.startswith("plain_"):
            return plain_case(name, case_id, messages, told["checks"])
        case _:
            return calls_case(name, case_id, messages, told["tools"], told["accepted"])


def _earlier(prefix: str, told: dict[str, Any]) -> Iterator[Case]:
    """The steps that a case has behind it, each a case of its own: right is the call that was made there."""
    for place, message in enumerate(told["messages"]):
        called = message.get("tool_calls") or []
        if len(called) == 1:
            function = called[0]["function"]
            given = {name: [value] for name, value in json.loads(function["arguments"]).items()}
            behind = told["messages"][:place]
            name = "first_step" if behind[-1]["role"] == "user" else "later_step"
            yield calls_case(prefix + name, f"{told['id']}:{place}", behind, told["tools"], [{function["name"]: given}])
