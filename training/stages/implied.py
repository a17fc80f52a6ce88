"""Stage 2a: learn which option is meant by words that do not name it: the table of the product's implied options.

Reads what people say when they mean an option (`data/texts/choices`) and the requests as people word them, of which
many imply a choice. Vectors begin as those of the relevance table. Besides the table that is shipped two more are
written, each learnt without the requests of one half of the tools: the drafts are learnt with these, so that what is
new to the table is not overrated. No dev set is read; a tenth of the parameters is held back to see what was learnt.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tercet.backends.embedded import relevance
from tercet.backends.embedded.drafts.implied import FALSE, MAX_SAID, TRUE, WIDTH
from tercet.backends.embedded.wording.words import identifier_stems
from training.data import requests
from training.data.choices import Chosen, chosen
from training.data.values import kinds
from training.paths import REPOSITORY

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/drafts/implied.json"
PART_FILES = tuple(REPOSITORY / f".tercet-train/implied-part{half}.json" for half in (0, 1))
"""Tables without the requests of tools of each half."""
NUM_STEPS, BATCH, RATE, WORD_DROPOUT, DECAY_TO = 4500, 64, 2e-3, 0.1, 0.02
NUM_MEMBERS, NUM_PROCESSES = 3, 2
"""Models that are learnt apart and tell together: 60 of 100 held-back requests right instead of 57; and how many are
learnt at a time."""
SEED_OF_REPORT = 5
OF_REQUESTS = 0.5
"""Share of what is learnt from that is whole requests; the others are phrases, most beside an unrelated request."""
BESIDE, NOTHING = 0.65, 0.12
"""How often an unrelated request stands beside a phrase, and how often it stands there alone."""
FEWER = 0.3
"""How often some of the other options are left out."""
NOTHING_HEARD = -30.0
"""The score of an option where no word is known."""
MIN_COUNT = 2
"""Times that a word is seen from which it is in the table, if the relevance table does not have it."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is said, the options and the parameter's name, all as stems, and which is meant: behind them none."""

    said: tuple[str, ...]
    options: list[tuple[str, ...]]
    name: tuple[str, ...]
    meant: int


def half_of(tool: str) -> int:
    """Which half of the tools one belongs to."""
    return zlib.crc32(tool.lower().replace("_", "").encode()) % 2


class Drawn:
    """Cases drawn anew each time, from parameters with phrases and from tools with requests."""

    def __init__(self, phrases: Sequence[Chosen], tools: Sequence[requests.Asked], seed: int) -> None:
        self._rng = random.Random(seed)
        self._phrases = phrases
        self._tools = [tool for tool in tools if any(map(_is_choice, tool.kinds.values()))]
        self._beside = [requests.filled(tool, self._rng)[0] for tool in tools for _ in range(2)]

    def one(self) -> Case:
        return self.request() if self._rng.random() < OF_REQUESTS else self.phrase()

    def phrase(self) -> Case:
        rng = self._rng
        each = rng.choice(self._phrases)
        name, meant = identifier_stems(rng.choice(each.names)), rng.randrange(len(each.options))
        said = rng.choice(each.options[meant].phrases)
        kept = list(range(len(each.options)))
        if len(kept) > 3 and rng.random() < FEWER:
            others = [place for place in kept if place != meant]
            kept = sorted([meant, *rng.sample(others, rng.randint(1, len(others) - 1))])
        options = [_spelt(rng.choice(each.options[place].spellings), name, is_truth=each.is_boolean) for place in kept]
        if rng.random() < NOTHING:
            return Case(_stems(f"{rng.choice(self._beside)} {rng.choice(self._beside)}"), options, name, len(kept))
        if rng.random() < BESIDE:
            parts = [rng.choice(self._beside), said]
            rng.shuffle(parts)
            said = " ".join(parts)
        return Case(_stems(said), options, name, kept.index(meant))

    def request(self) -> Case:
        rng = self._rng
        tool = rng.choice(self._tools)
        text, arguments = requests.filled(tool, rng)
        parameter = rng.choice([name for name, kind in tool.kinds.items() if _is_choice(kind)])
        kind, name = tool.kinds[parameter], identifier_stems(rng.choice([parameter, *tool.names[parameter]]))
        values: list[object] = [True, False] if kinds.base(kind) == "bool" else list(_offered(kind))
        options = [_spelt(str(value).lower(), name, is_truth=isinstance(value, bool)) for value in values]
        given = arguments.get(parameter)
        return Case(_stems(text), options, name, values.index(given) if given in values else len(values))


