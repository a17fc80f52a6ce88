"""The request of Chat Completions as it stands on the wire."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tercet.api.extension import TercetOptions
from tercet.api.openai.wire import Effort, Label, Metadata, Name
from tercet.api.wire import JsonObject, MaxTokens, Penalty, Refused, Seed, Temperature, TopLogprobs, TopP, Wire

# ---- parts of messages -------------------------------------------------------------------------------------------


class TextContent(Wire, tag="text"):
    """Text."""

    text: str


class RefusalContent(Wire, tag="refusal"):
    """What the assistant said when it refused."""

    refusal: str


class ImageUrl(Wire):
    """Where an image is, or the image itself as a `data:` URL."""

    url: str
    detail: Literal["auto", "low", "high"] = "auto"


class ImageContent(Wire, tag="image_url"):
    """An image, for tiers whose model reads images."""

    image_url: ImageUrl


class AudioContent(Wire, tag="input_audio"):
    """Audio; not served."""

    input_audio: Any


class FileContents(Wire):
    """A file by content, or by the id of a stored text file."""

    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


class FileContent(Wire, tag="file"):
    """A file. By content: for tiers whose model reads files; by id: its text is put in its place."""

    file: FileContents


UserContent = TextContent | ImageContent | AudioContent | FileContent
AssistantContent = TextContent | RefusalContent

# ---- messages ----------------------------------------------------------------------------------------------------

Participant = Annotated[str, Meta(pattern=r"^[^\s<|\\/>]{1,64}$")]
"""Tells participants of the same role apart: it is shown to the model before what they said."""


class CalledFunction(Wire):
    """A function's name and the JSON text of its arguments."""

    name: str
    arguments: str


class AssistantCall(Wire, tag="function"):
    """A call that the assistant made."""

    id: str
    function: CalledFunction


class SystemMessage(Wire, tag_field="role", tag="system"):
    """Standing instructions."""

    content: str | list[TextContent]
    name: Participant | None = None


class DeveloperMessage(Wire, tag_field="role", tag="developer"):
    """Standing instructions, under their newer name."""

    content: str | list[TextContent]
    name: Participant | None = None


class UserMessage(Wire, tag_field="role", tag="user"):
    """What the user said."""

    content: str | list[UserContent]
    name: Participant | None = None


class AssistantMessage(Wire, tag_field="role", tag="assistant"):
    """What the model said or called; may be sent back exactly as it was received."""

    content: str | list[AssistantContent] | None = None
    refusal: str | None = None
    tool_calls: list[AssistantCall] | None = None
    reasoning_content: str | None = None
    """The model's thoughts, as this door returns them."""
    annotations: list[Any] | None = None
    name: Participant | None = None
    audio: Any = None
    function_call: Any = None


class ToolMessage(Wire, tag_field="role", tag="tool"):
    """The result of the call `tool_call_id`."""

    content: str | list[TextContent]
    tool_call_id: str
    name: str | None = None
    """Must be the called function's name if it is given."""


ChatMessage = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage

# ---- tools and output --------------------------------------------------------------------------------------------


class FunctionSpec(Wire):
    """A function that may be called."""

    name: Name
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None


class FunctionTool(Wire, tag="function"):
    """A tool of the only type that this door serves."""

    function: FunctionSpec


class NamedFunction(Wire):
    """A function by its name."""

    name: str


class FunctionChoice(Wire, tag="function"):
    """Demands a call of one function."""

    function: NamedFunction


class AllowedTools(Wire):
    """Narrows the offered tools."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[FunctionChoice], Meta(min_length=1)]


class AllowedToolsChoice(Wire, tag="allowed_tools"):
    """Permits, or demands, calls of some of the tools."""

    allowed_tools: AllowedTools


ToolChoiceParam = Literal["none", "auto", "required"] | FunctionChoice | AllowedToolsChoice


class NamedSchema(Wire):
    """The schema that the answer has to satisfy."""

    name: Name
    schema: JsonObject
    description: str | None = None
    strict: bool | None = None


class TextFormat(Wire, tag="text"):
    """Free text."""


class JsonObjectFormat(Wire, tag="json_object"):
    """Any JSON object."""


class JsonSchemaFormat(Wire, tag="json_schema"):
    """JSON that satisfies a schema."""

    json_schema: NamedSchema


class StreamOptions(Wire):
    """Options of a streamed answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None
    """Padding against traffic analysis; not served, hence only false."""


class ChatRequest(Wire):
    """The body of POST /v1/chat/completions. Messages are decoded one by one afterwards."""

    model: str
    messages: list[msgspec.Raw]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoiceParam | None = None
    parallel_tool_calls: bool | None = None
    response_format: TextFormat | JsonObjectFormat | JsonSchemaFormat | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    seed: Seed | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_completion_tokens: MaxTokens | None = None
    max_tokens: MaxTokens | None = None
    n: Annotated[int, Meta(ge=1, le=8)] | None = None
    logprobs: bool | None = None
    top_logprobs: TopLogprobs | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: dict[Annotated[str, Meta(pattern="^[0-9]{1,9}$")], Annotated[float, Meta(ge=-100, le=100)]] | None = (
        None
    )
    """Token id, as text, to bias."""
    reasoning_effort: Effort | None = None
    metadata: Metadata | None = None
    prompt_cache_key: Label | None = None
    user: Label | None = None
    safety_identifier: Label | None = None
    tercet: TercetOptions | None = None
    service_tier: str | None = None
    store: bool | None = None
    verbosity: str | None = None
    modalities: list[str] | None = None
    prompt_cache_retention: str | None = None
    audio: Any = None
    functions: Any = None
    function_call: Any = None
    moderation: Any = None
    prediction: Any = None
    prompt_cache_options: Any = None
    web_search_options: Any = None


NOT_SERVED: Refused = {
    "store": ((False,), "Create what you want stored with POST /v1/responses."),
    "service_tier": (("auto", "default"), "Leave it out, or send 'auto' or 'default'."),
    "verbosity": (("medium",), "Ask for short or long answers in the instructions."),
    "modalities": ((["text"],), "Only text comes out."),
    "prompt_cache_retention": (("in_memory",), "Prefixes are kept in memory."),
    "audio": ((), "Only text comes out."),
    "functions": (([],), "It is deprecated: use 'tools'."),
    "function_call": ((), "It is deprecated: use 'tool_choice'."),
    "moderation": ((), "Leave it out."),
    "prediction": ((), "Leave it out."),
    "prompt_cache_options": ((), "Use 'prompt_cache_key'."),
    "web_search_options": ((), "Offer a search tool of your own in 'tools'."),
}

HINTS = {
    r"messages\[\d+\]\.role": "The roles are system, developer, user, assistant and tool.",
    r"messages\[\d+\]\.content\[\d+\]\.type": "Parts are text, image_url and file; an assistant's text and refusal.",
    r"tools\[\d+\]\.type": "Only function tools are served: offer anything else as a function of your own.",
    r"messages\[\d+\]\.tool_calls\[\d+\]\.type": "Only calls of functions are served.",
    r"tool_choice(\..*)?": "It is none, auto, required, a function or allowed_tools.",
    r"response_format\.type": "It is text, json_object or json_schema.",
}
"""What to send in place of an invalid value."""
