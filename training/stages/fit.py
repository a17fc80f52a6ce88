"""Stage 3c: learn how a tool's words and what a request says of its arguments together make it likely that it is meant.

A logistic regression on tools that neither the word vectors nor the drafts have seen. No dev set is read.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tercet.backends.embedded import fit, hints
from tercet.backends.embedded.spoken import Spoken
from training.data.mixture import Mixture
from training.data.sample import Message, Sample, compact
from training.hints import requests_of
from training.paths import REPOSITORY, data_root
from training.regression import fitted
from training.stages import drafts, relevance

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/fit.json"
SEEDS = (5151, 5152)
NUM_STEPS, PENALTY = 800, 1e-4
REFUSED = 0.4
"""Share of requests without a call that is used, as for relevance."""


class Row(NamedTuple):
    """What is known of one tool beside one request, and whether it was meant."""

    features: tuple[float, ...]
    is_meant: bool


def rows(root: Path, part: Path, seed: int, scale: float) -> list[Row]:
    """What requests of the mixture say of tools that are new to both tables."""
    relevance.use(json.loads(part.read_text()))
    rng = random.Random(seed)
    mixed = Mixture(root, seed)
    drawn = (next(mixed.streams[name]) for name, n in relevance.SAMPLES.items() for _ in range(round(scale * n)))
    return [row for sample in drawn for row in of_sample(sample, rng)]


def of_sample(sample: Sample, rng: random.Random) -> Iterator[Row]:
    """What a sample's requests say of its tools."""
    offered = hints.Offered([compact(tool).encode() for tool in sample.tools])
    requests = requests_of(sample.messages)
    for place, said in enumerate(sample.messages):
        if said["role"] != "user" or not (spoken := next(requests)).text:
            continue
        meant = meant_by(sample.messages[place + 1 :])
        if meant or (meant is not None and rng.random() < REFUSED):
            yield from _of_request(offered, spoken, meant)


def meant_by(behind: Sequence[Message]) -> frozenset[str] | None:
    """The tools that are called for a request, be it after a question back; None where that cannot be known."""
    for place, message in enumerate(behind):
        if made := message.get("tool_calls"):
            calls: Any = made
            return frozenset(str(call["name"]) for call in calls)
        is_question = message["role"] == "assistant" and str(message.get("content") or "").rstrip().endswith("?")
        if place == 0 and not is_question:
            return frozenset() if message["role"] == "assistant" else None
    return None


def _of_request(offered: hints.Offered, said: Spoken, meant: frozenset[str]) -> Iterator[Row]:
    for name, chance in offered.nearest(said):
        if drafts.is_held_out(name) and not relevance.is_learnt_from(name):
            fields, score = offered.draft_fields(said, name), offered.tool_score(said, name)
            yield Row(fit.features(chance, offered.parameters(name), fields, score), name in meant)


def learn(found: list[Row]) -> tuple[list[float], float]:
    """Coefficients and bias."""
    inputs, wanted = (
        torch.tensor([row.features for row in found]),
        torch.tensor([float(row.is_meant) for row in found]),
    )
    layer, loss = fitted(inputs, wanted, NUM_STEPS, PENALTY)
    alone = torch.sigmoid(inputs[:, 0])
    print(f"{len(found)} pairs, loss {loss:.4f}; by words alone:")
    relevance.report(alone, wanted)
    print("with what is said:")
    relevance.report(torch.sigmoid(layer(inputs)[:, 0]), wanted)
    return layer.weight[0].tolist(), layer.bias.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--part", type=Path, default=relevance.PART_FILE)
    parser.add_argument("--scale", type=float, default=2.0, help="of the number of samples")
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    a = parser.parse_args()
    torch.set_num_threads(1)
    with ProcessPoolExecutor(len(SEEDS)) as processes:
        parts = list(processes.map(partial(rows, a.data, a.part, scale=a.scale), SEEDS))
    coefficients, bias = learn([row for part in parts for row in part])
    a.out.write_text(json.dumps({"coefficients": [round(n, 4) for n in coefficients], "bias": round(bias, 4)}) + "\n")


if __name__ == "__main__":
    main()
