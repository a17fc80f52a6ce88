"""What `/openapi.json` says of generateContent and Google's list of models, under both versions of their paths."""

import msgspec

from tercet.api.errors import GoogleReply
from tercet.api.gemini import models, out, wire
from tercet.api.operation import Operation, Schema

_CONTENTS = (("contents", list[wire.Content]),)
_PAGING: tuple[Schema, ...] = (
    {"name": "pageSize", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    {"name": "pageToken", "in": "query", "schema": {"type": "string"}},
)


class CountRequest(wire.Camel):
    """The body of countTokens: contents, or a whole request for an answer."""

    contents: list[wire.Content] | None = None
    generate_content_request: dict[str, msgspec.Raw] | None = None


def _operations(version: str) -> tuple[Operation, ...]:
    one = f"/{version}/models/{{model}}"
    return (
        Operation(
            "POST",
            f"{one}:generateContent",
            "Answer a conversation, in Google's protocol",
            out.GenerateResponse,
            wire.GenerateRequest,
            error=GoogleReply,
            fields=_CONTENTS,
        ),
        Operation(
            "POST",
            f"{one}:streamGenerateContent",
            "Answer a conversation piece by piece, in Google's protocol",
            list[out.GenerateResponse],
            wire.GenerateRequest,
            can_stream=True,
            query=({"name": "alt", "in": "query", "schema": {"enum": ["json", "sse"], "default": "json"}},),
            error=GoogleReply,
            fields=_CONTENTS,
        ),
        Operation(
            "POST",
            f"{one}:countTokens",
            "Count the tokens of a prompt, in Google's protocol",
            out.TokenCount,
            CountRequest,
            error=GoogleReply,
        ),
    )


OPERATIONS = (
    *_operations("v1beta"),
    *_operations("v1"),
    Operation(
        "GET",
        "/v1beta/models",
        "List the models, in Google's protocol",
        models.GeminiModelPage,
        query=_PAGING,
        error=GoogleReply,
    ),
    Operation(
        "GET",
        "/v1beta/models/{model}",
        "Read what one name stands for, in Google's protocol",
        models.GeminiModel,
        error=GoogleReply,
    ),
)
