"""The matching rules of BFCL's AST evaluation, and its tool descriptions as JSON Schema.

Follows the published rules for Python functions: right names, required arguments present, no unknown argument, each
value among the accepted ones after BFCL's string normalisation. It does not know where calls come from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Call = tuple[str, dict[str, Any]]
Accepted = Mapping[str, Mapping[str, list[Any]]]
"""One expected call: {name: {parameter: accepted values}}; "" among them means that it may be left out."""

TYPES = {"dict": "object", "float": "number", "tuple": "array", "int": "integer", "list": "array", "bool": "boolean"}
KEPT = ("description", "enum", "default")


def schema(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A BFCL parameter as JSON Schema."""
    kind = TYPES.get(parameter.get("type", "any"), parameter.get("type", "any"))
    made: dict[str, Any] = {} if kind == "any" else {"type": kind}
    made |= {key: parameter[key] for key in KEPT if key in parameter}
    if "items" in parameter:
        made["items"] = schema(parameter["items"])
    if "properties" in parameter:
        made["properties"] = {name: schema(p) for name, p in parameter["properties"].items()}
        made["required"] = list(parameter.get("required", []))
    return made


def tool(function: Mapping[str, Any]) -> dict[str, Any]:
    """A BFCL function as a tool; dots in names become underscores, as BFCL does for APIs that forbid them."""
    return {
        "name": plain_name(function["name"]),
        "description": function["description"],
        "parameters": schema(function["parameters"]),
    }


def plain_name(name: str) -> str:
    return name.replace(".", "_")


def normal(value: Any) -> Any:
    """Strings without spaces, case and the marks that BFCL ignores; numbers as they compare; containers within."""
    if isinstance(value, str):
        return re.sub(r"[ ,./\-_*^]", "", value).lower().replace("'", '"')
    if isinstance(value, Mapping):
        return {key: normal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [normal(inner) for inner in value]
    return value


def is_same(given: Any, accepted: Any) -> bool:
    """Whether a given value equals one accepted value; inside objects each field has accepted values of its own."""
    if isinstance(given, bool) or isinstance(accepted, bool):
        return given is accepted
    if isinstance(given, Mapping) and isinstance(accepted, Mapping):
        return are_fields_accepted(given, accepted)
    if isinstance(given, list) and isinstance(accepted, list):
        return len(given) == len(accepted) and all(map(is_same, given, accepted))
    return bool(normal(given) == normal(accepted))


def are_fields_accepted(given: Mapping[str, Any], accepted: Mapping[str, Any]) -> bool:
    if any(name not in accepted for name in given):
        return False
    for name, values in accepted.items():
        options = values if isinstance(values, list) else [values]
        if name not in given:
            if "" not in options:
                return False
        elif not any(is_same(given[name], option) for option in options):
            return False
    return True


def is_call_accepted(call: Call, accepted: Accepted) -> bool:
    ((name, fields),) = accepted.items()
    return plain_name(call[0]) == plain_name(name) and are_fields_accepted(call[1], fields)


def are_calls_accepted(calls: Sequence[Call], expected: Sequence[Accepted]) -> bool:
    """Whether calls and expected calls pair off one to one, in any order."""
    if len(calls) != len(expected):
        return False
    if not calls:
        return True
    rest = calls[1:]
    return any(
        is_call_accepted(calls[0], wanted) and are_calls_accepted(rest, [*expected[:i], *expected[i + 1 :]])
        for i, wanted in enumerate(expected)
    )
