"""Requests that state values: what is stated is what is called, and a tool needs nothing else."""

from __future__ import annotations

import random
from typing import Any

from training.data import statements
from training.data.validate import problem


def test_all_that_is_called_is_stated_and_valid() -> None:
    rng = random.Random(0)
    for _ in range(300):
        sample = statements.single(rng)
        made: Any = sample.messages[1]["tool_calls"]
        schema: Any = sample.tools[0]["parameters"]
        assert problem(sample) is None
        assert set(schema["required"]) == set(made[0]["arguments"])


def test_a_unit_stands_behind_the_value_or_in_the_name() -> None:
    field = statements.Field("volume_ml", "int:1-9", "")
    said = {statements._said(field, {"volume_ml": "8"}, random.Random(seed)) for seed in range(20)}
    assert said == {("volume", "8 ml"), ("volume ml", "8")}


def test_the_same_seed_states_the_same() -> None:
    assert statements.single(random.Random(7)) == statements.single(random.Random(7))