def _is_choice(kind: str) -> bool:
    return kinds.base(kind) in ("bool", "enum")


def _offered(kind: str) -> list[str]:
    return kind.split(":", 1)[1].split("|")


def _spelt(option: str, name: tuple[str, ...], *, is_truth: bool) -> tuple[str, ...]:
    return (TRUE if option == "true" else FALSE, *name) if is_truth else identifier_stems(option)


def _stems(text: str) -> tuple[str, ...]:
    return relevance.stems(text, relevance.MAX_REQUEST_WORDS)[:MAX_SAID]


class Model(nn.Module):
    """Vectors and gates of words, and what weighs them."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.places = {word: place for place, word in enumerate(words)}
        self.vectors = nn.Embedding(len(words), WIDTH)
        nn.init.normal_(self.vectors.weight, std=0.05)
        for word, place in self.places.items():
            if word in relevance.table().vectors:
                self.vectors.weight.data[place] = torch.tensor(relevance.direction((word,))[:WIDTH])
        self.gates = nn.Embedding(len(words), 1)
        nn.init.zeros_(self.gates.weight)
        self.sharpness, self.of_name, self.none = (nn.Parameter(torch.tensor(first)) for first in (8.0, 0.3, 2.0))

    def forward(self, batch: Sequence[Case], dropout: float) -> tuple[Tensor, Tensor]:
        """Scores [cases, options + 1] and which is meant; what is no option scores -1e9, the last column is none."""
        most = max(len(case.options) for case in batch)
        said, is_said = self._padded([case.said for case in batch])
        is_said &= (torch.rand(said.shape) >= dropout) | (torch.arange(said.shape[1]) == 0)
        name = self._mean([case.name for case in batch])
        flat = [option for case in batch for option in (*case.options, *[()] * (most - len(case.options)))]
        options = self._mean(flat).view(len(batch), most, WIDTH) + self.of_name * name[:, None]
        towards = nn.functional.normalize(options, dim=-1)
        heard = nn.functional.normalize(self.vectors(said), dim=-1)
        near = self.sharpness * torch.einsum("bwd,bkd->bkw", heard, towards) + self.gates(said)[:, None, :, 0]
        scores = near.masked_fill(~is_said[:, None], -1e9).logsumexp(-1)
        is_option = torch.tensor([[bool(place < len(case.options)) for place in range(most)] for case in batch])
        none = self.none.expand(len(batch), 1)
        wanted = torch.tensor([most if case.meant == len(case.options) else case.meant for case in batch])
        scores = scores.clamp(min=NOTHING_HEARD)
        return torch.cat([scores.masked_fill(~is_option, -1e9), none], 1), wanted

    def _padded(self, texts: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
        rows = [[self.places[word] for word in text if word in self.places] for text in texts]
        width = max(1, max(map(len, rows)))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        return ids, torch.arange(width)[None] < torch.tensor([len(row) for row in rows])[:, None]

    def _mean(self, texts: Sequence[Sequence[str]]) -> Tensor:
        ids, is_word = self._padded(texts)
        total = (self.vectors(ids) * is_word[..., None]).sum(1)
        return total / is_word.sum(1, keepdim=True).clamp(min=1)


def learnt(drawn: Drawn, words: Sequence[str], seed: int) -> Model:
    torch.manual_seed(seed)
    model = Model(words)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    total = 0.0
    for step in range(NUM_STEPS):
        optimizer.param_groups[0]["lr"] = RATE * max(DECAY_TO, 1 - step / NUM_STEPS)
        scores, wanted = model([drawn.one() for _ in range(BATCH)], WORD_DROPOUT)
        loss = nn.functional.cross_entropy(scores, wanted)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if (step + 1) % 500 == 0:
            print(f"step {step + 1}: loss {total / 500:.3f}", flush=True)
            total = 0.0
    return model


@torch.no_grad()
def report(models: Sequence[Model], phrases: Sequence[Chosen], tools: Sequence[requests.Asked]) -> None:
    """Print how often the option that is meant is the likeliest, for what was not learnt from."""
    for name, of_requests in (("phrases", False), ("requests", True)):
        drawn = Drawn(phrases, tools, SEED_OF_REPORT)
        cases = [drawn.request() if of_requests else drawn.phrase() for _ in range(3000)]
        cases = [case for case in cases if _is_implied(case)]
        told = [model(cases, 0.0) for model in models]
        chances = torch.stack([scores.softmax(1) for scores, _ in told]).mean(0)
        right = (chances[:, :-1].argmax(1) == told[0][1]).float().mean()
        chance = sum(1 / len(case.options) for case in cases) / len(cases)
        print(f"{name} held back: {100 * right:.1f}% of {len(cases)} right, {100 * chance:.1f} by chance", flush=True)


def _is_implied(case: Case) -> bool:
    return case.meant < len(case.options) and not set(case.options[case.meant]) <= set(case.said)


@torch.no_grad()
def written(words: Sequence[str], models: Sequence[Model]) -> dict[str, Any]:
    return {"words": " ".join(words), "members": [_member(model) for model in models]}


def _member(model: Model) -> dict[str, Any]:
    vectors, gates = model.vectors.weight, model.gates.weight[:, 0]
    rows = (vectors * 127 / vectors.abs().flatten()[::7].quantile(0.9995)).round().clamp(-127, 127)
    step = float(gates.abs().max()) / 127
    return {
        "vectors": base64.b64encode(rows.to(torch.int8).numpy().tobytes()).decode(),
        "gates": base64.b64encode((gates / step).round().to(torch.int8).numpy().tobytes()).decode(),
        "step": round(step, 6),
        **{name: round(float(getattr(model, name)), 4) for name in ("sharpness", "of_name", "none")},
    }


def words_of(phrases: Sequence[Chosen], tools: Sequence[requests.Asked]) -> list[str]:
    """The words of the table: the most frequent first."""
    counts: Counter[str] = Counter()
    for each in phrases:
        counts.update(stem for name in each.names for stem in identifier_stems(name))
        for option in each.options:
            counts.update(stem for spelling in option.spellings for stem in identifier_stems(spelling) * MIN_COUNT)
            counts.update(stem for phrase in option.phrases for stem in _stems(phrase))
    for tool in tools:
        counts.update(stem for text in tool.texts for stem in _stems(text))
        counts.update(stem for names in tool.names.values() for name in names for stem in identifier_stems(name))
    known = relevance.table().vectors
    kept = [word for word, count in counts.most_common() if (count >= MIN_COUNT or word in known) and word.strip()]
    return [TRUE, FALSE, *(word for word in kept if not any(map(str.isspace, word)))]


def made(job: tuple[int | None, int]) -> Model:
    """The model learnt without the requests of a half of the tools, or with all of them, from one seed."""
    torch.set_num_threads(1)
    half, seed = job
    phrases, tools = all_phrases(), all_tools()
    words = words_of(phrases, tools)
    kept = [tool for tool in tools if half is None or half_of(tool.name) != half]
    seen = [each for each in phrases if half is None or not is_held_back(each)]
    return learnt(Drawn(seen, kept, seed), words, seed)


def all_phrases() -> list[Chosen]:
    return list(chosen())


def all_tools() -> list[requests.Asked]:
    return [tool for file in requests.asked_for() for tool in file]


def is_held_back(phrases: Chosen) -> bool:
    return zlib.crc32(phrases.about.encode()) % 10 == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    a = parser.parse_args()
    phrases, tools = all_phrases(), all_tools()
    words = words_of(phrases, tools)
    count = sum(len(option.phrases) for each in phrases for option in each.options)
    print(f"{len(phrases)} parameters with {count} phrases, {len(words)} words", flush=True)
    jobs = [(half, seed) for half in (0, 1, None) for seed in range(NUM_MEMBERS)]
    with ProcessPoolExecutor(NUM_PROCESSES) as processes:
        models = dict(zip(jobs, processes.map(made, jobs), strict=True))
    for half, path in ((0, PART_FILES[0]), (1, PART_FILES[1]), (None, a.out)):
        members = [models[half, seed] for seed in range(NUM_MEMBERS)]
        if half is not None:
            others = [tool for tool in tools if half_of(tool.name) == half]
            report(members, list(filter(is_held_back, phrases)), others)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(written(words, members)) + "\n")
    print(f"{a.out}: {a.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
