"""The conversation as Tercet holds it: frozen items, and the request that a backend is asked to answer.

Wire types of any protocol live at its door; these are what every door is translated to and every backend reads.
"""

from typing import Any, Literal

import msgspec

Role = Literal["system", "developer", "user", "assistant"]
JsonSchema = dict[str, Any]


class Citation(msgspec.Struct, frozen=True):
    """A file that a text rests on, to be named behind the character number `index`."""

    file_id: str
    filename: str
    index: int


class Link(msgspec.Struct, frozen=True):
    """A page that the characters `start` to `end` of a text rest on."""

    url: str
    title: str
    start: int
    end: int


class TextPart(msgspec.Struct, frozen=True, tag="text"):
    """A stretch of text."""

    text: str
    citations: tuple[Citation, ...] = ()
    links: tuple[Link, ...] = ()


class RefusalPart(msgspec.Struct, frozen=True, tag="refusal"):
    """An assistant's refusal, kept apart from its answers."""

    text: str


class ImagePart(msgspec.Struct, frozen=True, tag="image"):
    """An image by URL (`https:` or `data:`)."""

    url: str
    detail: str = "auto"


class FilePart(msgspec.Struct, frozen=True, tag="file"):
    """A file by URL or by content (`data:` URL), with the name that the user gave it."""

    url: str
    filename: str = ""


Part = TextPart | RefusalPart | ImagePart | FilePart


class Message(msgspec.Struct, frozen=True, tag="message"):
    """What one party said. `phase` marks an assistant's text as `commentary` or `final_answer`."""

    role: Role
    content: tuple[Part, ...]
    id: str = ""
    phase: str | None = None

    @property
    def text(self) -> str:
        """The text parts and refusals, joined."""
        return "".join(part.text for part in self.content if isinstance(part, TextPart | RefusalPart))


class ToolCall(msgspec.Struct, frozen=True, tag="tool_call"):
    """A call that a model made. `arguments` is JSON text exactly as it was generated."""

    call_id: str
    name: str
    arguments: str
    id: str = ""


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result"):
    """What a tool gave back for the call of the same `call_id`."""

    call_id: str
    content: tuple[Part, ...]
    id: str = ""

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return "".join(part.text for part in self.content if isinstance(part, TextPart))


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning"):
    """A model's thoughts before its answer; `encrypted` is a vendor's opaque form, passed back as it came."""

    text: str = ""
    summary: tuple[str, ...] = ()
    encrypted: str | None = None
    id: str = ""


Item = Message | ToolCall | ToolResult | Reasoning
"""What models read and write."""


class Compaction(msgspec.Struct, frozen=True, tag="compaction"):
    """What stands for the conversation before it: a summary by a model, and items that were kept word for word.

    It replaces all that comes before it but system and developer messages.
    """

    summary: str
    kept: tuple[Item, ...] = ()
    num_replaced: int = 0
    """How many items the summary stands for."""
    id: str = ""


class Passage(msgspec.Struct, frozen=True):
    """A stretch of a file that a search found. `score` is 1 for what is first by words and by meaning."""

    file_id: str
    filename: str
    text: str
    score: float
    attributes: dict[str, str | float | bool] = {}


class FileSearch(msgspec.Struct, frozen=True, tag="file_search"):
    """A search that the service made for the model. `shown` is what the model was told of what was found."""

    call_id: str
    queries: tuple[str, ...]
    results: tuple[Passage, ...] = ()
    shown: str = ""
    is_failed: bool = False
    id: str = ""


class WebPage(msgspec.Struct, frozen=True):
    """What a search of the web found, as its provider says it."""

    url: str
    title: str = ""
    snippet: str = ""


class WebSearch(msgspec.Struct, frozen=True, tag="web_search"):
    """A search of the web that the service made for the model. `shown` is what the model was told of it."""

    call_id: str
    query: str = ""
    pages: tuple[WebPage, ...] = ()
    shown: str = ""
    is_failed: bool = False
    id: str = ""


class McpTool(msgspec.Struct, frozen=True):
    """A tool as its MCP server lists it."""

    name: str
    parameters: JsonSchema = {}
    description: str = ""
    annotations: dict[str, Any] = {}
    """What the server says of its effects: `readOnlyHint`, `idempotentHint` and others."""

    @property
    def is_reading(self) -> bool:
        """Whether it is said to change nothing."""
        return self.annotations.get("readOnlyHint") is True

    @property
    def is_repeatable(self) -> bool:
        """Whether it is said that a second call of the same arguments changes nothing more."""
        return self.is_reading or self.annotations.get("idempotentHint") is True


