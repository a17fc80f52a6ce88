"""The encoder: a bag of words. Every token has a vector and a weight; a text is their mean.

On one thread this learns from thousands of pairs a second; a layer of attention that was trained on top for the same
time saw a hundredth of them and found no more. It does not know text or files.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training import tokenizer as family
from training.model import RMSNorm

DIMENSIONS = 256
SHORT = 64
"""Vectors may be cut to this many values and are trained to be of use then, too."""
MAX_CONTEXT = 4096
NORM_EPS = 1e-6
MAX_DAMPING = 16.0


class Encoder(nn.Module):
    """Texts to vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(family.VOCAB_SIZE, DIMENSIONS)
        nn.init.normal_(self.embed.weight, std=DIMENSIONS**-0.5)
        self.norm = RMSNorm(DIMENSIONS, NORM_EPS)
        with torch.no_grad():
            self.norm.weight[-1] = 0.0

    def dampen(self, frequencies: Tensor) -> None:
        """Let frequent tokens count for little from the start.

        The final norm gives every token's vector the same length. What a token puts into the last value, whose gain
        is zero, is thus taken from all others: the model's way of weighing words, learnt from here on.
        """
        weights = 1e-3 / (1e-3 + frequencies)
        with torch.no_grad():
            self.embed.weight[:, -1] = (weights**-2 - 1).clamp(min=0).sqrt().clamp(max=MAX_DAMPING)

    def forward(self, tokens: Tensor) -> Tensor:
        """Mean vectors [batch, DIMENSIONS] of tokens [batch, length]."""
        table = self.norm(self.embed.weight)
        return functional.embedding_bag(tokens, table, mode="mean", padding_idx=family.PAD)

    def num_parameters(self) -> int:
        return sum(weight.numel() for weight in self.parameters())
