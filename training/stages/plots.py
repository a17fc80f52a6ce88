"""Stage 8: pictures of runs: loss and skill against tokens seen, speed, and skill against parameters.

Reads what the other stages leave: `log.jsonl` of each run, and manifests (beside a GGUF file) with their skill.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from evals import plots
from evals.plots import Series

OVER_TOKENS = {
    "loss": "loss, while learning",
    "dev_loss": "loss, held out",
    "dev_token": "tokens right, held out",
    "dev_exact": "answers right, held out",
    "reward": "reward of drawn answers",
    "held_out_reward": "reward, held out",
    "tokens_per_s": "tokens per second",
}
"""What a log's lines hold that is worth a panel, and its title."""
SMOOTH = 25
"""Neighbouring entries that are averaged where a log has many."""


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def smoothed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means over windows of the points, so that a long log stays readable."""
    size = max(1, min(SMOOTH, len(points) // 40))
    chunks = [points[start : start + size] for start in range(0, len(points), size)]
    return [(chunk[-1][0], sum(y for _, y in chunk) / len(chunk)) for chunk in chunks]


def over_tokens(logs: dict[str, list[dict[str, Any]]]) -> dict[str, Series]:
    """Panels of what the logs hold, each with a line per run; tokens in millions."""
    panels: dict[str, Series] = {}
    for field, title in OVER_TOKENS.items():
        found: Series = {}
        for name, log in logs.items():
            points = [(entry["tokens"] / 1e6, entry[field]) for entry in log if field in entry and entry["tokens"]]
            if points:
                found[name] = smoothed(points)
        if found:
            panels[title] = found
    return panels


def over_parameters(manifests: list[dict[str, Any]]) -> dict[str, Series]:
    """One panel: per set, the share that is right against millions of parameters."""
    by_set: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for manifest in sorted(manifests, key=lambda one: one["parameters"]):
        for name, row in manifest.get("skill", {}).items():
            if isinstance(row, dict) and "right" in row:
                by_set[name].append((manifest["parameters"] / 1e6, row["right"]))
    return {"right on dev sets, per cent": dict(by_set)} if by_set else {}


def run_name(path: Path) -> str:
    return path.parent.name if path.name == "log.jsonl" else path.stem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--logs", type=Path, nargs="*", default=[])
    parser.add_argument("--manifests", type=Path, nargs="*", default=[])
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if panels := over_tokens({run_name(path): entries(path) for path in a.logs}):
        plots.lines(panels, a.out / "tokens.png", across="million tokens")
        print(a.out / "tokens.png")
    if panels := over_parameters([json.loads(path.read_text()) for path in a.manifests]):
        plots.lines(panels, a.out / "parameters.png", across="million parameters", has_marks=True)
        print(a.out / "parameters.png")


if __name__ == "__main__":
    main()
