"""The official client's own models, read strictly: a field that is missing or of another kind is an error here."""

import typing
from typing import Any

import openai.types.beta as beta
import pydantic
from openai._legacy_response import LegacyAPIResponse


def validated(kind: Any, value: Any) -> Any:
    """Return `value` after checking it, and all that is in it, as `kind`; required fields must be there."""
    return pydantic.TypeAdapter(kind).validate_python(value)


def checked(kind: Any, response: LegacyAPIResponse[Any]) -> Any:
    """Return what the client made of a raw response, once its JSON is valid as `kind`."""
    validated(kind, response.http_response.json())
    return response.parse()


def checked_list(kind: Any, response: LegacyAPIResponse[Any]) -> Any:
    """Return the page of a raw response, once each of its entries is valid as `kind`."""
    body = response.http_response.json()
    assert body["object"] == "list"
    for entry in body["data"]:
        validated(kind, entry)
    return response.parse()


def event_kinds() -> dict[str, Any]:
    """Return the client's class of each type of event."""
    union = typing.get_args(beta.AgentSessionEvent)[0]
    return {typing.get_args(kind.model_fields["type"].annotation)[0]: kind for kind in typing.get_args(union)}
