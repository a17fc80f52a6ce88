"""Learning the table of drafts: labels, and that a short run finds what stands where."""

from __future__ import annotations

import random

import torch

from tercet.backends.embedded.drafts.candidates import read
from tercet.backends.embedded.drafts.parameters import parameters
from training.data.sample import compact
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


def turn(origin: str, target: str, weight: int) -> drafts.Turn:
    text = f"Send a parcel from {origin} to {target}, it weighs {weight} kg"
    arguments = {"origin": origin, "target": target.lower(), "weight": weight}
    return drafts.turn(read(text), parameters(compact(TOOL).encode()), [arguments], "send_parcel")


def turns(count: int) -> list[drafts.Turn]:
    rng = random.Random(0)
    ways = [rng.sample(PLACES, 2) for _ in range(count)]
    return [turn(origin, target, rng.randint(1, 90)) for origin, target in ways]


def test_a_value_is_found_where_the_request_says_it_and_nowhere_else() -> None:
    made = turn("Lund", "Kyoto", 7)
    of_parameter = [made.labels[made.pairs[:, 0] == place] for place in range(3)]
    assert [int(labels.sum()) for labels in of_parameter] == [1, 1, 1]


def test_the_scorer_learns_which_cue_means_which_parameter() -> None:
    model = drafts.learn(turns(640))
    right = 0
    with torch.no_grad():
        for made in turns(40):
            scores, labels = model([made], 0.0)
            for place in range(3):
                of = torch.from_numpy(made.pairs[:, 0] == place)
                right += int(labels[of][scores[of].argmax()])
    assert right > 100
    table = drafts.written(model, drafts.learn_quotable(turns(600)))
    assert set(table) == {"parameters", "candidates", "steps", "overlaps", "bias", "quotable"}
