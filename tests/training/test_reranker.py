"""Learning the reranker: what is learnt is what is served, and a killed run goes on where it was."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from tercet.backends.embedded import relevance
from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.parameters import heading, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.reranker import Reranker as Served
from tercet.backends.embedded.spoken import Spoken
from training.data.sample import compact
from training.drafts import reranker
from training.drafts.examples import Offer, Read, examples, joined, offers
from training.drafts.reranker import Reranker, Size, batch_of, learn
from training.drafts.turns import Asked, wanted_values
from training.stages import reranker as stage

TOOL = {
    "name": "send_parcel",
    "description": "Send a parcel.",
    "parameters": {
        "type": "object",
        "properties": {
            "origin": {"type": "string", "description": "Where it is collected."},
            "target": {"type": "string", "description": "Where it is delivered."},
            "size": {"type": "string", "enum": ["small", "very_large"]},
        },
    },
}
PLACES = ("Lund", "Kyoto", "Quito", "Accra", "Porto", "Split", "Cusco", "Turku")
HEADING, OFFERED = heading(compact(TOOL).encode()), parameters(compact(TOOL).encode())
SMALL = Size(width=32, layers=2, heads=2, inner=64, hidden=16, product=16)


def asked(count: int) -> list[Asked]:
    rng, made = random.Random(0), []
    for _ in range(count):
        origin, target = rng.sample(PLACES, 2)
        size = rng.choice(("small", "very_large"))
        text = f"To {target} from {origin}, please, a {size.replace('_', ' ')} one"
        values = wanted_values([{"origin": origin, "target": target, "size": size}])
        made.append(Asked(read(Spoken(text)), "send_parcel", OFFERED, values, False, HEADING))
    return made


def model_of(found: Read, monkeypatch: pytest.MonkeyPatch) -> tuple[Reranker, list[str], list[str]]:
    monkeypatch.setattr(stage, "MIN_SEEN_WORDS", 8)
    monkeypatch.setattr(stage, "MIN_SEEN_SHAPES", 8)
    monkeypatch.setattr(stage, "is_held_out", lambda name: False)
    words, shapes = stage.seen_often(found)
    places = np.zeros(len(found.stems) + 1, dtype=np.int64)
    for number, stem in enumerate(found.stems, 1):
        places[number] = words.index(stem) + 1 if stem in words else 0
    meanings = np.array([relevance.direction((stem,)) for stem in ("", *found.stems)], dtype=np.float32)
    torch.manual_seed(0)
    return Reranker(meanings, places, len(shapes), SMALL), words, shapes


def test_it_learns_which_place_is_meant_and_is_served_as_it_was_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranker, "WARMUP", 10)
    requests = asked(640)
    found = examples(requests, lambda name: True)
    model, words, shapes = model_of(found, monkeypatch)
    learn(model, found.examples[40:], found.examples[:64], 6, tmp_path / "checkpoint.pt")
    model.eval()
    right = 0
    with torch.no_grad():
        for one in found.examples[:40]:
            scores = model(batch_of([one])).numpy()
            of = [one.pairs[:, 0] == place for place in np.unique(one.pairs[:, 0])]
            right += sum(bool(one.labels[each][scores[each].argmax()]) for each in of)
        learnt = model(batch_of(found.examples[:1])).tolist()
    assert right > 110
    served = Served(stage.written(model, words, shapes, [0.0, 1.0, 0.0]))
    told = served.read(requests[0].request, HEADING, OFFERED)
    assert told is not None
    scores = []
    for place, parameter in enumerate(OFFERED):
        options = list(scorer.options(requests[0].request, parameter))
        scores += told.scores(place, scorer.places(options, scorer.table_scores(options, parameter)))
    assert scores == pytest.approx(learnt, abs=0.15)


def test_padding_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examples(asked(64), lambda name: False)
    model, _, _ = model_of(found, monkeypatch)
    model.eval()
    by_length = sorted(found.examples, key=lambda each: each.length)
    short, long = by_length[0], by_length[-1]
    assert short.length < long.length
    with torch.no_grad():
        alone, together = model(batch_of([short])), model(batch_of([short, long]))
    assert together[: len(alone)].tolist() == pytest.approx(alone.tolist(), abs=1e-4)


def test_a_killed_run_goes_on_behind_its_last_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = examples(asked(64), lambda name: False)
    whole, _, _ = model_of(found, monkeypatch)
    learn(whole, found.examples, found.examples, 2, tmp_path / "whole.pt")
    halves, _, _ = model_of(found, monkeypatch)
    monkeypatch.setattr(reranker, "_pass", _stopping(reranker._pass))
    with pytest.raises(KeyboardInterrupt):
        learn(halves, found.examples, found.examples, 2, tmp_path / "halves.pt")
    monkeypatch.undo()
    again, _, _ = model_of(found, monkeypatch)
    learn(again, found.examples, found.examples, 2, tmp_path / "halves.pt")
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name]), name


def _stopping(one: object) -> object:
    def stop(model: Reranker, optimizer: object, seen: object, offered: object, number: int, passes: int) -> None:
        if number:
            raise KeyboardInterrupt
        one(model, optimizer, seen, offered, number, passes)  # type: ignore[operator]

    return stop


def test_parts_are_joined_with_each_request_once_and_numbers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = asked(40)
    first, second = examples(requests[:24], lambda name: False), examples(requests[16:], lambda name: False)
    words = [[part.stems[number - 1] for number in part.examples[-1].stems[:, 0] if number] for part in (first, second)]
    texts = {each.request.lower for each in requests}
    whole = joined([first, second])
    assert len(whole.examples) == len(texts)
    last = [whole.stems[number - 1] for number in whole.examples[-1].stems[:, 0] if number]
    assert last in words


def test_the_tool_that_is_meant_is_told_from_others_and_served_as_it_was_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranker, "WARMUP", 10)
    requests = asked(320)
    other = compact({"name": "open_door", "description": "Open a door.", "parameters": TOOL["parameters"]}).encode()
    pairs = [(HEADING, OFFERED, True), (heading(other), parameters(other), False)]
    offered = offers(
        Offer(each.request, "tool", tool, own, is_meant) for each in requests for tool, own, is_meant in pairs
    )
    found = joined([examples(requests, lambda name: True), offered])
    model, words, shapes = model_of(found, monkeypatch)
    calls = [each for each in found.examples if len(each.labels)]
    both = [each for each in found.examples if not len(each.labels)]
    learn(model, calls, both[20:], 2, tmp_path / "checkpoint.pt")
    model.eval()
    with torch.no_grad():
        scores = model.tool_scores(batch_of(both[:20])).tolist()
    assert [score > 0 for score in scores] == [each.is_meant for each in both[:20]]
    served = Served(stage.written(model, words, shapes, [0.0, 1.0, 0.0]))
    told = [served.read(requests[0].request, tool, own) for tool, own, _ in pairs]
    assert [each.tool_score for each in told if each] == pytest.approx(scores[:2], abs=0.3)
