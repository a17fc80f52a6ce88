"""Stage 4a: make a stock of tokenised shards on disk, for runs that read faster than one makes them.

Killed at any moment, the same command goes on; the trainer may read the folder meanwhile (`train.py --stock`).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from training import pack, stock
from training.pack import Shard
from training.paths import data_root
from training.shards import Source


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """What a `Source` is made from."""
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--mixture", default="training.data.mixture")
    parser.add_argument("--prefer-length", type=int, default=pack.MAX_LENGTH, help="thin out longer documents")
    parser.add_argument("--full-share", type=float, default=0.0, help="thin out documents with less learnt than this")
    parser.add_argument("--spare", nargs="*", default=(), help="sources that --prefer-length and --full-share spare")
    parser.add_argument("--late", action="store_true", help="the mixture's weights for a last stage")
    parser.add_argument("--keep", default="{}", help='JSON: shares kept by source, e.g. {"gsm8k":0.2}')
    parser.add_argument("--long-share", type=float, default=0.0, help="share of tokens in long documents")
    parser.add_argument("--max-long", type=int, default=32_000, help="the longest document, in tokens")


def source_of(a: argparse.Namespace) -> Source:
    return Source(
        a.mixture,
        a.data,
        a.late,
        json.loads(a.keep),
        a.prefer_length,
        a.full_share,
        a.long_share,
        a.max_long,
        tuple(a.spare),
    )


def measured(folder: Path) -> tuple[int, int]:
    """Shards and tokens of a stock."""
    paths = stock.stocked(folder)
    return len(paths), sum(map(Shard.num_tokens, paths))


def wait(processes: list[BaseProcess], folder: Path, every_s: float) -> None:
    """Until all shards are there; raises when a producer fails."""
    began, first = time.time(), len(stock.stocked(folder))
    shown = began
    is_making = True
    while is_making:
        time.sleep(0.2)
        is_making = any(process.is_alive() for process in processes)
        if failed := [process.exitcode for process in processes if process.exitcode]:
            raise RuntimeError(f"a producer ended with code {failed[0]}: see its traceback above")
        if time.time() - shown >= every_s:
            shown = time.time()
            made = len(stock.stocked(folder)) - first
            print(json.dumps({"shards": first + made, "shards_per_s": round(made / (shown - began), 3)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokens", type=float, default=1e9)
    parser.add_argument("--shard-tokens", type=int, default=stock.SHARD_TOKENS)
    parser.add_argument("--producers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--seed", type=int, default=1)
    add_source_arguments(parser)
    a = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    began = time.time()
    before = measured(a.folder)[1] if a.folder.exists() else 0
    started = stock.start(source_of(a), a.folder, a.seed, a.shard_tokens, int(a.tokens), a.producers)
    wait(started, a.folder, every_s=30)
    num_shards, num_tokens = measured(a.folder)
    speed = round((num_tokens - before) / (time.time() - began))
    print(json.dumps({"shards": num_shards, "tokens": num_tokens, "made_tokens_per_s": speed}))


if __name__ == "__main__":
    main()