class McpList(msgspec.Struct, frozen=True, tag="mcp_list"):
    """What an MCP server offers, those tools only that the request allows; or why it did not say."""

    label: str
    tools: tuple[McpTool, ...] = ()
    error: str | None = None
    is_whole: bool = False
    """Whether the request allowed all tools, so that these are all that there are."""
    id: str = ""


class McpFault(msgspec.Struct, frozen=True):
    """Why a call of an MCP server's tool has no result: in the tool's own words, or the protocol's."""

    kind: Literal["tool", "protocol"]
    message: str
    code: int = 0


class McpCall(msgspec.Struct, frozen=True, tag="mcp_call"):
    """A call of an MCP server's tool that the service made for the model; `tool` is what the model calls it.

    `output` is what the model read. With `is_unknown` it cannot be told whether the call took effect.
    """

    call_id: str
    label: str
    name: str
    tool: str
    arguments: str
    output: str | None = None
    fault: McpFault | None = None
    is_unknown: bool = False
    approval_id: str | None = None
    id: str = ""


class McpApprovalRequest(msgspec.Struct, frozen=True, tag="mcp_approval_request"):
    """A call of an MCP server's tool that waits for the client's approval."""

    call_id: str
    label: str
    name: str
    tool: str
    arguments: str
    id: str = ""


class McpApprovalResponse(msgspec.Struct, frozen=True, tag="mcp_approval_response"):
    """The client's word on a call that waits."""

    request_id: str
    is_approved: bool
    reason: str | None = None
    id: str = ""


HostedItem = FileSearch | WebSearch | McpList | McpCall | McpApprovalRequest
"""What comes of the tools that the service runs itself while it makes a response."""
Entry = Item | Compaction | HostedItem | McpApprovalResponse
"""What a conversation holds. All but items is replaced by what it stands for before a model is asked."""


class ToolDefinition(msgspec.Struct, frozen=True):
    """A function that the model may call; `parameters` is a JSON schema of type object."""

    name: str
    description: str = ""
    parameters: JsonSchema = {}
    strict: bool = False


class ToolChoice(msgspec.Struct, frozen=True):
    """Whether tools may or must be called; `names`, when given, are the only ones allowed."""

    mode: Literal["auto", "none", "required"] = "auto"
    names: tuple[str, ...] = ()


class OutputFormat(msgspec.Struct, frozen=True):
    """The form of the assistant's text: free, any JSON object, or JSON that satisfies `schema`."""

    kind: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema: JsonSchema | None = None
    strict: bool = False

    @property
    def demand(self) -> JsonSchema:
        """The schema that the text should satisfy; the one that everything satisfies for free text."""
        if self.kind == "json_object":
            return {"type": "object"}
        return self.schema or {}

    @property
    def is_binding(self) -> bool:
        """Whether an output that breaks the demand is an error: a schema that is not strict is a wish."""
        return self.kind == "json_object" or (self.kind == "json_schema" and self.strict)


class Sampling(msgspec.Struct, frozen=True):
    """How tokens are drawn; None leaves the choice to the model's own defaults."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    top_logprobs: int | None = None
    """None: no log probabilities. 0: of the chosen tokens. n: also of the n likeliest at each place."""
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] = {}


class ModelRequest(msgspec.Struct, frozen=True):
    """One question to one model, in the only form that backends know."""

    items: tuple[Item, ...]
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    output_format: OutputFormat = OutputFormat()
    sampling: Sampling = Sampling()
    reasoning_effort: str | None = None
    grounding: Literal["off", "report", "strict"] = "off"
    """Whether every argument of a call must come from the conversation (`strict`), or is only told where it came
    from (`report`). Parameters marked `x-grounded` are held to it unless this is `report`."""
    has_confidence: bool = False
    """Whether the answer is to say how sure the model is of it; only of backends that can tell."""
    num_given: int | None = None
    """How many of the items are the conversation; later ones are notes of the service, which ground nothing."""
    raw_prompt: str | None = None
    """Text to go on from as it is, in place of a conversation: `items` and `tools` are empty then."""
    cache_key: str = ""
    """Requests that share it share a long prefix and are best served by the same slot or replica."""

    @property
    def offered_tools(self) -> tuple[ToolDefinition, ...]:
        """The tools that may be called under `tool_choice`."""
        if self.tool_choice.mode == "none":
            return ()
        if not self.tool_choice.names:
            return self.tools
        return tuple(tool for tool in self.tools if tool.name in self.tool_choice.names)
