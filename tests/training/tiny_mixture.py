"""A mixture that needs no sources, for producers that are processes of their own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from training.data.sample import Call, Sample, assistant, calls, user


def tool(name: str) -> dict[str, object]:
    parameters = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    return {"name": name, "description": f"Does {name}.", "parameters": parameters}


def mixture(_root: Path, seed: int, is_late: bool) -> Iterator[Sample]:
    rng = random.Random(seed)
    while True:
        number = rng.randint(0, 9)
        called = calls(Call("ping", {"n": number}))
        yield Sample((user(f"ping {number}"), called), (tool("ping"),), None, "ping")
        yield Sample((user(f"Say {number}."), assistant(f"{number}")), source=f"say/{is_late}")
