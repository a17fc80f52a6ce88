"""The development sets as cases, by name. They are for measuring only, never for training or tuning."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals import bfcl, sgd
from evals.cases import Case, calls_case
from evals.own_sets import own_cases

BFCL_SETS = ("simple_python", "multiple", "irrelevance", "parallel", "parallel_multiple", "live_simple")
SEAL_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
NUM_SEAL_DISTRACTORS = 4
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What a tool may be called in the API; a case with any other name is left out."""
NUM_CASES = 60
"""Of each set that is cut from a larger one."""


def cases(root: Path, names: list[str] | None = None, num_cases: int = NUM_CASES) -> list[Case]:
    """Return the cases under the data folder `root` and our own, or those of the sets named.

    All of BFCL's sample, and at most `num_cases` for each set that is cut from Seal-Tools or from dialogues; our own
    alone where there is no such folder. Raises `RuntimeError` for a name that no set has.
    """
    has_data = (root / "dev").is_dir()
    found = [*bfcl_cases(root), *seal_cases(root, num_cases), *sgd.cases(root, num_cases)] if has_data else []
    found += own_cases()
    if unknown := set(names or ()) - {case.set_name for case in found}:
        where = "" if has_data else f"; {root} has no development sets"
        raise RuntimeError(f"no set is called {', '.join(sorted(unknown))}{where}")
    return [case for case in found if not names or case.set_name in names]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


def bfcl_cases(root: Path) -> Iterator[Case]:
    """The sample of BFCL v4, with its accepted answers."""
    for name in BFCL_SETS:
        for item in lines(root / "dev/bfcl_sample" / f"{name}.jsonl"):
            tools = [bfcl.tool(function) for function in item["function"]]
            yield calls_case(name, item["id"], item["question"][0], tools, item["possible_answer"] or [])


def seal_cases(root: Path, num_cases: int = NUM_CASES) -> Iterator[Case]:
    """Requests of Seal-Tools whose calls do not depend on each other, the right tools among random others."""
    rng = random.Random(0)
    apis = {api["api_name"]: api for api in lines(root / "train/seal_tools/tool.jsonl")}
    chosen = {"seal_single": 0, "seal_several": 0}
    for item in lines(root / "dev/seal_tools/dev.jsonl"):
        calls = item["calling"]
        set_name = "seal_single" if len(calls) == 1 else "seal_several"
        is_chained = "API_call_" in json.dumps([call["parameters"] for call in calls])
        if is_chained or chosen[set_name] == num_cases or any(call["api"] not in apis for call in calls):
            continue
        chosen[set_name] += 1
        names = {call["api"] for call in calls} | set(rng.sample(sorted(apis), NUM_SEAL_DISTRACTORS))
        tools = [seal_tool(apis[name]) for name in rng.sample(sorted(names), len(names))]
        if not all(NAME.fullmatch(tool["name"]) for tool in tools):
            continue
        expected = [
            {c["api"]: {name: [typed(value, apis[c["api"]], name)] for name, value in c["parameters"].items()}}
            for c in calls
        ]
        yield calls_case(set_name, item["id"], [{"role": "user", "content": item["query"]}], tools, expected)


def typed(value: Any, api: dict[str, Any], name: str) -> Any:
    """Return a value as its schema wants it: the set writes numbers as strings now and then, which a
    valid call cannot."""
    kind = SEAL_TYPES.get(api["parameters"].get(name, {}).get("type", ""), "string")
    if isinstance(value, str) and kind in ("integer", "number"):
        try:
            return float(value) if kind == "number" else int(value)
        except ValueError:
            return value
    return str(value) if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool) else value


def seal_tool(api: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {"type": SEAL_TYPES.get(p["type"], "string"), "description": p["description"]}
        for name, p in api["parameters"].items()
    }
    parameters = {"type": "object", "properties": properties, "required": api["required"]}
    return {"name": api["api_name"], "description": api["api_description"], "parameters": parameters}
