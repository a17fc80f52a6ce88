"""Holds a small model to the drafted values where one of them is nearly sure: it chooses among them and spells none.

A rewriting of a tool's schema for the grammar alone; what the model is shown stays as it was. What is not nearly sure
stays open.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tercet.backends.embedded.drafts.scorer import Field, Value
from tercet.items import JsonSchema
from tercet.schema import instance_violation

SURE = 0.8
"""Chance of a parameter's likeliest value from which only drafted values are allowed."""


def narrowed(schema: JsonSchema, drafted: Sequence[Field]) -> JsonSchema:
    """Return the parameters' schema with only the drafted values where they are nearly sure."""
    values = {field.name: field.values for field in drafted if max(value.chance for value in field.values) >= SURE}
    return _fields(schema, values) if values else schema


def _fields(schema: JsonSchema, values: Mapping[str, Sequence[Value]]) -> JsonSchema:
    fields = schema.get("properties")
    if not isinstance(fields, dict):
        return schema
    return {**schema, "properties": {name: _field(name, part, values) for name, part in fields.items()}}


def _field(name: str, schema: Any, values: Mapping[str, Sequence[Value]]) -> Any:
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("properties"), dict):
        return _fields(schema, values)
    if name not in values:
        return schema
    said = [form for value in values[name] for form in value.forms]
    if schema.get("type") == "array" and not any(isinstance(form, list) for form in said):
        return _list(schema, said)
    allowed = [form for form in said if instance_violation(schema, form) is None]
    return {"enum": allowed} if allowed else schema


def _list(schema: JsonSchema, said: Sequence[Any]) -> JsonSchema:
    items = schema.get("items")
    allowed = [form for form in said if not isinstance(items, dict) or instance_violation(items, form) is None]
    if not allowed:
        return schema
    most = min(len(said), schema.get("maxItems", len(said)))
    return {**schema, "items": {"enum": allowed}, "maxItems": max(most, schema.get("minItems", 0))}
