"""Texts of many kinds with slots, to be read into a schema: `texts/forms/*.txt`, in the format told below.

A block is separated by empty lines from others. Its first line has the fields, `: name/other_name = kind, ...`; each
other line is a text with slots `{name}`, and `{_:kind}` for a word of that kind that no field has. What stands in
`[[...||joint|joint]]` is repeated, each time with other values: a list of records within one text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from training.data import dialect
from training.data.reading import field_schema
from training.data.sample import Message, Sample, Schema, assistant, compact, system, user
from training.data.template import SLOT
from training.data.values import kinds
from training.data.values.kinds import Value

FOLDER = Path(__file__).parent / "texts/forms"
ASKS = (
    "Extract the fields.", "Fill the schema from this text.", "Return the data as JSON.", "Extract the information:",
    "Parse this:", "Get the details from this message.", "Extract the relevant details", "Turn this into JSON.",
    "Read the text below and fill in the fields.", "What does this say?", "Pull the structured data out of this:",
    "Please extract the key facts from the following text.", "Convert the following into a structured record.",
    "You extract data from messages.", "Answer with the fields of the schema only.", "Parse the following note.",
    "Summarise as structured data.", "Populate the record:", "Read this carefully and return what it says.",
    "Capture the details of this email.", "Structure this entry.", "Here is a document. Extract its data.",
)  # fmt: skip
ROWS = re.compile(r"\[\[(.*?)(?:\|\|(.*?))?\]\]", re.DOTALL)
LISTS = "items entries results records rows list data elements all_entries lines".split()
OUTER = "data record details info result entry payload".split()
SHARE_OF_FIELDS, SHUFFLED, MISSING, NESTED, AMONG = 0.85, 0.4, 0.12, 0.12, 0.3
"""How many of a text's fields are asked for; how often they are in another order, one is asked for that the text does
not have, some stand in an object of their own, and other texts stand around."""


@dataclass(frozen=True)
class Form:
    """The fields of a kind of text, each with its kind of value and the names that it may have, and the texts."""

    kinds: Mapping[str, str]
    names: Mapping[str, Sequence[str]]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A text, and the values that it has by field."""

    form: Form
    text: str
    values: Mapping[str, Value]


class Field(NamedTuple):
    """A field of a block: the names that it may have, its kind of value, and whether it may be left out."""

    names: Sequence[str]
    kind: str
    is_optional: bool

    @property
    def name(self) -> str:
        """The name by which texts call it."""
        return self.names[0]


def blocks(folder: Path) -> Iterator[list[list[str]]]:
    """The blocks of each file of a folder, as lines."""
    for path in sorted(folder.glob("*.txt")):
        yield [block.splitlines() for block in path.read_text().strip().split("\n\n")]


def fields_of(line: str) -> list[Field]:
    """The fields that a line tells, as `: name/other_name = kind, optional? = kind`."""
    parts = [part.partition(" = ") for part in line.removeprefix(": ").split(", ")]
    return [Field(called.rstrip("?").split("/"), kind.strip(), called.endswith("?")) for called, _, kind in parts]


@cache
def forms() -> tuple[Form, ...]:
    """All forms, file by file."""
    return tuple(form_of(block) for file in blocks(FOLDER) for block in file)


@cache
def plain_forms() -> tuple[Form, ...]:
    """Those in which nothing is repeated."""
    return tuple(form for form in forms() if not is_repeating(form))


def form_of(lines: Sequence[str]) -> Form:
    """The form that the lines of a block tell."""
    fields = fields_of(lines[0])
    texts = tuple(line.replace("\\n", "\n") for line in lines[1:])
    return Form({each.name: each.kind for each in fields}, {each.name: each.names for each in fields}, texts)


def written(form: Form, rng: random.Random) -> Written:
    """A text of the form; its values all look different."""
    while True:
        template = rng.choice(form.texts)
        values = {name: kinds.draw(dated(form.kinds[name], rng), rng) for name in slots_of(template)}
        if are_different(values):
            break
    text = filled(template, values, rng)
    return Written(form, text[:1].upper() + text[1:] if template[:1] == "{" and rng.random() < 0.5 else text, values)


