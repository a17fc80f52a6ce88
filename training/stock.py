"""A stock of tokenised shards on disk, made once and read by any number of runs while it is still being made.

Shard number n is made from the stock's seed and n alone, so any number of producers, stopped and started at any time,
make the same stock. A reader takes what it has read least, so it never waits once there is anything. It does not know
what is trained.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from training import pack, shards, tokenizer
from training.pack import Shard
from training.shards import Source

SHARD_TOKENS = 2_000_000
CARD = "stock.json"
PATIENCE_S = 900
"""How long a reader waits for a first shard."""


class OtherStock(ValueError):
    """The folder holds shards made from something else."""


def card(source: Source, seed: int, shard_tokens: int) -> dict[str, Any]:
    """What determines every shard's content."""
    prints = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tokenizer.TOKENIZER_FILE, pack.TEMPLATE_FILE)
    }
    made_from = {name: value for name, value in asdict(source).items() if name != "root"}
    return {"source": made_from, "seed": seed, "shard_tokens": shard_tokens, "sha256": prints}


def open_folder(folder: Path, wanted: dict[str, Any]) -> None:
    """Make the folder, or raise `OtherStock` where what it holds was made from something else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CARD
    if path.exists():
        found = json.loads(path.read_text())
        differing = [name for name in wanted if found.get(name) != json.loads(json.dumps(wanted[name]))]
        if differing:
            raise OtherStock(f"{folder} was made with another {', '.join(differing)}: name a new folder")
    else:
        path.write_text(json.dumps(wanted, indent=1) + "\n")


def shard_file(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.npz"


def stocked(folder: Path) -> list[Path]:
    """The shards that are whole, by number."""
    return sorted(folder.glob("[0-9]*.npz"))


def make(source: Source, folder: Path, seed: int, shard_tokens: int, numbers: range) -> None:
    """One producer's life: the shards of `numbers` that are not there yet, until killed or orphaned."""
    parent = os.getppid()
    is_settled = False
    for number in numbers:
        if os.getppid() != parent:
            return
        path = shard_file(folder, number)
        if path.exists():
            continue
        stream = shards.documents(source, seed * 1_000_003 + number)
        made = shards.shard(stream, shard_tokens)
        made.write(path)
        if not is_settled:
            shards.settle()
            is_settled = True


def start(
    source: Source, folder: Path, seed: int, shard_tokens: int, num_tokens: int, num_producers: int
) -> list[BaseProcess]:
    """Start the producers of a stock of about `num_tokens`."""
    open_folder(folder, card(source, seed, shard_tokens))
    num_shards = -(-num_tokens // shard_tokens)
    context = multiprocessing.get_context("spawn")
    started: list[BaseProcess] = []
    for place in range(num_producers):
        numbers = range(place, num_shards, num_producers)
        process = context.Process(target=make, args=(source, folder, seed, shard_tokens, numbers), daemon=True)
        process.start()
        started.append(process)
    return started


@dataclass
class Reader:
    """Shards of a stock, endlessly: the one read least often first, then by number.

    Of several readers each takes its own: those whose number leaves its `rank` when divided by `world`.
    """

    folder: Path
    rank: int
    world: int
    times: dict[int, int]
    """How often each shard was read, by its number divided by `world`, which is about the same for all readers; kept
    with a checkpoint, so that a run goes on where it was."""

    def __iter__(self) -> Iterator[Shard]:
        while True:
            path = self.next_path()
            self.times[self.place(path)] = self.times.get(self.place(path), 0) + 1
            yield Shard.read(path)

    def place(self, path: Path) -> int:
        return int(path.stem) // self.world

    def next_path(self) -> Path:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            mine = [path for path in stocked(self.folder) if int(path.stem) % self.world == self.rank]
            if mine:
                return min(mine, key=lambda path: (self.times.get(self.place(path), 0), path.name))
            time.sleep(0.5)
        raise TimeoutError(
            f"no shard in {self.folder} after {PATIENCE_S} seconds: is `training.stages.shards` running?"
        )
