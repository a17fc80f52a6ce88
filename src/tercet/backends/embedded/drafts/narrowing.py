"""Holds a small model to what was said: it chooses among drafted values or words of the request, and spells none.

A rewriting of a tool's schema for the grammar alone; what the model is shown stays as it was. Where a drafted value is
nearly sure, only drafted ones are allowed; where a parameter is of those whose values people say as they are, words of
the request; one that may be left out and that nothing speaks of is left out; anything else stays open.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.parameters import has_reference, inlined
from tercet.backends.embedded.drafts.scorer import Value
from tercet.items import JsonSchema
from tercet.schema import instance_violation

SURE = 0.3
"""Chance of a parameter's likeliest value from which only drafted values are allowed: of needed texts with one of 0.3
to 0.5, four in five are right on the development sets."""
GIVEN = 0.75
"""Chance of a value from which a call is given it although it may leave it out: of 9 numbers that a model left out all
the same none was rightly left out."""
MAX_UNSAID = 16
"""Items of a list of which nothing was said: a small model may not find its end."""
_RELATED = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "minProperties", "dependentRequired", "dependentSchemas", "dependencies")
)
"""What may demand a property that is not required."""


class Draft(NamedTuple):
    """What can be told of the arguments of one call, or of an answer in JSON."""

    fields: Sequence[Field]
    quotes: Mapping[str, Sequence[str]] = {}
    """Texts that a parameter may take whose values people say as they are."""
    unsaid: frozenset[str] = frozenset()
    """Parameters that a call may leave out and that nothing in the request speaks of."""
    spoken_of: frozenset[str] = frozenset()
    """Parameters that offer a choice which the request speaks of: they are held to it from a lower chance on."""
    least: float = SURE
    """Chance of a parameter's likeliest value from which only drafted values are allowed."""
    rows: Mapping[str, Sequence[Mapping[str, Value]]] = {}
    """By the path of a list of objects, the objects that a text lists."""
    is_settled: bool = False
    """Whether the likeliest is taken, and nothing left to choose."""


def narrowed(schema: JsonSchema, draft: Draft) -> JsonSchema:
    """Return the parameters' schema with only what was said, where that is likely all there is."""
    sure = {field.name: field for field in draft.fields if field.chance >= draft.least or field.name in draft.spoken_of}
    return _Narrowing(draft, sure).whole(schema)


class _Narrowing:
    """One schema while it is rewritten; `sure` are the fields that have likely values, by name."""

    def __init__(self, draft: Draft, sure: Mapping[str, Field]) -> None:
        self._draft, self._sure = draft, sure

    def whole(self, schema: JsonSchema) -> JsonSchema:
        return self._fields(inlined(schema), ())

    def _fields(self, schema: JsonSchema, path: tuple[str, ...], row: Mapping[str, Value] | None = None) -> JsonSchema:
        fields = schema.get("properties")
        if not isinstance(fields, dict):
            return schema
        unsaid = self._draft.unsaid.difference(schema.get("required", ()))
        left_out = frozenset() if _RELATED & schema.keys() else unsaid
        kept = {name: self._field(part, (*path, name), row) for name, part in fields.items() if name not in left_out}
        is_free = row is None and not (_RELATED | {"maxProperties"}) & schema.keys()
        given = [name for name in kept if is_free and kept[name] != fields[name] and self._is_given((*path, name))]
        more = [name for name in given if name not in schema.get("required", ())]
        required = {"required": [*schema.get("required", ()), *more]} if more else {}
        return {**schema, "properties": kept, **required}

    def _is_given(self, path: tuple[str, ...]) -> bool:
        """Say whether a value is so likely that a call has it even where it could leave it out."""
        name = self._name(path)
        return bool(name) and self._sure[name].chance >= GIVEN

    def _name(self, path: tuple[str, ...]) -> str:
        """Return by which name a field is told, if it is sure; else nothing."""
        return next((name for name in (".".join(path), path[-1]) if name in self._sure), "")

    def _field(self, schema: Any, path: tuple[str, ...], row: Mapping[str, Value] | None) -> Any:
        if not isinstance(schema, dict):
            return schema
        if isinstance(schema.get("properties"), dict):
            return self._fields(schema, path, row)
        if has_reference(schema):
            return schema
        items = schema.get("items") if schema.get("type") == "array" else None
        if row is None and isinstance(items, dict) and isinstance(items.get("properties"), dict):
            return self._rows(schema, items, path)
        name = self._name(path)
        if row is not None:
            return _of(schema, _allowed(row[name])[:1]) if name in row else schema
        if not name:
            quotes = self._draft.quotes.get(path[-1])
            return _of(schema, quotes) if quotes else _bounded(schema)
        field = self._sure[name]
        values = field.values
        if schema.get("type") == "array" and not any(
            isinstance(form, list) for value in values for form in value.forms
        ):
            return _list(schema, values, is_settled=self._draft.is_settled)
        if self._draft.is_settled:
            return _of(schema, _allowed(field.likeliest), most=1)
        if "enum" in schema or schema.get("type") == "boolean":
            return _of(schema, _allowed(field.likeliest))
        return _of(schema, [form for value in values for form in _allowed(value)])

    def _rows(self, schema: JsonSchema, items: JsonSchema, path: tuple[str, ...]) -> JsonSchema:
        """Return a list of objects with the objects that the request has, as far as it has them."""
        told = self._draft.rows.get(".".join(path))
        rows = told or in_rows([field for field in self._sure.values() if field.row == ".".join(path)])
        made = [self._fields(items, path, row) for row in rows]
        if not schema.get("minItems", 0) <= len(made) <= schema.get("maxItems", len(made)) or not made:
            return schema
        return {**schema, "prefixItems": made, "items": False, "minItems": len(made), "maxItems": len(made)}


