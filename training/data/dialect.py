"""How a catalog tool is shown: naming style, descriptions, parameter order, ISO dates. One dialect per sample.

Turns an entry into a JSON schema tool and remembers how to write its arguments; it composes no conversation.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.data.catalog.spec import P
from training.data.language import verbs
from training.data.sample import Call, Schema
from training.data.shelf import Entry
from training.data.values import kinds, words

TEMPORAL = {"date": "date", "time": "time", "datetime": "date-time"}
ISO_NOTES = {
    "date": (
        " (YYYY-MM-DD)", " in YYYY-MM-DD format", ", formatted as YYYY-MM-DD", " (ISO 8601)", ". Format: YYYY-MM-DD",
    ),
    "time": (" (HH:MM)", " in 24-hour HH:MM format", ", HH:MM", ". Format: HH:MM, 24-hour"),
    "datetime": (" (YYYY-MM-DDTHH:MM:SS)", " in ISO 8601 format", ", as YYYY-MM-DDTHH:MM:SS"),
}  # fmt: skip
DATE_LAYOUTS = {"date_us": "MM-DD-YYYY", "date_eu": "DD/MM/YYYY", "date_slash": "YYYY/MM/DD"}
SAYS_PERCENT = re.compile(r"(?i)percent|pct|%")
DECIMAL_NOTES = (
    " as a decimal, e.g. 0.05 for 5%", " (decimal fraction, 0.1 means 10%)",
    ", given as a fraction: 0.2 stands for 20%", " in decimal form",
)  # fmt: skip
DEFAULT_NOTES = (
    ". Defaults to {d}.", ". Default is {d}.", " (default {d})", ". Default: '{d}'", ", default {d}",
    " (optional, defaults to {d})",
)  # fmt: skip
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "city": ("location", "place", "town", "city_name"), "location": ("city", "place", "where"),
    "date": ("day", "on_date", "when"), "time": ("at_time", "start_time", "hour"),
    "name": ("full_name", "title", "label"), "email": ("email_address", "mail"),
    "phone": ("phone_number", "telephone"), "amount": ("value", "sum", "total"),
    "quantity": ("count", "amount", "num_items", "qty"), "count": ("num", "n", "number", "quantity"),
    "limit": ("max_results", "top_k", "n"), "query": ("q", "search_term", "keywords", "text"),
    "message": ("text", "body", "content"), "user": ("username", "user_id", "account"),
    "product": ("item", "product_name"), "restaurant": ("restaurant_name", "venue"),
    "from_city": ("origin", "departure", "source"), "to_city": ("destination", "arrival", "target"),
    "origin": ("source", "starting_point", "from_place"), "destination": ("target", "end_point", "to_place"),
    "price": ("cost", "amount"), "language": ("lang", "target_language"), "country": ("country_name", "nation"),
    "color": ("colour",), "title": ("name", "subject"), "person": ("name", "who", "person_name"),
    "duration": ("length", "how_long"), "address": ("street_address", "addr", "location"),
    "file": ("filename", "file_name"), "path": ("file_path", "filepath"), "url": ("link", "address", "uri"),
    "days": ("num_days", "day_count"), "unit": ("units", "measure"), "units": ("unit", "unit_system"),
    "radius": ("r", "rad"), "width": ("w", "x"), "height": ("h", "y"), "length": ("l", "len"),
    "year": ("yr", "calendar_year"), "category": ("kind", "group"), "type": ("kind", "variant"),
    "topic": ("subject", "theme"), "start_date": ("begin_date", "date_from", "start"),
    "end_date": ("date_to", "until", "end"), "company": ("company_name", "organization"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """Choices that hold for all tools of one sample."""

    case: str
    describes: str
    """full, tool (no parameter notes), none, typed (notes name the type)"""
    prefix: bool
    iso: bool
    shuffle: float
    defaults: bool
    rename: float
    veiled: bool
    """Names mean nothing; only the descriptions tell what is what."""
    choices: str = "asis"
    """How the values of enums are written: asis, title, upper, spaced or spaced title."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A tool as offered and how to call it."""

    entry: Entry
    schema: Schema
    names: Mapping[str, str]
    """Catalog parameter to shown name, in the order shown."""
    kind_of: Mapping[str, str]
    """Kinds that the shown schema changes, such as a date that must be ISO."""

    @property
    def name(self) -> str:
        return str(self.schema["name"])

    @property
    def required(self) -> set[str]:
        """Catalog names of the parameters that the shown schema requires."""
        parameters = self.schema["parameters"]
        assert isinstance(parameters, dict)
        return {name for name, shown in self.names.items() if shown in parameters["required"]}

    def call(self, values: Mapping[str, kinds.Value]) -> Call:
        return Call(self.name, {shown: values[name].value for name, shown in self.names.items() if name in values})


