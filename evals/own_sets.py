"""Our own cases, written for this repository and shipped with it: `evals/own/*.jsonl`, a case a line.

What is asked and offered is in the form of Chat Completions; what is accepted, by parameter, in that of BFCL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.cases import Case, asking_case, calls_case, reading_case, telling_case

FOLDER = Path(__file__).parent / "own"
PREFIX = "own_"
"""Before the name of each set, which others have, too."""


def own_cases() -> Iterator[Case]:
    """All of them, those of a file together."""
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield _case(json.loads(line))


def _case(told: dict[str, Any]) -> Case:
    name, case_id, messages = PREFIX + told["set"], told["id"], told["messages"]
    match told["set"]:
        case "ask":
            return asking_case(name, case_id, messages, told["tools"])
        case "tell":
            return telling_case(name, case_id, messages, told["tools"], told["facts"])
        case "extract":
            return reading_case(name, case_id, messages, told["schema"], told["accepted"])
        case _:
            return calls_case(name, case_id, messages, told["tools"], told["accepted"])