def filled(template: str, values: Mapping[str, Value], rng: random.Random) -> str:
    """A text with its slots filled."""
    return SLOT.sub(lambda m: said(m[1], values, rng), template)


def said(slot: str, values: Mapping[str, Value], rng: random.Random) -> str:
    return kinds.draw(slot[2:], rng).text if slot.startswith("_:") else values[slot].text


def dated(kind: str, rng: random.Random) -> str:
    """Some days are said in words and wanted in ISO form."""
    return "date_iso" if kind == "date" and rng.random() < 0.4 else kind


def schema_of(kind: str, rng: random.Random) -> Schema:
    """The schema of a field."""
    if kind != "date_iso":
        return field_schema(kind)
    about = rng.choice(({"format": "date"}, {"description": "YYYY-MM-DD"}, {"description": "ISO 8601 date"}))
    return {"type": "string", **about}


def record_schema(properties: Mapping[str, object]) -> Schema:
    """The schema of an object that has all of its properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def with_rows(rng: random.Random) -> Sample:
    """A text of which a part is repeated, with what stands around it."""
    form = rng.choice([form for form in forms() if is_repeating(form)])
    template = rng.choice(form.texts)
    ((body, joints),) = ROWS.findall(template)
    frame = ROWS.sub("\0", template)
    inside, outside = slots_of(body), slots_of(frame)
    asked_inside = [name for name in inside if rng.random() < SHARE_OF_FIELDS] or inside
    asked_outside = [name for name in outside if rng.random() < SHARE_OF_FIELDS]
    shown = called(form, [*asked_inside, *asked_outside], rng)
    if len(set(shown.values())) < len(shown):
        return with_rows(rng)
    drawn = [values_of(form, inside, rng) for _ in range(rng.choice((2, 2, 3, 3, 4, 5)))]
    around_them = values_of(form, outside, rng)
    joint = rng.choice(joints.split("|")) if joints else ", "
    parts = [filled(body, values, rng) for values in drawn]
    text = filled(frame, around_them, rng).replace("\0", joint.join(parts))
    plain = {shown[name]: schema_of(form.kinds[name], rng) for name in asked_inside}
    properties: dict[str, object] = {shown[name]: schema_of(form.kinds[name], rng) for name in asked_outside}
    answer: dict[str, object] = {shown[name]: around_them[name].value for name in asked_outside}
    key = rng.choice([name for name in LISTS if name not in properties])
    properties[key] = {"type": "array", "items": record_schema(plain)}
    answer[key] = [{shown[name]: values[name].value for name in asked_inside} for values in drawn]
    return finish(text, record_schema(properties), answer, rng)


def values_of(form: Form, names: Sequence[str], rng: random.Random) -> dict[str, Value]:
    """Values for fields, no two of which look alike."""
    while True:
        values = {name: kinds.draw(form.kinds[name], rng) for name in names}
        if are_different(values):
            return values


def are_different(values: Mapping[str, Value]) -> bool:
    """Whether no two values look alike."""
    return len({value.text for value in values.values()}) == len(values)


def slots_of(template: str) -> list[str]:
    return list(dict.fromkeys(slot for slot in SLOT.findall(template) if not slot.startswith("_:")))


def is_repeating(form: Form) -> bool:
    return any(map(ROWS.search, form.texts))


def called(form: Form, names: Sequence[str], rng: random.Random) -> dict[str, str]:
    """What fields are called in a schema."""
    case = rng.choice(("asis", "asis", "asis", "camel", "pascal"))
    return {name: dialect.recase(rng.choice(form.names[name]), case) for name in names}


def asked_for(made: Written, rng: random.Random) -> list[str]:
    names = [name for name in made.values if rng.random() < SHARE_OF_FIELDS] or list(made.values)
    if rng.random() < SHUFFLED:
        rng.shuffle(names)
    return names


def object_of(
    made: Written, names: Sequence[str], shown: Mapping[str, str], rng: random.Random
) -> tuple[Schema, dict[str, object]]:
    """The schema of an object with those fields, and the object."""
    form = made.form
    is_iso = {name: form.kinds[name] == "date" and made.values[name].value != made.values[name].text for name in names}
    properties = {shown[name]: schema_of("date_iso" if is_iso[name] else form.kinds[name], rng) for name in names}
    return record_schema(properties), {shown[name]: made.values[name].value for name in names}


def around(text: str, rng: random.Random) -> str:
    """A text, sometimes among others of which nothing is asked."""
    if rng.random() >= AMONG:
        return text
    others = [written(rng.choice(plain_forms()), rng).text for _ in range(rng.choice((1, 1, 2)))]
    others.insert(rng.randrange(len(others) + 1), text)
    return rng.choice((" ", "\n", "\n\n")).join(others)


def one(rng: random.Random) -> Sample:
    """One record."""
    made = written(rng.choice(plain_forms()), rng)
    names = asked_for(made, rng)
    shown = called(made.form, names, rng)
    if len(set(shown.values())) < len(names):
        return one(rng)
    schema, answer = object_of(made, names, shown, rng)
    properties: dict[str, object] = schema["properties"]  # type: ignore[assignment]
    if len(names) > 3 and rng.random() < NESTED:
        inner = rng.sample(list(properties), rng.randint(2, len(names) - 1))
        outer = rng.choice(OUTER)
        part = record_schema({n: properties.pop(n) for n in inner})
        answer = {**{n: v for n, v in answer.items() if n not in inner}, outer: {n: answer[n] for n in inner}}
        properties[outer] = part
    elif rng.random() < MISSING:
        other = rng.choice(plain_forms())
        name = rng.choice(list(other.kinds))
        kind = schema_of(other.kinds[name], rng)
        if (
            name not in made.form.kinds
            and name not in properties
            and isinstance(kind["type"], str)
            and "enum" not in kind
        ):
            properties[name] = {**kind, "type": [kind["type"], "null"]}
            answer[name] = None
    return finish(around(made.text, rng), {**schema, "required": list(properties)}, answer, rng)


def several(rng: random.Random) -> Sample:
    """A list of records of one form."""
    form = rng.choice([form for form in plain_forms() if len(form.kinds) <= 6])
    template = rng.choice(form.texts)
    alike = Form(form.kinds, form.names, (template,))
    made = [written(alike if rng.random() < 0.9 else form, rng) for _ in range(rng.choice((2, 2, 3, 3, 4)))]
    common = [name for name in form.kinds if all(name in each.values for each in made)]
    names = [name for name in common if rng.random() < 0.8] or common
    shown = called(form, names, rng)
    if not names or len(set(shown.values())) < len(names):
        return several(rng)
    objects = [object_of(each, names, shown, rng) for each in made]
    key = rng.choice(LISTS)
    plain = {name: schema_of(form.kinds[own], rng) for own, name in shown.items()}
    schema = record_schema({key: {"type": "array", "items": record_schema(plain)}})
    text = rng.choice((" ", "\n", "\n- ")).join(each.text for each in made)
    return finish(text, schema, {key: [answer for _, answer in objects]}, rng)


def finish(text: str, schema: Schema, answer: Mapping[str, object], rng: random.Random) -> Sample:
    return Sample((*shaped(text, rng), assistant(compact(answer))), (), schema, "forms")


def shaped(text: str, rng: random.Random) -> tuple[Message, ...]:
    """The text with what is asked, before it, behind it, as a system message, or not at all."""
    ask, draw = rng.choice(ASKS), rng.random()
    if draw < 0.25:
        return (user(text),)
    if draw < 0.5:
        return (system(ask), user(text))
    if draw < 0.6:
        return (user(f"{text}\n\n{ask}"),)
    return (user(f"{ask}{rng.choice((' ', chr(10), chr(10) * 2))}{text}"),)


def generate(rng: random.Random) -> Iterator[Sample]:
    """Endless texts to be read into a schema."""
    while True:
        yield rng.choices((one, several, with_rows), (70, 12, 18))[0](rng)