def draw_dialect(rng: random.Random) -> Dialect:
    veiled = rng.random() < 0.05
    return Dialect(
        case=rng.choices(("asis", "snake", "camel", "pascal", "kebab"), (40, 34, 18, 5, 3))[0],
        describes="full" if veiled else rng.choices(("full", "tool", "none", "typed"), (70, 19, 4, 7))[0],
        prefix=rng.random() < 0.15,
        iso=rng.random() < 0.55,
        shuffle=0.25,
        defaults=rng.random() < 0.6,
        rename=rng.choice((0.0, 0.0, 0.15, 0.4)),
        veiled=veiled,
        choices=rng.choices(("asis", "title", "upper", "spaced", "spaced title"), (50, 15, 10, 10, 15))[0],
    )


WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


def recase(name: str, case: str) -> str:
    """A dotted prefix keeps its dot."""
    if case == "asis":
        return name
    head, dot, tail = name.rpartition(".")
    parts = [w.lower() for w in WORDS.findall(tail)] or [tail]
    if case == "camel":
        tail = parts[0] + "".join(w.capitalize() for w in parts[1:])
    elif case == "pascal":
        tail = "".join(w.capitalize() for w in parts)
    else:
        tail = ("-" if case == "kebab" else "_").join(parts)
    return head + dot + tail


def tool_name(entry: Entry, dialect: Dialect, rng: random.Random) -> str:
    if dialect.veiled:
        return rng.choice(
            (
                words.pseudo_word(rng),
                f"{words.pseudo_word(rng)}_{words.pseudo_word(rng)}",
                f"fn_{rng.randint(1, 99)}",
                f"tool_{words.pseudo_word(rng)}",
            )
        )
    name = entry.tool.name
    if dialect.prefix and "." not in name:
        name = f"{entry.domain}.{name}"
    elif not dialect.prefix and "." in name and dialect.case == "camel":
        name = name.replace(".", "_")
    return recase(name, dialect.case)


def tool_text(entry: Entry, rng: random.Random) -> str:
    """The tool's description, in one of several styles, sometimes with what it returns."""
    text = tool_sentence(entry.tool.description, rng)
    fields = [name.replace("_", " ") for name in entry.tool.result]
    if not fields or rng.random() > 0.13:
        return text
    listed = ", ".join(fields[:-1]) + (" and " if len(fields) > 1 else "") + fields[-1]
    return text.rstrip(".") + rng.choice(
        (". Returns {l}.", ". Returns the {l}.", " and return the {l}.", ". Output: {l}")
    ).format(l=listed)


