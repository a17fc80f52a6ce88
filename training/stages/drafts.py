"""Stage 3: learn the table of the product's drafts: which words of a request fill which parameter of a tool.

Reads calls of the mixture with the requests that they answer; features are the product's own. Tools whose name falls
into one eighth are left out and measured on. No dev set is read.
"""

from __future__ import annotations

import argparse
import base64
import json
import pickle
import random
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.candidates import Request, read
from tercet.backends.embedded.drafts.overlaps import NUM_OVERLAPS
from tercet.backends.embedded.drafts.overlaps import overlaps as common
from tercet.backends.embedded.drafts.parameters import Parameter, parameters
from tercet.backends.embedded.drafts.table import HIDDEN, SEPARATOR, WIDTH
from tercet.backends.embedded.spoken import spoken
from training.data.mixture import Mixture
from training.data.sample import Sample, compact
from training.hints import speaker
from training.paths import REPOSITORY, data_root

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/drafts/table.json"
SAMPLES = {
    "catalog": 8000, "sessions": 3000, "seal_tools": 8000, "gorilla": 4000, "sgd": 4500, "drills": 1000,
    "symbolic": 500, "toolalpaca": 1000, "builtin": 1000, "gsm8k": 300,
}  # fmt: skip
"""Samples of each source, by each of `SEEDS`."""
SEEDS = (777, 778)
EPOCHS, BATCH, RATE, DROPOUT, PENALTY = 4, 64, 0.006, 0.15, 1.0
MIN_SEEN_PARAMETERS, MIN_SEEN_CANDIDATES = 12, 30
"""Times that a feature is seen from which it counts."""
UNNAMED = 0.3
"""Share of parameters that are learnt without their words, as those of tools that are not known."""
UNWORDED = 0.4
"""Share of candidates that are learnt without the words in and around them."""
_WORDS = ("a:", "n:", "h:", "d:", "f:")
"""What the features begin with that are words of a parameter."""
_AROUND = ("p:", "P:", "pp:", "n:", "N:", "l:", "i:")
"""The same of a candidate."""


