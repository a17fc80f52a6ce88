"""Messages that ask for several things of different tools, joined from the single requests of other sources.

It does not know what those sources ask for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.data.language import joiners
from training.data.sample import Sample, Schema, user
from training.data.sources.crossed import endless

SOURCES = {"seal_tools": 40, "gorilla": 25, "toolalpaca": 10, "metatool": 15}
COUNTS, COUNT_WEIGHTS = (2, 3, 4, 5, 6), (40, 36, 15, 6, 3)
ORDERED = (
    ("First, ", "To begin with, ", "Firstly, ", "First of all, "),
    ("Then, ", "After that, ", "Next, ", "Second, ", "Additionally, ", "Also, ", "Afterwards, "),
    ("Finally, ", "Lastly, ", "At the end, ", "And finally, ", "Last of all, "),
)
OPENERS = (
    "I need help with a few things.", "Please help me with the following.", "A couple of tasks for you.",
    "I need your assistance.", "There are several things I need today.", "Could you help me?", "Some things to do:",
)  # fmt: skip
CLOSERS = ("Thank you.", "Thanks!", "That would be all.", "Please let me know the results.", "Thanks in advance.")


def single(sample: Sample) -> tuple[str, dict[str, Any]] | None:
    """The request and the call of a sample that is one request answered with one call; else nothing."""
    said = [message for message in sample.messages if message["role"] != "system"]
    if len(said) < 2 or said[0]["role"] != "user":
        return None
    made = said[1].get("tool_calls")
    text = str(said[0]["content"])
    is_short = len(text) < 260 and "\n" not in text
    return (text, made[0]) if isinstance(made, list) and len(made) == 1 and is_short else None


def ordered(texts: Sequence[str], rng: random.Random) -> str:
    """The requests as sentences, each behind a word for its place."""
    places = [0, *[1] * (len(texts) - 2), 2]
    begun = [rng.choice(ORDERED[place]) + text[0].lower() + text[1:] for place, text in zip(places, texts, strict=True)]
    return " ".join(text if text.endswith(("?", "!", ".")) else f"{text}." for text in begun)


def message(texts: Sequence[str], rng: random.Random) -> str:
    """One message that asks for all of them."""
    made = ordered(texts, rng) if rng.random() < 0.45 else joiners.join_requests(list(texts), rng)
    if rng.random() < 0.35:
        made = f"{rng.choice(OPENERS)} {made}"
    return f"{made} {rng.choice(CLOSERS)}" if rng.random() < 0.15 else made


def generate(root: Path, rng: random.Random) -> Iterator[Sample]:
    """Endless messages with two to six requests."""
    streams = {name: endless(name, root, rng) for name in SOURCES}
    while True:
        count = rng.choices(COUNTS, COUNT_WEIGHTS)[0]
        texts: list[str] = []
        answers: list[dict[str, Any]] = []
        tools: dict[str, Schema] = {}
        while len(texts) < count:
            sample = next(streams[rng.choices(list(SOURCES), list(SOURCES.values()))[0]])
            found = single(sample)
            if found is None:
                continue
            text, call = found
            called = [tool for tool in sample.tools if tool["name"] == call["name"]]
            if not called or call["name"] in tools:
                continue
            texts.append(text)
            answers.append(call)
            others = [tool for tool in sample.tools if rng.random() < 0.15]
            tools = {str(tool["name"]): tool for tool in (*called, *others)} | tools
        offered = list(tools.values())
        rng.shuffle(offered)
        yield Sample(
            (user(message(texts, rng)), {"role": "assistant", "tool_calls": answers}), tuple(offered), None, "joined"
        )
