"""Spans as an OTLP ExportTraceServiceRequest in Protocol Buffers, field by field: the schema is small.

Field numbers are those of `opentelemetry/proto/{collector,common,resource,trace}/v1`.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

from tercet import __version__
from tercet.telemetry.otlp_json import KINDS, STATUSES
from tercet.telemetry.spans import Span, Value

CONTENT_TYPE = "application/x-protobuf"
VARINT, FIXED64, BYTES = 0, 1, 2
_fixed64 = struct.Struct("<Q").pack
_double = struct.Struct("<d").pack


def encode(spans: Sequence[Span], resource: Mapping[str, Value]) -> bytes:
    """Return the request's body; `resource` says who made the spans."""
    scope = _text(1, "tercet") + _text(2, __version__)
    scope_spans = _bytes(1, scope) + b"".join(_bytes(2, _span(span)) for span in spans)
    return _bytes(1, _bytes(1, _attributes(1, resource)) + _bytes(2, scope_spans))


def num_rejected(body: bytes) -> int:
    """Return how many spans the answer says were not taken."""
    for number, partial in _fields(body):
        if number == 1 and isinstance(partial, bytes):
            return next((value for key, value in _fields(partial) if key == 1 and isinstance(value, int)), 0)
    return 0


def _span(span: Span) -> bytes:
    context = span.context
    parts = [
        _bytes(1, context.trace_id),
        _bytes(2, context.span_id),
        _text(3, context.trace_state) if context.trace_state else b"",
        _bytes(4, span.parent_id) if span.parent_id else b"",
        _text(5, span.name),
        _number(6, KINDS[span.kind]),
        _key(7, FIXED64) + _fixed64(span.begun_ns),
        _key(8, FIXED64) + _fixed64(span.ended_ns),
        _attributes(9, span.attributes),
        _bytes(15, (_text(2, span.message) if span.message else b"") + _number(3, STATUSES[span.status])),
    ]
    return b"".join(parts)


def _attributes(number: int, facts: Mapping[str, Value]) -> bytes:
    return b"".join(_bytes(number, _text(1, key) + _bytes(2, _value(value))) for key, value in facts.items())


def _value(value: Value) -> bytes:
    match value:
        case str():
            return _text(1, value)
        case bool():
            return _number(2, value)
        case int():
            return _number(3, value & (1 << 64) - 1)
        case float():
            return _key(4, FIXED64) + _double(value)
        case _:
            return _bytes(5, b"".join(_bytes(1, _value(each)) for each in value))


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode("utf-8", "replace"))


def _bytes(number: int, content: bytes) -> bytes:
    return _key(number, BYTES) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _key(number, VARINT) + _varint(value)


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(body: bytes) -> Iterable[tuple[int, int | bytes]]:
    """Yield the varints and byte strings of a message, up to what cannot be read."""
    place = 0

    def varint() -> int:
        nonlocal place
        value, shift = 0, 0
        while place < len(body):
            byte = body[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        return value

    while place < len(body):
        key = varint()
        match key & 7:
            case 0:
                yield key >> 3, varint()
            case 2:
                length = varint()
                yield key >> 3, body[place : place + length]
                place += length
            case _:
                return
