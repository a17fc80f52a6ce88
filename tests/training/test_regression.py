"""Logistic regression: what decides is found, and what does not is left near nothing."""

from __future__ import annotations

import torch

from training.regression import fitted


def test_what_decides_is_weighed_and_noise_is_not() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(2000, 3)
    wanted = (torch.rand(2000) < torch.sigmoid(2 * inputs[:, 0] - 1)).float()
    layer, loss = fitted(inputs, wanted, 300)
    weights = layer.weight[0].tolist()
    assert abs(weights[0] - 2) < 0.4
    assert max(map(abs, weights[1:])) < 0.2
    assert abs(layer.bias.item() + 1) < 0.3
    assert loss < 0.6
