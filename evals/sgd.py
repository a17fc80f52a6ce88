"""Cases cut from the Schema-Guided Dialogue development set: when to call, when to ask, what to tell of a result.

The tools are the intents of the dialogue's service. Values are accepted as the dialogue spells them or in the canonical
form.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.cases import Case, asking_case, calls_case, telling_case

MAX_TURNS = 8

Turn = dict[str, Any]
Schema = dict[str, dict[str, Any]]


def cases(root: Path, num_cases: int) -> Iterator[Case]:
    """At most `num_cases` of each kind, from as many dialogues."""
    services = _services(root / "dev/sgd/dev_schema.json")
    taken = {"sgd_call": 0, "sgd_ask": 0, "sgd_tell": 0}
    for dialogue in _dialogues(root):
        for case in _cases(dialogue, services):
            if taken[case.set_name] < num_cases:
                taken[case.set_name] += 1
                yield case
                break


def _dialogues(root: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(root / "dev/sgd/dev.jsonl.gz", "rt") as lines:
        for line in lines:
            dialogue = json.loads(line)
            if len(dialogue["services"]) == 1:
                yield dialogue


def _services(path: Path) -> Schema:
    return {service["service_name"]: service for service in json.loads(path.read_text())}


def _cases(dialogue: dict[str, Any], services: Schema) -> list[Case]:
    """Every case that the first turns of a dialogue hold, the kind that fewer dialogues offer first."""
    service = services[dialogue["services"][0]]
    tools = [_tool(intent, service) for intent in service["intents"]]
    turns: list[Turn] = dialogue["turns"]
    found: list[Case] = []
    for place, turn in enumerate(turns[:MAX_TURNS]):
        if turn["speaker"] != "SYSTEM":
            continue
        (frame, *_) = turn["frames"]
        messages = [_said(earlier) for earlier in turns[:place]]
        identity = f"{dialogue['dialogue_id']}:{place}"
        if call := frame.get("service_call"):
            expected = [{call["method"]: _accepted(call, turns[place - 1], service)}]
            found.append(calls_case("sgd_call", identity, messages, tools, expected))
            if facts := _facts(frame):
                shown = [*messages, *_called(call, frame["service_results"])]
                found.insert(0, telling_case("sgd_tell", identity, shown, tools, facts))
            break
        if place == 1 and {action["act"] for action in frame["actions"]} == {"REQUEST"}:
            found.insert(0, asking_case("sgd_ask", identity, messages, tools))
    turn_of = int(dialogue["dialogue_id"].split("_")[1]) % 3
    return found[turn_of:] + found[:turn_of]


def _tool(intent: dict[str, Any], service: dict[str, Any]) -> dict[str, Any]:
    slots = {slot["name"]: slot for slot in service["slots"]}
    names = [*intent["required_slots"], *intent["optional_slots"]]
    properties = {name: _property(slots[name]) for name in names if name in slots}
    return {
        "name": intent["name"],
        "description": intent["description"],
        "parameters": {"type": "object", "properties": properties, "required": intent["required_slots"]},
    }


def _property(slot: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "string", "description": slot["description"]}
    if slot["is_categorical"] and slot["possible_values"]:
        made["enum"] = slot["possible_values"]
    return made


def _said(turn: Turn) -> dict[str, Any]:
    return {"role": "user" if turn["speaker"] == "USER" else "assistant", "content": turn["utterance"]}


def _accepted(call: dict[str, Any], before: Turn, service: dict[str, Any]) -> dict[str, list[Any]]:
    """Per parameter: the canonical value and the spellings of the dialogue; optional ones may be left out."""
    intent = next(intent for intent in service["intents"] if intent["name"] == call["method"])
    spelt: dict[str, list[str]] = {}
    for frame in before["frames"]:
        spelt |= frame.get("state", {}).get("slot_values", {})
    accepted = {name: [value, *spelt.get(name, [])] for name, value in call["parameters"].items()}
    for name in accepted:
        if name in intent["optional_slots"] and name not in spelt:
            accepted[name].append("")
    return accepted


def _called(call: dict[str, Any], results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    function = {"name": call["method"], "arguments": json.dumps(call["parameters"])}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": json.dumps(results[:1])},
    ]


def _facts(frame: dict[str, Any]) -> list[str]:
    """What the dialogue's answer tells of the first result; nothing when it tells of none or of several."""
    results = frame.get("service_results") or []
    told = [value for action in frame["actions"] if action["act"] in ("INFORM", "OFFER") for value in action["values"]]
    if not results or not told:
        return []
    first = {str(value) for value in results[0].values()}
    return told[:2] if all(value in first for value in told[:2]) else []
