"""The product's score of a candidate for a parameter, differentiable, and how it is learnt."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from tercet.backends.embedded.drafts.overlaps import NUM_OVERLAPS
from tercet.backends.embedded.drafts.table import HIDDEN, WIDTH
from training.drafts.turns import Bags, Turn

MEMBERS = 3
"""Scorers that are learnt apart and served as one, as wide as all together."""
EPOCHS, BATCH, RATE, DROPOUT, PENALTY = 3, 64, 0.006, 0.15, 1.0
UNNAMED = 0.3
"""Share of parameters that are learnt without their words, as those of tools that are not known."""
UNWORDED = 0.3
"""Share of candidates that are learnt without the words in and around them."""
_WORDS = ("a:", "n:", "h:", "d:", "f:")
"""What the features begin with that are words of a parameter."""
_AROUND = ("p:", "P:", "pp:", "n:", "N:", "l:", "i:")
"""The same of a candidate."""


class Scorer(nn.Module):
    """The product's score, differentiable."""

    def __init__(
        self,
        of_parameters: Sequence[str],
        of_candidates: Sequence[str],
        width: int = WIDTH // MEMBERS,
        hidden: int = HIDDEN // MEMBERS,
    ) -> None:
        super().__init__()
        self.names, self.width = (of_parameters, of_candidates), width
        columns = width + 1 + hidden
        self.of_parameters = nn.EmbeddingBag(len(of_parameters), columns, mode="sum")
        self.of_candidates = nn.EmbeddingBag(len(of_candidates), columns, mode="sum")
        for bag in (self.of_parameters, self.of_candidates):
            nn.init.normal_(bag.weight, std=0.05)
        self.overlaps = nn.Linear(NUM_OVERLAPS, 1)
        nn.init.constant_(self.overlaps.bias, -3.0)
        self.hidden = nn.Linear(NUM_OVERLAPS, hidden, bias=False)
        self.out = nn.Parameter(torch.randn(hidden) * 0.3)
        self.words = torch.tensor([feature.startswith(_WORDS) for feature in of_parameters])
        """By feature of a parameter: whether it is one of its words."""
        self.around = torch.tensor([feature.startswith(_AROUND) for feature in of_candidates])

    def forward(self, batch: Sequence[Turn], dropout: float, unnamed: float, unworded: float) -> tuple[Tensor, Tensor]:
        """Scores and labels of all pairs of the batch."""
        of_parameters = joined([turn.of_parameters for turn in batch])
        of_candidates = joined([turn.of_candidates for turn in batch])
        towards = bag(self.of_parameters, of_parameters, dropout, shown(of_parameters, self.words, unnamed))
        vectors = bag(self.of_candidates, of_candidates, dropout, shown(of_candidates, self.around, unworded))
        starts = np.cumsum(
            [[0, 0], *([len(t.of_parameters.sizes), len(t.of_candidates.sizes)] for t in batch[:-1])], axis=0
        )
        pairs = torch.from_numpy(np.concatenate([t.pairs + s for t, s in zip(batch, starts, strict=True)]))
        one, other = towards[pairs[:, 0].long()], vectors[pairs[:, 1].long()]
        overlaps = torch.from_numpy(np.concatenate([t.overlaps for t in batch]))
        width = self.width
        total = (one[:, :width] * other[:, :width]).sum(-1) + one[:, width] + other[:, width]
        hidden = torch.relu(one[:, width + 1 :] + other[:, width + 1 :] + self.hidden(overlaps))
        total = total + self.overlaps(overlaps)[:, 0] + hidden @ self.out
        return total, torch.from_numpy(np.concatenate([t.labels for t in batch]))


def joined(bags: Sequence[Bags]) -> Bags:
    return Bags(np.concatenate([each.rows for each in bags]), np.concatenate([each.sizes for each in bags]))


def shown(bags: Bags, words: Tensor, hidden: float) -> Tensor:
    """Which features are shown, 0 or 1: all but the words of a share of things."""
    without = torch.rand(len(bags.sizes)) < hidden
    owners = torch.from_numpy(np.repeat(np.arange(len(bags.sizes)), bags.sizes))
    return (~(without[owners] & words[torch.from_numpy(bags.rows).long()])).float()


