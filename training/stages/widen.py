"""Stage 5: a decoder twice as wide that computes the same: what a small model has learnt is where a larger one begins.

Every state, head and hidden unit stands twice; a matrix that reads both copies has its weights divided between them at
random, so that the copies are told apart by what they learn next (after Net2Net: Chen et al., ICLR 2016).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from training import checkpoint
from training.model import Decoder, ModelConfig
from training.optimizer import Optimizer

SCALE = 0.5**0.5
"""Of the states: twice the width at half the square keeps the length of an embedding."""
SPREAD = 0.35
"""Standard deviation of how a weight is divided around one half."""


def divided(weight: Tensor) -> Tensor:
    """[rows, 2 × columns] whose halves add up to `weight`, each entry divided at random."""
    share = 0.5 + SPREAD * torch.randn_like(weight)
    return torch.cat((share * weight, (1 - share) * weight), dim=1)


def reading(weight: Tensor) -> Tensor:
    """A matrix that reads doubled states and writes doubled ones."""
    return torch.cat((divided(weight), divided(weight)), dim=0)


def doubled(config: ModelConfig) -> ModelConfig:
    return replace(
        config,
        d_model=2 * config.d_model,
        num_heads=2 * config.num_heads,
        num_kv_heads=2 * config.num_kv_heads,
        d_ffn=2 * config.d_ffn,
    )


@torch.no_grad()
def wider(old: Decoder) -> Decoder:
    """A decoder of twice the width with the same logits."""
    made = Decoder(doubled(old.config))
    state = {}
    for name, weight in old.state_dict().items():
        if name == "embed.weight":
            state[name] = SCALE * weight.repeat(1, 2)
        elif name == "norm.weight":
            state[name] = weight.repeat(2) / (2 * SCALE)
        elif "q_norm" in name or "k_norm" in name:
            state[name] = weight
        elif weight.ndim == 1:
            state[name] = weight.repeat(2)
        elif "o_proj" in name or "down_proj" in name:
            state[name] = SCALE * reading(weight)
        else:
            state[name] = reading(weight)
    made.load_state_dict(state)
    return made


def widen(state: checkpoint.State, weights: str) -> checkpoint.State:
    """The checkpoint of a run at step 0 whose decoder is twice as wide as that of `state`."""
    torch.manual_seed(0)
    old = Decoder(ModelConfig(**state["config"]))
    old.load_state_dict(state[weights])
    made = wider(old)
    return {
        **state,
        "config": checkpoint.config_state(made.config),
        "model": made.state_dict(),
        "average": made.state_dict(),
        "optimizer": Optimizer(made).state(),
        "step": 0,
        "began": time.time(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path, help="where to write the wider checkpoint")
    parser.add_argument("--weights", choices=("model", "average"), default="average")
    a = parser.parse_args()
    state = widen(checkpoint.load(a.checkpoint), a.weights)
    checkpoint.save(a.out, state)
    print(f"{a.out}: {state['config']['d_model']} wide")


if __name__ == "__main__":
    main()
