"""Requests of one source beside tools of another that look a little like it: what nothing offered can serve.

The relevance scorer chooses tools that share words with the request yet are unlikely to serve it, so that declining is
learnt where it is hard. Requests come from the other sources, tools from the catalog.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from pathlib import Path

from training import hints
from training.data import shelf
from training.data.bench import Bench
from training.data.language import phrases
from training.data.sample import Sample, Schema, assistant, user

SOURCES = {"metatool": 30, "seal_tools": 25, "gorilla": 20, "clinc": 12, "toolalpaca": 8, "gsm8k": 5}
NUM_CANDIDATES = 10


def endless(name: str, root: Path, rng: random.Random) -> Iterator[Sample]:
    module = importlib.import_module(f"training.data.sources.{name}")
    while True:
        yield from module.samples(root, rng) if hasattr(module, "samples") else module.generate(root, rng)


def first_request(sample: Sample) -> str:
    """What the user asks first, where a call answers it; else nothing."""
    said = [message for message in sample.messages if message["role"] != "system"]
    is_call = len(said) > 1 and bool(said[1].get("tool_calls"))
    return str(said[0]["content"]) if is_call and said[0]["role"] == "user" else ""


def near_misses(text: str, bench: Bench, rng: random.Random) -> list[Schema]:
    """One to four tools, the nearest to the request among some that probably do not serve it."""
    style = bench.dialect(rng)
    shown = [bench.ask(bench.entry(rng), style, rng).shown.schema for _ in range(NUM_CANDIDATES)]
    highest = rng.choice((1, 1, 1, 2, 2))
    scored = [(level, tool) for level, tool in zip(hints.levels(text, shown), shown, strict=True) if level <= highest]
    scored.sort(key=lambda pair: -pair[0])
    chosen = [tool for _, tool in scored[: rng.choices((1, 2, 3, 4), (60, 20, 12, 8))[0]]]
    return list({str(tool["name"]): tool for tool in chosen}.values())


def generate(root: Path, rng: random.Random) -> Iterator[Sample]:
    """Endless requests that are declined."""
    bench = Bench(shelf.read())
    streams = {name: endless(name, root, rng) for name in SOURCES}
    while True:
        name = rng.choices(list(SOURCES), list(SOURCES.values()))[0]
        text = first_request(next(streams[name]))
        tools = near_misses(text, bench, rng) if text else []
        if tools:
            rng.shuffle(tools)
            messages = (user(text), assistant(rng.choice(phrases.REFUSALS)))
            yield Sample(messages, tuple(tools), None, "crossed")
