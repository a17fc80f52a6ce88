"""Logistic regression on all rows at once, for tables of a few features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RATE = 0.05


def fitted(inputs: Tensor, wanted: Tensor, num_steps: int, penalty: float = 0.0) -> tuple[nn.Linear, float]:
    """The layer that turns rows [n, features] into log odds of `wanted` [n], and its loss in the last step."""
    layer = nn.Linear(inputs.shape[1], 1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=RATE, weight_decay=penalty)
    for step in range(num_steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / num_steps)
        loss = nn.functional.binary_cross_entropy_with_logits(layer(inputs)[:, 0], wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return layer, loss.item()
