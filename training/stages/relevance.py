"""Stage 2: learn the table of the product's relevance scorer: weights and vectors of words, and how features count.

Vectors begin as what the training texts tell of words (`training/cooccurrence.py`) and are learnt so that a request is
near the tool that serves it and far from others, and a word near those that have to do with it
(`training/data/texts/meanings`); the features' coefficients on tools whose vectors were learnt without them, so that
what is new to the table is not overrated. No dev set is read.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tercet.backends.embedded import relevance
from training import cooccurrence
from training.data.choices import chosen
from training.data.meanings import meanings
from training.data.mixture import Mixture
from training.data.sample import compact
from training.data.sources.common import epochs
from training.paths import REPOSITORY, data_root
from training.regression import fitted

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/relevance.json"
PART_FILE = REPOSITORY / ".tercet-train/relevance-part.json"
SAMPLES = {
    "catalog": 9000, "sessions": 2500, "seal_tools": 6000, "gorilla": 3000, "metatool": 6000, "clinc": 4000,
    "sgd": 3000, "toolalpaca": 2000, "builtin": 1500, "requests": 32000,
}  # fmt: skip
MIN_COUNT, MIN_WRITTEN = 8, 60
"""Times that requests and tools have a word, or else all training texts, from which it is in the table."""
WRITTEN_WEIGHT = 4.0
"""Of words that no request or tool has."""
NUM_EPOCHS, BATCH, WORD_DROPOUT, SHARPNESS, RATE = 4, 256, 0.25, 12.0, 0.02
MEANINGS_SHARE = 0.5
"""How much the loss over words that have to do with each other counts beside that over requests and tools."""
CHOICES_SHARE = 0.5
"""The same of the loss over options and what is said when they are meant."""
NAME_OF_CHOICE = 0.3
"""How much a word of a parameter's name counts beside one of an option."""
MAX_SAID = 24
"""Words that are read of what is said."""
NUM_ROWS, NUM_STEPS = 60_000, 400
"""Pairs of request and tool that the coefficients are fitted on, and steps of that."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A request with the tools offered (as JSON) and the names of those called."""

    request: tuple[str, ...]
    tools: tuple[bytes, ...]
    called: tuple[str, ...]


@cache
def profile(tool: bytes) -> relevance.Profile:
    """The product's profile, kept for the length of the stage."""
    return relevance.profile(tool)


def turns(root: Path, seed: int) -> Iterator[Turn]:
    """User turns of the mixture, each with what the assistant did next."""
    mixed = Mixture(root, seed)
    for name, count in SAMPLES.items():
        for _ in range(count):
            sample = next(mixed.streams[name])
            tools = tuple(compact(tool).encode() for tool in sample.tools)
            for said, answered in zip(sample.messages, sample.messages[1:], strict=False):
                if tools and (said["role"], answered["role"]) == ("user", "assistant"):
                    made: Any = answered.get("tool_calls") or ()
                    request = relevance.stems(str(said["content"]), relevance.MAX_REQUEST_WORDS)
                    yield Turn(request, tools, tuple(call["name"] for call in made))


def is_learnt_from(name: str) -> bool:
    """Whether a tool is among the two thirds that the first vectors are learnt from."""
    return zlib.crc32(name.lower().replace("_", "").encode()) % 3 != 0


class Words:
    """The table's words with their weights, counted over requests and tools; words that are `written` elsewhere."""

    def __init__(self, seen: Sequence[Turn], written: Iterable[str] = ()) -> None:
        asked = Counter(word for turn in seen for word in turn.request)
        tools = {tool: profile(tool) for turn in seen for tool in turn.tools}
        told = Counter(word for tool in tools.values() for word in tool.of_name | tool.of_about)
        both = asked + told
        self.words = [word for word, count in both.most_common() if count >= MIN_COUNT and word.isalpha()]
        self.weights = [
            (math.log(1 + len(tools) / (1 + told[word])) + math.log(1 + len(seen) / (1 + asked[word]))) / 2
            for word in self.words
        ]
        known = set(self.words)
        others = [word for word in dict.fromkeys(written) if word.isalpha() and word not in known]
        self.words += others
        self.weights += [WRITTEN_WEIGHT] * len(others)
        self.index = {word: place for place, word in enumerate(self.words)}

    def bag(self, shares: Mapping[str, float]) -> list[tuple[int, float]]:
        return [(self.index[word], float(share)) for word, share in shares.items() if word in self.index]

    def of_request(self, words: Sequence[str]) -> list[tuple[int, float]]:
        return self.bag(dict.fromkeys(words, 1))

    def of_tool(self, tool: bytes) -> list[tuple[int, float]]:
        known = profile(tool)
        about = dict.fromkeys(sorted(known.of_about), relevance.ABOUT_SHARE)
        return self.bag(about | dict.fromkeys(sorted(known.of_name), relevance.NAME_SHARE))


