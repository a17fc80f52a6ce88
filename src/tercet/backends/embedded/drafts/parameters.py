"""What of a tool's parameters is compared with a request: names, kinds, choices, and words of the descriptions."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.words import FUNCTION_WORDS, identifier_stems, words
from tercet.backends.embedded.relevance import direction

MAX_PARAMETERS = 40
MAX_ABOUT = 14
MAX_CHOICES = 60
_NUMERIC = ("integer", "number")


class Choice(NamedTuple):
    """A value that the schema itself offers."""

    value: Any
    stems: frozenset[str]
    lower: str


class Parameter(NamedTuple):
    """A leaf of a tool's parameters; those of nested objects stand beside the others."""

    name: str
    kind: str
    """`string`, `number`, `boolean` or `any`, of the items where it is a list."""
    is_list: bool
    choices: tuple[Choice, ...]
    wants_iso: bool
    features: tuple[str, ...]
    of_name: frozenset[str]
    of_about: frozenset[str]
    of_tool: frozenset[str]
    rank: int
    """Place among the parameters of its kind."""
    about: str
    direction: tuple[float, ...]
    """Of the word vectors of name and description."""
    is_needed: bool
    """Whether a call without it is not valid."""


def parameters(tool: bytes) -> tuple[Parameter, ...]:
    """Return the leaves of a tool given as JSON: name, description, parameters."""
    described: dict[str, Any] = json.loads(tool)
    of_tool = identifier_stems(str(described.get("name", "")))
    found: list[Parameter] = []
    ranks: dict[str, int] = {}
    for name, schema, is_required, is_needed in _leaves(described.get("parameters"), True, 0):
        inner, is_list = _inner(schema)
        kind = _kind(inner)
        rank = ranks.get(kind, 0)
        ranks[kind] = rank + 1
        found.append(_parameter(name, schema, inner, kind, is_list, is_required, is_needed, rank, of_tool))
        if len(found) >= MAX_PARAMETERS:
            break
    return tuple(found)


def _leaves(schema: Any, is_needed: bool, depth: int) -> Iterator[tuple[str, dict[str, Any], bool, bool]]:
    """Name, schema, whether its object requires it, and whether a whole call does."""
    fields = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    for name, field in (fields if isinstance(fields, dict) else {}).items():
        part = field if isinstance(field, dict) else {}
        is_required = isinstance(required, list) and name in required
        if isinstance(part.get("properties"), dict) and depth < 3:
            yield from _leaves(part, is_needed and is_required, depth + 1)
        else:
            yield name, part, is_required, is_needed and is_required


def _inner(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    if schema.get("type") == "array":
        items = schema.get("items")
        return (items if isinstance(items, dict) else {}), True
    for key in ("anyOf", "oneOf"):
        options = schema.get(key)
        if isinstance(options, list):
            real = [option for option in options if isinstance(option, dict) and option.get("type") != "null"]
            return (real[0] if real else {}), False
    return schema, False


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    named = [part for part in kind if part != "null"] if isinstance(kind, list) else [kind]
    first = named[0] if named else None
    if first in _NUMERIC:
        return "number"
    return first if first in ("string", "boolean") else "any"


def _parameter(
    name: str,
    schema: dict[str, Any],
    inner: dict[str, Any],
    kind: str,
    is_list: bool,
    is_required: bool,
    is_needed: bool,
    rank: int,
    of_tool: tuple[str, ...],
) -> Parameter:
    about = str(schema.get("description") or inner.get("description") or "")
    of_name = identifier_stems(name)
    of_about = [word.stem for word in words(about[:300]) if word.is_word and word.text.lower() not in FUNCTION_WORDS]
    shown_as = str(inner.get("format") or "")
    wants_iso = shown_as == "date" or "yyyy-mm-dd" in about.lower()
    features = [
        f"t:{kind}{'[]' if is_list else ''}", f"o:{int(is_required)}", f"k:{kind[0]}{min(rank, 4)}", f"x:{shown_as}",
        f"a:{' '.join(of_name)}", *(f"n:{part}" for part in of_name), *(f"h:{part}" for part in of_name[-1:]),
        *(f"d:{part}" for part in of_about[:MAX_ABOUT]), *(f"f:{part}" for part in of_tool[:4]),
    ]  # fmt: skip
    return Parameter(
        name, kind, is_list, _choices(inner, kind), wants_iso, tuple(features), frozenset(of_name),
        frozenset(of_about[:MAX_ABOUT]) - frozenset(of_name), frozenset(of_tool), rank, about.lower(),
        direction(sorted({*of_name, *of_about})), is_needed,
    )  # fmt: skip


def _choices(schema: dict[str, Any], kind: str) -> tuple[Choice, ...]:
    offered = schema.get("enum")
    if kind == "boolean":
        offered = [True, False]
    if not isinstance(offered, list):
        return ()
    return tuple(
        Choice(value, frozenset(identifier_stems(str(value))), str(value).lower().replace("_", " "))
        for value in offered[:MAX_CHOICES]
        if isinstance(value, str | bool | int | float)
    )
