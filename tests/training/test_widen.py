"""Widening a decoder."""

from __future__ import annotations

import torch

from training.model import Decoder, ModelConfig
from training.stages import widen

CONFIG = ModelConfig(d_model=32, num_layers=2, num_heads=4, num_kv_heads=2, head_dim=32, d_ffn=64, vocab_size=128)


def test_a_wider_decoder_computes_the_same() -> None:
    torch.manual_seed(1)
    old = Decoder(CONFIG)
    made = widen.wider(old)
    tokens = torch.randint(0, 128, (2, 24))
    assert made.num_parameters() > 2 * old.num_parameters()
    with torch.no_grad():
        torch.testing.assert_close(made(tokens), old(tokens), rtol=1e-3, atol=1e-3)


def test_the_copies_of_a_unit_are_told_apart() -> None:
    torch.manual_seed(1)
    made = widen.wider(Decoder(CONFIG))
    tokens = torch.randint(0, 128, (2, 24))
    made(tokens).logsumexp(-1).sum().backward()
    gradient = made.layers[0].ffn.down_proj.weight.grad
    assert gradient is not None
    first, second = gradient.chunk(2, dim=0)
    assert (first - second).norm() > 0.1 * first.norm()
