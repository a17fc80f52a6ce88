"""Stage 3e: learn how messages without tools are answered.

Which stretch of a text answers a question: hidden layers over the description of each, learnt apart and side by side in
one. Which option fits a text: a softmax over their descriptions. Whether a text is favourable, and whether it says what
a question asks: two logistic regressions. No dev set is read; a fifth of the texts is held back to see what was learnt.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tercet.backends.embedded.plain import choosing, quoting, verdicts
from tercet.backends.embedded.plain.learnt import learnt
from tercet.backends.embedded.relevance import WIDTH
from training.data import plain
from training.paths import REPOSITORY, data_root
from training.regression import fitted

TABLE_FILE = REPOSITORY / "src/tercet/backends/embedded/plain/learnt.json"
NUM_NETS, HIDDEN, DROPOUT, NUM_EPOCHS, BATCH = 3, 16, 0.1, 40, 48
RATE, RATE_ALONE, DECAY = 4e-3, 3e-2, 3e-2
FOREIGN = 0.2
"""How much a question counts that was not written for this project: those of T0 were made to be hard."""
MAX_TEXT = 6000
"""Characters of a text that are read."""
NUM_STEPS = 400
_LEADS = re.compile(
    r"^(?:the|a|an|about|around|approximately|more than|every|over|almost|nearly|by|in|at|on|to|from|because|for|of) "
)


class Found(NamedTuple):
    """What is known of one case: the descriptions of what may be right, and which of them is."""

    features: list[tuple[float, ...]]
    is_right: list[bool]
    weight: float
    is_held_back: bool


def of_question(case: plain.Asked) -> Found:
    """The stretches of a text that may answer its question."""
    found = quoting.stretches(quoting.question_of(case.question), case.text[:MAX_TEXT])
    is_right = [_bare(each.text) == _bare(case.answer) for each in found]
    weight = 1.0 if case.is_own else FOREIGN
    return Found([each.features for each in found], is_right, weight, _is_held_back(case.text))


def of_choice(case: plain.Chosen) -> Found:
    """The options of a text."""
    heard = choosing.heard(case.text)
    is_right = [each.name.lower() == case.answer.lower() for each in case.options]
    features = [choosing.described(each, heard) for each in case.options]
    return Found(features, is_right, 1.0 if case.is_own else FOREIGN, _is_held_back(case.text))


def _bare(text: str) -> str:
    return _LEADS.sub("", re.sub(r"[^\w%$€£.:/@-]+", " ", text.lower()).strip(" ."))


def _is_held_back(text: str) -> bool:
    return zlib.crc32(text[:200].encode()) % 5 == 0


def ranked(found: Sequence[Found], hidden: int, epochs: int) -> nn.Sequential:
    """A network that scores what may be right, by the likelihood of what is: with one hidden layer, or none."""
    rng, rate = random.Random(0), RATE if hidden else RATE_ALONE
    width = len(found[0].features[0])
    layers = [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(hidden, 1)]
    net = nn.Sequential(*layers) if hidden else nn.Sequential(nn.Linear(width, 1, bias=False))
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=DECAY)
    cases = [(torch.tensor(each.features), torch.tensor(each.is_right).float(), each.weight) for each in found]
    num_steps = epochs * (len(cases) // BATCH)
    for step in range(num_steps):
        if step % (len(cases) // BATCH) == 0:
            rng.shuffle(cases)
        start = step % (len(cases) // BATCH) * BATCH
        optimizer.param_groups[0]["lr"] = rate * (1 - step / num_steps)
        loss = _loss(net, cases[start : start + BATCH])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return net.eval()


def _loss(net: nn.Sequential, batch: Sequence[tuple[Tensor, Tensor, float]]) -> Tensor:
    scores = net(torch.cat([features for features, _, _ in batch]))[:, 0]
    masses = (scores - scores.max().detach()).exp()
    owners = torch.cat([torch.full((len(right),), place) for place, (_, right, _) in enumerate(batch)])
    total = torch.zeros(len(batch)).index_add(0, owners, masses)
    right = torch.zeros(len(batch)).index_add(0, owners, masses * torch.cat([right for _, right, _ in batch]))
    weights = torch.tensor([weight for _, _, weight in batch])
    return (-(right / total + 1e-9).log() * weights).sum() / weights.sum()


def share_right(net: nn.Sequential, found: Sequence[Found]) -> float:
    """The share of cases whose best score is right."""
    with torch.no_grad():
        hits = [each.is_right[int(net(torch.tensor(each.features))[:, 0].argmax())] for each in found if each.features]
    return sum(hits) / max(1, len(found))


def learn_ranked(found: Sequence[Found], hidden: int, epochs: int, name: str) -> nn.Sequential:
    """A network learnt on all cases, after one on four fifths was measured on the others of our own."""
    usable = [each for each in found if any(each.is_right)]
    part = ranked([each for each in usable if not each.is_held_back], hidden, epochs)
    tested = [each for each in found if each.is_held_back and each.weight == 1.0]
    print(f"{name}: {len(usable)} cases, {share_right(part, tested):.3f} of {len(tested)} right that were held back")
    return ranked(usable, hidden, epochs)


def learn_judged(inputs: Tensor, wanted: Tensor, held_back: Tensor, penalty: float, name: str) -> dict[str, Any]:
    """Coefficients and bias of a logistic regression, and what it gets right of what is held back."""
    part, _ = fitted(inputs[~held_back], wanted[~held_back], NUM_STEPS, penalty)
    right = ((part(inputs[held_back])[:, 0] > 0) == (wanted[held_back] > 0.5)).float().mean().item()
    print(f"{name}: {len(wanted)} cases, {right:.3f} of {int(held_back.sum())} right that were held back")
    layer, _ = fitted(inputs, wanted, NUM_STEPS, penalty)
    return {"coefficients": _rounded(layer.weight[0]), "bias": round(layer.bias.item(), 4)}


def _rounded(numbers: Tensor) -> list[float]:
    return [round(number, 3) for number in numbers.tolist()]


def polarity(root: Path) -> dict[str, Any]:
    """What the known words and the direction of a text tell of whether it is favourable."""
    cases = list(plain.reviews(root))
    rows = [(choosing.known_polarity(choosing.spoken(each.text)), *choosing.towards(each.text)) for each in cases]
    return learn_judged(torch.tensor(rows), _wanted(cases), _held_back(cases), 1e-3, "favourable")


def verdict() -> dict[str, Any]:
    """What a text beside a question tells of whether it says so."""
    cases = list(plain.statements())
    rows = torch.tensor([verdicts.compared(each.question, each.text) for each in cases])
    return learn_judged(rows, _wanted(cases), _held_back(cases), 1e-3, "yes or no")


def _wanted(cases: Sequence[plain.Judged]) -> Tensor:
    return torch.tensor([float(each.is_so) for each in cases])


def _held_back(cases: Sequence[plain.Judged]) -> Tensor:
    return torch.tensor([_is_held_back(each.text) for each in cases])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--out", type=Path, default=TABLE_FILE)
    a = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    nothing = {"coefficients": [0.0] * (1 + WIDTH), "bias": 0.0}
    layer: dict[str, Any] = {"hidden": [], "biases": [], "out": []}
    table: dict[str, Any] = {"quoting": layer, "choosing": [], "polarity": nothing, "verdict": nothing}

    def learn(name: str, part: Any) -> None:
        table[name] = part
        TABLE_FILE.write_text(json.dumps(table) + "\n")
        learnt.cache_clear()

    learn("polarity", polarity(a.data))
    learn("verdict", verdict())
    with ProcessPoolExecutor(2) as processes:
        choices = list(processes.map(of_choice, plain.chosen(a.data), chunksize=50))
        questions = list(processes.map(of_question, plain.asked(a.data), chunksize=20))
    options = learn_ranked([each for each in choices if sum(each.is_right) == 1], 0, NUM_EPOCHS, "options")
    learn("choosing", _rounded(options[0].weight[0]))
    nets = [learn_ranked(questions, HIDDEN, NUM_EPOCHS, "questions") for _ in range(NUM_NETS)]
    rows = [_rounded(row) for net in nets for row in net[0].weight]
    biases = [bias for net in nets for bias in _rounded(net[0].bias)]
    out = [weight for net in nets for weight in _rounded(net[3].weight[0] / NUM_NETS)]
    learn("quoting", {"hidden": rows, "biases": biases, "out": out})
    if a.out != TABLE_FILE:
        a.out.write_text(TABLE_FILE.read_text())


if __name__ == "__main__":
    main()
