"""Tokenised shards made ahead of the trainer by processes of their own, and read once.

Each producer draws the mixture with a seed of its own, so neither another producer nor a restart repeats what was
seen. What a producer makes depends on its seed alone; in which order shards arrive, on the machine. It does not know
what the trainer does with the documents.
"""

from __future__ import annotations

import gc
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
from training.data import long
from training.data.sample import Sample
from training.encode import Encoder
from training.pack import MAX_LENGTH, Document, Shard

TOKENS_PER_SHARD = 300_000
FIRST_TOKENS = 60_000
"""Size of the first shard, for an early start; the next are each twice as large up to the full size."""
MAX_AHEAD = 2
"""Shards that a producer keeps waiting."""
MAX_PRODUCERS = 1000
"""Seeds of one start lie this far apart from those of the next."""


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
    long_share: float = 0.0
    """Share of the tokens that are long documents (`training.data.long`), which nothing thins out."""
    max_long: int = 32_000
    """The longest of them, in tokens."""
    spared: tuple[str, ...] = ()
    """Beginnings of sources whose documents neither length nor density thins out: what is asked back is short."""

    @property
    def max_length(self) -> int:
        """The longest document that is given, in tokens."""
        return max(MAX_LENGTH, self.max_long) if self.long_share else MAX_LENGTH

    def kept_share(self, name: str) -> float:
        return next((share for prefix, share in self.kept_shares.items() if name.startswith(prefix)), 1.0)


class Documents:
    """Endless documents of a source: the mixture's, with long ones between them in the share that is asked for."""

    def __init__(self, source: Source, seed: int) -> None:
        self.source = source
        self.encoder = Encoder(tokenizer.load())
        self.rng = random.Random(seed)
        self.ordinary = importlib.import_module(source.mixture).mixture(source.root, seed, source.is_late)
        self.long = long.samples(source.root, seed, source.max_long)
        self.num_tokens, self.num_long = 0, 0

    def __iter__(self) -> Iterator[Document]:
        while True:
            is_long = self.num_long < self.source.long_share * self.num_tokens
            made = self.long_document() if is_long else self.ordinary_document()
            if made is not None:
                self.num_tokens += len(made.ids)
                self.num_long += is_long * len(made.ids)
                yield made

    def document(self, sample: Sample) -> Document:
        messages = hints.hinted(sample.messages, sample.tools, self.rng)
        return pack.marked(self.encoder.ids(pack.render(messages, sample.tools, sample.schema)))

    def long_document(self) -> Document | None:
        made = self.document(next(self.long))
        return made if len(made.ids) <= self.source.max_long else None

    def ordinary_document(self) -> Document | None:
        """The mixture's next sample, unless it is thinned out or longer than `MAX_LENGTH`."""
        sample = next(self.ordinary)
        if self.rng.random() >= self.source.kept_share(sample.source):
            return None
        made = self.document(sample)
        if sample.source.startswith(self.source.spared):
            return made if len(made.ids) <= MAX_LENGTH else None
        is_dense = self.rng.random() * self.source.full_share < made.learnt.mean()
        is_short = self.rng.random() * len(made.ids) < self.source.preferred_length
        return made if len(made.ids) <= MAX_LENGTH and is_dense and is_short else None


def documents(source: Source, seed: int) -> Iterator[Document]:
    """Endless documents of the source; the same for the same seed."""
    return iter(Documents(source, seed))


def shard(stream: Iterator[Document], num_tokens: int) -> Shard:
    """The next shard of about `num_tokens`."""
    made: list[Document] = []
    size = 0
    while size < num_tokens:
        made.append(next(stream))
        size += len(made[-1].ids)
    return Shard.of(made)


def settle() -> None:
    """For a process that only makes documents: keep the collector off what lives until the end."""
    os.nice(10)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def produce(source: Source, folder: Path, seed: int) -> None:
    """Keep `MAX_AHEAD` shards waiting in `folder`, until killed or orphaned."""
    parent = os.getppid()
    stream = documents(source, seed)
    settle()
    number = 0
    while os.getppid() == parent:
        if len(list(folder.glob(f"*-{seed:012d}.npz"))) >= MAX_AHEAD:
            time.sleep(0.5)
            continue
        made = shard(stream, min(TOKENS_PER_SHARD, FIRST_TOKENS << min(number, 8)))
        made.write(folder / f"{number:06d}-{seed:012d}.npz")
        number += 1


class Producers:
    """The processes that fill a folder, and the shards as they come."""

    def __init__(self, source: Source, folder: Path, seed: int, num_producers: int = 1) -> None:
        """Start them; shards left over from an earlier run are dropped."""
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("*.npz"):
            stale.unlink()
        self.folder = folder
        context = multiprocessing.get_context("spawn")
        self.processes: list[BaseProcess] = [
            context.Process(target=produce, args=(source, folder, seed * MAX_PRODUCERS + number), daemon=True)
            for number in range(num_producers)
        ]
        for process in self.processes:
            process.start()

    def __iter__(self) -> Iterator[Shard]:
        """Shards by number, then producer, each removed once read; raises if a producer has died."""
        while True:
            waiting = sorted(self.folder.glob("*.npz"))
            if waiting:
                yield Shard.read(waiting[0])
                waiting[0].unlink()
            for process in self.processes:
                if not process.is_alive():
                    raise RuntimeError(f"a data process ended with code {process.exitcode}: see its traceback above")
            if not waiting:
                time.sleep(0.1)

    def stop(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.terminate()
