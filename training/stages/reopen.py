"""Stage 5a: a checkpoint from shipped weights: a GGUF file of the family, opened for more training.

For going on where no checkpoint was kept. It does not know how the weights came about, but for what the manifest says.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from training import checkpoint
from training.export import read_gguf
from training.optimizer import Optimizer


def reopen(path: Path) -> checkpoint.State:
    """A training state at step 0 (so that the rate warms up) that knows how many tokens were seen."""
    decoder = read_gguf(path)
    manifest = path.with_suffix(".json")
    known = json.loads(manifest.read_text()) if manifest.exists() else {}
    return {
        "config": checkpoint.config_state(decoder.config),
        "model": decoder.state_dict(),
        "average": decoder.state_dict(),
        "optimizer": Optimizer(decoder).state(),
        "step": 0,
        "tokens": known.get("trained_tokens", 0),
        "seconds": 3600.0 * known.get("trained_hours", 0.0),
        "began": time.time(),
        "generation": known.get("trained_tokens", 0) // 1_000_000,  # other documents than the runs before drew
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path, help="the weights, beside their manifest")
    parser.add_argument("out", type=Path, help="where to write the checkpoint")
    a = parser.parse_args()
    checkpoint.save(a.out, reopen(a.gguf))
    print(f"{a.out}: opened from {a.gguf}")


if __name__ == "__main__":
    main()
