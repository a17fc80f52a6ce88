"""The answers of the Responses API as they stand on the wire: items, the response, lists."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tercet.api.extension import TercetOut
from tercet.api.openai.chat_out import TokenLogprobOut
from tercet.api.openai.responses_wire_items import ItemStatus
from tercet.api.wire import JsonObject

# ---- parts -------------------------------------------------------------------------------------------------------


class OutputTextOut(msgspec.Struct, frozen=True, tag="output_text"):
    """Text that the model wrote."""

    text: str
    logprobs: list[TokenLogprobOut] = []
    annotations: list[Any] = []


class RefusalOut(msgspec.Struct, frozen=True, tag="refusal"):
    """What the model said when it refused."""

    refusal: str


class InputTextOut(msgspec.Struct, frozen=True, tag="input_text"):
    """Text that was sent."""

    text: str


class InputImageOut(msgspec.Struct, frozen=True, tag="input_image"):
    """An image that was sent."""

    image_url: str
    detail: str


class InputFileOut(msgspec.Struct, frozen=True, tag="input_file"):
    """A file that was sent."""

    filename: str
    file_url: str | UnsetType = UNSET
    file_data: str | UnsetType = UNSET


class SummaryTextOut(msgspec.Struct, frozen=True, tag="summary_text"):
    """A stretch of a summary of thoughts."""

    text: str


class ReasoningTextOut(msgspec.Struct, frozen=True, tag="reasoning_text"):
    """A stretch of thoughts."""

    text: str


InputPartOut = InputTextOut | InputImageOut | InputFileOut
PartOut = OutputTextOut | RefusalOut | InputPartOut

# ---- items -------------------------------------------------------------------------------------------------------


class MessageOut(msgspec.Struct, frozen=True, tag="message"):
    """What one party said."""

    id: str
    role: Literal["user", "assistant", "system", "developer"]
    content: list[PartOut]
    status: ItemStatus = "completed"
    phase: str | UnsetType = UNSET


class FunctionCallOut(msgspec.Struct, frozen=True, tag="function_call"):
    """A call that the model made."""

    id: str
    call_id: str
    name: str
    arguments: str
    status: ItemStatus = "completed"
    namespace: str | UnsetType = UNSET


class FunctionOutputOut(msgspec.Struct, frozen=True, tag="function_call_output"):
    """The result of a call."""

    id: str
    call_id: str
    output: str | list[InputPartOut]
    status: ItemStatus = "completed"


class ReasoningOut(msgspec.Struct, frozen=True, tag="reasoning"):
    """The model's thoughts."""

    id: str
    summary: list[SummaryTextOut]
    content: list[ReasoningTextOut]
    encrypted_content: str | UnsetType = UNSET


class PassageOut(msgspec.Struct, frozen=True):
    """A passage that a search found."""

    file_id: str
    filename: str
    text: str
    score: float
    attributes: dict[str, str | float | bool]


class FileSearchOut(msgspec.Struct, frozen=True, tag="file_search_call"):
    """A search that was made here; what it found is shown where it was to be included."""

    id: str
    queries: list[str]
    status: Literal["in_progress", "completed", "failed"]
    results: list[PassageOut] | None = None


class WebSearchOut(msgspec.Struct, frozen=True, tag="web_search_call"):
    """A search of the web that was made here."""

    id: str
    action: dict[str, Any]
    status: Literal["in_progress", "completed", "failed"]


class McpToolOut(msgspec.Struct, frozen=True):
    """A tool that an MCP server has."""

    name: str
    input_schema: JsonObject
    description: str | None
    annotations: JsonObject | None


class McpListOut(msgspec.Struct, frozen=True, tag="mcp_list_tools"):
    """What an MCP server offers."""

    id: str
    server_label: str
    tools: list[McpToolOut]
    error: str | None = None


class McpCallOut(msgspec.Struct, frozen=True, tag="mcp_call"):
    """A call of an MCP server's tool. `incomplete`: it cannot be told whether it took effect."""

    id: str
    server_label: str
    name: str
    arguments: str
    output: str | None
    error: dict[str, Any] | None
    approval_request_id: str | None
    status: Literal["in_progress", "completed", "incomplete", "failed"]


class McpApprovalRequestOut(msgspec.Struct, frozen=True, tag="mcp_approval_request"):
    """A call that waits for an approval."""

    id: str
    server_label: str
    name: str
    arguments: str


