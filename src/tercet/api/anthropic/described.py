"""What `/openapi.json` says of the Messages API."""

from tercet.api.anthropic import out, wire
from tercet.api.errors import AnthropicReply
from tercet.api.operation import Operation

_MESSAGES = (("messages", list[wire.MessageIn]), ("tools", list[wire.CustomTool] | None))

OPERATIONS = (
    Operation(
        "POST",
        "/v1/messages",
        "Answer a conversation, in Anthropic's protocol",
        out.MessageOut,
        wire.MessagesRequest,
        can_stream=True,
        error=AnthropicReply,
        fields=_MESSAGES,
    ),
    Operation(
        "POST",
        "/v1/messages/count_tokens",
        "Count the tokens of a prompt, in Anthropic's protocol",
        out.TokenCount,
        wire.Prompt,
        error=AnthropicReply,
        fields=_MESSAGES,
    ),
)