def bag(table: nn.EmbeddingBag, bags: Bags, dropout: float, weights: Tensor | None = None) -> Tensor:
    ids = torch.from_numpy(bags.rows.astype(np.int64))
    offsets = torch.from_numpy(np.cumsum([0, *bags.sizes[:-1]]))
    kept = (torch.rand(len(ids)) >= dropout).float()
    made: Tensor = table(ids, offsets, per_sample_weights=kept if weights is None else kept * weights)
    return made


@torch.no_grad()
def together(members: Sequence[Scorer]) -> Scorer:
    """One scorer whose scores are the means of its members'."""
    count, (first, *_) = len(members), members
    width = first.width
    one = Scorer(*first.names, count * width, count * len(first.out))
    for bag, own in (
        (one.of_parameters, [m.of_parameters.weight for m in members]),
        (one.of_candidates, [m.of_candidates.weight for m in members]),
    ):
        towards = [weight[:, :width] / count**0.5 for weight in own]
        bias = torch.stack([weight[:, width : width + 1] for weight in own]).mean(0)
        bag.weight.copy_(torch.cat([*towards, bias, *(weight[:, width + 1 :] for weight in own)], dim=1))
    one.overlaps.weight.copy_(torch.stack([m.overlaps.weight for m in members]).mean(0))
    one.overlaps.bias.copy_(torch.stack([m.overlaps.bias for m in members]).mean(0))
    one.hidden.weight.copy_(torch.cat([m.hidden.weight for m in members]))
    one.out.copy_(torch.cat([m.out for m in members]) / count)
    return one


def learn(seen: list[Turn], of_parameters: Sequence[str], of_candidates: Sequence[str]) -> Scorer:
    return together([_learnt(seen, of_parameters, of_candidates, seed) for seed in range(MEMBERS)])


def _learnt(seen: list[Turn], of_parameters: Sequence[str], of_candidates: Sequence[str], seed: int) -> Scorer:
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = Scorer(of_parameters, of_candidates)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    num_steps = EPOCHS * (len(seen) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        rng.shuffle(seen)
        total = 0.0
        for start in range(0, len(seen) - BATCH + 1, BATCH):
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / num_steps)
            found, labels = model(seen[start : start + BATCH], DROPOUT, UNNAMED, UNWORDED)
            loss = nn.functional.binary_cross_entropy_with_logits(found, labels, reduction="sum") / labels.sum()
            penalty = sum(bag.weight.pow(2).mean() for bag in (model.of_parameters, model.of_candidates))
            optimizer.zero_grad()
            (loss + PENALTY * penalty).backward()
            optimizer.step()
            total += loss.item()
            step += 1
        print(f"epoch {epoch}: loss {total / max(1, len(seen) // BATCH):.4f} per value", flush=True)
    return model


def learn_quotable(seen: Sequence[Turn], num_features: int) -> tuple[Tensor, float]:
    """Weight of each row of a parameter's features, and a bias: how likely its value stands in the request."""
    torch.manual_seed(0)
    bags, wanted = [], []
    for turn in seen:
        starts = np.cumsum([0, *turn.of_parameters.sizes])
        for place in np.flatnonzero(turn.quoted >= 0):
            rows = turn.of_parameters.rows[starts[place] : starts[place + 1]]
            bags.append(Bags(rows, np.array([len(rows)])))
            wanted.append(float(turn.quoted[place]))
    table = nn.EmbeddingBag(num_features, 1, mode="sum")
    nn.init.zeros_(table.weight)
    bias = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([*table.parameters(), bias], lr=0.02)
    order = list(range(len(bags)))
    for _ in range(2):
        random.Random(0).shuffle(order)
        for start in range(0, len(order) - 256, 256):
            chosen = order[start : start + 256]
            found = bag(table, joined([bags[n] for n in chosen]), DROPOUT)[:, 0] + bias
            loss = nn.functional.binary_cross_entropy_with_logits(found, torch.tensor([wanted[n] for n in chosen]))
            optimizer.zero_grad()
            (loss + 0.5 * table.weight.pow(2).mean()).backward()
            optimizer.step()
    print(f"{len(bags)} texts, {100 * np.mean(wanted):.1f}% of them in the request; loss {loss.item():.3f}", flush=True)
    return table.weight.detach()[:, 0], bias.item()