class Features:
    """Numbers for features, given as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def bags(self, features: Sequence[Sequence[str]]) -> Bags:
        """The features of several things."""
        numbers = self.numbers
        rows = [numbers.setdefault(feature, len(numbers)) for each in features for feature in each]
        return Bags(np.array(rows, dtype=np.int32), np.array([len(each) for each in features], dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Bags:
    """Rows of features laid end to end, and how many each thing has."""

    rows: NDArray[np.int32]
    sizes: NDArray[np.int32]

    def renumbered(self, numbers: NDArray[np.int32]) -> Bags:
        """The same with other numbers; what has none, below 0, is left out."""
        rows = numbers[self.rows]
        owner = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return Bags(rows[rows >= 0], np.bincount(owner[rows >= 0], minlength=len(self.sizes)).astype(np.int32))


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


@dataclass(frozen=True, slots=True)
class Made:
    """Turns, and the features that their numbers stand for."""

    turns: list[Turn]
    of_parameters: list[str]
    of_candidates: list[str]


def made(root: Path, seed: int, scale: float) -> Made:
    """Calls of the mixture with the requests that they answer."""
    mixed = Mixture(root, seed)
    drawn = (next(mixed.streams[name]) for name, count in SAMPLES.items() for _ in range(round(scale * count)))
    of_parameters, of_candidates = Features(), Features()
    turns = [turn for sample in drawn for turn in sample_turns(sample, of_parameters, of_candidates)]
    return Made(turns, list(of_parameters.numbers), list(of_candidates.numbers))


def sample_turns(sample: Sample, of_parameters: Features, of_candidates: Features) -> Iterator[Turn]:
    tools = {str(tool["name"]): compact(tool).encode() for tool in sample.tools}
    requests = iter(spoken([(speaker(message), str(message.get("content") or "")) for message in sample.messages]))
    for said, answered in zip(sample.messages, sample.messages[1:], strict=False):
        text = next(requests) if said["role"] == "user" else ""
        made: Any = answered.get("tool_calls") or ()
        if not text or not made:
            continue
        request = read(text)
        for called in dict.fromkeys(call["name"] for call in made):
            arguments = [call["arguments"] for call in made if call["name"] == called]
            yield turn(request, parameters(tools[called]), arguments, called, of_parameters, of_candidates)


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


def turn(
    request: Request,
    offered: Sequence[Parameter],
    calls: list[Any],
    name: str,
    of_parameters: Features,
    of_candidates: Features,
) -> Turn:
    wanted: dict[str, list[Any]] = {}
    for arguments in calls:
        for field, value in leaf_values(arguments):
            wanted.setdefault(field, []).append(normal(value))
            if isinstance(value, list):
                wanted[field] += map(normal, value)
    candidates: list[tuple[str, ...]] = []
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
                places[id(candidate)] = len(candidates)
                candidates.append(candidate.features)
            pairs.append((place, places[id(candidate)]))
            overlaps.append(padded(common(candidate, parameter)))
            forms = [normal(form) for form in scorer.forms(candidate, parameter)]
            labels.append(any(is_equal(form, value) for form in forms for value in gold))
        for choice in parameter.choices:
            features, overlap, _, _ = scorer.chosen(request, parameter, choice)
            pairs.append((place, len(candidates)))
            candidates.append(features)
            overlaps.append(padded(overlap))
            labels.append(any(is_equal(normal(choice.value), value) for value in gold))
        is_text = bool(gold) and scorer.is_open_text(parameter)
        quoted.append(int(any(labels[begin:])) if is_text else -1)
    return Turn(
        of_parameters.bags([parameter.features for parameter in offered]),
        of_candidates.bags(candidates),
        np.array(pairs, dtype=np.int32).reshape(-1, 2),
        np.array(overlaps, dtype=np.float32).reshape(-1, NUM_OVERLAPS),
        np.array(labels, dtype=np.float32),
        np.array(quoted, dtype=np.int8),
        name,
    )


def padded(overlap: Sequence[float]) -> tuple[float, ...]:
    return (*map(float, overlap), *(0.0,) * (NUM_OVERLAPS - len(overlap)))


def is_equal(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_held_out(name: str) -> bool:
    return zlib.crc32(name.lower().replace("_", "").encode()) % 8 == 0


class Scorer(nn.Module):
    """The product's score, differentiable."""

    def __init__(self, of_parameters: Sequence[str], of_candidates: Sequence[str]) -> None:
        super().__init__()
        columns = WIDTH + 1 + HIDDEN
        self.of_parameters = nn.EmbeddingBag(len(of_parameters), columns, mode="sum")
        self.of_candidates = nn.EmbeddingBag(len(of_candidates), columns, mode="sum")
        for bag in (self.of_parameters, self.of_candidates):
            nn.init.normal_(bag.weight, std=0.05)
        self.overlaps = nn.Linear(NUM_OVERLAPS, 1)
        nn.init.constant_(self.overlaps.bias, -3.0)
        self.hidden = nn.Linear(NUM_OVERLAPS, HIDDEN, bias=False)
        self.out = nn.Parameter(torch.randn(HIDDEN) * 0.3)
        self.words = torch.tensor([feature.startswith(_WORDS) for feature in of_parameters])
        """By feature of a parameter: whether it is one of its words."""
        self.around = torch.tensor([feature.startswith(_AROUND) for feature in of_candidates])

    def forward(self, batch: Sequence[Turn], dropout: float, unnamed: float, unworded: float) -> tuple[Tensor, Tensor]:
        """Scores and labels of all pairs of the batch."""
        of_parameters = joined([turn.of_parameters for turn in batch])
        of_candidates = joined([turn.of_candidates for turn in batch])
        towards = bag(self.of_parameters, of_parameters, dropout, shown(of_parameters, self.words, unnamed))
        vectors = bag(self.of_candidates, of_candidates, dropout, shown(of_candidates, self.around, unworded))
        starts = np.cumsum(
            [[0, 0], *([len(t.of_parameters.sizes), len(t.of_candidates.sizes)] for t in batch[:-1])], axis=0
        )
        pairs = torch.from_numpy(np.concatenate([t.pairs + s for t, s in zip(batch, starts, strict=True)]))
        one, other = towards[pairs[:, 0].long()], vectors[pairs[:, 1].long()]
        overlaps = torch.from_numpy(np.concatenate([t.overlaps for t in batch]))
        total = (one[:, :WIDTH] * other[:, :WIDTH]).sum(-1) + one[:, WIDTH] + other[:, WIDTH]
        hidden = torch.relu(one[:, WIDTH + 1 :] + other[:, WIDTH + 1 :] + self.hidden(overlaps))
        total = total + self.overlaps(overlaps)[:, 0] + hidden @ self.out
        return total, torch.from_numpy(np.concatenate([t.labels for t in batch]))


def joined(bags: Sequence[Bags]) -> Bags:
    return Bags(np.concatenate([each.rows for each in bags]), np.concatenate([each.sizes for each in bags]))


def shown(bags: Bags, words: Tensor, hidden: float) -> Tensor:
    """Which features are shown, 0 or 1: all but the words of a share of things."""
    without = torch.rand(len(bags.sizes)) < hidden
    owners = torch.from_numpy(np.repeat(np.arange(len(bags.sizes)), bags.sizes))
    return (~(without[owners] & words[torch.from_numpy(bags.rows).long()])).float()


def bag(table: nn.EmbeddingBag, bags: Bags, dropout: float, shown: Tensor | None = None) -> Tensor:
    ids = torch.from_numpy(bags.rows.astype(np.int64))
    offsets = torch.from_numpy(np.cumsum([0, *bags.sizes[:-1]]))
    kept = (torch.rand(len(ids)) >= dropout).float()
    made: Tensor = table(ids, offsets, per_sample_weights=kept if shown is None else kept * shown)
    return made


