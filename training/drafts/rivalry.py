"""How a value's chance beside its rivals is learnt: on tools that table and reranker were not learnt from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tercet.backends.embedded.drafts.reranker import reranker
from tercet.backends.embedded.drafts.rivalry import NUM_MARGINS, margins
from tercet.backends.embedded.drafts.scorer import scored
from training.data.sample import Sample
from training.drafts.turns import Asked, asked_of, is_equal, normal

HIDDEN = 16
QUESTIONS = 4
"""Times that a request counts which is answered by a question: they are a tenth of the samples, and more in service."""
EPOCHS, BATCH, RATE, PENALTY = 6, 1024, 3e-3, 1e-4


@dataclass(frozen=True, slots=True)
class Rivals:
    """Values with how far each is ahead of its rivals, and whether it is the right one."""

    margins: NDArray[np.float32]
    """[n, NUM_MARGINS]"""
    labels: NDArray[np.float32]


def rivals(
    samples: Iterator[Sample],
    is_learnt: Callable[[str], bool],
    told: Callable[[Iterable[Asked]], Iterable[Asked]] = iter,
) -> Rivals:
    """The values that the product finds for calls of tools whose names `is_learnt`, as `told` hands them on."""
    rows: list[tuple[float, ...]] = []
    labels: list[bool] = []
    for sample in samples:
        if sample.schema is None and not any(is_learnt(str(tool["name"])) for tool in sample.tools):
            continue
        for asked in told(asked_of(sample, with_questions=True)):
            if is_learnt(asked.name):
                read = reranker().read(asked.request, asked.tool, asked.offered)
                found = scored(asked.request, asked.offered, read)
                times = QUESTIONS if asked.is_incomplete else 1
                rows += times * margins(found, asked.offered)
                labels += times * list(_labels(found, asked))
    return Rivals(np.array(rows, dtype=np.float32).reshape(-1, NUM_MARGINS), np.array(labels, dtype=np.float32))


def _labels(found: list[list[Any]], asked: Asked) -> Iterator[bool]:
    for values, parameter in zip(found, asked.offered, strict=True):
        wanted = asked.wanted.get(parameter.name, [])
        for value in values:
            yield any(is_equal(normal(form), one) for form in value.forms for one in wanted)


def learn_rivalry(seen: Rivals) -> dict[str, Any]:
    """The network as the table has it written."""
    torch.manual_seed(0)
    inputs, labels = torch.from_numpy(seen.margins), torch.from_numpy(seen.labels)
    hidden, out = nn.Linear(NUM_MARGINS, HIDDEN), nn.Linear(HIDDEN, 1)
    optimizer = torch.optim.Adam([*hidden.parameters(), *out.parameters()], lr=RATE, weight_decay=PENALTY)
    num_steps = max(1, EPOCHS * (len(inputs) // BATCH))
    step = 0
    for _ in range(EPOCHS):
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / num_steps)
            found = out(torch.relu(hidden(inputs[chosen])))[:, 0]
            loss = nn.functional.binary_cross_entropy_with_logits(found, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    with torch.no_grad():
        before = nn.functional.binary_cross_entropy_with_logits(inputs[:, 0] * 4, labels)
        after = nn.functional.binary_cross_entropy_with_logits(out(torch.relu(hidden(inputs)))[:, 0], labels)
    print(f"{len(labels)} values beside their rivals: loss {before:.4f} to {after:.4f}", flush=True)
    return {
        "hidden": [[round(value, 4) for value in row] for row in hidden.weight.tolist()],
        "biases": [round(value, 4) for value in hidden.bias.tolist()],
        "out": [round(value, 4) for value in out.weight[0].tolist()],
        "bias": round(out.bias.item(), 4),
    }
