"""Stage 5a: a checkpoint from shipped weights: a GGUF file of the family, opened for more training.

For going on where no checkpoint was kept. It does not know how the weights came about, but for what the manifest says.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import gguf
import torch

from training import checkpoint
from training.export import tensor_name
from training.model import Decoder, ModelConfig
from training.optimizer import Optimizer


def config_of(reader: gguf.GGUFReader) -> ModelConfig:
    """The shapes that the file states."""

    def field(name: str) -> float:
        found = reader.get_field(name)
        if found is None:
            raise ValueError(f"{name!r} is not in the file: it is not a model of this family")
        return float(found.contents())

    return ModelConfig(
        d_model=int(field("qwen3.embedding_length")),
        num_layers=int(field("qwen3.block_count")),
        num_heads=int(field("qwen3.attention.head_count")),
        num_kv_heads=int(field("qwen3.attention.head_count_kv")),
        head_dim=int(field("qwen3.attention.key_length")),
        d_ffn=int(field("qwen3.feed_forward_length")),
        vocab_size=int(field("qwen3.vocab_size")),
        rope_theta=field("qwen3.rope.freq_base"),
        norm_eps=field("qwen3.attention.layer_norm_rms_epsilon"),
        max_context=int(field("qwen3.context_length")),
    )


def open_decoder(path: Path) -> Decoder:
    """The decoder of a GGUF file, its matrices as exact as the file has them."""
    reader = gguf.GGUFReader(path)
    tensors = {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
    decoder = Decoder(config_of(reader))
    decoder.load_state_dict({name: torch.tensor(tensors[tensor_name(name)]) for name in decoder.state_dict()})
    return decoder


def reopen(path: Path) -> checkpoint.State:
    """A training state at step 0 (so that the rate warms up) that knows how many tokens were seen."""
    decoder = open_decoder(path)
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
        "generation": known.get("trained_steps", 0),
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
