"""Every source yields valid samples whose arguments can be traced to the request, from small files of its format."""

import gzip
import importlib
import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from training import hints
from training.data.sample import Sample
from training.data.sources import guess
from training.data.sources.common import restyle
from training.data.sources.gsm8k import value_of
from training.data.sources.metatool import clean, core
from training.data.validate import problem
from training.data.values.kinds import Value
from training.data.verbalize import request

SERVICE = {
    "service_name": "Restaurants_1",
    "description": "Find restaurants",
    "slots": [
        {"name": "city", "description": "City of the restaurant", "is_categorical": False, "possible_values": []},
        {"name": "time", "description": "Time of the booking", "is_categorical": False, "possible_values": []},
        {"name": "party_size", "description": "Guests", "is_categorical": True, "possible_values": ["1", "2"]},
    ],
    "intents": [
        {
            "name": "ReserveRestaurant",
            "description": "Book a table",
            "is_transactional": True,
            "required_slots": ["city", "time"],
            "optional_slots": {"party_size": "2"},
        }
    ],
}
WEATHER = {
    "service_name": "Weather_1",
    "description": "Weather",
    "slots": [{"name": "town", "description": "Place", "is_categorical": False, "possible_values": []}],
    "intents": [
        {
            "name": "GetWeather",
            "description": "Tell the weather",
            "is_transactional": False,
            "required_slots": ["town"],
            "optional_slots": {},
        }
    ],
}


def act(name: str, slot: str = "", value: str = "", canonical: str = "") -> dict[str, Any]:
    values = [value] if value else []
    return {"act": name, "slot": slot, "values": values, "canonical_values": [canonical or value] if value else []}


def turn(speaker: str, utterance: str, *actions: dict[str, Any], **frame: Any) -> dict[str, Any]:
    return {
        "speaker": speaker,
        "utterance": utterance,
        "frames": [{"service": "Restaurants_1", "actions": list(actions), "slots": [], **frame}],
    }


DIALOGUE = {
    "dialogue_id": "1",
    "services": ["Restaurants_1"],
    "turns": [
        turn(
            "USER",
            "Book a table in SF please",
            act("INFORM_INTENT", "intent", "ReserveRestaurant"),
            act("INFORM", "city", "SF", "San Francisco"),
        ),
        turn("SYSTEM", "At what time?", act("REQUEST", "time")),
        turn("USER", "Half past six, 6:30 pm", act("INFORM", "time", "6:30 pm", "18:30")),
        turn("SYSTEM", "Please confirm: 2 people in SF at 6:30 pm?", act("CONFIRM", "party_size", "2")),
        turn("USER", "Yes", act("AFFIRM")),
        turn(
            "SYSTEM",
            "Your table is booked.",
            act("NOTIFY_SUCCESS"),
            service_call={
                "method": "ReserveRestaurant",
                "parameters": {"city": "San Francisco", "time": "18:30", "party_size": "2"},
            },
            service_results=[{"city": "San Francisco", "time": "18:30", "party_size": "2"}],
        ),
    ],
}


