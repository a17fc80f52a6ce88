"""Requests and the description of the tool or intent that they mean, from every source that has such pairs."""

from __future__ import annotations

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training.data import shelf
from training.data.sources.common import clip, read_jsonl, spaced
from training.data.sources.gorilla import catalog as zoo
from training.embed.pair import Pair

_SLOT = re.compile(r"\{[^{}]*\}")


def metatool(root: Path) -> Iterator[Pair]:
    """Queries and the description of the tool that they were written for."""
    folder = root / "train" / "metatool"
    told: dict[str, str] = json.loads((folder / "plugin_des.json").read_text())
    told |= json.loads((folder / "big_tool_des.json").read_text())
    with (folder / "all_clean_data.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if description := told.get(row["Tool"]):
                yield Pair(clip(row["Query"], 200), f"{spaced(row['Tool'])}: {description}", "metatool", row["Tool"])


def clinc(root: Path, rng: random.Random) -> Iterator[Pair]:
    """Two utterances of one intent; and an utterance with the intent's name."""
    rows: list[tuple[str, str]] = json.loads((root / "train" / "clinc" / "data_full.json").read_text())["train"]
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in rows:
        by_intent[intent].append(text)
    for text, intent in rows:
        other = rng.choice(by_intent[intent])
        yield Pair(text, other if rng.random() < 0.8 else intent.replace("_", " "), "clinc", intent)


def seal_tools(root: Path) -> Iterator[Pair]:
    """A tool's description, and its name with its field and parameters."""
    for row in read_jsonl(root / "train" / "seal_tools" / "tool.jsonl"):
        told = "; ".join(str(one.get("description", "")) for one in row["parameters"].values())
        yield Pair(row["api_description"], clip(f"{spaced(row['api_name'])} ({row['field']}). {told}", 600), "seal")


def gorilla(root: Path) -> Iterator[Pair]:
    """What an API is said to do, and its name and call."""
    for entry in zoo(root).entries:
        params = ", ".join(spaced(name) for name in entry.params)
        if len(entry.description) > 15:
            yield Pair(clip(entry.description, 250), clip(f"{spaced(entry.name)}. {params}", 400), "gorilla")


def sgd(root: Path, rng: random.Random) -> Iterator[Pair]:
    """What opens an intent in a dialogue, and the descriptions of its service and of the intent."""
    folder = root / "train" / "sgd"
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    plain = json.loads((folder / "train_schema.json").read_text())
    for path in (folder / "train_schema.json", *sorted((folder / "sgd_x").glob("*.json"))):
        for known, service in zip(plain, json.loads(path.read_text()), strict=True):
            for name, intent in zip(known["intents"], service["intents"], strict=True):
                words = f"{service['description']}. {intent['description']}"
                told[known["service_name"], name["name"]].append(words)
    for row in read_jsonl(folder / "train.jsonl.gz"):
        yield from _openings(row, told, rng)


def _openings(row: Mapping[str, Any], told: Mapping[tuple[str, str], list[str]], rng: random.Random) -> Iterator[Pair]:
    last = ""
    for turn in row["turns"]:
        for frame in turn["frames"]:
            intent = str(frame.get("state", {}).get("active_intent", ""))
            service = str(frame["service"])
            if intent not in ("", "NONE", last) and (service, intent) in told:
                last = intent
                yield Pair(str(turn["utterance"]), rng.choice(told[service, intent]), "sgd", intent)


def catalog(rng: random.Random, per_template: int = 2) -> Iterator[Pair]:
    """Requests of this repository's catalog and the tools that they are for; and two wordings of one request."""
    for entry in shelf.read().entries:
        tool = entry.tool
        told = f"{spaced(tool.name)}: {tool.description}"
        wordings = [_SLOT.sub("", says) for says in tool.says]
        for says in wordings:
            for _ in range(per_template):
                passage = told if rng.random() < 0.6 else rng.choice(wordings)
                yield Pair(" ".join(says.split()), passage, "catalog", f"catalog {tool.name}")


def gsm8k(root: Path) -> Iterator[Pair]:
    """Word problems and their worked solutions."""
    for row in read_jsonl(root / "train" / "gsm8k" / "train.jsonl"):
        answer = re.sub(r"<<[^>]*>>", "", row["answer"]).split("####")[0]
        yield Pair(clip(row["question"], 500), clip(answer, 500), "gsm8k")
