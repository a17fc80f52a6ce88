"""Stage 3a: learn the reranker, which reads a request together with a tool (`docs/adr/0017`).

Reads the sources of stage 3, each request once, messages for several calls, and requests that lack something or are not
served; no call of the tools that are held out there, on which it is measured. Killed, it begins with what the last pass
left (`--work`). No dev set is read.
"""

from __future__ import annotations

import argparse
import pickle
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tercet.backends.embedded import relevance
from tercet.backends.embedded.drafts.parameters import heading
from tercet.backends.embedded.drafts.reranker import SEPARATOR
from tercet.backends.embedded.hints import Offered
from training.data import statements, together, unserved
from training.data.mixture import Mixture
from training.data.sample import Sample, compact
from training.data.written import written as as_worded
from training.drafts.examples import Example, Offer, Read, examples, joined, offers
from training.drafts.reranker import MIN_SEEN_SHAPES, MIN_SEEN_WORDS, Reranker, Size, batch_of, learn
from training.drafts.turns import asked_of
from training.hints import requests_of
from training.paths import REPOSITORY, data_root
from training.stages import relevance as relevance_stage
from training.stages.drafts import SEEDS, is_held_out, samples, told_without_own
from training.stages.fit import REFUSED, meant_by

FILE = REPOSITORY / "src/tercet/backends/embedded/drafts/reranker.npz"
WORK = REPOSITORY / ".tercet-train/reranker"
STATEMENTS = 7000
"""Requests of `training/data/statements.py`, by each of `SEEDS`."""
SEVERAL, JOINED = 9000, 1500
"""Messages for several calls, of `training/data/together.py` and of the mixture's joined ones, by each of `SEEDS`."""
UNSERVED = 3
"""How often each request counts that lacks something or is not served."""
SEED_OF_OFFERS = 4141
RIVALS = 2
"""Tools that are called, and such that are not, of a request that are learnt from."""
HELD_OUT = 4000
"""Calls of held-out tools that the reranker is measured on."""
SHARES = (0.5, 0.42, 0.0)
"""How much the scores of table and reranker count, and a bias. On held-out tools 0.27 and 0.53 would be likeliest; on
own cases, whose requests are worded by other hands than the training texts, these are right more often."""


def made(root: Path, seed: int, scale: float) -> Read:
    """Calls of the mixture with the requests that they answer, in a process of its own."""
    rng = random.Random(seed)
    stated = (statements.single(rng) for _ in range(round(STATEMENTS * scale)))
    several = (together.single(rng) for _ in range(round(SEVERAL * scale)))
    mixed = Mixture(root, seed)
    of_several_tools = (next(mixed.streams["joined"]) for _ in range(round(JOINED * scale)))
    asked_for = (sample for sample in samples(root, seed, scale) if sample.schema is None)
    drawn = chain(asked_for, stated, several, of_several_tools)
    asked = (each for sample in drawn for each in asked_of(sample))
    return examples(told_without_own(asked), is_held_out)


def made_offers(root: Path, seed: int, scale: float) -> Read:
    """Requests of the mixture with tools that are offered for them, in a process of its own."""
    mixed = Mixture(root, seed)
    drawn = (
        next(mixed.streams[name])
        for name, count in relevance_stage.SAMPLES.items()
        for _ in range(round(scale * count))
    )
    rng = random.Random(seed)
    several = (together.single(rng) for _ in range(round(SEVERAL * scale)))
    beside = (sample for _ in range(UNSERVED) for sample in unserved.samples(rng))
    return offers(offer for sample in chain(as_worded(), several, beside, drawn) for offer in offers_of(sample, rng))


def offers_of(sample: Sample, rng: random.Random) -> Iterator[Offer]:
    """What a sample's requests call, and of what they could have called the likeliest by its words, and sometimes one
    more."""
    tools = {str(tool["name"]): compact(tool).encode() for tool in sample.tools}
    offered = Offered(list(tools.values()))
    requests = requests_of(sample.messages)
    for place, said in enumerate(sample.messages):
        if said["role"] != "user" or not (spoken := next(requests)).text:
            continue
        meant = meant_by(sample.messages[place + 1 :])
        if meant is None or (not meant and rng.random() > REFUSED):
            continue
        by_words = offered.by_words(spoken)
        others = sorted((name for name in tools if name not in meant), key=lambda name: -by_words[name])
        others = [*others[:RIVALS], *(rng.sample(others[RIVALS:], 1) if rng.random() < 0.5 and others[RIVALS:] else ())]
        for name in (*sorted(meant & tools.keys())[:RIVALS], *others):
            tool, own = heading(tools[name]), offered.parameters(name)
            yield Offer(offered.request(spoken), name, tool, own, name in meant)


