"""What is minimised: cross-entropy at learnt positions, weighted or not, and a teacher's opinion at the same places.

It knows tensors and decoders; not where they live, nor where the batches come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.model import Decoder


@dataclass(frozen=True, slots=True)
class Teacher:
    """A larger decoder of the same vocabulary that the student imitates."""

    decoder: Decoder
    share: float
    """How much of the loss is its opinion; the rest is the text itself."""
    num_top: int
    """Its likeliest tokens that are compared; the others hold little and cost much."""


def divergence(logits: Tensor, wanted: Tensor, num_top: int) -> Tensor:
    """Kullback-Leibler divergence [positions] of the student's `logits` from the top of the teacher's `wanted`."""
    top, tokens = wanted.topk(num_top, dim=-1)
    log_wanted = torch.log_softmax(top, dim=-1)
    log_given = torch.log_softmax(logits, dim=-1).gather(-1, tokens)
    return (log_wanted.exp() * (log_wanted - log_given)).sum(-1)


def loss_sum(
    decoder: Decoder,
    tokens: Tensor,
    positions: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    teacher: Teacher | None = None,
) -> Tensor:
    """Summed loss at flat `positions` (into batch × length), each predicting its target; `weights` scale them."""
    logits = decoder.logits_at(tokens, positions)
    losses = functional.cross_entropy(logits, targets, reduction="none")
    if teacher is not None:
        with torch.no_grad():
            wanted = teacher.decoder.logits_at(tokens, positions)
        losses = (1 - teacher.share) * losses + teacher.share * divergence(logits, wanted, teacher.num_top)
    return losses.sum() if weights is None else (losses * weights).sum()
