"""What `/openapi.json` says of the Vector Stores API."""

from tercet.api.openai import vector_wire as wire
from tercet.api.openai.vector_searching import SearchOut, SearchRequest
from tercet.api.operation import Operation, Schema

_EVERY, _ONE = "/v1/vector_stores", "/v1/vector_stores/{vector_store_id}"
_FILE, _BATCH = f"{_ONE}/files/{{file_id}}", f"{_ONE}/file_batches/{{batch_id}}"
_PAGING: tuple[Schema, ...] = (
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
    {"name": "order", "in": "query", "schema": {"enum": ["asc", "desc"], "default": "desc"}},
    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "The id of the entry before."},
    {"name": "before", "in": "query", "schema": {"type": "string"}, "description": "The id of the entry behind."},
)
_STATUS: Schema = {
    "name": "filter",
    "in": "query",
    "schema": {"enum": ["in_progress", "completed", "failed", "cancelled"]},
}

OPERATIONS = (
    Operation("POST", _EVERY, "Make a vector store", wire.StoreOut, wire.StoreRequest),
    Operation("GET", _EVERY, "List vector stores", wire.StoreList, query=_PAGING),
    Operation("GET", _ONE, "Read a vector store", wire.StoreOut),
    Operation("POST", _ONE, "Change a vector store", wire.StoreOut, wire.StoreChanges),
    Operation("DELETE", _ONE, "Delete a vector store", wire.StoreDeleted),
    Operation("POST", f"{_ONE}/search", "Search a vector store", SearchOut, SearchRequest),
    Operation("POST", f"{_ONE}/files", "Put a file into a vector store", wire.VectorFileOut, wire.FileRequest),
    Operation(
        "GET", f"{_ONE}/files", "List the files of a vector store", wire.VectorFileList, query=(*_PAGING, _STATUS)
    ),
    Operation("GET", _FILE, "Read what is known of a file in a vector store", wire.VectorFileOut),
    Operation("POST", _FILE, "Replace a file's attributes", wire.VectorFileOut, wire.FileChanges),
    Operation("DELETE", _FILE, "Take a file out of a vector store", wire.VectorFileDeleted),
    Operation("GET", f"{_FILE}/content", "Read a file's chunks", wire.ContentOut),
    Operation("POST", f"{_ONE}/file_batches", "Put files into a vector store", wire.BatchOut, wire.BatchRequest),
    Operation("GET", _BATCH, "Read how far a batch of files is", wire.BatchOut),
    Operation("POST", f"{_BATCH}/cancel", "End a batch of files", wire.BatchOut),
    Operation("GET", f"{_BATCH}/files", "List the files of a batch", wire.VectorFileList, query=(*_PAGING, _STATUS)),
)