def write_lines(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def write_sgd(train: Path) -> None:
    write_json(train / "sgd/train_schema.json", [SERVICE, WEATHER])
    for number in range(1, 6):
        write_json(train / f"sgd/sgd_x/v{number}_train_schema.json", [SERVICE, WEATHER])
    write_lines(train / "sgd/train.jsonl.gz", [DIALOGUE])


def seal_row(name: str, description: str, **params: tuple[str, str]) -> dict[str, Any]:
    return {
        "api_name": name,
        "api_description": description,
        "field": "Things/Stuff",
        "parameters": {key: {"type": kind, "description": text} for key, (kind, text) in params.items()},
        "required": list(params)[:1],
        "responses": {"level": {"type": "int", "description": "The level"}},
    }


SEAL = [
    seal_row(
        "getTide", "Retrieve the tide of a specific location", location=("str", "The location (e.g., Oslo, Cork)")
    ),
    seal_row("sendLetter", "Send a letter", recipient=("str", "Who gets it"), text=("str", "What to say")),
    seal_row("sumNumbers", "Calculate the sum of numbers", first=("int", "One"), second=("float", "Two")),
    seal_row("openGate", "Open a gate", gate_id=("str", "ID of the gate"), loud=("bool", "Whether to ring")),
]


def write_plugins(train: Path) -> None:
    plugins = {
        "TideTool": "Tides of every coast.",
        "bakery": "Bread recipes for home bakers.",
        "MapMaker": "Draws maps.",
    }
    write_json(train / "metatool/plugin_des.json", plugins)
    write_json(train / "metatool/big_tool_des.json", {})
    write_json(train / "metatool/plugin_info.json", [])
    write_json(
        train / "metatool/multi_tool_query_golden.json",
        [{"query": "Show the tides of Cork and draw a map of it", "tool": ["TideTool", "MapMaker"]}],
    )
    queries = "Query,Tool\nCan you find me a recipe for rye bread?,bakery\nWhen is high water in Cork today?,TideTool\n"
    (train / "metatool/all_clean_data.csv").write_text(queries, encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("data")
    train = found / "train"
    write_sgd(train)
    write_lines(train / "seal_tools/tool.jsonl", SEAL)
    write_plugins(train)
    write_json(
        train / "clinc/data_full.json",
        {
            "train": [["is it going to rain", "weather"], ["thanks a lot", "thank_you"]],
            "oos_train": [["who painted this", "oos"]],
        },
    )
    write_json(
        train / "gorilla_apis/apizoo/Some_API.json",
        [
            {
                "user_name": "x",
                "api_name": "Some API - rooms.get",
                "api_call": "GET /rooms/{roomId}",
                "api_arguments": {"roomId": "[REQUIRED] string: The ID of the room.", "page": "integer: Which page"},
                "functionality": "<p>Get the plan of a room</p>",
            }
        ],
    )
    blurbs = (("Cat Facts", "Daily cat facts", "Animals"), ("Tide Board", "Water levels of harbours", "Weather"))
    apis = [{"API": name, "Description": text, "Category": kind} for name, text, kind in blurbs]
    write_json(train / "toolalpaca/public_apis.json", {"entries": apis})
    write_lines(
        train / "self_instruct_t0/t0_train.jsonl.gz",
        [{"template": "reading", "prompt": "Ann lives in Oslo. Where does Ann live?", "completion": "Oslo"}],
    )
    write_lines(
        train / "gsm8k/train.jsonl",
        [{"question": "Two bags of 3 plums. How many?", "answer": "2*3 = <<2*3=6>>6\n#### 6"}],
    )
    return found


NAMES = ("sgd", "seal_tools", "gorilla", "toolalpaca", "metatool", "clinc", "self_instruct", "gsm8k", "crossed")


def drawn(name: str, root: Path, seed: int, count: int) -> list[Sample]:
    module = importlib.import_module(f"training.data.sources.{name}")
    return list(islice(module.generate(root, random.Random(seed)), count))


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_valid_and_endless(name: str, root: Path) -> None:
    samples = drawn(name, root, 1, 80)
    assert len(samples) == 80
    assert [wrong for sample in samples if (wrong := problem(sample))] == []
    assert {sample.source.partition("/")[0] for sample in samples} == {name}


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name: str, root: Path) -> None:
    assert drawn(name, root, 5, 12) == drawn(name, root, 5, 12)


def arguments(sample: Sample) -> list[Any]:
    messages: list[dict[str, Any]] = list(sample.messages)
    made = [call for message in messages for call in message.get("tool_calls") or ()]
    return [value for call in made for value in call["arguments"].values()]


@pytest.mark.parametrize("name", ["metatool", "clinc", "toolalpaca", "gorilla"])
def test_text_arguments_are_copied_from_the_user(name: str, root: Path) -> None:
    for sample in drawn(name, root, 2, 60):
        said = " ".join(str(m["content"]) for m in sample.messages if m["role"] == "user")
        assert all(value in said for value in arguments(sample) if isinstance(value, str))


def test_crossed_requests_are_declined_beside_tools_that_are_unlikely(root: Path) -> None:
    for sample in drawn("crossed", root, 3, 40):
        assert not sample.messages[-1].get("tool_calls")
        assert max(hints.levels(str(sample.messages[0]["content"]), sample.tools)) <= 2


def test_sgd_calls_use_the_words_that_were_said(root: Path) -> None:
    values = {value for sample in drawn("sgd", root, 3, 60) for value in arguments(sample) if isinstance(value, str)}
    assert "SF" in values
    assert "San Francisco" not in values
    assert values <= {"SF", "6:30 pm", "18:30"}


def test_sgd_confirms_only_when_told_to(root: Path) -> None:
    for sample in drawn("sgd", root, 4, 60):
        confirms = any("Please confirm" in str(m.get("content")) for m in sample.messages if m["role"] == "assistant")
        assert not confirms or sample.messages[0]["role"] == "system"


@pytest.mark.parametrize("seed", range(20))
def test_a_request_says_every_value(seed: int) -> None:
    tool = {
        "name": "bookTable",
        "description": "Book a table at a restaurant",
        "parameters": {"type": "object", "properties": {n: {"type": "string"} for n in ("restaurant", "date", "note")}},
    }
    values = {
        "restaurant": Value("Luigi's", "Luigi's"),
        "date": Value("2026-05-03", "May 3"),
        "note": Value("Window", "Window"),
    }
    text = request(tool, values, random.Random(seed))
    assert all(value.text in text for value in values.values())


def test_examples_are_read_from_descriptions() -> None:
    assert guess.examples_in("The pace (e.g., slow, brisk or fast)") == ("slow", "brisk", "fast")
    assert guess.examples_in("The pace") == ()
    assert guess.without_examples("The pace (e.g., slow, fast)") == "The pace"


def test_dates_follow_the_format_that_the_description_shows() -> None:
    value = guess.value(
        "date", {"type": "string", "description": "Day (YYYY-MM-DD)"}, random.Random(1), guess.Pools(), ()
    )
    assert len(str(value.value).split("-")) == 3


def test_names_are_restyled() -> None:
    assert restyle("getHTTPStatus", "snake") == "get_http_status"
    assert restyle("find_a_bus", "camel") == "findABus"
    assert restyle("find_bus", "pascal") == "FindBus"


def test_queries_are_cleaned_and_cored() -> None:
    assert clean("Sure! Here is the answer to it.") == ""
    assert clean("Find papers about [topic] please") == ""
    assert core("Can you find me a recipe for rye bread?") == "recipe for rye bread"


def test_only_arithmetic_is_evaluated() -> None:
    assert value_of("(2+3)*4") == 20
    assert value_of("1/0") is None
    assert value_of("__import__('os')") is None
