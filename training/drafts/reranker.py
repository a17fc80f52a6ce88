"""The product's reranker, differentiable, and how it is learnt."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tercet.backends.embedded.drafts.encoder import EPSILON, NUM_POSITIONS, NUM_RELATIONS, relations
from tercet.backends.embedded.drafts.overlaps import NUM_OVERLAPS
from tercet.backends.embedded.drafts.sequences import IS_FUNCTION, Segment
from training.drafts.examples import Example

RATE, BATCH, DROPOUT, DECAY, WARMUP = 1.2e-3, 32, 0.1, 0.05, 200
FORGOTTEN = 0.2
"""Share of words that are learnt by what they mean alone, as those that are new."""
UNNAMED, UNDESCRIBED = 0.15, 0.1
"""Share of parameters that are learnt without their names, and without their descriptions."""
MIN_SEEN_WORDS, MIN_SEEN_SHAPES = 60, 200
"""Examples that have a word from which it has a vector of its own, and tokens that have a shape."""
_SHORTEST_FIRST = 50
"""Batches that are sorted by length together, so that little is padded."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of an encoder."""

    width: int = 96
    layers: int = 2
    heads: int = 4
    inner: int = 192
    hidden: int = 96
    """Of what weighs candidate and parameter."""
    product: int = 64
    tool: int = 64
    """Of what weighs the tool itself."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B examples of at most T tokens, with P pairs in all."""

    stems: Tensor
    tokens: Tensor
    facts: Tensor
    is_padding: Tensor
    relations: Tensor
    common: Tensor
    """[2, B, T, T]: the same stem, the same parameter."""
    pairs: Tensor
    owners: Tensor
    """[P]: the example of a pair."""
    overlaps: Tensor
    labels: Tensor


