"""How well the exported model finds held-out passages: beside the words alone (BM25), and both together.

The vectors come from the GGUF file through llama.cpp, the words from the index that the service uses, the fusion is
the service's. What is searched is every held-out passage of the kind and as many training passages again.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xllamacpp

from tercet.searching import DEPTH, SearchOptions, fused
from tercet.store.vector_texts import words_of
from training.embed.corpus import collect
from training.embed.pair import Pair
from training.paths import data_root

KINDS = {
    "questions about passages": ("question",),
    "sentences cut from passages": ("cloze",),
    "summaries": ("summary",),
    "requests for tools (unseen tools)": ("metatool", "catalog", "seal", "gorilla"),
    "word problems and solutions": ("gsm8k",),
}
MAX_QUERIES = 200
MAX_PASSAGES = 2000
Ranking = list[tuple[int, float]]


class Model:
    """The exported model, in this process."""

    def __init__(self, path: Path) -> None:
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.embedding = True
        params.n_ctx = params.n_batch = params.n_ubatch = 2048
        params.n_parallel = 1
        params.verbosity = -1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        self._server = xllamacpp.Server(params)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        rows: list[list[float]] = []
        for start in range(0, len(texts), 32):
            body = json.dumps({"input": [text or " " for text in texts[start : start + 32]]})
            answer = json.loads(self._server.handle_embeddings(body))
            rows += [entry["embedding"] for entry in answer["data"]]
        found = np.array(rows, dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


class Words:
    """The passages in a full-text index like the service's."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._index = sqlite3.connect(":memory:")
        self._index.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter unicode61')")
        rows = list(enumerate(passages))
        self._index.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)

    def ranked(self, query: str) -> Ranking:
        wanted = " OR ".join(f'"{word}"' for word in words_of(query)[:64])
        if not wanted:
            return []
        statement = "SELECT rowid, -bm25(words) FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT ?"
        return self._index.execute(statement, (wanted, DEPTH)).fetchall()


def measure(model: Model, held: Sequence[Pair], train: Sequence[Pair], seed: int = 0) -> dict[str, Any]:
    """Recall of one kind, in percent, by each way of searching."""
    rng = random.Random(seed)
    queries = rng.sample(list(held), min(MAX_QUERIES, len(held)))
    others = [pair for pair in held if pair not in queries] + rng.sample(list(train), min(len(train), MAX_PASSAGES))
    groups: dict[str, str] = {}
    for pair in [*queries, *others]:
        if len(groups) < MAX_PASSAGES:
            groups.setdefault(pair.passage, pair.group or pair.passage)
    passages = list(groups)
    table, words = model.vectors(passages), Words(passages)
    asked = model.vectors([pair.query for pair in queries])
    ranks: dict[str, list[int]] = {"bm25": [], "embedding": [], "embedding cut to 64": [], "hybrid": []}
    for pair, vector in zip(queries, asked, strict=True):
        said = words.ranked(pair.query)
        meant = nearest(table, vector)
        short = nearest(cut(table), cut(vector[None])[0])
        both = list(fused(meant, said, SearchOptions()).items())
        for name, ranking in zip(ranks, (said, meant, short, both), strict=True):
            ordered = sorted(ranking, key=lambda found: -found[1])
            own = pair.group or pair.passage
            ranks[name].append(next((at for at, (n, _) in enumerate(ordered) if groups[passages[n]] == own), DEPTH))
    recall = {name: {f"@{k}": percent(found, k) for k in (1, 10)} for name, found in ranks.items()}
    return {"queries": len(queries), "passages": len(passages), **recall}


def nearest(table: np.ndarray, vector: np.ndarray) -> Ranking:
    scores = table @ vector
    return [(int(at), float(scores[at])) for at in np.argsort(-scores)[:DEPTH]]


def cut(table: np.ndarray) -> np.ndarray:
    short = table[:, :64]
    return short / np.linalg.norm(short, axis=1, keepdims=True)


def percent(ranks: Sequence[int], k: int) -> float:
    return round(100 * sum(rank < k for rank in ranks) / len(ranks), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    a = parser.parse_args()
    model = Model(a.gguf)
    train, held = collect(data_root())
    figures = {}
    for kind, sources in KINDS.items():
        asked, learnt = ([pair for pair in pairs if pair.source in sources] for pairs in (held, train))
        figures[kind] = measure(model, asked, learnt)
        print(kind, json.dumps(figures[kind]), flush=True)
    if a.out:
        a.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
