"""A deeper decoder computes the same, its new heads look back by position, and its training goes on."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn import functional

from training import checkpoint
from training.model import Decoder, ModelConfig, rotate
from training.optimizer import Optimizer
from training.stages import grow

CONFIG = ModelConfig(32, 2, 4, 2, 32, 64, vocab_size=96, max_context=64)


def trained() -> tuple[Decoder, Optimizer]:
    torch.manual_seed(1)
    decoder = Decoder(CONFIG)
    with torch.no_grad():
        decoder.embed.weight += 0.2
    optimizer = Optimizer(decoder)
    for _ in range(3):
        step(decoder, optimizer)
    return decoder, optimizer


def step(decoder: Decoder, optimizer: Optimizer) -> float:
    tokens = torch.randint(0, 96, (2, 16))
    loss = functional.cross_entropy(decoder(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step(1.0)
    return loss.item()


def state_of(decoder: Decoder, optimizer: Optimizer) -> checkpoint.State:
    weights = decoder.state_dict()
    return {
        "config": checkpoint.config_state(CONFIG),
        "model": weights,
        "average": dict(weights),
        "optimizer": optimizer.state(),
        "step": 3,
    }


def test_nothing_changes_until_the_new_layers_learn() -> None:
    decoder, _ = trained()
    tokens = torch.randint(0, 96, (2, 20))
    for places in (grow.below(2, 2), grow.between(2, 2)):
        grown = grow.deeper(decoder, places, 2)
        assert grown.config == replace(CONFIG, num_layers=4)
        assert torch.allclose(grown(tokens), decoder(tokens), atol=1e-5)


def test_spread_layers_are_copies_of_those_beneath() -> None:
    assert grow.between(10, 6) == [0, 1, 3, 5, 6, 8, 9, 11, 13, 14]
    decoder, _ = trained()
    grown = grow.deeper(decoder, [0, 2], 2)
    for old, new in ((0, 1), (1, 3)):
        known, made = decoder.layers[old].state_dict(), grown.layers[new].state_dict()
        for name, weight in made.items():
            is_output = "o_proj" in name or "down_proj" in name
            assert torch.equal(weight, torch.zeros_like(weight) if is_output else known[name])


def test_head_h_of_the_first_layer_attends_h_plus_one_places_back() -> None:
    decoder, _ = trained()
    grown = grow.deeper(decoder, grow.below(2, 1), 1)
    block = grown.layers[0]
    x = block.attn_norm(grown.embed(torch.randint(0, 96, (1, 24))))  # type: ignore[operator,union-attr]
    cos, sin = grown.cos[:24], grown.sin[:24]
    attn = block.attn
    q = rotate(attn.q_norm(attn.q_proj(x).view(1, 24, 4, 32)).transpose(1, 2), cos, sin)  # type: ignore[operator,union-attr]
    k = rotate(attn.k_norm(attn.k_proj(x).view(1, 24, 2, 32)).transpose(1, 2), cos, sin)  # type: ignore[operator,union-attr]
    scores = q @ k.repeat_interleave(2, dim=1).mT
    for head in range(4):
        for place in range(head + 1, 24):
            assert scores[0, head, place, : place + 1].argmax().item() == place - head - 1


def test_training_goes_on_with_what_the_optimiser_knew() -> None:
    decoder, optimizer = trained()
    state = grow.grow(state_of(decoder, optimizer), 2)
    grown = Decoder(ModelConfig(**state["config"]))
    grown.load_state_dict(state["model"])
    resumed = Optimizer(grown)
    resumed.restore(state["optimizer"])
    known, kept = grow.momenta(decoder, optimizer), grow.momenta(grown, resumed)
    assert all(torch.equal(kept[grow.new_name(name, [2, 3])], momentum) for name, momentum in known.items())
    assert resumed.adam.state[grown.embed.weight]["step"] == optimizer.adam.state[decoder.embed.weight]["step"]
    before = grown.layers[0].attn.o_proj.weight.clone()  # type: ignore[union-attr]
    step(grown, resumed)
    assert not torch.equal(grown.layers[0].attn.o_proj.weight, before)  # type: ignore[union-attr]
    assert set(state["average"]) == set(state["model"])
