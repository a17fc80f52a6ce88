"""Stage 6: write a checkpoint as a GGUF file and its manifest beside it."""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Any, cast

from training import checkpoint, tokenizer
from training.export import Precision, sha256, write_gguf
from training.pack import MAX_LENGTH

DATA_LICENCES = {
    "seal_tools": "Apache-2.0",
    "gorilla_apis": "Apache-2.0",
    "toolalpaca": "Apache-2.0",
    "metatool": "MIT",
    "sgd": "CC BY-SA 4.0",
    "clinc": "CC BY 3.0",
    "self_instruct_t0": "Apache-2.0 (each underlying set its own)",
    "gsm8k": "MIT",
    "catalog": "Apache-2.0 (written in this repository)",
}


def manifest(gguf_file: Path, name: str, recipe: str, state: checkpoint.State, parameters: int) -> dict[str, Any]:
    """What the service and the model card need to know about a file of weights."""
    return {
        "name": name,
        "file": gguf_file.name,
        "sha256": sha256(gguf_file),
        "licence": "Apache-2.0",
        "architecture": "qwen3",
        "parameters": parameters,
        "context": state["config"]["max_context"],
        "holds_answers": True,
        "trained_context": state.get("trained_context", MAX_LENGTH),
        "trained_tokens": state["tokens"],
        "trained_hours": round(state["seconds"] / 3600, 2),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "recipe": recipe,
        "data_licences": DATA_LICENCES,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--name", default="tercet-nano")
    parser.add_argument("--precision", choices=("f32", "f16", "q8_0"), default="q8_0")
    parser.add_argument("--weights", choices=("model", "average"), default="model")
    parser.add_argument("--recipe", default="training/runs/nano.sh")
    parser.add_argument("--skill", type=Path, help="figures written by the evaluate stage")
    a = parser.parse_args()
    decoder, state = checkpoint.load_decoder(a.checkpoint, a.weights)
    write_gguf(a.gguf, decoder, tokenizer.load(), a.name, cast(Precision, a.precision))
    card = manifest(a.gguf, a.name, a.recipe, state, decoder.num_parameters())
    if a.skill:
        card["skill"] = json.loads(a.skill.read_text())
    a.gguf.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"{a.gguf}: {a.gguf.stat().st_size} bytes, {card['trained_tokens']} tokens trained")


if __name__ == "__main__":
    main()
