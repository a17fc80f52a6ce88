"""Messages for several calls as people word them, with slots, and the tools that they ask for: `texts/several/*.txt`.

A block is separated by empty lines from others. It has one tool or more, each told as in `requests`, and messages, a
line each. A slot says which calls take its value: `{city}` is of all calls of the first tool, `{2.city}` of its second,
`{13.city}` of its first and third; `{b.city}` and `{b2.city}` are of the second tool; `{a.city=b.place}` is one value
that calls of two tools take. Behind the parameter `!value!words` may stand, as in `requests`. A message calls a tool as
often as its slots say, once where they name no call.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from training.data import requests
from training.data.forms import blocks
from training.data.requests import Asked, shown
from training.data.sample import Call, Sample, calls, user
from training.data.template import SLOT
from training.data.values import kinds

FOLDER = Path(__file__).parent / "texts/several"
ALONE = 0.5
"""How often no other tool is offered."""
DRAWS = 40
"""Times that values are drawn until no two calls are the same."""
_OF = re.compile(r"(?:([a-e])?(\d+)?\.)?(\w+)")


@dataclass(frozen=True)
class Block:
    """Tools, and messages for several calls of them."""

    tools: tuple[Asked, ...]
    texts: tuple[str, ...]


class Target(NamedTuple):
    """A parameter that takes a slot's value: of which tool, by its place, and of which of its calls, all if none."""

    tool: int
    numbers: tuple[int, ...]
    parameter: str


class Slot(NamedTuple):
    """What takes a value, and the value and words that stand for it if those are told."""

    targets: tuple[Target, ...]
    told: tuple[str, ...]


@cache
def messages() -> tuple[Block, ...]:
    """All blocks."""
    return tuple(block_of(lines) for file in blocks(FOLDER) for lines in file)


def block_of(lines: Sequence[str]) -> Block:
    """The block that its lines tell."""
    starts = [place for place, line in enumerate(lines) if line.startswith("= ")]
    ends = [*starts[1:], len(lines)]
    tools = [requests.tool_of(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
    return Block(tuple(tools), tools[-1].texts)


def slots_of(text: str) -> list[Slot]:
    """The slots of a message that are taken by calls."""
    return [slot_of(inside) for inside in SLOT.findall(text) if not inside.startswith("_:")]


def slot_of(inside: str) -> Slot:
    """What stands between the braces of a slot; raises ValueError for what is none."""
    name, *told = inside.split("!")
    return Slot(tuple(map(_target, name.split("="))), tuple(told))


def _target(told: str) -> Target:
    match = _OF.fullmatch(told)
    if match is None:
        raise ValueError(f"{told!r} is no parameter of a call")
    letter, numbers, parameter = match.groups()
    return Target("abcde".index(letter or "a"), tuple(map(int, numbers or "")), parameter)


def filled(block: Block, text: str, rng: random.Random) -> tuple[str, list[tuple[int, dict[str, object]]]]:
    """A message with values in its slots, and its calls: the place of a tool, and what it is given."""
    for _ in range(DRAWS):
        made, found = _drawn(block, text, rng)
        distinct = {(tool, repr(sorted(call.items()))) for tool, call in found}
        if len(distinct) == len(found):
            break
    return made, found


def _drawn(block: Block, text: str, rng: random.Random) -> tuple[str, list[tuple[int, dict[str, object]]]]:
    of_calls: dict[tuple[int, int], dict[str, object]] = {}
    slots = slots_of(text)
    for target in (target for slot in slots for target in slot.targets):
        for number in target.numbers or (1,):
            of_calls.setdefault((target.tool, number), {})
    words: dict[str, str] = {}
    for inside in dict.fromkeys(SLOT.findall(text)):
        if inside.startswith("_:"):
            words[inside] = kinds.draw(inside[2:], rng).text
            continue
        slot = slot_of(inside)
        kind = block.tools[slot.targets[0].tool].kinds[slot.targets[0].parameter]
        value, words[inside] = requests.value_and_words(slot.told, kind, rng)
        for target in slot.targets:
            for (tool, number), call in of_calls.items():
                if tool == target.tool and (not target.numbers or number in target.numbers):
                    call[target.parameter] = value
    order = sorted(of_calls, key=lambda each: each[1]) if len({tool for tool, _ in of_calls}) == 1 else list(of_calls)
    return SLOT.sub(lambda m: words[m[1]], text), [(call[0], of_calls[call]) for call in order]


def sample(block: Block, text: str, rng: random.Random, beside: Sequence[Asked] = ()) -> Sample:
    """A message and the calls that it asks for; `beside`: other tools that are offered."""
    offered = [shown(tool, rng) for tool in block.tools]
    said, found = filled(block, text, rng)
    made = [
        Call(
            str(offered[tool].schema["name"]),
            {offered[tool].called[name]: given[name] for name in block.tools[tool].kinds if name in given},
        )
        for tool, given in found
    ]
    tools = {str(each.schema["name"]): each.schema for each in (*offered, *(shown(tool, rng) for tool in beside))}
    schemas = list(tools.values())
    rng.shuffle(schemas)
    return Sample((user(said), calls(*made)), tuple(schemas), None, "together")


def single(rng: random.Random) -> Sample:
    """One message of all, with other tools beside those that it asks for."""
    block = rng.choice(messages())
    others = [other for other in rng.choice(messages()).tools if other.name not in {t.name for t in block.tools}]
    return sample(block, rng.choice(block.texts), rng, () if rng.random() < ALONE else others)
