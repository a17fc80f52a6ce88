"""Contrastive training: every query shall find its passage among those of the whole batch.

The end is given in seconds of this process's CPU time, so that a busy machine gives the same model, only later.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training import tokenizer as family
from training.embed.corpus import Packed, collect, pack
from training.embed.model import SHORT, Encoder
from training.paths import data_root

SHARES = {
    "cloze": 0.34, "question": 0.16, "summary": 0.06, "gsm8k": 0.07, "metatool": 0.10, "seal": 0.07, "gorilla": 0.03,
    "sgd": 0.05, "clinc": 0.06, "catalog": 0.06,
}  # fmt: skip
TEMPERATURE = 0.05
QUERY_DROPOUT = 0.2
PASSAGE_DROPOUT = 0.25


class Batches:
    """Endless batches in which the sources have their shares and no two rows have the same pair."""

    def __init__(self, packed: Packed, seed: int) -> None:
        self._packed = packed
        self._rng = random.Random(seed)
        rows: dict[str, list[int]] = defaultdict(list)
        for row, source in enumerate(packed.sources):
            rows[source].append(row)
        self._streams = {source: self._shuffled(found) for source, found in rows.items()}

    def _shuffled(self, rows: list[int]) -> Iterator[int]:
        while True:
            self._rng.shuffle(rows)
            yield from rows

    def take(self, size: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, passages of at most `width` tokens, and groups, of `size` rows."""
        shares = {source: max(1, int(size * SHARES[source])) for source in self._streams}
        rows = sorted({next(self._streams[source]) for source, share in shares.items() for _ in range(share)})
        passages = torch.from_numpy(self._windows(self._packed.passages[rows], width).astype(np.int64))
        queries = torch.from_numpy(self._packed.queries[rows].astype(np.int64))
        return (
            dropped(queries, QUERY_DROPOUT),
            dropped(passages, PASSAGE_DROPOUT),
            torch.from_numpy(self._packed.groups[rows]),
        )

    def _windows(self, passages: np.ndarray, width: int) -> np.ndarray:
        """A stretch of each passage that is longer, from anywhere in it."""
        cut = passages[:, :width].copy()
        for row, length in enumerate((passages != family.PAD).sum(1)):
            if length > width:
                start = self._rng.randint(1, length - width + 1)
                cut[row, 1:] = passages[row, start : start + width - 1]
        return cut


def dropped(tokens: Tensor, share: float) -> Tensor:
    """The tokens with some of them gone: searches are clumsier than sentences, and what is learnt is no single word."""
    gone = torch.rand(tokens.shape) < share
    gone[:, 0] = False
    return tokens.masked_fill(gone, family.PAD)


def loss_of(queries: Tensor, passages: Tensor, groups: Tensor) -> Tensor:
    """Cross-entropy both ways, at full length and cut short; pairs of one group are not held against each other."""
    others = groups[:, None] == groups[None, :]
    others.fill_diagonal_(False)
    target = torch.arange(len(queries))
    total = torch.zeros(())
    for width, weight in ((queries.shape[1], 1.0), (SHORT, 0.3)):
        q = functional.normalize(queries[:, :width], dim=1)
        p = functional.normalize(passages[:, :width], dim=1)
        scores = (q @ p.T / TEMPERATURE).masked_fill(others, -1e4)
        both = functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)
        total = total + weight * both / 2
    return total


def recall(encoder: Encoder, packed: Packed, source: str, limit: int = 1500) -> float:
    """How many of the held-out queries of a source find a passage of their group first, in percent."""
    rows = [row for row, own in enumerate(packed.sources) if own == source]
    rows = random.Random(0).sample(rows, min(limit, len(rows)))
    with torch.no_grad():
        queries = functional.normalize(encoder(torch.from_numpy(packed.queries[rows].astype(np.int64))), dim=1)
        passages = functional.normalize(encoder(torch.from_numpy(packed.passages[rows].astype(np.int64))), dim=1)
    best = (queries @ passages.T).argmax(1).numpy()
    groups = packed.groups[rows]
    return float((groups[best] == groups).mean() * 100)


def run(encoder: Encoder, batches: Batches, held: Packed, *, cpu_s: float, size: int, width: int, lr: float) -> int:
    """Train for `cpu_s` seconds of CPU time; return the number of pairs seen."""
    optimizer = torch.optim.Adam(encoder.parameters(), lr=lr, betas=(0.9, 0.98))
    began = told = time.process_time()
    num_pairs = step = 0
    while (spent := time.process_time() - began) < cpu_s:
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1.0, (step + 1) / 30) * max(0.02, 1 - spent / cpu_s)
        queries, passages, groups = batches.take(size, width)
        loss = loss_of(encoder(queries), encoder(passages), groups)
        optimizer.zero_grad()
        loss.backward()
        assert encoder.norm.weight.grad is not None
        encoder.norm.weight.grad[-1] = 0.0
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        num_pairs += len(queries)
        step += 1
        if time.process_time() - told > 30:
            told = time.process_time()
            figures = {source: round(recall(encoder, held, source), 1) for source in ("question", "cloze", "metatool")}
            print(f"{spent:.0f} s, step {step}, {num_pairs} pairs, loss {loss.item():.3f}, {figures}", flush=True)
    return num_pairs


def frequencies(packed: Packed) -> Tensor:
    """The share of each token in the training passages."""
    counts = np.bincount(packed.passages[packed.passages != family.PAD].ravel(), minlength=family.VOCAB_SIZE)
    counts[family.BOS] = counts.max()
    return torch.from_numpy(counts / counts.sum()).float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--cpu-s", type=float, default=120.0, help="seconds of CPU time")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(1)
    train, measured = collect(data_root(), a.seed)
    tokenizer = family.load()
    packed, held = pack(train, tokenizer), pack(measured, tokenizer)
    encoder = Encoder()
    encoder.dampen(frequencies(packed))
    batches = Batches(packed, a.seed)
    seen = run(encoder, batches, held, cpu_s=a.cpu_s, size=768, width=128, lr=4e-3)
    save(a.checkpoint, encoder, seen, a.cpu_s, len(train))


def save(path: Path, encoder: Encoder, num_seen: int, cpu_s: float, num_pairs: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"weights": encoder.state_dict(), "pairs_seen": num_seen, "cpu_s": cpu_s, "pairs": num_pairs}
    torch.save(state, path)


if __name__ == "__main__":
    main()
