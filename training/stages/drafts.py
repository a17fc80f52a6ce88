"""Stage 3: learn the table of the product's drafts: which words of a request fill which parameter of a tool.

Reads calls of the mixture with the requests that they answer; features are the product's own. Tools whose name falls
into one eighth are left out and measured on. No dev set is read.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.candidates import Request, read
from tercet.backends.embedded.drafts.parameters import Parameter, parameters
from training.data.mixture import Mixture
from training.data.sample import Sample, compact
from training.paths import REPOSITORY, data_root

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/drafts/table.json"
SAMPLES = {
    "catalog": 7000, "sessions": 2500, "seal_tools": 3500, "gorilla": 1500, "sgd": 3000, "drills": 1250,
    "symbolic": 750, "toolalpaca": 750, "builtin": 1000,
    "gsm8k": 500,
}  # fmt: skip
"""Samples of each source, by each of `SEEDS`."""
SEEDS = (777, 778)
EPOCHS, BATCH, RATE, DROPOUT, PENALTY = 3, 64, 0.01, 0.15, 1.0


@dataclass(frozen=True, slots=True)
class Bags:
    """Rows of features laid end to end, and how many each thing has."""

    rows: NDArray[np.int32]
    sizes: NDArray[np.int32]

    @classmethod
    def of(cls, features: Sequence[Sequence[str]], num_rows: int) -> Bags:
        rows = [scorer.row(feature, num_rows) for each in features for feature in each]
        return cls(np.array(rows, dtype=np.int32), np.array([len(each) for each in features], dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Turn:
    """One request and one tool called for it, as rows of features; pairs join a parameter with a candidate."""

    of_parameters: Bags
    of_candidates: Bags
    pairs: NDArray[np.int32]
    """[n, 2]: parameter, candidate."""
    overlaps: NDArray[np.float32]
    labels: NDArray[np.float32]
    quoted: NDArray[np.int8]
    """By parameter: whether its value stands in the request; -1 where the call has none or it is not a text."""
    name: str


def turns(root: Path, seed: int, scale: float) -> list[Turn]:
    """Calls of the mixture with the requests that they answer."""
    mixed = Mixture(root, seed)
    drawn = (next(mixed.streams[name]) for name, count in SAMPLES.items() for _ in range(round(scale * count)))
    return [turn for sample in drawn for turn in sample_turns(sample)]


def sample_turns(sample: Sample) -> Iterator[Turn]:
    tools = {str(tool["name"]): compact(tool).encode() for tool in sample.tools}
    for said, answered in zip(sample.messages, sample.messages[1:], strict=False):
        made: Any = answered.get("tool_calls") or ()
        if said["role"] != "user" or not made:
            continue
        request = read(str(said["content"]))
        for called in dict.fromkeys(call["name"] for call in made):
            arguments = [call["arguments"] for call in made if call["name"] == called]
            yield turn(request, parameters(tools[called]), arguments, called)


def leaf_values(arguments: Any) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        if isinstance(value, dict):
            yield from leaf_values(value)
        else:
            yield name, value


def normal(value: Any) -> Any:
    """A value as it compares with what is written: case, spacing and marks at its ends aside."""
    if isinstance(value, str):
        return " ".join(value.casefold().split()).strip(" .,;:!?\"'")
    return value


def turn(request: Request, offered: Sequence[Parameter], calls: list[Any], name: str) -> Turn:
    wanted: dict[str, list[Any]] = {}
    for arguments in calls:
        for field, value in leaf_values(arguments):
            wanted.setdefault(field, []).append(normal(value))
            if isinstance(value, list):
                wanted[field] += map(normal, value)
    of_candidates: list[tuple[str, ...]] = []
    places: dict[int, int] = {}
    pairs: list[tuple[int, int]] = []
    overlaps: list[tuple[float, ...]] = []
    labels: list[bool] = []
    quoted: list[int] = []
    for place, parameter in enumerate(offered):
        begin = len(labels)
        gold = wanted.get(parameter.name, [])
        for candidate in scorer.fitting(request, parameter):
            if id(candidate) not in places:
                places[id(candidate)] = len(of_candidates)
                of_candidates.append(candidate.features)
            pairs.append((place, places[id(candidate)]))
            overlaps.append(scorer.overlaps(candidate, parameter))
            forms = [normal(form) for form in (candidate.value, *candidate.others)]
            labels.append(any(is_equal(form, value) for form in forms for value in gold))
        for choice in parameter.choices:
            features, overlap, _, _ = scorer.chosen(request, parameter, choice)
            pairs.append((place, len(of_candidates)))
            of_candidates.append(features)
            overlaps.append(overlap)
            labels.append(any(is_equal(normal(choice.value), value) for value in gold))
        is_text = bool(gold) and scorer.is_open_text(parameter)
        quoted.append(int(any(labels[begin:])) if is_text else -1)
    return Turn(
        Bags.of([parameter.features for parameter in offered], scorer.ROWS_OF_PARAMETERS),
        Bags.of(of_candidates, scorer.ROWS_OF_CANDIDATES),
        np.array(pairs, dtype=np.int32).reshape(-1, 2),
        np.array(overlaps, dtype=np.float32).reshape(-1, scorer.NUM_OVERLAPS),
        np.array(labels, dtype=np.float32),
        np.array(quoted, dtype=np.int8),
        name,
    )


def is_equal(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_held_out(name: str) -> bool:
    return zlib.crc32(name.lower().replace("_", "").encode()) % 8 == 0


class Scorer(nn.Module):
    """The product's score, differentiable."""

    def __init__(self) -> None:
        super().__init__()
        self.of_parameters = nn.EmbeddingBag(scorer.ROWS_OF_PARAMETERS, scorer.WIDTH + 1, mode="sum")
        self.of_candidates = nn.EmbeddingBag(scorer.ROWS_OF_CANDIDATES, scorer.WIDTH + 1, mode="sum")
        for bag in (self.of_parameters, self.of_candidates):
            nn.init.normal_(bag.weight, std=0.08)
        self.overlaps = nn.Linear(scorer.NUM_OVERLAPS, 1)
        nn.init.constant_(self.overlaps.bias, -3.0)

    def forward(self, batch: Sequence[Turn], dropout: float) -> tuple[Tensor, Tensor]:
        """Scores and labels of all pairs of the batch."""
        towards = bag(self.of_parameters, [turn.of_parameters for turn in batch], dropout)
        vectors = bag(self.of_candidates, [turn.of_candidates for turn in batch], dropout)
        starts = np.cumsum(
            [[0, 0], *([len(t.of_parameters.sizes), len(t.of_candidates.sizes)] for t in batch[:-1])], axis=0
        )
        pairs = torch.from_numpy(np.concatenate([t.pairs + s for t, s in zip(batch, starts, strict=True)]))
        one, other = towards[pairs[:, 0].long()], vectors[pairs[:, 1].long()]
        width = scorer.WIDTH
        total = (one[:, :width] * other[:, :width]).sum(-1) + one[:, width] + other[:, width]
        total = total + self.overlaps(torch.from_numpy(np.concatenate([t.overlaps for t in batch])))[:, 0]
        return total, torch.from_numpy(np.concatenate([t.labels for t in batch]))


