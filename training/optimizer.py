"""The optimiser: Muon for the layers' matrices, AdamW for embedding and norms, one learning-rate scale for both.

It does not know the schedule or the model beyond parameter shapes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalise(stack: Tensor, steps: int = 5) -> Tensor:
    """Approximate orthogonal factor of each matrix of stack [count, rows, columns]; in bfloat16 on a GPU."""
    a, b, c = NEWTON_SCHULZ
    is_tall = stack.shape[1] > stack.shape[2]
    x: Tensor = stack.mT if is_tall else stack
    x = x.bfloat16() if x.is_cuda else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram: Tensor = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if is_tall else x).to(stack.dtype)


class Muon:
    """Momentum, orthogonalised, for matrices; those of one shape are handled as one stack."""

    def __init__(self, matrices: list[nn.Parameter], lr: float, momentum: float, weight_decay: float) -> None:
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
        for matrix in matrices:
            by_shape[matrix.shape].append(matrix)
        self.groups = list(by_shape.values())
        self.momenta = [group[0].new_zeros(len(group), *group[0].shape) for group in self.groups]

    @torch.no_grad()
    def step(self, scale: float) -> None:
        for group, momentum in zip(self.groups, self.momenta, strict=True):
            gradient = torch.stack([p.grad for p in group if p.grad is not None])
            momentum.lerp_(gradient, 1 - self.momentum)
            update = orthogonalise(gradient.lerp(momentum, self.momentum))
            rows, columns = group[0].shape
            rate = self.lr * scale * max(1.0, rows / columns) ** 0.5
            members: list[Tensor] = list(group)
            torch._foreach_mul_(members, 1 - self.lr * scale * self.weight_decay)
            torch._foreach_add_(members, list(update), alpha=-rate)


class Optimizer:
    """Both halves behind one `step`; its state can be saved and restored."""

    def __init__(
        self,
        model: nn.Module,
        *,
        matrix_lr: float = 0.02,
        vector_lr: float = 3e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.05,
    ) -> None:
        named = list(model.named_parameters())
        matrices = [p for name, p in named if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in named if p.ndim != 2 or "embed" in name]
        self.parameters = [p for _, p in named]
        self.vector_lr = vector_lr
        self.muon = Muon(matrices, matrix_lr, momentum, weight_decay)
        self.adam = torch.optim.AdamW(others, lr=vector_lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)

    def step(self, scale: float, max_norm: float = 1.0) -> Tensor:
        """One update at `scale` times the base rates; clears gradients; answers their norm before clipping."""
        norm = nn.utils.clip_grad_norm_(self.parameters, max_norm)
        for group in self.adam.param_groups:
            group["lr"] = self.vector_lr * scale
        self.adam.step()
        self.muon.step(scale)
        for parameter in self.parameters:
            parameter.grad = None
        return norm

    def state(self) -> dict[str, Any]:
        return {"adam": self.adam.state_dict(), "momenta": self.muon.momenta}

    def restore(self, state: dict[str, Any]) -> None:
        self.adam.load_state_dict(state["adam"])
        for mine, saved in zip(self.muon.momenta, state["momenta"], strict=True):
            mine.copy_(saved)
