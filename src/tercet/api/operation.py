"""One route as `/openapi.json` shows it. Doors keep tuples of these; `openapi.py` makes the document of them all."""

from typing import Any

import msgspec

from tercet.api.errors import ErrorReply

Schema = dict[str, Any]


class Operation(msgspec.Struct, frozen=True):
    """One route as the description shows it."""

    method: str
    path: str
    """As the route's, parameters in braces."""
    summary: str
    answer: Any = None
    """The struct of a JSON answer, or a union of them; None for text."""
    request: type | None = None
    can_stream: bool = False
    is_public: bool = False
    query: tuple[Schema, ...] = ()
    form: Schema | None = None
    """The schema of a body that is a form with a file in it."""
    is_binary: bool = False
    status: int = 200
    """Of an answer that is no error."""
    error: type = ErrorReply
    """The shape of errors in the door's protocol."""
    fields: tuple[tuple[str, Any], ...] = ()
    """Fields of the body that are decoded apart from it, with their types: they are shown as required."""
