"""The description of the HTTP surface, made from the very structs that requests are decoded with.

Fields that are only there to be refused are left out, or shown with the values that ask for nothing.
"""

import re
from typing import Any, get_args

import msgspec

from tercet import __version__
from tercet.api import admin
from tercet.api.anthropic import described as anthropic_described
from tercet.api.gemini import described as gemini_described
from tercet.api.health import HealthReport
from tercet.api.openai import (
    batches,
    chat_out,
    chat_wire,
    completions_wire,
    conversations_wire,
    files_wire,
    responses_wire,
    responses_wire_items,
    vector_described,
)
from tercet.api.openai.agents import described as agents_described
from tercet.api.openai.embeddings import Embeddings, EmbeddingsRequest
from tercet.api.openai.models import ModelList, ModelOut
from tercet.api.openai.responses_out import CompactedOut, Deleted, InputTokensOut, ItemList, ItemOut, ResponseOut
from tercet.api.operation import Operation, Schema
from tercet.api.wire import Refused
from tercet.service.conversations import MAX_ITEMS_AT_ONCE
from tercet.service.files import PURPOSES

_REFS = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")
_Schemas = list[tuple[Any, Schema]]
"""Types and how they are shown."""


_PAGING: tuple[Schema, ...] = (
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
    {"name": "order", "in": "query", "schema": {"enum": ["asc", "desc"], "default": "desc"}},
    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "The id of the item before."},
)

_WATCHING: tuple[Schema, ...] = (
    {"name": "stream", "in": "query", "schema": {"type": "boolean", "default": False}},
    {
        "name": "starting_after",
        "in": "query",
        "schema": {"type": "integer"},
        "description": "With stream: the number of the last event that is not wanted.",
    },
)
_CONVERSATION = "/v1/conversations/{conversation_id}"

_BINARY: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
_FILE_FORM: Schema = {
    "type": "object",
    "required": ["file", "purpose"],
    "properties": {
        "file": _BINARY,
        "purpose": {"enum": list(PURPOSES)},
        "expires_after[anchor]": {"const": "created_at"},
        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2_592_000},
    },
    "additionalProperties": False,
}
_PART_FORM: Schema = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": _BINARY},
    "additionalProperties": False,
}
_FILE_PAGING: tuple[Schema, ...] = (
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10_000}},
    *_PAGING[1:],
    {"name": "purpose", "in": "query", "schema": {"type": "string"}},
)

_DAYS: Schema = {
    "name": "days",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": admin.MAX_DAYS, "default": 30},
}

