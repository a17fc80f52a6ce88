"""Stage 5: make a decoder deeper without changing what it computes: new layers write nothing until they learn.

They lie below the others, the first one's heads looking back one to four tokens, whatever the tokens are: knowing its
neighbours is what a token needs to be copied from the right place, and short training does not find that on its own.
Or, for a decoder that copies already, each is a copy of the layer beneath it, spread over the depth (block expansion:
Wu et al., LLaMA Pro, ACL 2024).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from training import checkpoint
from training.model import Decoder, ModelConfig
from training.optimizer import Optimizer

LOOK_BACK_GAIN = 2.5
"""Gain of the looking heads' queries and keys: sharp from the start."""
FRESH_GAIN = 1.5
OUTPUT_GAIN = 0.15
"""Gain of what a new layer reads: its output stays beside the embedding instead of drowning it."""
RIDGE = 1e-3


def below(num_old: int, num_new: int) -> list[int]:
    """Where each old layer stands in the deeper decoder, all new ones beneath."""
    return [num_new + layer for layer in range(num_old)]


def between(num_old: int, num_new: int) -> list[int]:
    """Where each old layer stands, the new ones spread evenly behind them; at most one behind each."""
    return [layer + (layer * num_new + num_new // 2) // num_old for layer in range(num_old)]


def new_name(name: str, places: Sequence[int]) -> str:
    """The name in the deeper decoder of one of the old decoder's parameters."""
    if not name.startswith("layers."):
        return name
    _, layer, rest = name.split(".", 2)
    return f"layers.{places[int(layer)]}.{rest}"


def constant_direction(embedding: Tensor) -> Tensor:
    """The vector [width] whose product with every normalised embedding is as near to 1 as can be."""
    rows = embedding / embedding.pow(2).mean(-1, keepdim=True).sqrt()
    gram = rows.T @ rows / len(rows) + RIDGE * torch.eye(rows.shape[1])
    return torch.linalg.solve(gram, rows.mean(0))


def turned(vector: Tensor, steps: int, theta: float) -> Tensor:
    """The vector rotated as the rotary embedding turns it over so many positions."""
    half = len(vector) // 2
    angles = steps * theta ** (-torch.arange(half) / half)
    first, second = vector[:half], vector[half:]
    return torch.cat((first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()))


def silence(block: nn.Module) -> None:
    """Zero what the block writes."""
    for name, weight in block.named_parameters():
        if "o_proj" in name or "down_proj" in name:
            weight.data.zero_()


@torch.no_grad()
def set_gains(block: nn.Module) -> None:
    """The gains of a block that has learnt nothing yet."""
    for name, weight in block.named_parameters():
        if "q_norm" in name or "k_norm" in name:
            weight.fill_(FRESH_GAIN)
        elif "_norm" in name:
            weight.fill_(OUTPUT_GAIN)


@torch.no_grad()
def look_back(decoder: Decoder) -> None:
    """Point head h of the first layer at the token h + 1 places before, by position alone."""
    config: ModelConfig = decoder.config
    named = dict(decoder.named_parameters())
    direction = constant_direction(named["embed.weight"].detach())
    fast_first = torch.linspace(1.0, 0.1, config.head_dim // 2).repeat(2)
    queries = [turned(fast_first, -(head + 1), config.rope_theta) for head in range(config.num_heads)]
    named["layers.0.attn.q_proj.weight"].copy_(torch.cat(queries)[:, None] * direction)
    named["layers.0.attn.k_proj.weight"].copy_(fast_first.repeat(config.num_kv_heads)[:, None] * direction)
    named["layers.0.attn.q_norm.weight"].fill_(LOOK_BACK_GAIN)
    named["layers.0.attn.k_norm.weight"].fill_(LOOK_BACK_GAIN)


def deeper(old: Decoder, places: Sequence[int], num_new: int) -> Decoder:
    """A decoder with `num_new` more layers that computes the same. One above an old layer begins as its copy."""
    grown = Decoder(replace(old.config, num_layers=old.config.num_layers + num_new))
    state = grown.state_dict()
    state.update({new_name(name, places): weight for name, weight in old.state_dict().items()})
    grown.load_state_dict(state)
    layers = list(grown.layers)
    for place in sorted(set(range(len(layers))) - set(places)):
        if place > places[0]:
            layers[place].load_state_dict(layers[place - 1].state_dict())
        else:
            set_gains(layers[place])
        silence(layers[place])
    if places[0]:
        look_back(grown)
    return grown


def momenta(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Muon's momentum of each matrix, by the parameter's name."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {
        names[id(parameter)]: momentum
        for group, stack in zip(optimizer.muon.groups, optimizer.muon.momenta, strict=True)
        for parameter, momentum in zip(group, stack, strict=True)
    }


def carry_over(old: Decoder, old_optimizer: Optimizer, grown: Decoder, places: Sequence[int]) -> Optimizer:
    """An optimiser of the grown decoder that knows what the old one knew."""
    made = Optimizer(grown)
    parameters = dict(grown.named_parameters())
    known, fresh = momenta(old, old_optimizer), momenta(grown, made)
    for name, parameter in old.named_parameters():
        name = new_name(name, places)
        if parameter in old_optimizer.adam.state:
            made.adam.state[parameters[name]] = old_optimizer.adam.state[parameter]
    for name, momentum in known.items():
        fresh[new_name(name, places)].copy_(momentum)
    return made


def grow(state: checkpoint.State, num_new: int, *, is_spread: bool = False) -> checkpoint.State:
    """The checkpoint of a run, with `num_new` silent layers below the others, or spread between them."""
    torch.manual_seed(0)
    old = Decoder(ModelConfig(**state["config"]))
    old.load_state_dict(state["model"])
    optimizer = Optimizer(old)
    optimizer.restore(state["optimizer"])
    places = (between if is_spread else below)(old.config.num_layers, num_new)
    grown = deeper(old, places, num_new)
    made = carry_over(old, optimizer, grown, places)
    model = grown.state_dict()
    average = {new_name(name, places): weight for name, weight in state["average"].items()}
    return {
        **state,
        "config": checkpoint.config_state(grown.config),
        "model": model,
        "average": {name: average.get(name, weight) for name, weight in model.items()},
        "optimizer": made.state(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path, help="where to write the checkpoint; the run must have stopped")
    parser.add_argument("--layers", type=int, default=2, help="how many to add")
    parser.add_argument("--spread", action="store_true", help="between the others, as copies of them, not below")
    a = parser.parse_args()
    state = grow(checkpoint.load(a.checkpoint), a.layers, is_spread=a.spread)
    checkpoint.save(a.out, state)
    print(f"{a.out}: {state['config']['num_layers']} layers")


if __name__ == "__main__":
    main()