Bag = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Pair:
    request: Bag
    tool: Bag
    name: str
    others: list[Bag]


def pairs(seen: Sequence[Turn], words: Words, is_wanted: Callable[[str], bool]) -> list[Pair]:
    found = []
    for turn in seen:
        names = {profile(tool).name: tool for tool in turn.tools}
        others = [words.of_tool(tool) for name, tool in names.items() if name not in turn.called][:2]
        found += [
            Pair(words.of_request(turn.request), words.of_tool(names[name]), name, others)
            for name in sorted(set(turn.called) & names.keys())
            if is_wanted(name)
        ]
    return found


def related(words: Words) -> list[tuple[Bag, Bag]]:
    """Headwords, and the words that have to do with each."""
    found = []
    for meaning in meanings():
        bags = words.of_request(relevance.stems(meaning.word, 4)), words.of_request(stems_of(meaning.related))
        if all(bags):
            found.append(bags)
    return found


def stems_of(said: Sequence[str]) -> tuple[str, ...]:
    return relevance.stems(" ".join(said), relevance.MAX_ABOUT_WORDS)


def encode(bags: Sequence[Bag], vectors: nn.EmbeddingBag, rng: random.Random, dropout: float = WORD_DROPOUT) -> Tensor:
    """Unit vectors of bags from which some words are left out."""
    kept = [[entry for entry in bag if rng.random() > dropout] or bag or [(0, 1.0)] for bag in bags]
    offsets = torch.tensor([0, *map(len, kept[:-1])]).cumsum(0)
    ids = torch.tensor([place for bag in kept for place, _ in bag])
    shares = torch.tensor([share for bag in kept for _, share in bag])
    return nn.functional.normalize(vectors(ids, offsets, per_sample_weights=shares), dim=-1)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said, and the options that it may mean: places of words; which of them is meant."""

    said: list[int]
    options: list[Bag]
    meant: int


def told(words: Words) -> list[Told]:
    """What people say when they mean an option, each with the options of its parameter."""
    found = []
    for each in chosen():
        if each.is_boolean:
            continue
        name = words.bag(dict.fromkeys(relevance.stems(each.names[0], 4), NAME_OF_CHOICE)) if each.names else []
        spelt = [[words.of_request(relevance.stems(one, 8)) for one in option.spellings] for option in each.options]
        for meant, option in enumerate(each.options):
            for number, phrase in enumerate(option.phrases):
                said = [place for place, _ in words.of_request(relevance.stems(phrase, MAX_SAID))]
                options = [[*ways[number % len(ways)], *name] for ways in spelt]
                if said and all(options):
                    found.append(Told(said, options, meant))
    return found


@dataclass(frozen=True)
class Company:
    """Words of all training texts, each with a vector that tells what it is written beside."""

    words: list[str]
    counts: list[int]
    vectors: Tensor

    @property
    def frequent(self) -> list[str]:
        return [word for word, count in zip(self.words, self.counts, strict=True) if count >= MIN_WRITTEN]

    def first(self, words: Words) -> Tensor:
        """Vectors [words, WIDTH] from which learning begins: the leading directions; noise for other words."""
        torch.manual_seed(0)
        start = 0.1 * torch.randn(len(words.words), relevance.WIDTH)
        centred = self.vectors - self.vectors.mean(0)
        leading = centred @ torch.linalg.svd(centred, full_matrices=False).Vh[: relevance.WIDTH].T
        leading = 0.1 * math.sqrt(relevance.WIDTH) * nn.functional.normalize(leading, dim=1)
        for word, row in zip(self.words, leading, strict=True):
            if word in words.index:
                start[words.index[word]] = row
        return start * torch.tensor(words.weights)[:, None]


def learn_vectors(
    found: list[Pair],
    words: Words,
    company: Company | None = None,
    near: Sequence[tuple[Bag, Bag]] = (),
    options: Sequence[Told] = (),
) -> Tensor:
    """Vectors [words, WIDTH] that bring requests near their tools, against the batch's other tools, words `near` those
    that have to do with them, and what is said near the one of its `options` that it means."""
    torch.manual_seed(0)
    rng = random.Random(0)
    choices = epochs(options, rng)
    vectors = nn.EmbeddingBag(len(words.words), relevance.WIDTH, mode="sum")
    with torch.no_grad():
        vectors.weight.normal_(std=0.1).mul_(torch.tensor(words.weights)[:, None])
        if company is not None:
            vectors.weight.copy_(company.first(words))
    optimizer = torch.optim.Adam(vectors.parameters(), lr=RATE)
    beside = epochs(near, rng)
    for epoch in range(NUM_EPOCHS):
        rng.shuffle(found)
        optimizer.param_groups[0]["lr"] = RATE * (1 - epoch / NUM_EPOCHS)
        for start in range(0, len(found) - BATCH, BATCH):
            loss = of_pairs(found[start : start + BATCH], vectors, rng)
            if drawn := list(islice(beside, BATCH)):
                loss = loss + MEANINGS_SHARE * of_meanings(drawn, vectors, rng)
            if meant := list(islice(choices, BATCH)):
                loss = loss + CHOICES_SHARE * of_choices(meant, vectors)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}", flush=True)
    return turned(vectors.weight.detach())


def of_pairs(batch: Sequence[Pair], vectors: nn.EmbeddingBag, rng: random.Random) -> Tensor:
    """The loss over requests, each against all tools of the batch."""
    asked = encode([pair.request for pair in batch], vectors, rng)
    tools = [pair.tool for pair in batch] + [other for pair in batch for other in pair.others]
    likeness = SHARPNESS * asked @ encode(tools, vectors, rng).T
    places = {name: place for place, name in enumerate(sorted({pair.name for pair in batch}))}
    names = torch.tensor([places[pair.name] for pair in batch])
    is_same = names[:, None] == names[None, :]
    is_same.fill_diagonal_(False)
    likeness[:, : len(batch)] = likeness[:, : len(batch)].masked_fill(is_same, -1e9)
    return nn.functional.cross_entropy(likeness, torch.arange(len(batch)))


def of_meanings(batch: Sequence[tuple[Bag, Bag]], vectors: nn.EmbeddingBag, rng: random.Random) -> Tensor:
    """The loss over headwords, each against all that is related to another."""
    heads = encode([head for head, _ in batch], vectors, rng, 0.0)
    likeness = SHARPNESS * heads @ encode([others for _, others in batch], vectors, rng).T
    own = torch.arange(len(batch))
    return nn.functional.cross_entropy(likeness, own) + nn.functional.cross_entropy(likeness.T, own)


def of_choices(batch: Sequence[Told], vectors: nn.EmbeddingBag) -> Tensor:
    """The loss over what is said, each against the options of one parameter: an option is as near as the nearest words,
    softly."""
    bags = [bag for one in batch for bag in one.options]
    offsets = torch.tensor([0, *map(len, bags[:-1])]).cumsum(0)
    ids = torch.tensor([place for bag in bags for place, _ in bag])
    shares = torch.tensor([share for bag in bags for _, share in bag])
    towards = nn.functional.normalize(vectors(ids, offsets, per_sample_weights=shares), dim=-1)
    said = nn.functional.normalize(vectors.weight[torch.tensor([place for one in batch for place in one.said])], dim=-1)
    ways, most = max(len(one.options) for one in batch), max(len(one.said) for one in batch)
    scores = torch.full((len(batch), ways, most), -1e9)
    begin = first = 0
    for row, one in enumerate(batch):
        own, words = len(one.options), len(one.said)
        scores[row, :own, :words] = SHARPNESS * towards[begin : begin + own] @ said[first : first + words].T
        begin, first = begin + own, first + words
    return nn.functional.cross_entropy(scores.logsumexp(2), torch.tensor([one.meant for one in batch]))


def turned(vectors: Tensor) -> Tensor:
    """The vectors turned, so that the leading numbers tell most: likenesses stay as they were."""
    return vectors @ torch.linalg.eigh(vectors.T @ vectors).eigenvectors.flip(1)


def written(words: Words, vectors: Tensor, coefficients: Sequence[float], bias: float) -> dict[str, Any]:
    """The table as the product reads it."""
    scale = 127 / vectors.abs().quantile(0.999)
    rows = (vectors * scale).round().clamp(-127, 127) + 128
    return {
        "words": " ".join(words.words),
        "weights": base64.b64encode(bytes(min(255, round(16 * weight)) for weight in words.weights)).decode(),
        "vectors": base64.b64encode(bytes(rows.to(torch.uint8).flatten().tolist())).decode(),
        "coefficients": [round(value, 4) for value in coefficients],
        "bias": round(bias, 4),
    }


def use(table: dict[str, Any]) -> None:
    """Make the product's functions compute with `table`."""
    known = relevance.read_table(table)
    relevance.table = lambda: known  # type: ignore[assignment]
    relevance.forget()
    profile.cache_clear()