def learn(seen: list[Turn], of_parameters: Sequence[str], of_candidates: Sequence[str]) -> Scorer:
    torch.manual_seed(0)
    rng = random.Random(0)
    model = Scorer(of_parameters, of_candidates)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    num_steps = EPOCHS * (len(seen) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        rng.shuffle(seen)
        total = 0.0
        for start in range(0, len(seen) - BATCH + 1, BATCH):
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / num_steps)
            found, labels = model(seen[start : start + BATCH], DROPOUT, UNNAMED, UNWORDED)
            loss = nn.functional.binary_cross_entropy_with_logits(found, labels, reduction="sum") / labels.sum()
            penalty = sum(bag.weight.pow(2).mean() for bag in (model.of_parameters, model.of_candidates))
            optimizer.zero_grad()
            (loss + PENALTY * penalty).backward()
            optimizer.step()
            total += loss.item()
            step += 1
        print(f"epoch {epoch}: loss {total / max(1, len(seen) // BATCH):.4f} per value", flush=True)
    return model


def learn_quotable(seen: Sequence[Turn], num_features: int) -> tuple[Tensor, float]:
    """Weight of each row of a parameter's features, and a bias: how likely its value stands in the request."""
    torch.manual_seed(0)
    bags, wanted = [], []
    for turn in seen:
        starts = np.cumsum([0, *turn.of_parameters.sizes])
        for place in np.flatnonzero(turn.quoted >= 0):
            rows = turn.of_parameters.rows[starts[place] : starts[place + 1]]
            bags.append(Bags(rows, np.array([len(rows)])))
            wanted.append(float(turn.quoted[place]))
    table = nn.EmbeddingBag(num_features, 1, mode="sum")
    nn.init.zeros_(table.weight)
    bias = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([*table.parameters(), bias], lr=0.02)
    order = list(range(len(bags)))
    for _ in range(2):
        random.Random(0).shuffle(order)
        for start in range(0, len(order) - 256, 256):
            chosen = order[start : start + 256]
            found = bag(table, joined([bags[n] for n in chosen]), DROPOUT)[:, 0] + bias
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
    return base64.b85encode(rows).decode(), round(step, 8)


def written(
    model: Scorer, quotable: tuple[Tensor, float], of_parameters: Sequence[str], of_candidates: Sequence[str]
) -> dict[str, Any]:
    weights, weight_step = packed(quotable[0])
    return {
        "parameters": side(model.of_parameters, of_parameters),
        "candidates": side(model.of_candidates, of_candidates),
        "quotable": {"weights": weights, "step": weight_step, "bias": round(quotable[1], 4)},
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


def counted(parts: Sequence[Made]) -> tuple[list[Turn], list[str], list[str]]:
    """All turns with the features that are seen often enough, and those features."""
    known: list[list[str]] = []
    for names, least in (("of_parameters", MIN_SEEN_PARAMETERS), ("of_candidates", MIN_SEEN_CANDIDATES)):
        seen: Counter[str] = Counter()
        for part in parts:
            features = getattr(part, names)
            counts = sum(np.bincount(getattr(turn, names).rows, minlength=len(features)) for turn in part.turns)
            seen.update(dict(zip(features, map(int, counts), strict=True)))
        known.append([feature for feature, count in seen.most_common() if count >= least and SEPARATOR not in feature])
    of_parameters, of_candidates = known
    turns = []
    for part in parts:
        numbers = [
            np.array([place.get(feature, -1) for feature in features], dtype=np.int32)
            for place, features in (
                ({feature: n for n, feature in enumerate(of_parameters)}, part.of_parameters),
                ({feature: n for n, feature in enumerate(of_candidates)}, part.of_candidates),
            )
        ]
        turns += [
            replace(
                turn,
                of_parameters=turn.of_parameters.renumbered(numbers[0]),
                of_candidates=turn.of_candidates.renumbered(numbers[1]),
            )
            for turn in part.turns
        ]
    return turns, of_parameters, of_candidates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of samples")
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    parser.add_argument("--kept", type=Path, help="calls that were drawn before, or where to keep them")
    a = parser.parse_args()
    torch.set_num_threads(1)
    if a.kept and a.kept.exists():
        parts = pickle.loads(a.kept.read_bytes())
    else:
        with ProcessPoolExecutor(len(SEEDS)) as processes:
            parts = list(processes.map(partial(made, a.data, scale=a.scale), SEEDS))
    if a.kept and not a.kept.exists():
        a.kept.write_bytes(pickle.dumps(parts))
    turns, of_parameters, of_candidates = counted(parts)
    held_out = [turn for turn in turns if is_held_out(turn.name)]
    seen = [turn for turn in turns if not is_held_out(turn.name)]
    print(f"{len(seen)} calls to learn from, {len(held_out)} held out; ", end="")
    print(f"features: {len(of_parameters)} of parameters, {len(of_candidates)} of candidates", flush=True)
    model = learn([turn for turn in seen if turn.labels.any()], of_parameters, of_candidates)
    report(model, [turn for turn in held_out if turn.labels.any()][:3000])
    quotable = learn_quotable(seen, len(of_parameters))
    a.out.write_text(json.dumps(written(model, quotable, of_parameters, of_candidates)) + "\n")
    print(f"{a.out}: {a.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
