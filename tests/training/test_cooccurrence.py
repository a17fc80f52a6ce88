"""Vectors from the company that words keep, and what is written of their meanings."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
import torch

from training import cooccurrence
from training.data.meanings import meanings

KINDS = {"cat": "animal", "dog": "animal", "bread": "food", "cheese": "food"}
BESIDE = {"animal": ("purrs", "bites", "sleeps", "tail"), "food": ("tasty", "slice", "eaten", "plate")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rng = random.Random(0)
    train = tmp_path / "train"
    for folder in (*cooccurrence.FILES, "sgd"):
        (train / folder).mkdir(parents=True)
    rows = []
    for _ in range(1500):
        word = rng.choice(list(KINDS))
        rows.append({"text": " ".join((word, *rng.sample(BESIDE[KINDS[word]], 2)))})
    (train / "gsm8k/train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (train / "seal_tools/broken.json").write_text("{not json")
    with gzip.open(train / "sgd/train.jsonl.gz", "wt") as file:
        file.write(json.dumps({"turns": [{"utterance": "unheard words"}]}))
    return tmp_path


def test_words_in_the_same_company_are_alike(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooccurrence, "WIDTH", 4)
    monkeypatch.setattr(cooccurrence, "SAMPLED", 1.0)
    words, counts, vectors = cooccurrence.vectors(root)
    alike = vectors @ vectors.T
    cat, dog, bread = (words.index(word) for word in ("cat", "dog", "bread"))
    assert alike[cat, dog] > alike[cat, bread] + 0.3
    assert counts == sorted(counts, reverse=True)
    assert "unheard" not in words
    assert torch.allclose(vectors.norm(dim=1), torch.ones(len(words)), atol=1e-3)


def test_every_text_is_read_and_ends_with_a_break(root: Path) -> None:
    numbers, words = cooccurrence.read(root)
    assert {"unheard", "not", "json"} <= set(words)
    assert (numbers == -2).sum() == 1500 + 1 + 1


def test_meanings_are_many_and_plain() -> None:
    found = list(meanings())
    assert len(found) > 3000
    assert all(len(one.related) <= 16 and one.word == one.word.lower() for one in found)
