"""Which tools a sample's requests mean, for learning how well a request fits a tool."""

from __future__ import annotations

import random

import pytest

from training.data.sample import Call, Sample, Schema, assistant, calls, user
from training.stages import drafts, fit, relevance

CALLED = calls(Call("find_bus", {"city": "Oslo"}))


@pytest.mark.parametrize(
    ("behind", "meant"),
    [
        ((CALLED,), {"find_bus"}),
        ((assistant("Which city?"), user("Oslo"), CALLED), {"find_bus"}),
        ((assistant("I can't do that."), user("Then the bus in Oslo"), CALLED), set()),
        ((assistant("Which city?"), user("Never mind")), None),
        ((), None),
    ],
)
def test_a_tool_is_meant_that_is_called_at_once_or_after_a_question(behind: tuple, meant: set[str] | None) -> None:  # type: ignore[type-arg]
    assert fit.meant_by(behind) == (None if meant is None else frozenset(meant))


def test_only_tools_that_no_table_has_seen_are_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    names = ("find_bus", "seen")
    shown: list[Schema] = [{"name": name, "description": "Buses of a city", "parameters": schema} for name in names]
    sample = Sample((user("Find a bus in Oslo"), CALLED), tuple(shown), None, "test")
    monkeypatch.setattr(drafts, "is_held_out", lambda name: name == "find_bus")
    monkeypatch.setattr(relevance, "is_learnt_from", lambda name: name != "find_bus")
    (row,) = fit.of_sample(sample, random.Random(0))
    assert row.is_meant
    assert row.features[3] > 0, "the city is said"
