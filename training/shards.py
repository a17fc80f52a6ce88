"""Tokenised shards made ahead of the trainer by a process of their own, and read once.

Each run of the producer draws the mixture with a seed of its own, so a restart never repeats what was seen. It does
not know what the trainer does with the documents.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from training import hints, pack, tokenizer
from training.pack import MAX_LENGTH, Document, Shard

TOKENS_PER_SHARD = 300_000
FIRST_TOKENS = 60_000
"""Size of the first shard, for an early start; the next are each twice as large up to the full size."""
MAX_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Source:
    """Where documents come from, and how long they should be."""

    mixture: str
    """The module with `mixture(root, seed, is_late)`."""
    root: Path
    is_late: bool
    """Whether to ask for the weights of a last stage: fewer drills, more of what users ask."""
    kept_shares: dict[str, float]
    """By the beginning of a sample's source, the share that is kept of what the mixture gives; all of the others."""
    preferred_length: int
    """A document n times as long as this is kept once in n times."""
    full_share: float = 0.0
    """A document is kept in proportion to its share of learnt tokens, always from this share on; 0 keeps all."""

    def kept_share(self, name: str) -> float:
        return next((share for prefix, share in self.kept_shares.items() if name.startswith(prefix)), 1.0)


def documents(source: Source, seed: int) -> Iterator[Document]:
    """Endless documents of the source, those longer than `MAX_LENGTH` left out."""
    encoder = tokenizer.load()
    rng = random.Random(seed)
    for sample in importlib.import_module(source.mixture).mixture(source.root, seed, source.is_late):
        if rng.random() >= source.kept_share(sample.source):
            continue
        messages = hints.hinted(sample.messages, sample.tools, rng)
        made = pack.document(pack.render(messages, sample.tools, sample.schema), encoder)
        is_dense = rng.random() * source.full_share < made.learnt.mean()
        if len(made.ids) <= MAX_LENGTH and is_dense and rng.random() * len(made.ids) < source.preferred_length:
            yield made


def shard(stream: Iterator[Document], num_tokens: int) -> Shard:
    """The next shard of about `num_tokens`."""
    made: list[Document] = []
    size = 0
    while size < num_tokens:
        made.append(next(stream))
        size += len(made[-1].ids)
    return Shard.of(made)


def produce(source: Source, folder: Path, seed: int) -> None:
    """Keep `MAX_AHEAD` shards waiting in `folder`, until killed or orphaned."""
    os.nice(10)
    parent = os.getppid()
    stream = documents(source, seed)
    number = 0
    while os.getppid() == parent:
        if len(list(folder.glob("*.npz"))) >= MAX_AHEAD:
            time.sleep(1)
            continue
        shard(stream, min(TOKENS_PER_SHARD, FIRST_TOKENS << min(number, 8))).write(
            folder / f"{seed:012d}-{number:06d}.npz"
        )
        number += 1


def start(source: Source, folder: Path, seed: int) -> BaseProcess:
    """Start the producer; shards left over from an earlier run are dropped."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.npz"):
        stale.unlink()
    process = multiprocessing.get_context("spawn").Process(target=produce, args=(source, folder, seed), daemon=True)
    process.start()
    return process


def consume(folder: Path, producer: BaseProcess) -> Iterator[Shard]:
    """Shards in the order made, each removed once read; raises if the producer has died."""
    while True:
        waiting = sorted(folder.glob("*.npz"))
        if waiting:
            yield Shard.read(waiting[0])
            waiting[0].unlink()
        elif not producer.is_alive():
            raise RuntimeError(f"the data process ended with code {producer.exitcode}: see its traceback above")
        else:
            time.sleep(0.2)
