"""Stage 3b: learn how likely a value is beside its rivals, on the tools that neither table nor reranker has seen.

Reads the same sources as those with other seeds, and writes into the table. Run it after either was learnt anew. No dev
set is read.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from training.drafts.rivalry import Rivals, learn_rivalry, rivals
from training.paths import data_root
from training.stages.drafts import TABLE_FILE, is_held_out, samples, told_without_own

SEEDS = (991, 992)


def made(root: Path, seed: int, scale: float) -> Rivals:
    """Values of the held-out tools' calls."""
    return rivals(samples(root, seed, scale), is_held_out, told_without_own)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of samples")
    a = parser.parse_args()
    with ProcessPoolExecutor(len(SEEDS)) as processes:
        found = list(processes.map(partial(made, a.data, scale=a.scale), SEEDS))
    beside = Rivals(np.concatenate([f.margins for f in found]), np.concatenate([f.labels for f in found]))
    table = json.loads(TABLE_FILE.read_text())
    TABLE_FILE.write_text(json.dumps(table | {"rivalry": learn_rivalry(beside)}) + "\n")
    print(f"{TABLE_FILE}: {TABLE_FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
