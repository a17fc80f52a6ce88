"""Requests as people really word them, with slots, and the tools that they ask for: `texts/requests/*.txt`.

A block is separated by empty lines from others: `= tool | what it does`, then `: parameter/other_name = kind, optional?
= kind`, then `~ parameter | its description` a line each, then a request a line. Slots are `{parameter}`,
`{parameter!value!words that imply it}`, and `{_:kind}` for a word that is no argument. Tools that stand beside each
other in a file are related, so they are offered beside each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.data import dialect
from training.data.forms import blocks, fields_of, schema_of
from training.data.sample import Call, Sample, Schema, calls, user
from training.data.template import SLOT
from training.data.values import kinds

FOLDER = Path(__file__).parent / "texts/requests"
ALONE, NEAR = 0.25, 4
"""How often no other tool is offered; how far away in its file a related tool stands."""
RENAMED, DESCRIBED = 0.5, 0.85
"""Share of parameters that have one of their other names, and of tools whose parameters are described."""
DESCRIPTION = "~ "
"""What the line of a parameter's description begins with."""


@dataclass(frozen=True)
class Asked:
    """A tool: its parameters with their kinds and other names, which of them it needs, and requests for it."""

    name: str
    about: str
    kinds: Mapping[str, str]
    names: Mapping[str, Sequence[str]]
    required: frozenset[str]
    abouts: Mapping[str, str]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A tool as it is offered, and what its parameters are called there."""

    schema: Schema
    called: Mapping[str, str]


@cache
def asked_for() -> tuple[tuple[Asked, ...], ...]:
    """All tools, file by file."""
    return tuple(tuple(map(tool_of, file)) for file in blocks(FOLDER))


def tool_of(lines: Sequence[str]) -> Asked:
    """The tool that the lines of a block tell."""
    name, _, about = lines[0].removeprefix("= ").partition(" | ")
    fields = fields_of(lines[1])
    described = (line.removeprefix(DESCRIPTION).partition(" | ") for line in lines if line.startswith(DESCRIPTION))
    return Asked(
        name,
        about,
        {each.name: each.kind for each in fields},
        {each.name: each.names for each in fields},
        frozenset(each.name for each in fields if not each.is_optional),
        {called: what for called, _, what in described},
        tuple(line for line in lines[2:] if not line.startswith(DESCRIPTION)),
    )


def shown(tool: Asked, rng: random.Random) -> Shown:
    """The tool as some developer would offer it."""
    case = rng.choice(("asis", "asis", "asis", "camel", "snake"))
    called = {
        name: dialect.recase(rng.choice(others) if rng.random() < RENAMED else name, case)
        for name, others in tool.names.items()
    }
    if len(set(called.values())) < len(called):
        called = {name: name for name in tool.names}
    abouts = tool.abouts if rng.random() < DESCRIBED else {}
    properties = {
        called[name]: described(schema_of(kind, rng), abouts.get(name, "")) for name, kind in tool.kinds.items()
    }
    parameters = {
        "type": "object",
        "properties": properties,
        "required": [called[name] for name in tool.kinds if name in tool.required],
    }
    return Shown({"name": dialect.recase(tool.name, case), "description": tool.about, "parameters": parameters}, called)


def described(schema: Schema, about: str) -> Schema:
    """The schema of a parameter with its description, before what the schema tells itself."""
    told = " ".join(filter(None, (about, str(schema.get("description", "")))))
    return {**schema, "description": told} if told else schema


def single(rng: random.Random) -> Sample:
    """One request and the call that it asks for."""
    tools = rng.choice(asked_for())
    place = rng.randrange(len(tools))
    tool = tools[place]
    offered = shown(tool, rng)
    text, arguments = filled(tool, rng)
    schemas = beside(offered.schema, tools, place, rng)
    schemas.insert(rng.randrange(len(schemas) + 1), offered.schema)
    in_order = {offered.called[name]: arguments[name] for name in tool.kinds if name in arguments}
    return Sample((user(text), calls(Call(str(offered.schema["name"]), in_order))), tuple(schemas), None, "requests")


def filled(tool: Asked, rng: random.Random) -> tuple[str, dict[str, object]]:
    """A request with values in its slots, and those values."""
    return worded(tool, rng.choice(tool.texts), rng)


def worded(tool: Asked, template: str, rng: random.Random) -> tuple[str, dict[str, object]]:
    """A text with values of a tool in its slots, and those values."""
    arguments: dict[str, object] = {}
    words: dict[str, str] = {}
    for slot in SLOT.findall(template):
        name, *implied = slot.split("!")
        if name.startswith("_:"):
            words[slot] = kinds.draw(name[2:], rng).text
        else:
            arguments[name], words[slot] = value_and_words(implied, tool.kinds[name], rng)
    return SLOT.sub(lambda m: words[m[1]], template), arguments


def value_and_words(implied: Sequence[str], kind: str, rng: random.Random) -> tuple[object, str]:
    """What a slot gives and what is said for it: as the slot tells both, else as they are drawn."""
    if implied:
        return given(implied[0], kind), implied[1]
    drawn = kinds.draw(kind, rng)
    return drawn.value, drawn.text


def given(value: str, kind: str) -> object:
    """An implied value as its kind has it."""
    match kinds.json_type(kind):
        case "boolean":
            return value == "true"
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case _:
            return value


def beside(offered: Schema, tools: Sequence[Asked], place: int, rng: random.Random) -> list[Schema]:
    """The tools that are offered beside the one at `place`, most times some, as some developer would offer them."""
    others = () if rng.random() < ALONE else related(tools, place, rng)
    return [schema for other in others if (schema := shown(other, rng).schema)["name"] != offered["name"]]


def related(tools: Sequence[Asked], place: int, rng: random.Random) -> list[Asked]:
    """Some tools, most of them near the one at `place`."""
    near = [n for n in range(max(0, place - NEAR), min(len(tools), place + NEAR + 1)) if n != place]
    chosen = rng.sample(near, min(len(near), rng.choice((1, 2, 2, 3, 4))))
    if rng.random() < 0.3:
        chosen.append(rng.choice([n for n in range(len(tools)) if n != place and n not in chosen]))
    found = {tools[n].name: tools[n] for n in chosen}
    rng.shuffle(chosen)
    return list(found.values())


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless single requests."""
    while True:
        yield single(rng)