def bag(table: nn.EmbeddingBag, bags: Sequence[Bags], dropout: float) -> Tensor:
    sizes = np.concatenate([each.sizes for each in bags])
    ids = torch.from_numpy(np.concatenate([each.rows for each in bags]).astype(np.int64))
    offsets = torch.from_numpy(np.cumsum([0, *sizes[:-1]]))
    kept = (torch.rand(len(ids)) >= dropout).float()
    made: Tensor = table(ids, offsets, per_sample_weights=kept)
    return made


def learn(seen: list[Turn]) -> Scorer:
    torch.manual_seed(0)
    rng = random.Random(0)
    model = Scorer()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    num_steps = EPOCHS * (len(seen) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        rng.shuffle(seen)
        total = 0.0
        for start in range(0, len(seen) - BATCH + 1, BATCH):
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / num_steps)
            found, labels = model(seen[start : start + BATCH], DROPOUT)
            loss = nn.functional.binary_cross_entropy_with_logits(found, labels, reduction="sum") / labels.sum()
            penalty = sum(bag.weight.pow(2).mean() for bag in (model.of_parameters, model.of_candidates))
            optimizer.zero_grad()
            (loss + PENALTY * penalty).backward()
            optimizer.step()
            total += loss.item()
            step += 1
        print(f"epoch {epoch}: loss {total / max(1, len(seen) // BATCH):.4f} per value", flush=True)
    return model


