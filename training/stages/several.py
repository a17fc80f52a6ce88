"""Stage 3d: learn when a message that can be read as several requests is meant so.

Two logistic regressions on requests of the mixture, those that call once against those that call as they are read: one
tool several times, or different tools. No dev set is read.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from tercet.backends.embedded import hints, repeats, several
from tercet.backends.embedded.spoken import Spoken
from training.data import together
from training.data.mixture import Mixture
from training.data.sample import Sample, compact
from training.data.written import written
from training.paths import REPOSITORY, data_root
from training.regression import fitted
from training.stages import relevance

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/several.json"
SEEDS = (6161, 6162)
NUM_STEPS, PENALTY = 800, 1e-4
SAMPLES = {
    "catalog": 900, "requests": 1200, "drills": 200, "symbolic": 100, "gorilla": 500, "seal_tools": 600, "sgd": 300,
    "metatool": 300, "toolalpaca": 300, "clinc": 100, "builtin": 200, "joined": 400,
}  # fmt: skip
"""Samples of each source, at a scale of 1."""
TOGETHER = 1250
"""Messages for several calls that are written with slots, by each of `SEEDS` at a scale of 1."""
WRITTEN = 6
"""How often each request counts that is written as people word it."""


class Row(NamedTuple):
    """What is known of one request that can be read as several, and whether it was."""

    kind: Literal["repeats", "tools"]
    features: tuple[float, ...]
    is_several: bool


def rows(root: Path, seed: int, scale: float) -> list[Row]:
    """What requests of the mixture, and messages with slots, say that can be read as several."""
    mixed = Mixture(root, seed)
    drawn = (next(mixed.streams[name]) for name, n in SAMPLES.items() for _ in range(round(scale * n)))
    rng = random.Random(seed)
    with_slots = (together.single(rng) for _ in range(round(TOGETHER * scale)))
    return [row for sample in chain(drawn, with_slots) for row in of_sample(sample)]


def of_sample(sample: Sample) -> Iterator[Row]:
    """What a sample's requests say, where they can be read as several; not those that are read otherwise than meant."""
    offered = hints.Offered([compact(tool).encode() for tool in sample.tools])
    for said, answer in zip(sample.messages, sample.messages[1:], strict=False):
        made: Any = answer.get("tool_calls") or []
        names = [str(call["name"]) for call in made]
        if said["role"] == "user" and names:
            spoken = Spoken(str(said["content"]))
            yield from _of_tools(offered, spoken, names)
            yield from _of_repeats(offered, spoken, names)


def _of_tools(offered: hints.Offered, said: Spoken, names: Sequence[str]) -> Iterator[Row]:
    found = offered.apart.readings(said)
    is_right = {each.stretch.name for each in found} == set(names)
    if found and (is_right or len(set(names)) == 1):
        most = max(offered.chances(said).values())
        yield Row("tools", several.of_tools(said.text, found, most), is_right)


def _of_repeats(offered: hints.Offered, said: Spoken, names: Sequence[str]) -> Iterator[Row]:
    if len(set(names)) > 1:
        return
    parameters = offered.parameters(names[0])
    whole = offered.draft_fields(said, names[0])
    found = offered.apart.repeated(said, names[0], whole)
    if found and len(names) in (1, len(repeats.completed(said.text, found, parameters))):
        yield Row("repeats", several.of_repeats(said.text, found, parameters, whole), len(names) > 1)


def learn(found: Sequence[Row]) -> dict[str, Any]:
    """Coefficients and bias."""
    inputs = torch.tensor([row.features for row in found])
    wanted = torch.tensor([float(row.is_several) for row in found])
    layer, loss = fitted(inputs, wanted, NUM_STEPS, PENALTY)
    print(f"{len(found)} requests, loss {loss:.4f}")
    relevance.report(torch.sigmoid(layer(inputs)[:, 0]), wanted)
    return {
        "coefficients": [round(n, 4) for n in layer.weight[0].tolist()],
        "bias": round(layer.bias.item(), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--scale", type=float, default=2.0, help="of the number of samples")
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    a = parser.parse_args()
    torch.set_num_threads(1)
    with ProcessPoolExecutor(len(SEEDS)) as processes:
        parts = list(processes.map(partial(rows, a.data, scale=a.scale), SEEDS))
    as_worded = [row for sample in written() for row in of_sample(sample)] * WRITTEN
    found = [*as_worded, *(row for part in parts for row in part)]
    learnt = {kind: learn([row for row in found if row.kind == kind]) for kind in ("repeats", "tools")}
    a.out.write_text(json.dumps(learnt) + "\n")


if __name__ == "__main__":
    main()
