"""From the events of a streamed message to our events. Content blocks are items."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tercet.backends.anthropic.messages import REDACTED, VENDOR
from tercet.backends.http import ErrorBody, reported
from tercet.backends.outputs import OutputWriter
from tercet.backends.parts import seal
from tercet.errors import BackendFailed, TercetError
from tercet.events import Event, Finished, FinishReason
from tercet.usage import Usage

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Kinds of errors inside a stream as the HTTP status that would say the same."""


class _OutputDetails(msgspec.Struct):
    thinking_tokens: int = 0


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None


class _Message(msgspec.Struct):
    usage: _Usage = msgspec.field(default_factory=_Usage)


class _Block(msgspec.Struct):
    type: str = ""
    id: str = ""
    name: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    input: dict[str, Any] | None = None


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Event(msgspec.Struct):
    type: str = ""
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: ErrorBody | None = None


_decode = msgspec.json.Decoder(_Event).decode


class MessageReader:
    """Turns the data lines of one streamed message into events, in order."""

    def __init__(self) -> None:
        self._out = OutputWriter()
        self._signature = ""
        self._input: dict[str, Any] = {}
        """What the open call brought along, in case that no deltas of it come."""
        self._usage = _Usage()
        self._reason: FinishReason | None = None
        self._stop_sequence = ""
        self._is_stopped = False

    def read(self, line: bytes) -> Iterator[Event]:
        """Yield the events of one `data:` line. Raises what an `error` event says."""
        try:
            event = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BackendFailed(f"Anthropic sent an event that is not one ({error}): {line[:200]!r}") from error
        match event.type:
            case "message_start" if event.message is not None:
                self._count(event.message.usage)
            case "content_block_start" if event.content_block is not None:
                yield from self._start(event.content_block)
            case "content_block_delta" if event.delta is not None:
                yield from self._add(event.delta)
            case "content_block_stop":
                yield from self._stop()
            case "message_delta" if event.delta is not None:
                self._count(event.usage or _Usage())
                if event.delta.stop_reason is not None:
                    self._reason = _REASONS.get(event.delta.stop_reason, "stop")
                    self._stop_sequence = event.delta.stop_sequence or ""
            case "message_stop":
                self._is_stopped = True
            case "error":
                raise _failure(event.error or ErrorBody())
            case _:
                pass  # pings, and kinds that the protocol may grow

    def end(self) -> Iterator[Event]:
        """Yield the end. Raises `BackendFailed` when the stream was cut off."""
        if self._reason is None or not self._is_stopped:
            raise BackendFailed("Anthropic's stream ended before its answer did")
        yield from self._out.close()
        used = self._usage
        cached = used.cache_read_input_tokens or 0
        details = used.output_tokens_details or _OutputDetails()
        yield Finished(
            self._reason,
            Usage(
                (used.input_tokens or 0) + (used.cache_creation_input_tokens or 0) + cached,
                cached,
                used.output_tokens or 0,
                details.thinking_tokens,
            ),
            stop=self._stop_sequence,
        )

    def _start(self, block: _Block) -> Iterator[Event]:
        yield from self._out.close()
        self._signature, self._input = block.signature, block.input or {}
        match block.type:
            case "text":
                yield from self._out.text(block.text) if block.text else ()
            case "thinking":
                yield from self._out.thought(block.thinking) if block.thinking else ()
            case "redacted_thinking":
                yield from self._out.sealed_thought(seal(REDACTED, block.data))
            case "tool_use":
                yield from self._out.call(block.id, block.name)
            case other:
                raise BackendFailed(f"Anthropic sent a content block that no request of ours leads to: {other!r}")

    def _add(self, delta: _Delta) -> Iterator[Event]:
        match delta.type:
            case "text_delta":
                yield from self._out.text(delta.text) if delta.text else ()
            case "thinking_delta":
                yield from self._out.thought(delta.thinking) if delta.thinking else ()
            case "input_json_delta":
                yield from self._out.arguments(delta.partial_json)
            case "signature_delta":
                self._signature += delta.signature
            case _:
                pass  # citations, which only come with documents that ask for them

    def _stop(self) -> Iterator[Event]:
        if self._out.open_kind == "call" and not self._out.received:
            yield from self._out.arguments(msgspec.json.encode(self._input).decode())
        if self._signature:
            yield from self._out.sealed_thought(seal(VENDOR, self._signature))
            self._signature = ""
        yield from self._out.close()

    def _count(self, usage: _Usage) -> None:
        """Take over the counts that are given: the later ones are of the whole message so far."""
        given = {name: value for name in _Usage.__struct_fields__ if (value := getattr(usage, name)) is not None}
        self._usage = msgspec.structs.replace(self._usage, **given)


def _failure(body: ErrorBody) -> TercetError:
    status = _STATUSES.get(body.type or "", 500)
    return reported(status, body, f"Anthropic ended the message: {body.message or body.type}")