def learn_quotable(seen: Sequence[Turn]) -> tuple[Tensor, float]:
    """Weight of each row of a parameter's features, and a bias: how likely its value stands in the request."""
    torch.manual_seed(0)
    bags, wanted = [], []
    for turn in seen:
        starts = np.cumsum([0, *turn.of_parameters.sizes])
        for place in np.flatnonzero(turn.quoted >= 0):
            rows = turn.of_parameters.rows[starts[place] : starts[place + 1]]
            bags.append(Bags(rows, np.array([len(rows)])))
            wanted.append(float(turn.quoted[place]))
    table = nn.EmbeddingBag(scorer.ROWS_OF_PARAMETERS, 1, mode="sum")
    nn.init.zeros_(table.weight)
    bias = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([*table.parameters(), bias], lr=0.02)
    order = list(range(len(bags)))
    for _ in range(2):
        random.Random(0).shuffle(order)
        for start in range(0, len(order) - 256, 256):
            chosen = order[start : start + 256]
            found = bag(table, [bags[n] for n in chosen], DROPOUT)[:, 0] + bias
            loss = nn.functional.binary_cross_entropy_with_logits(found, torch.tensor([wanted[n] for n in chosen]))
            optimizer.zero_grad()
            (loss + 0.5 * table.weight.pow(2).mean()).backward()
            optimizer.step()
    print(f"{len(bags)} texts, {100 * np.mean(wanted):.1f}% of them in the request; loss {loss.item():.3f}", flush=True)
    return table.weight.detach()[:, 0], bias.item()


@torch.no_grad()
def report(model: Scorer, held_out: Sequence[Turn]) -> None:
    """Print how often the best candidate of a parameter that has a value is right, and the calibration."""
    right = count = 0
    chances, truths = [], []
    for turn in held_out:
        scores, labels = model([turn], 0.0)
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
    return base64.b85encode(rows).decode(), round(step, 8)


def written(model: Scorer, quotable: tuple[Tensor, float]) -> dict[str, Any]:
    parameters, step = packed(model.of_parameters.weight.detach())
    candidates, other_step = packed(model.of_candidates.weight.detach())
    weights, weight_step = packed(quotable[0])
    return {
        "parameters": parameters,
        "candidates": candidates,
        "steps": [step, other_step],
        "quotable": {"weights": weights, "step": weight_step, "bias": round(quotable[1], 4)},
        "overlaps": [round(value, 4) for value in model.overlaps.weight[0].tolist()],
        "bias": round(model.overlaps.bias.item(), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of samples")
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    a = parser.parse_args()
    torch.set_num_threads(1)
    with ProcessPoolExecutor(len(SEEDS)) as processes:
        made = [turn for part in processes.map(partial(turns, a.data, scale=a.scale), SEEDS) for turn in part]
    held_out = [turn for turn in made if is_held_out(turn.name)]
    seen = [turn for turn in made if not is_held_out(turn.name)]
    print(f"{len(seen)} calls to learn from, {len(held_out)} held out", flush=True)
    model = learn([turn for turn in seen if turn.labels.any()])
    report(model, [turn for turn in held_out if turn.labels.any()][:3000])
    a.out.write_text(json.dumps(written(model, learn_quotable(seen))) + "\n")
    print(f"{a.out}: {a.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
