"""Writing the encoder as a GGUF file for embeddings, with its manifest beside it."""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

import gguf
import torch

from training import tokenizer as family
from training.embed.model import DIMENSIONS, MAX_CONTEXT, NORM_EPS, SHORT, Encoder
from training.export import Precision, sha256, write_metadata, write_tensor, write_tokenizer
from training.model import ModelConfig
from training.stages.export import DATA_LICENCES

NAME = "tercet-embed"
RECIPE = "training/runs/embed.sh"
SHAPE = ModelConfig(
    d_model=DIMENSIONS,
    num_layers=1,
    num_heads=8,
    num_kv_heads=1,
    head_dim=DIMENSIONS // 8,
    d_ffn=32,
    norm_eps=NORM_EPS,
    max_context=MAX_CONTEXT,
)


def write_gguf(path: Path, encoder: Encoder, precision: Precision) -> None:
    """Write the model atomically to `path`.

    llama.cpp runs it as `neo-bert`, which adds each layer's output to the tokens' vectors, norms and averages them; of
    one layer, the least that it takes, every output is zero. Decoders would compute logits that nobody reads.
    """
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(str(partial), "neo-bert")
    write_metadata(writer, SHAPE, NAME, precision)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    write_tokenizer(writer, family.load())
    for name, weight in tensors(encoder).items():
        write_tensor(writer, name, weight.detach().float(), precision)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def tensors(encoder: Encoder) -> dict[str, torch.Tensor]:
    """Return the file's tensors by name."""
    width, key_width = SHAPE.d_model, SHAPE.head_dim * SHAPE.num_kv_heads
    return {
        "token_embd.weight": encoder.embed.weight,
        "enc.output_norm.weight": encoder.norm.weight,
        "blk.0.attn_norm.weight": torch.ones(width),
        "blk.0.attn_qkv.weight": torch.zeros(width + 2 * key_width, width),
        "blk.0.attn_output.weight": torch.zeros(width, width),
        "blk.0.ffn_norm.weight": torch.ones(width),
        "blk.0.ffn_up.weight": torch.zeros(2 * SHAPE.d_ffn, width),
        "blk.0.ffn_down.weight": torch.zeros(width, SHAPE.d_ffn),
    }


def load(path: Path) -> tuple[Encoder, dict[str, Any]]:
    """Return the encoder of a checkpoint and what is known of its training."""
    state: dict[str, Any] = torch.load(path, weights_only=True)
    encoder = Encoder()
    encoder.load_state_dict(state.pop("weights"))
    return encoder, state


def manifest(path: Path, encoder: Encoder, state: dict[str, Any]) -> dict[str, Any]:
    """What the model card needs to know about a file of weights."""
    return {
        "name": NAME,
        "file": path.name,
        "sha256": sha256(path),
        "licence": "Apache-2.0",
        "architecture": "a bag of words: weighted token vectors, averaged (neo-bert with one layer of zeros)",
        "parameters": encoder.num_parameters(),
        "dimensions": DIMENSIONS,
        "dimensions_shortened": SHORT,
        "context": MAX_CONTEXT,
        "trained_pairs": state["pairs"],
        "trained_pairs_seen": state["pairs_seen"],
        "trained_cpu_minutes": round(state["cpu_s"] / 60, 1),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "recipe": RECIPE,
        "data_licences": {name: told for name, told in DATA_LICENCES.items() if name != "toolalpaca"},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--precision", choices=("f32", "f16", "q8_0"), default="q8_0")
    parser.add_argument("--skill", type=Path, help="figures written by the evaluate stage")
    a = parser.parse_args()
    encoder, state = load(a.checkpoint)
    write_gguf(a.gguf, encoder, a.precision)
    card = manifest(a.gguf, encoder, state)
    if a.skill:
        card["skill"] = json.loads(a.skill.read_text())
    a.gguf.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"{a.gguf}: {a.gguf.stat().st_size} bytes")


if __name__ == "__main__":
    main()
