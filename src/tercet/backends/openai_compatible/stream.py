"""From the chunks of a streamed chat completion to events.

Reads what vLLM, SGLang, Ollama, LM Studio and OpenAI send: reasoning under either of its two names, whole calls in one
chunk or in pieces, a usage chunk after the finish or on it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tercet.backends.outputs import OutputWriter
from tercet.errors import BackendFailed
from tercet.events import Event, Finished, FinishReason, TokenLogprob, TopLogprob
from tercet.usage import Usage

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "length": "length",
    "content_filter": "content_filter",
}


class _FunctionDelta(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _CallDelta(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _FunctionDelta = msgspec.field(default_factory=_FunctionDelta)


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_CallDelta] | None = None


class _Top(msgspec.Struct):
    token: str
    logprob: float


class _Logprob(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Top] | None = None


class _Logprobs(msgspec.Struct):
    """Of a chat in `content`; of a completion in the other three, one entry per token each."""

    content: list[_Logprob] | None = None
    tokens: list[str] = []
    token_logprobs: list[float | None] = []
    top_logprobs: list[dict[str, float] | None] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    text: str | None = None
    """What a completion has in place of a delta."""
    finish_reason: str | None = None
    stop_reason: str | int | None = None
    """Of vLLM: the stop sequence, or the number of the token, that ended the text."""
    logprobs: _Logprobs | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class ChunkReader:
    """Turns the data lines of one stream into events, in order."""

    def __init__(self) -> None:
        self._out = OutputWriter()
        self._call_index = 0
        """What the upstream numbers the open call."""
        self._reason: FinishReason | None = None
        self._usage: _Usage | None = None
        self._stop = ""

    def read(self, line: bytes) -> Iterator[Event]:
        """Yield the events of one `data:` line. Raises `BackendFailed` when it is not a chunk or is an error."""
        try:
            chunk = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BackendFailed(f"the upstream sent a chunk that is not one ({error}): {line[:200]!r}") from error
        if chunk.error is not None:
            raise BackendFailed(f"the upstream reported an error in its stream: {chunk.error}")
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices[:1]:
            yield from self._read_delta(choice)
            if choice.finish_reason is not None:
                self._reason = _REASONS.get(choice.finish_reason, "stop")
                self._stop = choice.stop_reason if isinstance(choice.stop_reason, str) else ""

    def end(self) -> Iterator[Event]:
        """Yield the end of the open item and of the stream. Raises `BackendFailed` when the stream was cut off."""
        if self._reason is None:
            raise BackendFailed("the upstream's stream ended before its answer did")
        yield from self._out.close()
        yield Finished(self._reason, _usage(self._usage), stop=self._stop)

    def _read_delta(self, choice: _Choice) -> Iterator[Event]:
        delta = choice.delta
        if thought := delta.reasoning_content or delta.reasoning:
            yield from self._out.thought(thought)
        if text := delta.content or choice.text:
            yield from self._out.text(text, _logprobs(choice.logprobs))
        if delta.refusal:
            yield from self._out.refusal(delta.refusal)
        for call in delta.tool_calls or ():
            yield from self._read_call(call)

    def _read_call(self, delta: _CallDelta) -> Iterator[Event]:
        if self._out.open_kind != "call" or self._call_index != delta.index:
            self._call_index = delta.index
            yield from self._out.call(delta.id or "", delta.function.name or "")
        yield from self._out.arguments(delta.function.arguments or "")


def _logprobs(logprobs: _Logprobs | None) -> tuple[TokenLogprob, ...]:
    if logprobs is None:
        return ()
    if not logprobs.content:
        tops = logprobs.top_logprobs or [None] * len(logprobs.tokens)
        return tuple(
            TokenLogprob(token, logprob or 0.0, tuple(TopLogprob(*entry) for entry in (top or {}).items()))
            for token, logprob, top in zip(logprobs.tokens, logprobs.token_logprobs, tops, strict=False)
        )
    return tuple(
        TokenLogprob(
            entry.token, entry.logprob, tuple(TopLogprob(top.token, top.logprob) for top in entry.top_logprobs or ())
        )
        for entry in logprobs.content
    )


def _usage(usage: _Usage | None) -> Usage:
    if usage is None:
        return Usage()
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        usage.prompt_tokens,
        (prompt.cached_tokens or 0) if prompt else 0,
        usage.completion_tokens,
        (completion.reasoning_tokens or 0) if completion else 0,
    )
