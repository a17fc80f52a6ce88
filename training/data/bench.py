"""The table a sample is composed on: which tools are offered, and one request with its call.

Chooses distractors (look-alikes and strangers) and fills requests; whole conversations are `training.data.compose`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.data import dialect as dialects
from training.data import shelf, spelled, template
from training.data.dialect import Dialect, Shown
from training.data.language import noise
from training.data.sample import Call, Schema
from training.data.shelf import Entry
from training.data.template import Filled, Slot, Template
from training.data.values import kinds
from training.data.values.kinds import Value

COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32)
COUNT_WEIGHTS = (44, 22, 12, 8, 5, 3, 2, 1.5, 0.8, 0.5, 0.4, 0.2, 0.1, 0.1)
SPELLED = 0.14


@dataclass(slots=True)
class Asked:
    """A tool, what was said to have it called, and the call that answers it."""

    shown: Shown
    filled: Filled
    values: dict[str, Value]

    @property
    def call(self) -> Call:
        return self.shown.call(self.values)


class Bench:
    """Holds the shelf's index; everything drawn comes from the rng given."""

    def __init__(self, found: shelf.Shelf) -> None:
        self.entries = list(found.entries)
        self.domains = found.by_domain()
        self.domain_names = sorted(self.domains)

    def entry(self, rng: random.Random) -> Entry:
        return rng.choice(self.domains[rng.choice(self.domain_names)])

    def dialect(self, rng: random.Random) -> Dialect:
        return dialects.draw_dialect(rng)

    def ask(
        self,
        entry: Entry,
        dialect: Dialect,
        rng: random.Random,
        said: Template | None = None,
        fixed: Mapping[str, Value] | None = None,
        shown: Shown | None = None,
    ) -> Asked:
        """Fill one of the entry's requests."""
        said = said or self.request(entry, rng)
        shown = shown or dialects.show(entry, dialect, rng, said.slots)
        filled = template.fill(said, entry.params, rng, shown.kind_of, fixed)
        return Asked(shown, filled, dict(filled.values))

    def request(self, entry: Entry, rng: random.Random) -> Template:
        """A written request, or now and then one spelled out from the schema."""
        if rng.random() < SPELLED and spelled.can_spell(entry):
            return spelled.spell(entry, rng)
        return rng.choice(entry.says)

    def text(self, asked: Asked, rng: random.Random, dress: float = 1.0) -> str:
        """The request as one person would type it."""

        def redraw(slot: str) -> Value | None:
            for param in asked.shown.entry.params:
                if param.name == slot and not param.surfaces:
                    return template.draw_param(param, rng, asked.shown.kind_of.get(slot))
            return None

        text = noise.roughen(asked.filled, rng, redraw)
        return noise.dress(text, rng, dress) if dress else text

    def strangers(self, targets: Sequence[Entry], count: int, rng: random.Random, near: float = 0.5) -> list[Entry]:
        """Other tools: a share `near` from the targets' domains, none that could be mistaken for a target."""
        home = [e for t in targets for e in self.domains[t.domain]] if targets else []
        taken = {(t.domain, t.tool.name) for t in targets}
        chosen: list[Entry] = []
        for _ in range(count * 4):
            if len(chosen) == count:
                break
            from_home = bool(home) and rng.random() < near
            entry = rng.choice(home) if from_home else self.entry(rng)
            key = (entry.domain, entry.tool.name)
            if key in taken or (not from_home and any(resembles(entry, t) for t in targets)):
                continue
            taken.add(key)
            chosen.append(entry)
        return chosen

    def offer(
        self,
        shown: Sequence[Shown],
        dialect: Dialect,
        rng: random.Random,
        count: int | None = None,
        near: float | None = None,
    ) -> tuple[Schema, ...]:
        """The offered schemas, targets among distractors, in random order, names unique."""
        count = count or rng.choices(COUNTS, COUNT_WEIGHTS)[0]
        near = rng.choice((0.0, 0.5, 0.9)) if near is None else near
        others = self.strangers([s.entry for s in shown], max(0, count - len(shown)), rng, near)
        schemas = {s.name: s.schema for s in shown}
        for entry in others:
            schema = dialects.show(entry, dialect, rng).schema
            schemas.setdefault(str(schema["name"]), schema)
        offered = list(schemas.values())
        rng.shuffle(offered)
        return tuple(offered)


def resembles(a: Entry, b: Entry) -> bool:
    """Names or descriptions share what the tools are about: a stranger that may do the same job."""
    return a.domain != b.domain and overlaps(a, b)


def overlaps(a: Entry, b: Entry) -> bool:
    return bool(a.name_stems & b.name_stems) or len(a.about & b.about) >= 2


def draw_result(entry: Entry, rng: random.Random) -> dict[str, Value]:
    """The fields a call returns, as they stand in its JSON; a flag that no answer speaks of is true."""
    fields: dict[str, Value] = {}
    told = {part.name for said in entry.answers for part in said.parts if isinstance(part, Slot)}
    for name, kind in entry.tool.result.items():
        if kind == "bool" and name not in told:
            fields[name] = Value(True, "yes")
            continue
        value = kinds.draw(f"{kind}_iso" if kind in dialects.TEMPORAL else kind, rng)
        fields[name] = Value(value.value, plain(value.value, rng))
    return fields


def plain(value: object, rng: random.Random) -> str:
    """A JSON value as an answer repeats it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return kinds.and_list([plain(item, rng) for item in value], rng)
    return str(value)


def answer(entry: Entry, values: Mapping[str, Value], fields: Mapping[str, Value], rng: random.Random) -> str:
    """A reply from the result; only templates whose slots are all known are used."""
    known = {**values, **fields}
    usable = [a for a in entry.answers if all(slot in known for slot in a.slots)]
    if not usable:
        parts = [f"{name.replace('_', ' ')} {value.text}" for name, value in fields.items()]
        return "Done: " + ", ".join(parts) + "." if parts else "Done."
    pieces = []
    for part in rng.choice(usable).parts:
        if isinstance(part, str):
            pieces.append(part)
        elif part.yes or part.no:
            pieces.append(part.yes if known[part.name].value else part.no)
        elif part.name in known:
            pieces.append(known[part.name].text)
        else:
            head, _, tail = part.name.partition(".")
            inner = known[head].value
            pieces.append(plain(inner[tail], rng) if isinstance(inner, dict) and tail in inner else "")
    return "".join(pieces)