class Layer(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        width, self.heads = size.width, size.heads
        self.norm, self.second_norm = nn.RMSNorm(width, EPSILON), nn.RMSNorm(width, EPSILON)
        self.attention, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, size.inner), nn.Linear(size.inner, width)
        self.relations = nn.Embedding(NUM_RELATIONS, size.heads)
        self.common = nn.Parameter(torch.zeros(3, size.heads))
        nn.init.zeros_(self.relations.weight)
        with torch.no_grad():
            self.common[:2, : size.heads // 2] = 2.0
            self.common[2, size.heads // 2 :] = 1.0
            self.out.weight.mul_(0.3)
            self.down.weight.mul_(0.3)

    def forward(self, states: Tensor, batch: Batch, common: Tensor) -> Tensor:
        count, length, width = states.shape
        inner = self.attention(self.norm(states)).view(count, length, 3, self.heads, width // self.heads)
        asks, keys, values = inner.permute(2, 0, 3, 1, 4)
        told = self.relations(batch.relations).permute(0, 3, 1, 2)
        told = told + torch.einsum("cbij,ch->bhij", common, self.common)
        told = told.masked_fill(batch.is_padding[:, None, None, :], -1e4)
        shares = torch.softmax(asks @ keys.transpose(-1, -2) / math.sqrt(width // self.heads) + told, -1)
        found = self.out((shares @ values).transpose(1, 2).reshape(count, length, width))
        states = states + functional.dropout(found, DROPOUT, self.training)
        found = self.down(functional.gelu(self.up(self.second_norm(states)), approximate="tanh"))
        return states + functional.dropout(found, DROPOUT, self.training)


class Reranker(nn.Module):
    """The product's reranker, without the share of the table."""

    def __init__(self, meanings: NDArray[np.float32], places: NDArray[np.int64], num_shapes: int, size: Size) -> None:
        """`meanings`: [stems + 1, dimensions], of each stem by its number; `places`: [stems + 1], which vector of its
        own it has, 0 for none."""
        super().__init__()
        width = size.width
        self.size = size
        self.register_buffer("meanings_of", torch.from_numpy(meanings))
        self.register_buffer("places_of", torch.from_numpy(places))
        self.meanings = nn.Linear(meanings.shape[1], width, bias=False)
        self.words = nn.Embedding(int(places.max()) + 1, width)
        self.segments, self.shapes = nn.Embedding(len(Segment), width), nn.Embedding(num_shapes + 2, width)
        self.flags, self.positions = nn.Embedding(8, width), nn.Embedding(NUM_POSITIONS, width)
        self.facts = nn.ModuleList(nn.Embedding(8, width) for _ in range(4))
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.norm = nn.RMSNorm(width, EPSILON)
        self.none = nn.Parameter(torch.zeros(width))
        self.of_parameter = nn.Linear(width, size.hidden)
        self.of_candidate = nn.Linear(4 * width, size.hidden, bias=False)
        self.of_overlaps = nn.Linear(NUM_OVERLAPS, size.hidden, bias=False)
        self.out, self.overlaps = nn.Linear(size.hidden, 1), nn.Linear(NUM_OVERLAPS, 1, bias=False)
        self.of_tool, self.tool = nn.Linear(4 * width, size.tool), nn.Linear(size.tool, 1)
        self.towards, self.opposite = nn.Linear(width, size.product), nn.Linear(4 * width, size.product)
        nn.init.normal_(self.words.weight, std=0.02)
        nn.init.constant_(self.out.bias, -3.0)
        for table in (self.segments, self.shapes, self.flags, self.positions, *self.facts):
            nn.init.normal_(table.weight, std=0.05)
        with torch.no_grad():
            self.meanings.weight.mul_(2.0)

    def forward(self, batch: Batch) -> Tensor:
        """Scores of all pairs, [P]."""
        return self._weighed(self.states(batch), batch)

    def tool_scores(self, batch: Batch) -> Tensor:
        """Scores of the tools themselves, [B]."""
        states, segments = self.states(batch), batch.tokens[:, :, 0]
        of_tool = (segments == Segment.TOOL_NAME) | (segments == Segment.TOOL_ABOUT)
        means = []
        for of in (segments == Segment.REQUEST, of_tool, segments == Segment.PARAMETER):
            shares = (of & ~batch.is_padding)[..., None].float()
            means.append((states * shares).sum(1) / shares.sum(1).clamp(min=1))
        hidden = torch.relu(self.of_tool(torch.cat([*means, means[0] * means[1]], -1)))
        total: Tensor = self.tool(hidden)[:, 0]
        return total

    def states(self, batch: Batch) -> Tensor:
        """A vector of each token, [B, T, width]."""
        states, meanings = self._embedded(batch)
        units = functional.normalize(meanings, dim=-1, eps=1e-6)
        segments = batch.tokens[:, :, 0]
        is_across = segments[:, :, None] != segments[:, None, :]
        same_stem, same_owner = batch.common
        common = torch.stack([same_stem, (units @ units.transpose(1, 2)) * is_across, same_owner])
        states = functional.dropout(states, DROPOUT, self.training)
        for layer in self.layers:
            states = layer(states, batch, common)
        normed: Tensor = self.norm(states)
        return normed

    def _embedded(self, batch: Batch) -> tuple[Tensor, Tensor]:
        stems, tokens = batch.stems, batch.tokens
        count = (stems > 0).sum(-1, keepdim=True).clamp(min=1)
        meanings = self.meanings_of[stems].sum(2) / count
        places = self.places_of[stems]
        if self.training:
            places = places.masked_fill(torch.rand(places.shape) < FORGOTTEN, 0)
        own = (self.words(places) * (places > 0)[..., None]).sum(2) / count
        segments, positions, flags, shapes = tokens[:, :, :4].unbind(-1)
        found = self.meanings(meanings) + own + self.segments(segments) + self.shapes(shapes) + self.flags(flags)
        facts = sum(table(batch.facts[:, :, number]) for number, table in enumerate(self.facts))
        found = found + facts * (segments == Segment.PARAMETER)[..., None]
        placed = self.positions(positions.clamp(max=NUM_POSITIONS - 1))
        return found + placed * (segments != Segment.REQUEST)[..., None], meanings

    def _weighed(self, states: Tensor, batch: Batch) -> Tensor:
        owners, (parameter, choice, first, last) = batch.owners, batch.pairs.unbind(-1)
        head = states[owners, parameter]
        is_said, is_choice = (first >= 0)[:, None].float(), (choice >= 0)[:, None].float()
        begin, end = first.clamp(min=0), last.clamp(min=0)
        sums = torch.cat([torch.zeros_like(states[:, :1]), states.cumsum(1)], 1)
        mean = (sums[owners, end + 1] - sums[owners, begin]) / (end - begin + 1)[:, None] * is_said
        ends = [states[owners, place] * is_said + self.none * (1 - is_said) for place in (begin, end)]
        found = torch.cat([*ends, mean, states[owners, choice.clamp(min=0)] * is_choice], 1)
        hidden = torch.relu(self.of_parameter(head) + self.of_candidate(found) + self.of_overlaps(batch.overlaps))
        product = (self.towards(head) * self.opposite(found)).sum(-1) / 8
        total: Tensor = self.out(hidden)[:, 0] + self.overlaps(batch.overlaps)[:, 0] + product
        return total


def batch_of(chosen: Sequence[Example], rng: random.Random | None = None) -> Batch:
    """Some examples as one batch; with `rng` a share of parameters lacks its name or description."""
    length = max(each.length for each in chosen)
    stems = np.zeros((len(chosen), length, chosen[0].stems.shape[1]), dtype=np.int64)
    tokens = np.zeros((len(chosen), length, 5), dtype=np.int64)
    tokens[:, :, 4] = -2
    facts = np.zeros((len(chosen), length, 4), dtype=np.int64)
    for place, each in enumerate(chosen):
        stems[place, : each.length] = each.stems if rng is None else _with_gaps(each, rng)
        tokens[place, : each.length], facts[place, : each.length] = each.tokens, each.facts
    segments, positions, flags, _, owners = np.moveaxis(tokens, -1, 0)
    first = stems[:, :, 0]
    same = ((stems[:, :, :, None] == first[:, None, None, :]) & (stems[:, :, :, None] > 0)).any(2)
    tells = (flags & IS_FUNCTION) == 0
    same = (same | same.swapaxes(1, 2)) & (segments[:, :, None] != segments[:, None, :])
    same &= tells[:, :, None] & tells[:, None, :]
    together = (owners[:, :, None] == owners[:, None, :]) & (owners[:, :, None] >= 0)
    is_padding = np.arange(length)[None, :] >= np.array([each.length for each in chosen])[:, None]
    counts = [len(each.labels) for each in chosen]
    arrays = (
        stems, tokens, facts, is_padding, relations(segments, owners, positions),
        np.stack([same, together]).astype(np.float32),
        np.concatenate([each.pairs for each in chosen]).astype(np.int64), np.repeat(np.arange(len(chosen)), counts),
        np.concatenate([each.overlaps for each in chosen]).astype(np.float32),
        np.concatenate([each.labels for each in chosen]).astype(np.float32),
    )  # fmt: skip
    return Batch(*map(torch.from_numpy, arrays))


def _with_gaps(example: Example, rng: random.Random) -> NDArray[np.int32]:
    stems, (segments, owners) = example.stems.copy(), example.tokens[:, [0, 4]].T
    for owner in range(int(owners.max()) + 1):
        drawn = rng.random()
        of_about = (owners == owner) & (segments == Segment.ABOUT)
        if drawn < UNNAMED and of_about.any():
            stems[(owners == owner) & (segments == Segment.NAME)] = 0
        elif drawn < UNNAMED + UNDESCRIBED:
            stems[of_about] = 0
    return stems


def batches(seen: Sequence[Example], rng: random.Random) -> Iterator[list[Example]]:
    """All examples once, in batches of about the same length."""
    left, found = list(seen), list[list[Example]]()
    rng.shuffle(left)
    for start in range(0, len(left), BATCH * _SHORTEST_FIRST):
        part = sorted(left[start : start + BATCH * _SHORTEST_FIRST], key=lambda each: each.length)
        found += [part[place : place + BATCH] for place in range(0, len(part), BATCH)]
    rng.shuffle(found)
    yield from found


def learn(model: Reranker, seen: Sequence[Example], offered: Sequence[Example], passes: int, checkpoint: Path) -> None:
    """Learn from the examples so many times, and beside each batch of them from one of offers; what `checkpoint` holds
    after each pass is where it goes on if killed."""
    optimizer = torch.optim.AdamW(_groups(model), lr=RATE, betas=(0.9, 0.98))
    first = 0
    if checkpoint.exists():
        first, of_model, of_optimizer = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(of_model)
        optimizer.load_state_dict(of_optimizer)
    for number in range(first, passes):
        _pass(model, optimizer, seen, offered, number, passes)
        state = (number + 1, model.state_dict(), optimizer.state_dict())
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)


def _pass(
    model: Reranker,
    optimizer: torch.optim.Optimizer,
    seen: Sequence[Example],
    offered: Sequence[Example],
    number: int,
    passes: int,
) -> None:
    rng, begin, total = random.Random(number), time.monotonic(), np.zeros(2)
    torch.manual_seed(number)
    chosen, beside = list(batches(seen, rng)), _endless(offered, rng)
    for place, some in enumerate(chosen):
        step = number * len(chosen) + place
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, step / WARMUP) * (1 - step / (passes * len(chosen)))
        losses = [_loss_of_values(model, batch_of(some, rng)), _loss_of_tools(model, next(beside), rng)]
        optimizer.zero_grad()
        sum(losses, torch.zeros(())).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += [loss.item() for loss in losses]
    values, tools = total / len(chosen)
    seconds = time.monotonic() - begin
    print(f"pass {number + 1} of {passes}: loss {values:.4f} a value, {tools:.4f} a tool, {seconds:.0f} s", flush=True)


def _loss_of_values(model: Reranker, batch: Batch) -> Tensor:
    loss = functional.binary_cross_entropy_with_logits(model(batch), batch.labels, reduction="sum")
    return loss / batch.labels.sum()


def _loss_of_tools(model: Reranker, chosen: Sequence[Example], rng: random.Random) -> Tensor:
    meant = torch.tensor([float(each.is_meant) for each in chosen])
    return functional.binary_cross_entropy_with_logits(model.tool_scores(batch_of(chosen, rng)), meant)


def _endless(offered: Sequence[Example], rng: random.Random) -> Iterator[list[Example]]:
    while True:
        yield from batches(offered, rng)


def _groups(model: Reranker) -> list[dict[str, Any]]:
    """The parameters, matrices with decay, vectors of words and relations without."""
    is_decayed = {
        name: parameter.ndim > 1 and "words" not in name and "relations" not in name and "common" not in name
        for name, parameter in model.named_parameters()
    }
    named = dict(model.named_parameters())
    return [
        {"params": [named[name] for name, own in is_decayed.items() if own is wanted], "weight_decay": decay}
        for wanted, decay in ((True, DECAY), (False, 0.0))
    ]
