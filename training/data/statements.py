"""Requests that state values one by one, `given that the pKa of the acid is 4.76`, for tools of others' parameters.

Names, descriptions and kinds are those of `texts/requests`; a tool is made of the parameters of one or several of
those, so that which value is meant can be read off the sentence alone: by the parameter's name or the words of its
description, in any order, with values between that belong to nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from training.data.forms import schema_of
from training.data.phrases import article
from training.data.requests import Asked, asked_for, described
from training.data.sample import Call, Sample, Schema, calls, user
from training.data.values import kinds

FROM_ONE = 0.5
"""How often all parameters are those of one tool."""
MOST = 5
NAMED, UNDESCRIBED, BESIDE = 0.65, 0.25, 0.35
"""How often a value is stated by the name and not by the description, a parameter has none, and a value of nothing is
said beside."""
STATED = (
    "{a} {n} of {v}", "{n} of {v}", "{n} {v}", "{n} is {v}", "the {n} is {v}", "the {n} of {x} is {v}", "{n}: {v}",
    "{n} = {v}", "{n} set to {v}", "{v} as the {n}", "{v} for the {n}", "{v} is the {n}", "{n} equal to {v}",
    "given that the {n} of {x} is {v}", "where the {n} is {v}", "its {n} was {v}", "the {n} should be {v}",
    "make the {n} {v}", "{n} at {v}", "the {n} ({v})", "the {n}, {v},", "keep the {n} at {v}", "use {v} as {n}",
    "take {v} for {n}", "with {v} as the {n}", "my {n} is {v}", "the {n} stands at {v}", "assume {a} {n} of {v}",
    "the {n} comes to {v}", "{x} with {a} {n} of {v}", "{v} ({n})", "the {n} that we measured, {v}", "{n} being {v}",
    "as for the {n}, {v}", "the {n} of {x}, which is {v}", "if the {n} were {v}", "whose {n} is {v}", "{n} - {v}",
    "{a} {n} of about {v}", "exactly {v} for the {n}", "the {n} must not be other than {v}",
)  # fmt: skip
IN_ORDER = (
    "{m} and {n} are {w} and {v}", "the {m} and the {n} are {w} and {v}, respectively",
    "{a} {m} of {w} and {b} {n} of {v}", "{w} and {v} for {m} and {n}", "{m} {w}, {n} {v}", "{w} {m} and {v} {n}",
)  # fmt: skip
OPENINGS = (
    "", "", "", "Please {t}. ", "{T}. ", "{T}: ", "{T}, ", "Can you {t}? ", "I'd like you to {t}. ", "Help me {t}: ",
    "{T} with ", "{T} for ", "{T}, given ", "Could you {t}, assuming ", "I need to {t}. ", "{T} - ",
)  # fmt: skip
JOINTS = (", ", ", ", " and ", "; ", ". ", ", and ", " with ", ", while ", "\n", ", then ", " where ", " - ")
NOTHING = (
    "it took {v} days last time", "we are {v} people here", "this is ticket {v}", "I asked {v} times already",
    "never mind the {v} from before", "my colleague did {v} of these", "the last one was {v} years ago",
)  # fmt: skip
THINGS = (
    "the sample", "this one", "the second run", "our model", "the object", "it", "the first case", "the order",
    "the whole thing", "the system", "the acid", "that plan", "the account", "each unit", "the material", "the item",
)  # fmt: skip
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HEAD = re.compile(r"(?:the |an? |your |its )?([^.,;:(]{3,48})", re.IGNORECASE)
UNITS = frozenset(
    "ml l kg g mg cm mm km m minutes hours days weeks months years seconds percent eur usd celsius watts volts".split()
)
WITH_UNIT = 0.7
"""How often the unit stands behind the value."""
MAX_HEAD = 6
"""Words of a description that are said instead of a name."""


@dataclass(frozen=True)
class Field:
    """A parameter that a sentence can state."""

    name: str
    kind: str
    about: str

    @property
    def words(self) -> str:
        return " ".join(_PARTS.findall(self.name)).lower()

    def said(self, rng: random.Random) -> str:
        """What the parameter is called in a sentence."""
        head = _HEAD.match(self.about)
        if head is None or len(head[1].split()) > MAX_HEAD or rng.random() < NAMED:
            return self.words
        said = head[1].strip()
        return said if said[1:2].isupper() else said[:1].lower() + said[1:]


@cache
def stated() -> tuple[tuple[Asked, tuple[Field, ...]], ...]:
    """All tools with the parameters that take one text or number."""
    found = []
    for tool in (tool for file in asked_for() for tool in file):
        rng = random.Random(tool.name)
        plain = [name for name, kind in tool.kinds.items() if _is_plain(kind, rng)]
        if plain:
            found.append((tool, tuple(Field(name, tool.kinds[name], tool.abouts.get(name, "")) for name in plain)))
    return tuple(found)


def _is_plain(kind: str, rng: random.Random) -> bool:
    return kinds.json_type(kind) in ("string", "integer", "number") and "enum" not in schema_of(kind, rng)


def single(rng: random.Random) -> Sample:
    """One request and the call that it asks for."""
    tool, own = rng.choice(stated())
    wanted = rng.randint(1, MOST)
    fields = list(own)
    if rng.random() > FROM_ONE:
        fields += [rng.choice(rng.choice(stated())[1]) for _ in range(wanted)]
    rng.shuffle(fields)
    by_name = {field.words: field for field in fields[: wanted + 1]}
    shown, unsaid = list(by_name.values())[:wanted], list(by_name.values())[wanted:]
    values = {field.name: kinds.draw(field.kind, rng) for field in shown}
    properties = {}
    for field in sorted((*shown, *unsaid), key=lambda _: rng.random()):
        about = "" if rng.random() < UNDESCRIBED else field.about
        properties[field.name] = described(schema_of(field.kind, rng), about)
    schema = {"type": "object", "properties": properties, "required": [field.name for field in shown]}
    text = _text(tool, shown, {name: value.text for name, value in values.items()}, rng)
    arguments = {name: values[name].value for name in properties if name in values}
    made: Schema = {"name": tool.name, "description": tool.about, "parameters": schema}
    return Sample((user(text), calls(Call(tool.name, arguments))), (made,), None, "statements")


def _text(tool: Asked, shown: Sequence[Field], values: dict[str, str], rng: random.Random) -> str:
    left, clauses = list(shown), []
    while left:
        field = left.pop()
        if left and rng.random() < 0.25:
            clauses.append(_filled(rng.choice(IN_ORDER), field, values, rng, left.pop()))
        else:
            clauses.append(_filled(rng.choice(STATED), field, values, rng))
    if rng.random() < BESIDE:
        clauses.insert(rng.randrange(len(clauses) + 1), rng.choice(NOTHING).format(v=rng.randint(2, 90)))
    task = tool.about.rstrip(".")
    opening = rng.choice(OPENINGS).format(t=task[:1].lower() + task[1:], T=task)
    joint = rng.choice(JOINTS)
    text = opening
    for number, clause in enumerate(clauses):
        text += (joint if rng.random() < 0.7 else rng.choice(JOINTS)) * (number > 0) + clause
    text = text.lower() if rng.random() < 0.15 else text[:1].upper() + text[1:]
    return text + rng.choice(("", ".", ".", "!", "?"))


def _filled(clause: str, field: Field, values: dict[str, str], rng: random.Random, other: Field | None = None) -> str:
    name, value = _said(field, values, rng)
    more = {}
    if other is not None:
        called, its = _said(other, values, rng)
        more = {"m": called, "w": its, "a": _article(called), "b": _article(name)}
    return clause.format(**{"a": _article(name), "n": name, "v": value, "x": rng.choice(THINGS), **more})


def _said(field: Field, values: dict[str, str], rng: random.Random) -> tuple[str, str]:
    """What a parameter is called, and its value, which mostly has the unit that the name ends with."""
    name, value = field.said(rng), values[field.name]
    words = name.split(" ")
    if len(words) > 1 and words[-1] in UNITS and value[:1].isdigit() and rng.random() < WITH_UNIT:
        words = words[:-2] if words[-2] == "in" and len(words) > 2 else words[:-1]
        return " ".join(words), value if value[-1:].isalpha() else f"{value} {name.rsplit(' ', 1)[1]}"
    return name, value


def _article(noun: str) -> str:
    return article(noun).partition(" ")[0]
