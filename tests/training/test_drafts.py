"""Learning the table of drafts: labels, and that a short run finds what stands where."""

from __future__ import annotations

import base64
import json
import random

import pytest
import torch
from torch import Tensor

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.overlaps import overlaps
from tercet.backends.embedded.drafts.parameters import heading, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.table import Table, logistic, of_features, read_table, score_of
from tercet.backends.embedded.spoken import Spoken
from training.data.sample import Call, Sample, assistant, calls, compact, result, user
from training.drafts.model import MEMBERS, Scorer, learn, learn_quotable, together
from training.drafts.rivalry import QUESTIONS, rivals
from training.drafts.turns import Asked, Features, Made, Turn, asked_of, counted, turn_of, wanted_values
from training.stages import drafts

TOOL = {
    "name": "send_parcel",
    "description": "Send a parcel.",
    "parameters": {
        "type": "object",
        "properties": {"origin": {"type": "string"}, "target": {"type": "string"}, "weight": {"type": "number"}},
    },
}
PLACES = ("Lund", "Kyoto", "Quito", "Accra", "Porto", "Split", "Cusco", "Turku")


def parcel(rng: random.Random) -> tuple[str, dict[str, str | int]]:
    origin, target = rng.sample(PLACES, 2)
    weight = rng.randint(1, 90)
    text = f"Send a parcel from {origin} to {target}, it weighs {weight} kg"
    return text, {"origin": origin, "target": target.lower(), "weight": weight}


def turns(count: int) -> tuple[list[Turn], list[str], list[str]]:
    rng = random.Random(0)
    of_parameters, of_candidates = Features(), Features()
    made = []
    for _ in range(count):
        text, arguments = parcel(rng)
        tool, described = heading(compact(TOOL).encode()), parameters(compact(TOOL).encode())
        asked = Asked(read(Spoken(text)), "send_parcel", described, wanted_values([arguments]), False, tool)
        made.append(turn_of(asked, of_parameters, of_candidates))
    return counted([Made(made, list(of_parameters.numbers), list(of_candidates.numbers))])


def test_a_value_is_found_where_the_request_says_it_and_nowhere_else() -> None:
    ((made,), _, _) = turns(1)
    of_parameter = [made.labels[made.pairs[:, 0] == place] for place in range(3)]
    assert [int(labels.sum()) for labels in of_parameter] == [1, 1, 1]


def test_features_that_are_seldom_seen_count_for_nothing() -> None:
    ((made, *_), of_parameters, of_candidates) = turns(640)
    assert "n:origin" in of_parameters
    assert "p:from" in of_candidates
    assert not any(feature.startswith("i:") and feature[2:].isdigit() for feature in of_candidates)
    assert made.of_candidates.rows.max() < len(of_candidates)
    assert made.of_candidates.sizes.sum() == len(made.of_candidates.rows)


def test_the_scorer_learns_which_cue_means_which_parameter() -> None:
    made, of_parameters, of_candidates = turns(640)
    model = learn(list(made), of_parameters, of_candidates)
    right = 0
    with torch.no_grad():
        for one in made[:40]:
            scores, labels = model([one], 0.0, 0.0, 0.0)
            for place in range(3):
                of = torch.from_numpy(one.pairs[:, 0] == place)
                right += int(labels[of][scores[of].argmax()])
    assert right > 100
    quotable = learn_quotable(made, len(of_parameters))
    table = read_table(json.loads(json.dumps(drafts.written(model, quotable, of_parameters, of_candidates))))
    with torch.no_grad():
        for bag in (model.of_parameters, model.of_candidates):
            bag.weight.copy_(as_written(bag.weight))
        scores, _ = model([made[0]], 0.0, 0.0, 0.0)
    assert served_chances(table) == pytest.approx(torch.sigmoid(scores).tolist(), abs=2e-3)


def as_written(weight: Tensor) -> Tensor:
    """Weights as the table keeps them, in signed bytes."""
    rows, step = drafts.packed(weight)
    return step * torch.frombuffer(bytearray(base64.b64decode(rows)), dtype=torch.int8).view_as(weight)


def served_chances(table: Table) -> list[float]:
    """The chances that the service computes of the pairs of the first request, with this table."""
    request = read(Spoken(parcel(random.Random(0))[0]))
    found = []
    for parameter in parameters(compact(TOOL).encode()):
        one = of_features(table.parameters, parameter.features)
        for candidate in scorer.fitting(request, parameter):
            other = of_features(table.candidates, candidate.features)
            found.append(logistic(score_of(table, one, other, overlaps(candidate, parameter))))
    return found


def test_members_together_score_as_their_mean() -> None:
    made, of_parameters, of_candidates = turns(64)
    members = [Scorer(of_parameters, of_candidates) for _ in range(MEMBERS)]
    with torch.no_grad():
        alone = torch.stack([member(made, 0.0, 0.0, 0.0)[0] for member in members])
        as_one, _ = together(members)(made, 0.0, 0.0, 0.0)
    assert as_one.tolist() == pytest.approx(alone.mean(0).tolist(), abs=1e-4)


def test_a_request_that_is_asked_back_about_is_incomplete_and_lacks_what_is_said_later() -> None:
    schema = {"type": "object", "properties": {"origin": {"type": "string"}, "target": {"type": "string"}}}
    call = Call("send_parcel", {"origin": "Lund", "target": "Kyoto"})
    sample = Sample(
        (user("Send a parcel from Lund"), assistant("Where to?"), user("To Kyoto"), calls(call), result("sent")),
        ({"name": "send_parcel", "description": "Send a parcel.", "parameters": schema},),
    )
    assert [asked.is_incomplete for asked in asked_of(sample)] == [False]
    early, late = asked_of(sample, with_questions=True)
    assert (early.is_incomplete, late.is_incomplete) == (True, False)
    assert early.wanted == late.wanted == {"origin": ["lund"], "target": ["kyoto"]}
    assert "Kyoto" not in [text.value for text in early.request.texts]
    assert rivals(iter([sample]), lambda name: name == "send_parcel").labels.sum() == QUESTIONS + 2