def seen_often(read: Read) -> tuple[list[str], list[str]]:
    """The stems and shapes that are seen often enough, the most frequent first; those of shapes are numbered anew."""
    stems = np.zeros(len(read.stems) + 1, dtype=np.int64)
    shapes = np.zeros(len(read.shapes) + 1, dtype=np.int64)
    for each in read.examples:
        if not is_held_out(each.name):
            stems[np.unique(each.stems)] += 1
            np.add.at(shapes, each.tokens[:, 3], 1)
    words = [place for place in np.argsort(-stems, kind="stable") if place and stems[place] >= MIN_SEEN_WORDS]
    looks = [place for place in np.argsort(-shapes, kind="stable") if place and shapes[place] >= MIN_SEEN_SHAPES]
    numbers = np.full(len(shapes), len(looks) + 1, dtype=np.int16)
    numbers[[0, *looks]] = np.arange(len(looks) + 1)
    for each in read.examples:
        each.tokens[:, 3] = numbers[each.tokens[:, 3]]
    return [read.stems[place - 1] for place in words], [read.shapes[place - 1] for place in looks]


@torch.no_grad()
def report(model: Reranker, held_out: list[Example]) -> None:
    """Print how often the best value is right, and all of a call's are, by table, reranker and both."""
    model.eval()
    found = np.concatenate([model(batch_of([each])).numpy() for each in held_out])
    alone = np.concatenate([each.scores for each in held_out])
    of_table, of_reader, _ = SHARES
    starts = np.cumsum([0, *(len(each.labels) for each in held_out)])
    for name, scores in (("table", alone), ("reranker", found), ("both", of_table * alone + of_reader * found)):
        right: list[list[bool]] = []
        for start, each in zip(starts, held_out, strict=False):
            own = scores[start : start + len(each.labels)]
            places = [each.pairs[:, 0] == place for place in np.unique(each.pairs[each.labels, 0])]
            right.append([bool(each.labels[of][own[of].argmax()]) for of in places])
        values = [one for call in right for one in call]
        print(f"{name}: {100 * np.mean(values):.1f}% of {len(values)} values, ", end="")
        print(f"all of {100 * np.mean(list(map(all, right))):.1f}% of {len(right)} calls", flush=True)


def written(model: Reranker, words: list[str], shapes: list[str], of: Sequence[float]) -> dict[str, NDArray[Any]]:
    """The weights as the product reads them: matrices as signed bytes with a step for each row."""
    found: dict[str, NDArray[Any]] = {}
    for name, weight in model.state_dict().items():
        called = name.removesuffix(".weight").replace(".bias", "_bias")
        if name.endswith("_of"):
            continue
        own = weight.numpy()
        if own.ndim == 1 or called.endswith(("common", "relations")):
            found[called] = own
        else:
            step = np.maximum(np.abs(own).max(axis=1) / 127, 1e-9)
            found[called] = np.clip(np.round(own / step[:, None]), -127, 127).astype(np.int8)
            found[f"{called}/step"] = step
    names = {"names": words, "looks": shapes}
    found |= {key: np.frombuffer(SEPARATOR.join(each).encode(), dtype=np.uint8) for key, each in names.items()}
    return found | {"shares": np.array(of, dtype=np.float32)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root())
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of samples")
    parser.add_argument("--passes", type=int, default=5, help="over all calls")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--out", type=Path, default=FILE)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    if not (a.work / "examples.pkl").exists():
        with ProcessPoolExecutor(len(SEEDS)) as processes:
            of_tools = processes.submit(made_offers, a.data, SEED_OF_OFFERS, a.scale)
            parts = list(processes.map(partial(made, a.data, scale=a.scale), SEEDS))
            (a.work / "examples.pkl").write_bytes(pickle.dumps(joined([*parts, of_tools.result()])))
    read = pickle.loads((a.work / "examples.pkl").read_bytes())
    words, shapes = seen_often(read)
    places = np.zeros(len(read.stems) + 1, dtype=np.int64)
    numbers = {stem: number for number, stem in enumerate(read.stems, 1)}
    places[[numbers[word] for word in words]] = np.arange(1, len(words) + 1)
    meanings = np.array([relevance.direction((stem,)) for stem in ("", *read.stems)], dtype=np.float32)
    torch.manual_seed(0)
    model = Reranker(meanings, places, len(shapes), Size())
    said = [each for each in read.examples if each.labels.any()]
    offered = [each for each in read.examples if not (len(each.labels) or is_held_out(each.name))]
    seen = [each for each in said if not is_held_out(each.name)]
    held_out = [each for each in said if is_held_out(each.name)][:HELD_OUT]
    print(f"{len(seen)} calls and {len(offered)} offers to learn from, {len(held_out)} calls held out; ", end="")
    print(f"{len(words)} words, {len(shapes)} shapes", flush=True)
    learn(model, seen, offered, a.passes, a.work / "checkpoint.pt")
    report(model, held_out)
    np.savez_compressed(a.out, allow_pickle=False, **written(model, words, shapes, SHARES))
    print(f"{a.out}: {a.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