def in_rows(fields: Sequence[Field]) -> list[dict[str, Value]]:
    """Return the values of fields of a list's objects, object by object: those of the field that has most begin one
    each; of another, as many go one by one, fewer to the object that they stand in."""
    likely = {field.name: [value for value in field.values if value.chance >= SURE] for field in fields}
    most = max(map(len, likely.values()), default=0)
    if not most:
        return []
    first = min((values for values in likely.values() if len(values) == most), key=lambda values: values[0].start)
    begins = [value.start for value in first]
    rows: list[dict[str, Value]] = [{} for _ in begins]
    for name, values in likely.items():
        for number, value in enumerate(values):
            place = number if len(values) == most else max(0, bisect_right(begins, value.start) - 1)
            rows[place].setdefault(name, value)
    return rows


def _allowed(value: Value) -> Sequence[Any]:
    """Return the forms that a call may write: the one that the tool asks for, or any where it asks for none."""
    return value.forms[:1] if value.is_prescribed else value.forms


def _of(schema: JsonSchema, said: Sequence[Any], most: int | None = None) -> JsonSchema:
    """Return the schema with only `most` of what was said; as it is where none of that will do."""
    own = [schema["default"]] if "default" in schema and most is None else []
    allowed = [form for form in [*said, *own] if instance_violation(schema, form) is None][:most]
    return {"enum": allowed} if allowed else schema


def _bounded(schema: JsonSchema) -> JsonSchema:
    """Return the schema of what nobody said; a list of that ends."""
    if schema.get("type") != "array" or "maxItems" in schema:
        return schema
    return {**schema, "maxItems": max(MAX_UNSAID, schema.get("minItems", 0))}


def _list(schema: JsonSchema, values: Sequence[Value], *, is_settled: bool) -> JsonSchema:
    items = schema.get("items")
    if is_settled:
        values = [value for value in values if value.chance >= SURE]
    said = [form for value in values for form in _allowed(value)[: 1 if is_settled else None]]
    allowed = [form for form in said if not isinstance(items, dict) or instance_violation(items, form) is None]
    if not allowed:
        return schema
    if is_settled and instance_violation(schema, allowed) is None:
        return {"enum": [allowed]}
    most = min(len(said), schema.get("maxItems", len(said)))
    return {**schema, "items": {"enum": allowed}, "maxItems": max(most, schema.get("minItems", 0))}