OPERATIONS = (
    Operation(
        "POST",
        "/v1/chat/completions",
        "Answer a conversation",
        chat_out.ChatCompletion,
        chat_wire.ChatRequest,
        can_stream=True,
    ),
    Operation(
        "POST", "/v1/responses", "Create a response", ResponseOut, responses_wire.ResponsesRequest, can_stream=True
    ),
    Operation(
        "GET",
        "/v1/responses/{response_id}",
        "Read a stored response, or watch one that is made in the background",
        ResponseOut,
        can_stream=True,
        query=_WATCHING,
    ),
    Operation("POST", "/v1/responses/{response_id}/cancel", "End a background response", ResponseOut),
    Operation(
        "POST",
        "/v1/responses/compact",
        "Summarise a conversation into an input to go on with",
        CompactedOut,
        responses_wire.CompactRequest,
    ),
    Operation(
        "POST",
        "/v1/responses/input_tokens",
        "Count the tokens of a prompt",
        InputTokensOut,
        responses_wire.InputTokensRequest,
    ),
    Operation("DELETE", "/v1/responses/{response_id}", "Delete a stored response", Deleted),
    Operation(
        "GET", "/v1/responses/{response_id}/input_items", "List what a response was asked with", ItemList, query=_PAGING
    ),
    Operation(
        "POST",
        "/v1/conversations",
        "Create a conversation",
        conversations_wire.ConversationOut,
        conversations_wire.CreateRequest,
    ),
    Operation("GET", _CONVERSATION, "Read a conversation", conversations_wire.ConversationOut),
    Operation(
        "POST",
        _CONVERSATION,
        "Replace a conversation's metadata",
        conversations_wire.ConversationOut,
        conversations_wire.UpdateRequest,
    ),
    Operation("DELETE", _CONVERSATION, "Delete a conversation", conversations_wire.ConversationDeleted),
    Operation("GET", f"{_CONVERSATION}/items", "List a conversation's items", ItemList, query=_PAGING),
    Operation("POST", f"{_CONVERSATION}/items", "Add items", ItemList, conversations_wire.ItemsRequest),
    Operation("GET", f"{_CONVERSATION}/items/{{item_id}}", "Read an item", ItemOut),
    Operation("DELETE", f"{_CONVERSATION}/items/{{item_id}}", "Take an item out", conversations_wire.ConversationOut),
    Operation(
        "POST",
        "/v1/completions",
        "Go on from a text",
        completions_wire.Completion,
        completions_wire.CompletionRequest,
        can_stream=True,
    ),
    Operation("POST", "/v1/files", "Give a file", files_wire.FileOut, form=_FILE_FORM),
    Operation("GET", "/v1/files", "List files", files_wire.FileList, query=_FILE_PAGING),
    Operation("GET", "/v1/files/{file_id}", "Read what is known of a file", files_wire.FileOut),
    Operation("DELETE", "/v1/files/{file_id}", "Delete a file", files_wire.FileDeleted),
    Operation("GET", "/v1/files/{file_id}/content", "Read a file", is_binary=True),
    Operation("POST", "/v1/uploads", "Begin a file in parts", files_wire.UploadOut, files_wire.UploadRequest),
    Operation("POST", "/v1/uploads/{upload_id}/parts", "Add a part", files_wire.PartOut, form=_PART_FORM),
    Operation(
        "POST",
        "/v1/uploads/{upload_id}/complete",
        "Join the parts into a file",
        files_wire.UploadOut,
        files_wire.CompleteRequest,
    ),
    Operation("POST", "/v1/uploads/{upload_id}/cancel", "Give an upload up", files_wire.UploadOut),
    Operation(
        "POST", "/v1/batches", "Answer a file of requests in the background", batches.BatchOut, batches.BatchRequest
    ),
    Operation("GET", "/v1/batches", "List batches", batches.BatchList, query=_PAGING),
    Operation("GET", "/v1/batches/{batch_id}", "Read a batch", batches.BatchOut),
    Operation("POST", "/v1/batches/{batch_id}/cancel", "End a batch", batches.BatchOut),
    Operation("POST", "/v1/embeddings", "Turn texts into vectors", Embeddings, EmbeddingsRequest),
    Operation("GET", "/v1/models", "List the names that go into 'model'", ModelList),
    Operation("GET", "/v1/models/{model}", "Read what one name stands for", ModelOut),
    *vector_described.OPERATIONS,
    *agents_described.OPERATIONS,
    *anthropic_described.OPERATIONS,
    *gemini_described.OPERATIONS,
    Operation("POST", "/admin/keys", "Create a key", admin.KeyOut, admin.KeyRequest, status=201),
    Operation("GET", "/admin/keys", "List keys", admin.KeyList),
    Operation("DELETE", "/admin/keys/{key_id}", "Revoke a key", admin.KeyRevoked),
    Operation("GET", "/admin/usage", "Sum what was used", admin.UsageList, query=(_DAYS,)),
    Operation("GET", "/healthz", "Whether the server lives and which tiers are ready", HealthReport, is_public=True),
    Operation("GET", "/metrics", "Counts for Prometheus"),
    Operation("GET", "/openapi.json", "This description", dict, is_public=True),
)


