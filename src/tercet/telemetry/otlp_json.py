"""Spans as an OTLP ExportTraceServiceRequest in JSON: ids in hexadecimal, 64-bit integers as text."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tercet import __version__
from tercet.telemetry.spans import Span, Value

CONTENT_TYPE = "application/json"
KINDS = {"internal": 1, "server": 2, "client": 3}
STATUSES = {"unset": 0, "ok": 1, "error": 2}


def encode(spans: Sequence[Span], resource: Mapping[str, Value]) -> bytes:
    """Return the request's body."""
    return msgspec.json.encode(request(spans, resource))


def request(spans: Sequence[Span], resource: Mapping[str, Value]) -> dict[str, Any]:
    """Return the request as values that JSON has; `resource` says who made the spans."""
    scope = {"scope": {"name": "tercet", "version": __version__}, "spans": [_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope]}]}


def num_rejected(body: bytes) -> int:
    """Return how many spans the answer says were not taken."""
    try:
        answer = msgspec.json.decode(body) if body.strip() else {}
        return int(answer.get("partialSuccess", {}).get("rejectedSpans", 0))
    except (msgspec.DecodeError, ValueError, TypeError, AttributeError):
        return 0  # accepted with an answer that is none: nothing says that a span was refused


def _span(span: Span) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "traceId": span.context.trace_id.hex(),
        "spanId": span.context.span_id.hex(),
        "name": _clean(span.name),
        "kind": KINDS[span.kind],
        "startTimeUnixNano": str(span.begun_ns),
        "attributes": _attributes(span.attributes),
        "status": {"code": STATUSES[span.status]},
    }
    if span.message and span.status == "error":
        shown["status"]["message"] = _clean(span.message)
    if span.context.trace_state:
        shown["traceState"] = span.context.trace_state
    if span.parent_id:
        shown["parentSpanId"] = span.parent_id.hex()
    if span.ended_ns:
        shown["endTimeUnixNano"] = str(span.ended_ns)
    return shown


def _attributes(facts: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items()]


def _value(value: Value) -> dict[str, Any]:
    match value:
        case str():
            return {"stringValue": _clean(value)}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case _:
            return {"arrayValue": {"values": [_value(each) for each in value]}}


def _clean(text: str) -> str:
    """Return `text` without halves of characters, which JSON has no form for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
