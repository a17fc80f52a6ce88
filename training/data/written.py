"""Requests for several calls, and for one that could be taken for several, as worded: `texts/several/*.jsonl`.

A line is a request with its tools and, by parameter, what is accepted; the empty text says that it may be left out.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from training.data.sample import Call, Sample, calls

FOLDER = Path(__file__).parent / "texts/several"


@cache
def written() -> tuple[Sample, ...]:
    """All of them, each as the user's message and the calls."""
    lines = [line for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(_sample(json.loads(line)) for line in lines)


def _sample(told: dict[str, Any]) -> Sample:
    made = [_call(name, accepted) for each in told["accepted"] for name, accepted in each.items()]
    return Sample((*told["messages"], calls(*made)), tuple(told["tools"]), source="written")


def _call(name: str, accepted: dict[str, list[Any]]) -> Call:
    """The call with the first value that is accepted of each parameter, without those that may be left out."""
    return Call(name, {parameter: values[0] for parameter, values in accepted.items() if "" not in values})
