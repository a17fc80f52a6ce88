"""Writes `docs/endpoints.md`: what of OpenAI's API is served, from our wire types and the official client's.

    python -m tests.api.endpoints > docs/endpoints.md

A field counts as partly served where `NOT_SERVED` lets some values pass or `PARTLY` says what is refused of it.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec
import openai.resources
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.input_token_count_params import InputTokenCountParams
from openai.types.responses.response_compact_params import ResponseCompactParams
from openai.types.responses.response_create_params import ResponseCreateParamsBase

from tercet.api.app import all_routes
from tercet.api.metrics import Metrics
from tercet.api.openai import chat_wire, responses_items, responses_request, responses_wire
from tercet.api.openai.not_served import reason_of
from tercet.api.routes import RouteTable
from tercet.api.wire import Refused, Wire
from tercet.errors import TercetError
from tercet.service import Service

HEAD = """# Endpoints

What of OpenAI's API is served. This page is made from the types that requests are decoded with and compared with the
official client's by `tests/api/test_endpoints.py`: a field or path that the client gains fails the test until it is
decided here. What is refused is refused by name: fields with 400 `unsupported_parameter`, paths with 404 `not_served`.
"""

Partly = dict[str, str]
_STREAM: Partly = {"stream_options": "`include_obfuscation: true` is refused: streams are not padded"}
_TOOLS: Partly = {
    "tools": "functions, alone and in a `namespace`, `mcp` by `server_url`, "
    "`web_search` where a search provider is configured, `file_search` where there are vector stores; "
    "other tools of OpenAI's are refused by type",
    "tool_choice": "`auto`, `none`, `required`, a function, `mcp`, `web_search`, `file_search`, `allowed_tools`",
}
CHAT: Partly = {
    **_STREAM,
    "tools": "functions; custom tools are refused by type",
    "messages": "text, images, files and refusals; audio is refused, names are shown to the model before the text",
    "tool_choice": "`auto`, `none`, `required`, a function, `allowed_tools`",
    "n": "up to 8",
}
RESPONSES: Partly = {
    **_STREAM,
    **_TOOLS,
    "input": f"items of the types {', '.join(f'`{kind}`' for kind in responses_items.ITEM_TYPES)}",
    "include": ", ".join(f"`{name}`" for name in responses_request.INCLUDABLE),
    "text": "`verbosity` other than `medium` is refused",
    "reasoning": "`effort`; of summaries only `auto`: they are shown where the model makes them",
    "context_management": "`compaction`",
}
COUNTING: Partly = {name: RESPONSES[name] for name in ("input", "text", "reasoning")} | {
    "tools": "functions; what tools that are run here add to the prompt is not counted",
    "tool_choice": "`auto`, `none`, `required`, a function, `allowed_tools`",
}
COMPACTING: Partly = {"input": RESPONSES["input"]}

REQUESTS: tuple[tuple[str, type[Wire], Any, Refused, Partly], ...] = (
    ("POST /v1/chat/completions", chat_wire.ChatRequest, CompletionCreateParamsBase, chat_wire.NOT_SERVED, CHAT),
    (
        "POST /v1/responses",
        responses_wire.ResponsesRequest,
        ResponseCreateParamsBase,
        responses_wire.NOT_SERVED,
        RESPONSES,
    ),
    (
        "POST /v1/responses/input_tokens",
        responses_wire.InputTokensRequest,
        InputTokenCountParams,
        responses_wire.NOT_SERVED_COUNTING,
        COUNTING,
    ),
    (
        "POST /v1/responses/compact",
        responses_wire.CompactRequest,
        ResponseCompactParams,
        responses_wire.NOT_SERVED_COMPACTING,
        COMPACTING,
    ),
)
"""Each request: our type, the client's, what of it is refused, and what is served in part."""

Call = tuple[str, str]
"""A method and a path, parameters in braces."""


def undecided() -> list[str]:
    """Return the client's fields that our types do not know, and our remarks on fields that are not there."""
    odd: list[str] = []
    for name, ours, theirs, refused, partly in REQUESTS:
        known = set(ours.__struct_encode_fields__)
        odd += [f"{name}: {field}" for field in sorted(set(get_type_hints(theirs)) - known)]
        odd += [f"{name}: remark on {field}" for field in sorted({*refused, *partly} - known)]
    return odd


def client_calls() -> set[Call]:
    """Return every HTTP call that the official client can make."""
    calls: set[Call] = set()
    for module in pkgutil.walk_packages(openai.resources.__path__, "openai.resources."):
        path = Path(cast(str, inspect.getsourcefile(importlib.import_module(module.name))))
        source = path.read_text(encoding="utf-8")
        for verb, url in re.findall(
            r'self\._(get|post|delete|put|patch|get_api_list)\(\s*(?:path_template\(\s*)?f?"(/[^"?]*)', source
        ):
            method = "GET" if verb == "get_api_list" else verb.upper()
            if (method, url) == ("GET", "/vector_stores/{vector_store_id}/search"):
                method = "POST"  # the one list that is asked for with a body
            calls.add((method, f"/v1{url}"))
    return calls


def verdict(call: Call, routes: RouteTable) -> str | None:
    """Return "" for a call that is served, the reason for one that is refused by name, None for one that is unknown."""
    method, path = call
    try:
        routes.find(method, path)
    except TercetError as error:
        if error.status == 405:
            return "not offered"
        return reason_of(path)
    return ""


def our_routes() -> RouteTable:
    """Return the table of our routes, not connected to anything."""
    return RouteTable(all_routes(cast(Service, _Nothing()), Metrics()))


class _Nothing:
    """Stands for a service that nobody calls."""

    def __getattr__(self, name: str) -> "_Nothing":
        return self


def document() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, ours, theirs, refused, partly in REQUESTS:
        parts += [f"## {name}\n", "| field | | remarks |\n|---|---|---|"]
        parts[-1] += "".join(f"\n{line}" for line in _fields(ours, theirs, refused, partly)) + "\n"
    routes = our_routes()
    judged = sorted((path, method, verdict((method, path), routes)) for method, path in client_calls())
    served = [f"| `{method} {path}` |" for path, method, said in judged if said == ""]
    parts += ["## Calls of the official client that are served\n", "| call |\n|---|\n" + "\n".join(served) + "\n"]
    parts += ["## Calls that are refused\n", "| path | why |\n|---|---|"]
    parts[-1] += "".join(f"\n{line}" for line in dict.fromkeys(_refusals(judged))) + "\n"
    return "\n".join(parts)


def _fields(ours: type[Wire], theirs: Any, refused: Refused, partly: Partly) -> Iterator[str]:
    known = get_type_hints(theirs)
    for field in sorted(ours.__struct_encode_fields__):
        note = "" if field in known or field == "stream" else "not of OpenAI's"
        if field in refused:
            harmless, advice = refused[field]
            state = "partly" if harmless else "refused"
            only = f"only {' or '.join(f'`{_json(value)}`' for value in harmless)}. " if harmless else ""
            note = f"{only}{advice}"
        elif field in partly:
            state, note = "partly", partly[field]
        else:
            state = "yes"
        yield f"| `{field}` | {state} | {note} |"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _refusals(judged: list[tuple[str, str, str | None]]) -> Iterator[str]:
    for path, method, said in judged:
        if said == "not offered":
            yield f"| `{method} {path}` | the path has no such method here |"
        elif said:
            shown = path if path.startswith("/v1/chat/") else "/".join(path.split("/")[:3])
            yield f"| `{shown}` | {said} |"


if __name__ == "__main__":
    sys.stdout.write(document())
