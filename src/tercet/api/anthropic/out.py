"""The answers of the Messages API as they stand on the wire: whole messages and stream events."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from tercet.api.wire import JsonObject


class TextOut(msgspec.Struct, frozen=True, tag="text"):
    """Text of the model."""

    text: str
    citations: None = None


class ThinkingOut(msgspec.Struct, frozen=True, tag="thinking"):
    """Thoughts of the model."""

    thinking: str
    signature: str


class RedactedThinkingOut(msgspec.Struct, frozen=True, tag="redacted_thinking"):
    """Thoughts in their vendor's opaque form."""

    data: str


class ToolUseOut(msgspec.Struct, frozen=True, tag="tool_use"):
    """A call that the model makes."""

    id: str
    name: str
    input: JsonObject


BlockOut = TextOut | ThinkingOut | RedactedThinkingOut | ToolUseOut
StopReason = Literal["end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal"]


class OutputDetails(msgspec.Struct, frozen=True):
    """Of the answer's tokens."""

    thinking_tokens: int


class UsageOut(msgspec.Struct, frozen=True):
    """What the request used. `input_tokens` are those that no cache served."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int
    output_tokens_details: OutputDetails
    cache_creation_input_tokens: int = 0
    """Nothing is charged for filling the cache."""
    service_tier: Literal["standard"] | UnsetType = UNSET


class RefusalDetails(msgspec.Struct, frozen=True, tag="refusal"):
    """What the model said when it refused."""

    explanation: str | None
    category: None = None


class MessageOut(msgspec.Struct, frozen=True):
    """The whole answer, or its frame at the start of a stream."""

    id: str
    model: str
    content: list[BlockOut]
    usage: UsageOut
    stop_reason: StopReason | None = None
    stop_details: RefusalDetails | None = None
    stop_sequence: str | None = None
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"


class TokenCount(msgspec.Struct, frozen=True):
    """The answer of POST /v1/messages/count_tokens."""

    input_tokens: int


# ---- stream events -----------------------------------------------------------------------------------------------


class MessageStart(msgspec.Struct, frozen=True, tag="message_start"):
    """Opens the stream."""

    message: MessageOut


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Says nothing, which keeps connections open."""


class BlockStart(msgspec.Struct, frozen=True, tag="content_block_start"):
    """Opens block `index`."""

    index: int
    content_block: BlockOut


class TextDeltaOut(msgspec.Struct, frozen=True, tag="text_delta"):
    """More text."""

    text: str


class InputDeltaOut(msgspec.Struct, frozen=True, tag="input_json_delta"):
    """More of the JSON text of a call's input."""

    partial_json: str


class ThinkingDeltaOut(msgspec.Struct, frozen=True, tag="thinking_delta"):
    """More thoughts."""

    thinking: str


class SignatureDeltaOut(msgspec.Struct, frozen=True, tag="signature_delta"):
    """The vendor's opaque form of the thoughts."""

    signature: str


DeltaOut = TextDeltaOut | InputDeltaOut | ThinkingDeltaOut | SignatureDeltaOut


class BlockDelta(msgspec.Struct, frozen=True, tag="content_block_delta"):
    """More of block `index`."""

    index: int
    delta: DeltaOut


class BlockStop(msgspec.Struct, frozen=True, tag="content_block_stop"):
    """Block `index` is complete."""

    index: int


class EndDelta(msgspec.Struct, frozen=True):
    """Why the answer ended."""

    stop_reason: StopReason
    stop_details: RefusalDetails | None = None
    stop_sequence: str | None = None


class MessageDelta(msgspec.Struct, frozen=True, tag="message_delta"):
    """What of the message is known only at its end."""

    delta: EndDelta
    usage: UsageOut


class MessageStop(msgspec.Struct, frozen=True, tag="message_stop"):
    """Ends the stream."""


StreamEvent = MessageStart | Ping | BlockStart | BlockDelta | BlockStop | MessageDelta | MessageStop
