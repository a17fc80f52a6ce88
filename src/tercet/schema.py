"""JSON Schema as a value: whether a schema is one, and whether a text satisfies it.

Draft 2020-12 unless the schema names another. References outside the schema are never fetched.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from tercet.errors import InvalidRequest
from tercet.items import JsonSchema

_encode = msgspec.json.Encoder().encode


def check_schema(schema: JsonSchema, param: str) -> None:
    """Raise `InvalidRequest` naming `param` unless `schema` is a JSON schema whose references resolve inside it."""
    try:
        _validator(_encode(schema))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        message = getattr(error, "message", None) or str(error)
        if where := _path(getattr(error, "instance_path", ())):
            message = f"at {where.lstrip('.')}: {message}"
        raise InvalidRequest(
            f"{param} is not a valid JSON schema: {message}", param=param, code="invalid_schema"
        ) from error


def violation(schema: JsonSchema, text: str) -> str | None:
    """Return None when `text` is JSON that satisfies `schema`, otherwise what is wrong and where.

    An object with a key twice satisfies none: which of the two is meant depends on who reads it.
    """
    try:
        instance = msgspec.json.decode(text)
        json.loads(text, object_pairs_hook=_once)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        return f"not valid JSON: {error}"
    except RecursionError:
        return "not valid JSON: nested too deeply"
    except ValueError as error:
        return str(error)
    return instance_violation(schema, instance)


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Raise `ValueError` when an object names a key twice."""
    names = {name for name, _ in pairs}
    if len(names) < len(pairs):
        twice = next(name for name in names if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice[:100]!r} stands twice in one object")


def instance_violation(schema: JsonSchema, instance: Any) -> str | None:
    """Return None when the decoded `instance` satisfies `schema`, otherwise the first violation with its path."""
    error = next(_validator(_encode(schema)).iter_errors(instance), None)
    if error is None:
        return None
    return f"at ${_path(error.instance_path)}: {error.message}"


def _path(steps: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


@lru_cache(maxsize=4096)
def _validator(encoded: bytes) -> Any:
    """Compile a schema once per content; raises what `jsonschema_rs` raises for one that is no schema."""
    schema = msgspec.json.decode(encoded)
    return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_refuse)


def _refuse(uri: str) -> Any:
    raise ValueError(f"the reference {uri!r} leads outside the schema")