def tool_sentence(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.8:
        return text if draw < 0.7 else text.rstrip(".")
    if verbs.first_word(text) not in verbs.VERBS:
        return text
    if draw < 0.88:
        return verbs.third_person(text)
    if draw < 0.92:
        return "This function " + verbs.third_person(verbs.lower_first(text))
    return rng.choice(("Use this tool to ", "A tool to ", "Tool used to ", "Lets you ")) + verbs.lower_first(text)


def lengthen(note: str, param: P, kind: str, rng: random.Random) -> str:
    """Sometimes a longer note, or one with an example that must not be copied."""
    draw = rng.random()
    if not note or draw > 0.4:
        return note
    if draw < 0.13 and kinds.base(kind) not in ("bool", "enum", "object", "list", "percent_decimal"):
        example = kinds.draw(kind, rng).value
        return note.rstrip(".") + rng.choice(
            (
                f", e.g. {example}",
                f" (e.g. {example})",
                f". Example: {example}",
                f", for example {example!r}",
                f", such as {example}",
            )
        )
    plain = (
        not re.match(r"(?i)(the|a|an|if|whether|only|also|what|how|who|when|where|which)\b", note)
        and not note[:2].isupper()
    )
    if draw < 0.28 and plain:
        return (
            "The "
            + verbs.lower_first(note)
            + rng.choice(
                (
                    "",
                    "",
                    ".",
                    f" for the {rng.choice(('request', 'call', 'query', 'operation'))}",
                    " to use",
                    " as given by the user",
                )
            )
        )
    if draw < 0.33:
        return (
            note.rstrip(".") + rng.choice((". Required.", " (required)", ", mandatory"))
            if not param.optional
            else note.rstrip(".") + rng.choice((". Optional.", " (optional)", ", if any", ", if given"))
        )
    return note


def type_schema(param: P, kind: str, dialect: Dialect, rng: random.Random) -> Schema:
    base, _, argument = kind.partition(":")
    if base == "enum":
        return {"type": "string", "enum": [option.strip() for option in argument.split("|")]}
    if base == "object":
        return object_schema(param.fields, dialect, rng)
    if base == "list":
        return {"type": "array", "items": type_schema(param, argument, dialect, rng)}
    kind_type = kinds.json_type(kind)
    return {"type": "number" if kind_type == "integer" and rng.random() < 0.06 else kind_type}


def as_digits(kind: str, rng: random.Random) -> str:
    """Now and then a number that the schema wants as a string."""
    return f"digits:{kind}" if kinds.base(kind) in ("int", "year") and rng.random() < 0.04 else kind


def object_schema(fields: Sequence[P], dialect: Dialect, rng: random.Random) -> Schema:
    """Fields keep their names, so that an object value needs no translation."""
    shown: dict[str, Schema] = {}
    for inner in fields:
        schema = type_schema(inner, inner.kind, dialect, rng)
        if inner.description and dialect.describes in ("full", "typed"):
            schema["description"] = inner.description
        shown[inner.name] = schema
    required = [inner.name for inner in fields if not inner.optional]
    return {"type": "object", "properties": shown, "required": required}


def param_schema(param: P, dialect: Dialect, rng: random.Random) -> tuple[Schema, str]:
    """The parameter's schema and the kind that its values are drawn from."""
    kind = as_digits(param.kind, rng)
    schema = type_schema(param, kind, dialect, rng)
    is_choice = kind.startswith(("enum:", "list:enum:"))
    if is_choice:
        respell(schema, dialect.choices)
    kind, note = with_convention(param, kind, schema, dialect, rng)
    if dialect.describes == "full":
        note = lengthen(note, param, kind, rng)
    if dialect.describes == "typed":
        note = f"{note} ({schema['type']})" if rng.random() < 0.5 else f"{schema['type']}: {note}"
    if "enum" in schema and dialect.describes == "full" and rng.random() < 0.15:
        options = schema.pop("enum")
        assert isinstance(options, list)
        note = (
            f"{note.rstrip('.')}. {rng.choice(('One of', 'Options', 'Allowed values', 'Can be'))}: {', '.join(options)}"
        )
    if param.optional and param.default is not None:
        default = kinds.respelt(param.default, dialect.choices) if is_choice else param.default
        note = with_default(default, note, schema, dialect, rng)
    if note and dialect.describes in ("full", "typed"):
        schema["description"] = note
    if is_choice and dialect.choices != "asis":
        kind = f"respelt:{dialect.choices}:{kind}"
    return schema, kind


def with_convention(param: P, kind: str, schema: Schema, dialect: Dialect, rng: random.Random) -> tuple[str, str]:
    """Kind and note where a convention decides how a value is written: dates, and percentages as fractions."""
    note = param.description
    if kind in TEMPORAL and dialect.iso:
        if dialect.describes in ("tool", "none") or rng.random() < 0.25:
            schema["format"] = TEMPORAL[kind]
            return f"{kind}_iso", note
        return f"{kind}_iso", note.rstrip(".") + rng.choice(ISO_NOTES[kind])
    if kind == "date" and dialect.describes == "full" and rng.random() < 0.2:
        kind = rng.choice(tuple(DATE_LAYOUTS))
        said = rng.choice((" ({l})", " in {l} format", ", {l}", ". Format: {l}"))
        return kind, note.rstrip(".") + said.format(l=DATE_LAYOUTS[kind])
    if kind == "percent" and not SAYS_PERCENT.search(f"{param.name} {note}"):
        if rng.random() < 0.75:
            return "percent_decimal", note.rstrip(".") + rng.choice(DECIMAL_NOTES) if rng.random() < 0.4 else note
        if dialect.describes in ("full", "typed"):
            note = note.rstrip(".") + rng.choice((" in percent", " (percent)", ", as a percentage", " in %"))
    return kind, note


def with_default(default: object, note: str, schema: Schema, dialect: Dialect, rng: random.Random) -> str:
    """The note, which sometimes names the default; so does the schema where the dialect shows defaults."""
    if dialect.defaults:
        schema["default"] = default
    if rng.random() >= 0.2:
        return note
    said = str(default).lower() if isinstance(default, bool) else default
    return note.rstrip(".") + rng.choice(DEFAULT_NOTES).format(d=said)


def respell(schema: Schema, style: str) -> None:
    """Write the choices of an enum, or of a list of them, in that style."""
    inner = schema.get("items", schema)
    assert isinstance(inner, dict)
    inner["enum"] = kinds.respelt(inner["enum"], style)


def shown_name(param: P, taken: set[str], dialect: Dialect, rng: random.Random) -> str:
    name = param.name
    if dialect.veiled and param.description:
        name = rng.choice(
            (words.pseudo_word(rng), words.pseudo_word(rng), f"arg{len(taken) + 1}", f"p_{words.pseudo_word(rng)}")
        )
        return name if name not in taken else param.name
    is_plain = kinds.base(param.kind) not in ("list", "object", "bool")
    if dialect.rename and is_plain and name in OTHER_NAMES and rng.random() < dialect.rename:
        name = rng.choice(OTHER_NAMES[name])
    if dialect.case in ("camel", "snake"):
        name = recase(name, dialect.case)
    return name if name not in taken else param.name


def show(entry: Entry, dialect: Dialect, rng: random.Random, mentioned: Sequence[str] = ()) -> Shown:
    """Render the tool; optional parameters that are not mentioned are sometimes left out of the schema."""
    thin = rng.random() < 0.3
    params = [p for p in entry.params if not p.optional or p.name in mentioned or not (thin and rng.random() < 0.7)]
    if rng.random() < dialect.shuffle:
        rng.shuffle(params)
    elif rng.random() < 0.5:
        params.sort(key=lambda p: p.optional)
    properties: dict[str, Schema] = {}
    names: dict[str, str] = {}
    kind_of: dict[str, str] = {}
    required = []
    all_names = {p.name for p in entry.params}
    for param in params:
        schema, kind = param_schema(param, dialect, rng)
        shown = shown_name(param, set(properties) | (all_names - {param.name}), dialect, rng)
        properties[shown] = schema
        names[param.name] = shown
        if kind != param.kind:
            kind_of[param.name] = kind
        if not param.optional or (param.name in mentioned and "default" not in schema and rng.random() < 0.1):
            required.append(shown)
    text = "" if dialect.describes == "none" else tool_text(entry, rng)
    parameters: Schema = {"type": "object", "properties": properties, "required": required}
    return Shown(
        entry, {"name": tool_name(entry, dialect, rng), "description": text, "parameters": parameters}, names, kind_of
    )
