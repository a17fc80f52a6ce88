"""Holds a small model to what was said: it chooses among drafted values or words of the request, and spells none.

A rewriting of a tool's schema for the grammar alone; what the model is shown stays as it was. Where a drafted value is
nearly sure, only drafted ones are allowed; where a parameter is of those whose values people say as they are, words of
the request; one that may be left out and that nothing speaks of is left out; anything else stays open.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.scorer import Value
from tercet.items import JsonSchema
from tercet.schema import instance_violation

SURE = 0.3
"""Chance of a parameter's likeliest value from which only drafted values are allowed: of needed texts with one of 0.3
to 0.5, four in five are right on the development sets."""
_RELATED = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "minProperties", "dependentRequired", "dependentSchemas", "dependencies")
)
"""What may demand a property that is not required."""


class Draft(NamedTuple):
    """What can be told of the arguments of one call."""

    fields: Sequence[Field]
    quotes: Mapping[str, Sequence[str]]
    """Texts that a parameter may take whose values people say as they are."""
    unsaid: frozenset[str] = frozenset()
    """Parameters that a call may leave out and that nothing in the request speaks of."""


def narrowed(schema: JsonSchema, draft: Draft) -> JsonSchema:
    """Return the parameters' schema with only what was said, where that is likely all there is."""
    sure = {field.name: field.values for field in draft.fields if max(v.chance for v in field.values) >= SURE}
    said = {name: [form for value in values for form in _allowed(value)] for name, values in sure.items()}
    allowed = {**draft.quotes, **said}
    return _fields(schema, allowed, draft.unsaid) if allowed or draft.unsaid else schema


def _allowed(value: Value) -> Sequence[Any]:
    """Return the forms that a call may write: the one that the tool asks for, or any where it asks for none."""
    return value.forms[:1] if value.is_prescribed else value.forms


def _fields(schema: JsonSchema, said: Mapping[str, Sequence[Any]], unsaid: frozenset[str]) -> JsonSchema:
    fields = schema.get("properties")
    if not isinstance(fields, dict):
        return schema
    left_out = frozenset() if _RELATED & schema.keys() else unsaid.difference(schema.get("required", ()))
    kept = {name: _field(part, name, said, unsaid) for name, part in fields.items() if name not in left_out}
    return {**schema, "properties": kept}


def _field(schema: Any, name: str, values: Mapping[str, Sequence[Any]], unsaid: frozenset[str]) -> Any:
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("properties"), dict):
        return _fields(schema, values, unsaid)
    if name not in values:
        return schema
    said = values[name]
    if schema.get("type") == "array" and not any(isinstance(form, list) for form in said):
        return _list(schema, said)
    own = [schema["default"]] if "default" in schema else []
    allowed = [form for form in [*said, *own] if instance_violation(schema, form) is None]
    return {"enum": allowed} if allowed else schema


def _list(schema: JsonSchema, said: Sequence[Any]) -> JsonSchema:
    items = schema.get("items")
    allowed = [form for form in said if not isinstance(items, dict) or instance_violation(items, form) is None]
    if not allowed:
        return schema
    most = min(len(said), schema.get("maxItems", len(said)))
    return {**schema, "items": {"enum": allowed}, "maxItems": max(most, schema.get("minItems", 0))}
