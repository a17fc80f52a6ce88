"""Templates such as "book {party_size} at {restaurant} {notify?and tell me|quietly}": parsing and filling.

A filled template is a list of pieces that remember which are values, so that noise never touches a value.
It does not know how schemas are rendered or samples composed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from training.data.catalog.spec import P
from training.data.values import kinds
from training.data.values.kinds import Value

SLOT = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")


class TemplateError(ValueError):
    """A template names something that its tool does not have."""


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    """Parameter, "param.field" of an object, or result field."""
    yes: str = ""
    no: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Slot, ...]
    slots: tuple[str, ...]
    """Top-level names, in order of mention, once each."""


@dataclass(slots=True)
class Piece:
    text: str
    slot: str = ""
    """The slot it fills; empty for the template's own words."""


@dataclass(slots=True)
class Filled:
    pieces: list[Piece]
    values: dict[str, Value] = field(default_factory=dict)
    """By top-level parameter, only those mentioned."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def resolve(name: str, params: Sequence[P], extra: Mapping[str, str]) -> tuple[str, str]:
    """(slot name, kind) of what a template calls `name`; raises TemplateError."""
    if not NAME.match(name):
        raise TemplateError(f"{name!r} is not a slot name")
    head, _, tail = name.partition(".")
    for param in params:
        if param.name == head and not tail:
            return name, param.kind
        if param.name == head:
            for inner in param.fields:
                if inner.name == tail:
                    return name, inner.kind
    if name in extra:
        return name, extra[name]
    owners = [p for p in params for f in p.fields if f.name == name and p.kind == "object"]
    if len(owners) == 1:
        return resolve(f"{owners[0].name}.{name}", params, extra)
    raise TemplateError(f"no parameter {name!r}")


def parse(text: str, params: Sequence[P], extra: Mapping[str, str] | None = None) -> Template:
    """Raises TemplateError when a slot is unknown or a bool slot lacks its two texts."""
    parts: list[str | Slot] = []
    names: list[str] = []
    end = 0
    for match in SLOT.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        end = match.end()
        head, question, texts = match[1].partition("?")
        name, kind = resolve(head.strip(), params, extra or {})
        if question:
            if kind != "bool":
                raise TemplateError(f"{name!r} has two texts but is not a bool")
            yes, bar, no = texts.partition("|")
            if not bar:
                raise TemplateError(f"{name!r} needs a text for false, as in {{{name}?yes|no}}")
            parts.append(Slot(name, yes, no))
        elif kind == "bool" and not (extra and name in extra):
            raise TemplateError(f"{name!r} is a bool and needs {{{name}?text|text}}")
        else:
            parts.append(Slot(name))
        names.append(name)
    if end < len(text):
        parts.append(text[end:])
    if "{" in "".join(p for p in parts if isinstance(p, str)):
        raise TemplateError("an unmatched brace")
    heads = tuple(dict.fromkeys(name if name in (extra or {}) else name.partition(".")[0] for name in names))
    return Template(tuple(parts), heads)


def absent(parsed: Template, params: Sequence[P]) -> list[str]:
    """Required parameters, and required fields of mentioned objects, that the template does not mention."""
    mentioned = {part.name for part in parsed.parts if isinstance(part, Slot)}
    gone = []
    for param in params:
        if param.name not in parsed.slots:
            if not param.optional:
                gone.append(param.name)
        elif param.name not in mentioned:
            needed = {f"{param.name}.{f.name}" for f in param.fields if not f.optional}
            gone += sorted(needed - mentioned)
    return gone


def draw_param(param: P, rng: random.Random, kind: str | None = None, mentioned: Sequence[str] | None = None) -> Value:
    """A value of the parameter; `mentioned` limits an object to those fields."""
    kind = kind or param.kind
    if kind.startswith("respelt:"):
        _, style, inner = kind.split(":", 2)
        plain = draw_param(param, rng, inner, mentioned)
        return Value(kinds.respelt(plain.value, style), plain.text)
    if kind in ("object", "list:object"):
        if kind == "object":
            return draw_object(param, rng, mentioned)
        items = [draw_object(param, rng, None) for _ in range(rng.choice([1, 2, 2, 3]))]
        return Value([item.value for item in items], kinds.and_list([item.text for item in items], rng))
    if param.surfaces and kinds.base(kind) == "enum":
        value = kinds.draw(kind, rng)
        return Value(value.value, spoken(param, value, rng))
    if param.surfaces and kind.startswith("list:enum"):
        drawn = kinds.draw(kind, rng)
        assert isinstance(drawn.value, list)
        texts = [spoken(param, Value(item, str(item).replace("_", " ")), rng) for item in drawn.value]
        return Value(drawn.value, kinds.and_list(texts, rng))
    return kinds.draw(kind, rng)


def spoken(param: P, value: Value, rng: random.Random) -> str:
    assert param.surfaces is not None
    surfaces = param.surfaces.get(str(value.value))
    return rng.choice(list(surfaces)) if surfaces else value.text


def draw_object(param: P, rng: random.Random, mentioned: Sequence[str] | None) -> Value:
    value: dict[str, object] = {}
    texts = []
    for inner in param.fields:
        if (mentioned is None and inner.optional) or (mentioned is not None and inner.name not in mentioned):
            continue
        drawn = draw_param(inner, rng)
        value[inner.name] = drawn.value
        texts.append(drawn.text)
    return Value(value, ", ".join(texts))


def draw_values(
    parsed: Template, params: Sequence[P], rng: random.Random, kind_of: Mapping[str, str], fixed: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, str]]:
    """Values by top-level parameter and texts of object fields; equal texts of one kind are drawn again."""
    values: dict[str, Value] = {}
    texts: dict[str, str] = {}
    seen: set[str] = set()
    fields_of: dict[str, list[str]] = {}
    for part in parsed.parts:
        if isinstance(part, Slot) and "." in part.name:
            head, _, tail = part.name.partition(".")
            fields_of.setdefault(head, []).append(tail)
    for param in params:
        if param.name not in parsed.slots:
            continue
        if param.name in fields_of and param.name in fixed:
            values[param.name] = fixed[param.name]
            texts |= {f"{param.name}.{name}": "" for name in fields_of[param.name]}
            continue
        if param.name in fields_of:
            inner_values: dict[str, object] = {}
            for inner in param.fields:
                if inner.name in fields_of[param.name]:
                    drawn = draw_param(inner, rng)
                    inner_values[inner.name] = drawn.value
                    texts[f"{param.name}.{inner.name}"] = drawn.text
            values[param.name] = Value(inner_values, "")
            continue
        value = fixed.get(param.name) or draw_param(param, rng, kind_of.get(param.name))
        for _ in range(4):
            if value.text not in seen or param.name in fixed:
                break
            value = draw_param(param, rng, kind_of.get(param.name))
        seen.add(value.text)
        values[param.name] = value
    order_bounds(values, fixed)
    return values, texts


def order_bounds(values: dict[str, Value], fixed: Mapping[str, Value]) -> None:
    """A minimum drawn above its maximum changes places with it, unless one of them is given."""
    for low, high in (("min", "max"), ("start", "end"), ("from", "to"), ("low", "high"), ("lower", "upper")):
        for name in list(values):
            other = name.replace(low, high, 1)
            if not name.startswith(low) or other not in values or name in fixed or other in fixed:
                continue
            a, b = values[name].value, values[other].value
            if isinstance(a, (int, float)) and isinstance(b, (int, float)) and a > b:
                values[name], values[other] = values[other], values[name]


def fill(
    parsed: Template,
    params: Sequence[P],
    rng: random.Random,
    kind_of: Mapping[str, str] | None = None,
    fixed: Mapping[str, Value] | None = None,
) -> Filled:
    """Fill a request; `kind_of` overrides kinds (ISO dates), `fixed` gives values."""
    values, texts = draw_values(parsed, params, rng, kind_of or {}, fixed or {})
    pieces = []
    for part in parsed.parts:
        if isinstance(part, str):
            pieces.append(Piece(part))
        elif part.yes or part.no:
            pieces.append(Piece(part.yes if values[part.name].value else part.no, part.name))
        elif part.name in texts:
            pieces.append(Piece(texts[part.name], part.name))
        else:
            pieces.append(Piece(values[part.name].text, part.name))
    if rng.random() < 0.12:
        quote(pieces, {p.name: p.kind for p in params}, rng)
    smooth(pieces)
    return Filled(pieces, values)


QUOTABLE = frozenset(
    [
        "title", "message", "query", "movie", "song", "book", "product", "topic", "file_name", "restaurant", "artist",
        "company", "string", "word",
    ],
)  # fmt: skip


def quote(pieces: list[Piece], kind_of: Mapping[str, str], rng: random.Random) -> None:
    """Put quotes around names and texts that have none; the value is what stands inside."""
    mark = rng.choice(("'{}'", '"{}"', "“{}”", "`{}`", '"{}"', "'{}'"))
    for number, piece in enumerate(pieces):
        before = pieces[number - 1].text[-1:] if number else " "
        if (
            kinds.base(kind_of.get(piece.slot, "")) in QUOTABLE
            and before in (" ", "", "(")
            and mark[0] not in piece.text
        ):
            piece.text = mark.format(piece.text)


RELATIVE_DAY = re.compile(r"^(today|tomorrow|tonight|next |this |the day after)")
VOWEL_START = re.compile(r"^(?!one\b|eu|uni|us)[aeiou][a-z]{2}|^(8|11|18)\b")
BEFORE_DAY = re.compile(r"\b(on|at|in|for the|the) $", re.IGNORECASE)
MONEY = re.compile(r"[$€£]|dollars|euros|pounds|USD|EUR|GBP")
MONEY_WORD = re.compile(r"^ ?(dollars|euros|pounds|bucks|USD|EUR)\b")
PERCENT_WORD = re.compile(r"^ ?(%|percent\b|per cent\b)")


def smooth(pieces: list[Piece]) -> None:
    """Mend what templates cannot foresee: "on tomorrow", "a apple", "15% percent", "$5 dollars"."""
    for first, second in pairwise(pieces):
        if not first.slot and second.slot:
            smooth_before(first, second)
        elif first.slot and not second.slot:
            if first.text.endswith(("%", " percent")):
                second.text = PERCENT_WORD.sub("", second.text)
            if MONEY.search(first.text):
                second.text = MONEY_WORD.sub("", second.text)


def smooth_before(words: Piece, value: Piece) -> None:
    """Mend a template's words in front of a value."""
    if RELATIVE_DAY.match(value.text):
        words.text = BEFORE_DAY.sub("", words.text)
    if words.text.endswith(" a ") and VOWEL_START.match(value.text):
        words.text = words.text[:-1] + "n "
    if words.text.endswith(("$", "€", "£")) and value.text.startswith(("$", "€", "£")):
        words.text = words.text[:-1]
