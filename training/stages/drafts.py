"""Stage 3: learn the table of the product's drafts: which words of a request fill which parameter of a tool.

Reads calls of the mixture with the requests that they answer; features are the product's own. Tools whose name falls
into one eighth are left out: on them the table is measured. What the reranker (stage 3a) and the rivalry (stage 3b) of
the table before were learnt for no longer holds. No dev set is read.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tercet.backends.embedded.drafts import implied
from tercet.backends.embedded.drafts.table import SEPARATOR
from training.data.mixture import Mixture
from training.data.sample import Sample
from training.data.written import written as as_worded
from training.drafts.model import Scorer, learn, learn_quotable
from training.drafts.turns import Asked, Features, Made, Turn, asked_of, counted, turn_of
from training.paths import REPOSITORY, data_root
from training.stages.implied import PART_FILES, half_of

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/drafts/table.json"
SAMPLES = {
    "catalog": 1500, "sessions": 900, "seal_tools": 2400, "gorilla": 700, "sgd": 2475, "drills": 250,
    "symbolic": 150, "toolalpaca": 300, "builtin": 550, "gsm8k": 165, "forms": 3850, "reading": 440,
    "requests": 24000,
}  # fmt: skip
"""Samples of each source, by each of `SEEDS`; a process that makes them holds about 6 GB."""
SEEDS = (777, 778)
MAX_LEARNT = 95_000
"""Calls that are learnt from; more of them made it surer of these sources and no better elsewhere."""


def samples(root: Path, seed: int, scale: float) -> Iterator[Sample]:
    """Samples of each source, and all requests that are written as people word them."""
    mixed = Mixture(root, seed)
    yield from (next(mixed.streams[name]) for name, count in SAMPLES.items() for _ in range(round(scale * count)))
    yield from as_worded()


def made(root: Path, seed: int, scale: float) -> Made:
    """Calls of the mixture with the requests that they answer."""
    drawn = samples(root, seed, scale)
    of_parameters, of_candidates = Features(), Features()
    asked = (each for sample in drawn for each in asked_of(sample))
    turns = [turn_of(each, of_parameters, of_candidates) for each in told_without_own(asked)]
    return Made(turns, list(of_parameters.numbers), list(of_candidates.numbers))


def told_without_own(asked: Iterable[Asked]) -> Iterator[Asked]:
    """Yield what is asked while the product tells implied options by a table that was learnt without that tool's
    requests."""
    for each in asked:
        implied.implied = partial(part, half_of(each.name))  # type: ignore[assignment]
        yield each


@cache
def part(half: int) -> implied.Implied:
    """What the table tells that was learnt without the requests of a half of the tools."""
    return implied.Implied(implied.read_table(json.loads(PART_FILES[half].read_text())))


def is_held_out(name: str) -> bool:
    return zlib.crc32(name.lower().replace("_", "").encode()) % 8 == 0


@torch.no_grad()
def report(model: Scorer, held_out: Sequence[Turn]) -> None:
    """Print how often the best candidate of a parameter that has a value is right, and the calibration."""
    right = count = 0
    chances, truths = [], []
    for turn in held_out:
        scores, labels = model([turn], 0.0, 0.0, 0.0)
        chances += torch.sigmoid(scores).tolist()
        truths += labels.tolist()
        for place in np.unique(turn.pairs[:, 0]):
            of = torch.from_numpy(turn.pairs[:, 0] == place)
            if labels[of].sum() > 0:
                count += 1
                right += int(labels[of][scores[of].argmax()])
    print(
        f"held-out tools: {len(held_out)} calls, best candidate right for {100 * right / max(1, count):.1f}% of {count}"
    )
    levels = np.digitize(chances, (0.15, 0.3, 0.48, 0.66, 0.84))
    for level in range(6):
        of = levels == level
        print(f"level {level}: {of.sum()} pairs, {100 * np.array(truths)[of].mean():.1f}% right")


def packed(weight: Tensor) -> tuple[str, float]:
    """Weights as signed bytes, in text, and what one step of them is worth."""
    step = float(weight.abs().quantile(0.9995)) / 127
    rows = (weight / step).round().clamp(-127, 127).to(torch.int8).numpy().tobytes()
    return base64.b64encode(rows).decode(), round(step, 8)


def written(
    model: Scorer, quotable: tuple[Tensor, float], of_parameters: Sequence[str], of_candidates: Sequence[str]
) -> dict[str, Any]:
    weights, weight_step = packed(quotable[0])
    return {
        "parameters": side(model.of_parameters, of_parameters),
        "candidates": side(model.of_candidates, of_candidates),
        "quotable": {"weights": weights, "step": weight_step, "bias": round(quotable[1], 4)},
        "rivalry": {"hidden": [], "biases": [], "out": [], "bias": 0.0},
        "overlaps": numbers(model.overlaps.weight[0]),
        "hidden": [numbers(column) for column in model.hidden.weight.T],
        "out": numbers(model.out),
        "bias": round(model.overlaps.bias.item(), 4),
    }


def side(table: nn.EmbeddingBag, features: Sequence[str]) -> dict[str, Any]:
    vectors, step = packed(table.weight.detach())
    return {"features": SEPARATOR.join(features), "vectors": vectors, "step": step}


def numbers(values: Tensor) -> list[float]:
    return [round(value, 4) for value in values.tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of samples")
    a = parser.parse_args()
    torch.set_num_threads(1)
    with ProcessPoolExecutor(len(SEEDS)) as processes:
        parts = list(processes.map(partial(made, a.data, scale=a.scale), SEEDS))
    turns, of_parameters, of_candidates = counted(parts)
    held_out = [turn for turn in turns if is_held_out(turn.name)]
    seen = [turn for turn in turns if not is_held_out(turn.name)]
    print(f"{len(seen)} calls to learn from, {len(held_out)} held out; ", end="")
    print(f"features: {len(of_parameters)} of parameters, {len(of_candidates)} of candidates", flush=True)
    random.Random(1).shuffle(seen)
    said = [turn for turn in seen if turn.labels.any()]
    model = learn(said[:MAX_LEARNT], of_parameters, of_candidates)
    report(model, [turn for turn in held_out if turn.labels.any()][:3000])
    quotable = learn_quotable(seen, len(of_parameters))
    table = written(model, quotable, of_parameters, of_candidates)
    TABLE_FILE.write_text(json.dumps(table) + "\n")
    print(f"{TABLE_FILE}: {TABLE_FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
