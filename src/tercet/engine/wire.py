"""The protocol between the engine's two processes: frames of MessagePack, many requests on one connection.

A frame is a length (4 bytes, big-endian) and an array of messages. Both sides put everything that has gathered
since their last write into one frame, so that a fast model costs twenty writes a second, not one per token.
"""

import struct
from typing import Any

import msgspec

MAX_FRAME = 1 << 30
_LENGTH = struct.Struct(">I")


class Load(msgspec.Struct, frozen=True, array_like=True, tag="L"):
    """The first message to the child: which model to load, and how. Settings are names of `CommonParams`."""

    model_path: str
    private_dir: str
    """A directory that only this user may enter; the engine's own listener is hidden in it."""
    settings: dict[str, Any]
    decode_threads: int
    batch_threads: int
    loras: list[str]
    draft_path: str


class Generate(msgspec.Struct, frozen=True, array_like=True, tag="G"):
    """Complete a prompt. `body` is the JSON request of llama.cpp's completion endpoint, streaming."""

    id: int
    body: bytes
    has_logprobs: bool = False


class Cancel(msgspec.Struct, frozen=True, array_like=True, tag="C"):
    """Stop working on request `id`; it still ends with `Ended` or `Refused`."""

    id: int


class Pause(msgspec.Struct, frozen=True, array_like=True, tag="P"):
    """Stop reading the prompt of request `id`, which then ends as `paused`; no effect once it generates."""

    id: int


class Call(msgspec.Struct, frozen=True, array_like=True, tag="H"):
    """Ask an endpoint of the engine that answers at once: `method` and `path` as in HTTP."""

    id: int
    method: str
    path: str
    body: bytes


class Embed(msgspec.Struct, frozen=True, array_like=True, tag="E"):
    """Compute embeddings; `body` is the JSON request of the embeddings endpoint."""

    id: int
    body: bytes


Request = Load | Generate | Cancel | Pause | Call | Embed


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """The model is loaded. `bos` are the tokens that the engine puts before a prompt by itself."""

    context: int
    """Tokens that one slot holds."""
    bos: list[int]
    build: str


class LoadFailed(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """The model could not be loaded; the child ends after this."""

    message: str


class Progress(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """`done` of `total` prompt tokens of request `id` are computed, `cached` of them long ago."""

    id: int
    done: int
    total: int
    cached: int


class Tokens(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """More text of request `id`, of one or several tokens; `logprobs`, if asked for, has an entry per token."""

    id: int
    text: str
    logprobs: list[Any] | None = None


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="e"):
    """Request `id` is finished. `reason` is `stop`, `length`, `paused` or `cancelled`."""

    id: int
    reason: str
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    prompt_ms: float = 0.0
    output_ms: float = 0.0
    drafted_tokens: int = 0
    """Of the output, the tokens that a draft model guessed right."""
    stop: str = ""
    """The stop sequence that ended it, if one did."""


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """What `Call` or `Embed` came to: an HTTP status and JSON."""

    id: int
    status: int
    body: bytes


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="x"):
    """The engine answered request `id` with an error, in its own terms."""

    id: int
    status: int
    kind: str
    message: str
    prompt_tokens: int = 0
    context: int = 0


Reply = Ready | LoadFailed | Progress | Tokens | Ended | Answer | Refused

_encoder = msgspec.msgpack.Encoder()


def frame(messages: list[Any]) -> bytes:
    """Return `messages` as one frame."""
    payload = _encoder.encode(messages)
    return _LENGTH.pack(len(payload)) + payload


class Unframer:
    """Collects bytes as they arrive and gives back whole messages; raises `ValueError` on an impossible length."""

    def __init__(self, kind: Any) -> None:
        self._buffer = bytearray()
        self._decoder = msgspec.msgpack.Decoder(list[kind])

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the messages that `chunk` completes, in order."""
        buffer = self._buffer
        buffer += chunk
        messages: list[Any] = []
        start = 0
        while len(buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, start)
            if length > MAX_FRAME:
                raise ValueError(f"a frame of {length} bytes")
            end = start + _LENGTH.size + length
            if len(buffer) < end:
                break
            with memoryview(buffer) as view:
                messages += self._decoder.decode(view[start + _LENGTH.size : end])
            start = end
        if start:
            del buffer[:start]
        return messages