def describe() -> Schema:
    """Return the OpenAPI 3.1 document."""
    kinds = [kind for operation in OPERATIONS for kind in _kinds_of(operation)]
    items = get_args(responses_wire_items.InputItem)
    shown, components = msgspec.json.schema_components([*kinds, chat_wire.ChatMessage, *items], ref_template=_REFS)
    schemas = list(zip(kinds, shown, strict=False))
    messages, *item_schemas = shown[len(kinds) :]
    chat, responses = components[chat_wire.ChatRequest.__name__], components[responses_wire.ResponsesRequest.__name__]
    chat["properties"]["messages"] = {"type": "array", "minItems": 1, "items": messages}
    items_schema = {"type": "array", "items": {"anyOf": item_schemas}}
    for body in (responses, components[responses_wire.CompactRequest.__name__]):
        body["properties"]["input"] = {"anyOf": [{"type": "string"}, items_schema]}
    for request in (conversations_wire.CreateRequest, conversations_wire.ItemsRequest):
        components[request.__name__]["properties"]["items"] = {**items_schema, "maxItems": MAX_ITEMS_AT_ONCE}
    _show_served(chat, chat_wire.NOT_SERVED)
    _show_served(responses, responses_wire.NOT_SERVED)
    _show_served(components[completions_wire.CompletionRequest.__name__], completions_wire.NOT_SERVED)
    _show_served(components[responses_wire.CompactRequest.__name__], responses_wire.NOT_SERVED_COMPACTING)
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        _show_fields(operation, components, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tercet", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def _kinds_of(operation: Operation) -> list[Any]:
    kinds = [operation.request, operation.answer, operation.error, *(kind for _, kind in operation.fields)]
    return [kind for kind in kinds if kind is not None]


def _schema_of(kind: Any, schemas: _Schemas) -> Schema:
    """Return the schema of a type; types such as `list[X] | None` need not be hashable to be found."""
    return next(schema for known, schema in schemas if known == kind)


def _show_fields(operation: Operation, components: Schema, schemas: _Schemas) -> None:
    """Put the types of what is decoded apart from a body into the body's schema."""
    if operation.request is None or not operation.fields:
        return
    body = components[_schema_of(operation.request, schemas)["$ref"].rpartition("/")[2]]
    for name, kind in operation.fields:
        body["properties"][name] = _schema_of(kind, schemas)
        if name not in body.get("required", ()) and not _may_be_left_out(kind):
            body["required"] = [*body.get("required", ()), name]


def _may_be_left_out(kind: Any) -> bool:
    return type(None) in get_args(kind)


def _operation(operation: Operation, schemas: _Schemas) -> Schema:
    if operation.is_binary:
        content: Schema = {"application/octet-stream": {"schema": {}}}
    elif operation.answer is None:
        content = {"text/plain": {"schema": {"type": "string"}}}
    else:
        content = {"application/json": {"schema": _schema_of(operation.answer, schemas)}}
    if operation.can_stream:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    names = _PARAMETER.findall(operation.path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    error = _schema_of(operation.error, schemas)
    shown: Schema = {
        "summary": operation.summary,
        "operationId": operation.method.lower() + re.sub(r"[^\w{}]", "_", operation.path),
        "responses": {
            str(operation.status): {"description": operation.summary, "content": content},
            "default": {"description": "An error", "content": {"application/json": {"schema": error}}},
        },
        "security": [] if operation.is_public else [{}, {"key": []}],
    }
    if parameters or operation.query:
        shown["parameters"] = [*parameters, *operation.query]
    if operation.request:
        body = {"application/json": {"schema": _schema_of(operation.request, schemas)}}
        shown["requestBody"] = {"required": True, "content": body}
    if operation.form:
        body = {"multipart/form-data": {"schema": operation.form}}
        shown["requestBody"] = {"required": True, "content": body}
    return shown


def _show_served(schema: Schema, refused: Refused) -> None:
    for field, (harmless, advice) in refused.items():
        if harmless:
            schema["properties"][field] = {"enum": [*harmless, None], "default": None, "description": advice}
        else:
            del schema["properties"][field]
