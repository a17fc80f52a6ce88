"""Vectors of words from the company they keep in the training texts.

Positive pointwise mutual information of the words that stand near each other, factored (Levy and Goldberg, NeurIPS
2014; the choices of Levy, Goldberg and Dagan, TACL 2015: nearer words count more, contexts are smoothed, frequent words
are sampled down). Words are the stems that the product compares. No dev set is read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tercet.backends.embedded.relevance import MAX_WORD, PART, stem
from training.data.sources.common import read_jsonl

FILES = ("self_instruct_t0", "gsm8k", "seal_tools", "toolalpaca", "metatool", "clinc", "gorilla_apis")
"""Folders whose texts are read whole; of the dialogues in `sgd` what is said."""
MAX_TEXT = 20_000
NUM_WORDS, MIN_COUNT = 16_000, 6
WINDOW, SMOOTHING, SAMPLED = 5, 0.75, 1e-4
WIDTH = 256
_BREAK, _OTHER = -2, -1
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")


def texts(root: Path) -> Iterator[str]:
    """All that is written in the training data."""
    for folder in FILES:
        for path in sorted((root / "train" / folder).rglob("*")):
            yield from _texts_of(path)
    for dialogue in read_jsonl(root / "train/sgd/train.jsonl.gz"):
        yield " ".join(str(turn.get("utterance", "")) for turn in dialogue.get("turns", []))


def _texts_of(path: Path) -> Iterator[str]:
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind == "jsonl":
        for row in read_jsonl(path):
            yield from _within(row)
    elif kind == "csv":
        with path.open(encoding="utf-8") as lines:
            yield from map(" ".join, csv.reader(lines))
    elif kind == "json":
        text = path.read_text(encoding="utf-8")
        try:
            yield from _within(json.loads(text))
        except json.JSONDecodeError:
            yield text


def _within(value: Any) -> Iterator[str]:
    """The texts within JSON; those of one object, and their names, stand beside each other."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield " ".join([*value, *(inner for inner in value.values() if isinstance(inner, str))])
        for inner in value.values():
            if not isinstance(inner, str):
                yield from _within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _within(inner)


def read(root: Path) -> tuple[NDArray[np.int32], list[str]]:
    """All stems in their order, as numbers, with a break behind each text; and what the numbers stand for."""
    index: dict[str, int] = {}
    known: dict[str, tuple[int, ...]] = {}
    numbers: list[int] = []
    for text in texts(root):
        for word in _WORD.findall(text[:MAX_TEXT]):
            if word not in known:
                parts = [word] if "'" in word else PART.findall(word)
                stems = (stem(part.lower()[:MAX_WORD]) for part in parts)
                known[word] = tuple(index.setdefault(each, len(index)) for each in stems)
            numbers += known[word]
        numbers.append(_BREAK)
    return np.array(numbers, dtype=np.int32), list(index)


def vectors(root: Path) -> tuple[list[str], list[int], Tensor]:
    """The most frequent words, how often each is written, and a vector of length 1 for each: [words, `WIDTH`]."""
    numbers, words = read(root)
    counts = np.bincount(numbers[numbers >= 0], minlength=len(words))
    kept = np.argsort(-counts, kind="stable")[:NUM_WORDS]
    kept = kept[counts[kept] >= MIN_COUNT]
    place = np.full(len(words), _OTHER, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    placed = np.where(numbers >= 0, place[np.maximum(numbers, 0)], _BREAK)
    share = counts[kept] / counts.sum()
    found = _factored(_information(_near(_sampled(placed, share), len(kept))))
    return [words[number] for number in kept], counts[kept].tolist(), found


def _sampled(placed: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.int64]:
    """The words without some of those that are frequent and without those that are too rare."""
    chance = np.minimum(1, np.sqrt(SAMPLED / share) + SAMPLED / share)
    is_kept = placed == _BREAK
    is_word = placed >= 0
    is_kept[is_word] = np.random.default_rng(0).random(int(is_word.sum())) < chance[placed[is_word]]
    return placed[is_kept]


def _near(placed: NDArray[np.int64], size: int) -> Tensor:
    """How often words stand near each other within a text, the nearer counting more: [size, size]."""
    near = torch.zeros(size * size)
    for distance in range(1, WINDOW + 1):
        before, behind = placed[:-distance], placed[distance:]
        is_pair = (before >= 0) & (behind >= 0)
        for between in range(1, distance):
            is_pair &= placed[between : len(placed) - distance + between] != _BREAK
        pairs, counts = np.unique(before[is_pair] * size + behind[is_pair], return_counts=True)
        near[torch.from_numpy(pairs)] += torch.from_numpy(counts).float() / distance
    table = near.view(size, size)
    return table + table.T


def _information(near: Tensor) -> Tensor:
    """Positive pointwise mutual information."""
    of_word = near.sum(1)
    of_context = of_word.pow(SMOOTHING)
    expected = of_word[:, None] * of_context[None, :] / of_context.sum()
    return (near / (expected + 1e-9)).add_(1e-12).log_().clamp_(min=0)


def _factored(information: Tensor) -> Tensor:
    torch.manual_seed(0)
    left, sizes, _ = torch.svd_lowrank(information, q=WIDTH, niter=3)
    return torch.nn.functional.normalize(left * sizes.sqrt(), dim=1)