class McpApprovalResponseOut(msgspec.Struct, frozen=True, tag="mcp_approval_response"):
    """The word on a call that waits."""

    id: str
    approval_request_id: str
    approve: bool
    reason: str | None


class CompactionOut(msgspec.Struct, frozen=True, tag="compaction"):
    """What stands for an earlier conversation, to be sent back as it is."""

    id: str
    encrypted_content: str


HostedOut = FileSearchOut | WebSearchOut | McpListOut | McpCallOut | McpApprovalRequestOut
ItemOut = (
    MessageOut | FunctionCallOut | FunctionOutputOut | ReasoningOut | HostedOut | McpApprovalResponseOut | CompactionOut
)

# ---- the response ------------------------------------------------------------------------------------------------


class FunctionToolOut(msgspec.Struct, frozen=True):
    """A function that could be called."""

    name: str
    description: str | None
    parameters: JsonObject
    strict: bool
    type: Literal["function"] = "function"


class TextConfigOut(msgspec.Struct, frozen=True):
    """The form of the answer's text."""

    format: dict[str, Any]
    verbosity: Literal["medium"] = "medium"


class ReasoningConfigOut(msgspec.Struct, frozen=True):
    """How much the model was to think."""

    effort: str | None
    summary: str | None = None


class InputDetails(msgspec.Struct, frozen=True):
    """Of the input's tokens. Nothing is charged for writing to the cache, hence 0."""

    cached_tokens: int
    cache_write_tokens: int = 0


class OutputDetails(msgspec.Struct, frozen=True):
    """Of the output's tokens."""

    reasoning_tokens: int


class UsageOut(msgspec.Struct, frozen=True):
    """What the response used."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class IncompleteDetails(msgspec.Struct, frozen=True):
    """Why the response is incomplete."""

    reason: Literal["max_output_tokens", "content_filter"]


class FailureOut(msgspec.Struct, frozen=True):
    """Why the response failed: OpenAI's code, and Tercet's finer one in `type`."""

    code: str
    message: str
    type: str
    param: str | None


class ConversationRefOut(msgspec.Struct, frozen=True):
    """The conversation that the response belongs to."""

    id: str


class ResponseOut(msgspec.Struct, frozen=True):
    """A response with everything that it was asked with. Settings left out are shown with the API's defaults."""

    id: str
    created_at: int
    completed_at: int | None
    status: Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
    error: FailureOut | None
    incomplete_details: IncompleteDetails | None
    instructions: str | None
    model: str
    output: list[ItemOut]
    parallel_tool_calls: bool
    previous_response_id: str | None
    reasoning: ReasoningConfigOut
    text: TextConfigOut
    tool_choice: str | dict[str, Any]
    tools: list[FunctionToolOut | Any]
    """Functions as they are shown, other tools as they were given."""
    temperature: float
    top_p: float
    presence_penalty: float
    frequency_penalty: float
    top_logprobs: int
    max_output_tokens: int | None
    metadata: dict[str, str]
    store: bool
    usage: UsageOut | None
    user: str | None
    safety_identifier: str | None
    prompt_cache_key: str | None
    background: bool
    truncation: Literal["auto", "disabled"] = "disabled"
    conversation: ConversationRefOut | None = None
    tercet: TercetOut | UnsetType = UNSET
    max_tool_calls: int | None = None
    service_tier: Literal["default"] = "default"
    object: Literal["response"] = "response"


class CompactedOut(msgspec.Struct, frozen=True):
    """A conversation made short: `output` is the input to go on with."""

    id: str
    created_at: int
    output: list[ItemOut]
    usage: UsageOut
    tercet: TercetOut
    object: Literal["response.compaction"] = "response.compaction"


class ItemList(msgspec.Struct, frozen=True):
    """A page of items."""

    data: list[ItemOut]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"

    @classmethod
    def page(cls, items: list[ItemOut], limit: int) -> "ItemList":
        """Return the first `limit` of the items; more of them tell that there is a next page."""
        shown = items[:limit]
        first, last = (shown[0].id, shown[-1].id) if shown else (None, None)
        return cls(shown, first, last, len(items) > limit)


class InputTokensOut(msgspec.Struct, frozen=True):
    """The answer of POST /v1/responses/input_tokens."""

    input_tokens: int
    object: Literal["response.input_tokens"] = "response.input_tokens"


class Deleted(msgspec.Struct, frozen=True):
    """What is left of a deleted response."""

    id: str
    deleted: Literal[True] = True
    object: Literal["response"] = "response"
