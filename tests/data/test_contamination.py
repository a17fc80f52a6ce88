"""Evaluation data is recognised in a stream, dropped, and refused when a source is full of it."""

import json
import random
from pathlib import Path

import pytest

from evals.own_sets import own_cases
from training.data.contamination import Contaminated, Guard, Index, load, overlap, shared_names
from training.data.sample import Sample, Schema, assistant, user

LONG = "please find me a quiet hotel near the old harbour of Bergen for three nights in late September"
SHORT = "what is the tide in Cork today"


def sample(text: str, *tools: Schema, source: str = "made") -> Sample:
    return Sample((user(text), assistant("ok")), tuple(tools), source=source)


def described(name: str, description: str) -> Schema:
    return {"name": name, "description": description, "parameters": {"type": "object"}}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    folder = tmp_path / "dev" / "some_set"
    folder.mkdir(parents=True)
    row = {
        "question": [[{"role": "user", "content": LONG}]],
        "function": [described("hotel.find", "Find a hotel in a city")],
    }
    (folder / "simple.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({"query": SHORT}) + "\n", encoding="utf-8")
    return load(tmp_path)


def test_no_evaluation_data_is_no_hindrance(tmp_path: Path) -> None:
    assert overlap(sample(LONG), load(tmp_path)) is None


def test_our_own_cases_are_evaluation_data(tmp_path: Path) -> None:
    case = next(case for case in own_cases() if len(str(case.messages[-1]["content"]).split()) > 20)
    assert overlap(sample(str(case.messages[-1]["content"])), load(tmp_path)) is not None


def test_thirteen_words_in_a_row_are_overlap(index: Index) -> None:
    assert overlap(sample(f"Hello! {LONG.upper()}, thanks"), index) == "some_set"


def test_twelve_words_in_a_row_are_not(index: Index) -> None:
    assert overlap(sample(" ".join(LONG.split()[:12])), index) is None


def test_a_short_request_counts_as_a_whole(index: Index) -> None:
    assert overlap(sample("What is the tide in Cork today?"), index) == "some_set"
    assert overlap(sample("What is the tide in Cork tomorrow?"), index) is None


def test_a_tool_counts_by_name_and_description(index: Index) -> None:
    assert overlap(sample("hi", described("hotel.find", "Find a hotel in a city.")), index) == "some_set"
    assert overlap(sample("hi", described("hotel.find", "Something else")), index) is None
    assert shared_names([sample("hi", described("hotel_find", "Something else"))], index) == {"hotel find": 1}


def test_the_guard_drops_what_overlaps(index: Index) -> None:
    guard = Guard(index)
    kept = list(guard([sample("all clear"), sample(LONG)]))
    assert [one.messages[0]["content"] for one in kept] == ["all clear"]
    assert guard.dropped["made", "some_set"] == 1


def test_the_guard_refuses_a_contaminated_source(index: Index) -> None:
    rng = random.Random(0)
    stream = [sample(LONG if rng.random() < 0.2 else "all clear") for _ in range(200)]
    with pytest.raises(Contaminated, match=r"'made' repeats some_set"):
        list(Guard(index, patience=100)(stream))
