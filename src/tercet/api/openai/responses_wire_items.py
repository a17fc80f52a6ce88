"""Items of the Responses API as they are sent: messages, calls and their results, what tools here have brought."""

from typing import Any, Literal

import msgspec

from tercet.api.wire import JsonObject, Wire

ItemStatus = Literal["in_progress", "completed", "incomplete"]

# ---- parts of items ----------------------------------------------------------------------------------------------


class InputText(Wire, tag="input_text"):
    """Text."""

    text: str


class InputImage(Wire, tag="input_image"):
    """An image by URL, for tiers whose model reads images. Uploaded files (`file_id`) are not served."""

    image_url: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    file_id: str | None = None


class InputFile(Wire, tag="input_file"):
    """A file by URL or content, for tiers whose model reads files; or a stored text file by its id."""

    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    file_id: str | None = None


class OutputText(Wire, tag="output_text"):
    """What the model said; may be sent back exactly as it was received."""

    text: str
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None


class Refusal(Wire, tag="refusal"):
    """What the model said when it refused."""

    refusal: str


class SummaryText(Wire, tag="summary_text"):
    """A stretch of a summary of thoughts."""

    text: str


class ReasoningText(Wire, tag="reasoning_text"):
    """A stretch of thoughts."""

    text: str


InputContent = InputText | InputImage | InputFile


class FileSearchResult(Wire):
    """A passage that a search found."""

    file_id: str = ""
    filename: str = ""
    text: str = ""
    score: float = 0.0
    attributes: dict[str, str | bool | float] | None = None


# ---- items -------------------------------------------------------------------------------------------------------


class ItemKind(msgspec.Struct, frozen=True):
    """What is read of an item first, to know as which of the others to read it."""

    type: str | None = None
    role: str | None = None
    id: str | None = None


class InputMessage(Wire):
    """What the user or the developer said."""

    role: Literal["user", "system", "developer"]
    content: str | list[InputContent]
    type: Literal["message"] = "message"
    id: str | None = None
    status: ItemStatus | None = None


class AssistantItem(Wire):
    """What the model said."""

    role: Literal["assistant"]
    content: str | list[OutputText | Refusal]
    type: Literal["message"] = "message"
    id: str | None = None
    status: ItemStatus | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class FunctionCallItem(Wire):
    """A call that the model made."""

    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str
    id: str | None = None
    status: ItemStatus | None = None
    namespace: str | None = None


class FunctionOutputItem(Wire):
    """The result of a call."""

    type: Literal["function_call_output"]
    call_id: str
    output: str | list[InputContent]
    id: str | None = None
    status: ItemStatus | None = None
    namespace: str | None = None
    """Of the call, which says it too."""


class ReasoningItem(Wire):
    """The model's thoughts, sent back."""

    type: Literal["reasoning"]
    summary: list[SummaryText]
    id: str | None = None
    content: list[ReasoningText] | None = None
    encrypted_content: str | None = None
    status: ItemStatus | None = None


class FileSearchItem(Wire):
    """A search that was made, sent back. What it found is read again where it was included."""

    type: Literal["file_search_call"]
    id: str
    queries: list[str]
    status: Literal["in_progress", "searching", "completed", "incomplete", "failed"] | None = None
    results: list[FileSearchResult] | None = None


class WebSource(Wire):
    """A page that a search found."""

    url: str
    type: Literal["url"] = "url"


class WebSearchAction(Wire):
    """What was searched for."""

    type: Literal["search"]
    query: str | None = None
    queries: list[str] | None = None
    sources: list[WebSource] | None = None


class WebSearchItem(Wire):
    """A search of the web that was made here, sent back."""

    type: Literal["web_search_call"]
    id: str
    action: WebSearchAction
    status: Literal["in_progress", "searching", "completed", "failed", "incomplete"] | None = None


class McpListedTool(Wire):
    """A tool that an MCP server has."""

    name: str
    input_schema: JsonObject
    annotations: JsonObject | None = None
    description: str | None = None


class McpListItem(Wire):
    """What an MCP server offers, sent back, so that it need not be asked again."""

    type: Literal["mcp_list_tools"]
    id: str
    server_label: str
    tools: list[McpListedTool]
    error: str | None = None


class McpCallItem(Wire):
    """A call that was made here, sent back."""

    type: Literal["mcp_call"]
    id: str
    server_label: str
    name: str
    arguments: str
    approval_request_id: str | None = None
    output: str | None = None
    error: JsonObject | str | None = None
    status: Literal["in_progress", "completed", "incomplete", "calling", "failed"] | None = None


class McpApprovalRequestItem(Wire):
    """A call that waits for an approval, sent back."""

    type: Literal["mcp_approval_request"]
    id: str
    server_label: str
    name: str
    arguments: str


class McpApprovalResponseItem(Wire):
    """The word on a call that waits."""

    type: Literal["mcp_approval_response"]
    approval_request_id: str
    approve: bool
    id: str | None = None
    reason: str | None = None


class CompactionItem(Wire):
    """What stands for an earlier conversation, as a compaction gave it."""

    type: Literal["compaction"]
    encrypted_content: str
    id: str | None = None
    created_by: str | None = None


class ItemReference(Wire):
    """An output item of a stored response, by its id."""

    id: str
    type: Literal["item_reference"] | None = None


InputItem = (
    InputMessage
    | AssistantItem
    | FunctionCallItem
    | FunctionOutputItem
    | ReasoningItem
    | FileSearchItem
    | WebSearchItem
    | McpListItem
    | McpCallItem
    | McpApprovalRequestItem
    | McpApprovalResponseItem
    | CompactionItem
    | ItemReference
)