def fit(seen: Sequence[Turn]) -> tuple[list[float], float]:
    """Coefficients and bias of a logistic regression on turns whose tools are all new to the vectors."""
    rows, targets = [], []
    rng = random.Random(1)
    for turn in seen:
        if any(map(is_learnt_from, turn.called)) or (not turn.called and rng.random() > 0.4):
            continue
        towards = relevance.direction(turn.request)
        for tool in map(profile, turn.tools):
            rows.append(relevance.features(turn.request, towards, tool))
            targets.append(float(tool.name in turn.called))
        if len(rows) >= NUM_ROWS:
            break
    inputs, wanted = torch.tensor(rows), torch.tensor(targets)
    layer, _ = fitted(inputs, wanted, NUM_STEPS)
    report(torch.sigmoid(layer(inputs)[:, 0]), wanted)
    return layer.weight[0].tolist(), layer.bias.item()


def report(chances: Tensor, wanted: Tensor) -> None:
    """Print per level how many pairs there are and how many were right: the calibration on unseen tools."""
    levels = torch.tensor([relevance.level(chance) for chance in chances.tolist()])
    for level in range(len(relevance.LEVELS) + 1):
        chosen = wanted[levels == level]
        print(f"level {level}: {len(chosen)} pairs, {100 * chosen.mean().item():.0f}% right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    parser.add_argument("--part", type=Path, default=PART_FILE, help="the table without what a third of tools taught")
    a = parser.parse_args()
    torch.set_num_threads(1)
    use({"words": "", "weights": "", "vectors": "", "coefficients": [0.0] * relevance.NUM_FEATURES, "bias": 0.0})
    seen = list(turns(a.data, a.seed))
    random.Random(0).shuffle(seen)
    company = Company(*cooccurrence.vectors(a.data))
    words = Words(
        seen,
        [
            *company.frequent,
            *(word for one in meanings() for word in stems_of((one.word, *one.related))),
            *(
                word
                for one in chosen()
                for option in one.options
                for word in stems_of((*option.spellings, *option.phrases))
            ),
        ],
    )
    print(f"{len(seen)} turns, {len(words.words)} words")
    near = related(words)
    options = told(words)
    part = learn_vectors(pairs(seen, words, is_learnt_from), words, company, near, options)
    use(written(words, part, [], 0.0))
    coefficients, bias = fit(seen)
    a.part.parent.mkdir(parents=True, exist_ok=True)
    a.part.write_text(json.dumps(written(words, part, coefficients, bias)))
    vectors = learn_vectors(pairs(seen, words, lambda _: True), words, company, near, options)
    a.out.write_text(json.dumps(written(words, vectors, coefficients, bias)) + "\n")
    print(f"{a.out}: {a.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
