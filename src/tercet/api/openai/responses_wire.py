"""The request of the Responses API as it stands on the wire."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tercet.api.extension import TercetOptions
from tercet.api.openai.responses_wire_tools import FunctionTool, Tool, ToolChoiceParam
from tercet.api.openai.wire import Effort, Label, Metadata, Name
from tercet.api.wire import JsonObject, MaxTokens, Penalty, Refused, Temperature, TopLogprobs, TopP, Wire

LOGPROBS = "message.output_text.logprobs"
IMAGE_URLS = "message.input_image.image_url"
SEARCH_RESULTS = "file_search_call.results"
SEARCH_SOURCES = "web_search_call.action.sources"
ENCRYPTED_REASONING = "reasoning.encrypted_content"


class TextFormat(Wire, tag="text"):
    """Free text."""


class JsonObjectFormat(Wire, tag="json_object"):
    """Any JSON object."""


class JsonSchemaFormat(Wire, tag="json_schema"):
    """JSON that satisfies a schema."""

    name: Name
    schema: JsonObject
    description: str | None = None
    strict: bool | None = None


class TextConfig(Wire):
    """The form of the answer's text."""

    format: TextFormat | JsonObjectFormat | JsonSchemaFormat | None = None
    verbosity: str | None = None


class ReasoningConfig(Wire):
    """How much the model is to think."""

    effort: Effort | None = None
    summary: str | None = None
    generate_summary: str | None = None


class StreamOptions(Wire):
    """Options of a streamed answer."""

    include_obfuscation: bool | None = None
    """Padding against traffic analysis; not served, hence only false."""


class ContextManagement(Wire):
    """How a conversation is kept short."""

    type: Literal["compaction"]
    compact_threshold: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    """Prompts of more tokens have their earlier turns summarised; left out: three quarters of the window."""


class ConversationRef(Wire):
    """A conversation by its id."""

    id: str


class ResponsesRequest(Wire):
    """The body of POST /v1/responses. Input items are decoded one by one afterwards."""

    model: str
    input: str | list[msgspec.Raw] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoiceParam | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: ReasoningConfig | None = None
    include: list[str] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    max_output_tokens: MaxTokens | None = None
    top_logprobs: TopLogprobs | None = None
    metadata: Metadata | None = None
    prompt_cache_key: Label | None = None
    safety_identifier: Label | None = None
    user: Label | None = None
    service_tier: str | None = None
    truncation: Literal["auto", "disabled"] | None = None
    tercet: TercetOptions | None = None
    client_metadata: dict[str, Annotated[str, Meta(max_length=65_536)]] | None = None
    """What a client says of itself, as Codex does; it changes nothing and is not kept."""
    background: bool | None = None
    prompt_cache_retention: str | None = None
    max_tool_calls: Annotated[int, Meta(ge=1, le=1000)] | None = None
    conversation: str | ConversationRef | None = None
    prompt: Any = None
    context_management: Annotated[list[ContextManagement], Meta(max_length=1)] | None = None
    moderation: Any = None
    prompt_cache_options: Any = None
    background_options: Any = None
    access_programs: Any = None
    image: Any = None


class CompactRequest(Wire):
    """The body of POST /v1/responses/compact."""

    model: str
    input: str | list[msgspec.Raw] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    prompt_cache_key: Label | None = None
    service_tier: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Any = None
    image: Any = None


class InputTokensRequest(Wire):
    """The body of POST /v1/responses/input_tokens: what of a response's request is shown to the model."""

    model: str
    input: str | list[msgspec.Raw] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | ConversationRef | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoiceParam | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: ReasoningConfig | None = None
    truncation: Literal["auto", "disabled"] | None = None
    personality: str | None = None


NOT_SERVED: Refused = {
    "service_tier": (("auto", "default"), "Leave it out, or send 'auto' or 'default'."),
    "prompt_cache_retention": (("in_memory",), "Prefixes are kept in memory."),
    "prompt": ((), "Send the text in 'instructions' and 'input'."),
    "moderation": ((), "Leave it out."),
    "prompt_cache_options": ((), "Use 'prompt_cache_key'."),
    "background_options": (
        ({}, {"completion_window": "soonest"}),
        "They are made as soon as they can be.",
    ),
    "access_programs": ((), "Leave it out."),
    "image": ((), "Leave it out."),
}

NOT_SERVED_COMPACTING: Refused = {
    name: NOT_SERVED[name] for name in ("service_tier", "prompt_cache_retention", "prompt_cache_options", "image")
}

NOT_SERVED_COUNTING: Refused = {"personality": ((), "Put how the model is to speak into 'instructions'.")}

HINTS = {
    r"(input|items)\[\d+\]\.role": "The roles are user, system, developer and assistant.",
    r"(input|items)\[\d+\]\.(content|output)\[\d+\]\.type": (
        "Parts are input_text, input_image and input_file; an assistant's output_text and refusal."
    ),
    r"tools\[\d+\]\.type": (
        "It is function, file_search, web_search or mcp: offer anything else as a function of your own."
    ),
    r"tool_choice(\..*)?": "It is none, auto, required, a function, file_search, web_search, mcp or allowed_tools.",
    r"text\.format\.type": "It is text, json_object or json_schema.",
    r"truncation": "It is auto or disabled.",
    r"context_management\[\d+\]\.type": "It is compaction.",
}
"""What to send in place of an invalid value."""
