"""Tools of the Responses API as they are sent, and the choice among them."""

from typing import Annotated, Literal

from msgspec import Meta

from tercet.api.openai.vector_searching import NumResults, RankingOptions
from tercet.api.openai.wire import Name
from tercet.api.wire import JsonObject, Wire


class FunctionTool(Wire, tag="function"):
    """A function that may be called."""

    name: Name
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None


class NamespaceTool(Wire, tag="namespace"):
    """Functions that belong together."""

    name: Name
    description: str
    tools: Annotated[list[FunctionTool], Meta(min_length=1)]


class FileSearchTool(Wire, tag="file_search"):
    """The search of vector stores, which is made here while the response is."""

    vector_store_ids: Annotated[list[str], Meta(min_length=1, max_length=8)]
    filters: JsonObject | None = None
    max_num_results: NumResults | None = None
    ranking_options: RankingOptions | None = None


class WebFilters(Wire):
    """Where results of the web may come from."""

    allowed_domains: Annotated[list[str], Meta(max_length=100)] | None = None


class UserLocation(Wire):
    """Where the user is. Searches are not made for a place: only its type may be sent."""

    type: Literal["approximate"] | None = None
    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class WebSearchTool(Wire, tag="web_search"):
    """The search of the web, which is made here while the response is, where a provider is configured."""

    filters: WebFilters | None = None
    user_location: UserLocation | None = None
    search_context_size: Literal["low", "medium", "high"] | None = None
    external_web_access: bool | None = None
    """false: only where the provider searches what lies on this machine."""
    search_content_types: list[Literal["text"]] | None = None


class DatedWebSearchTool(WebSearchTool, tag="web_search_2025_08_26"):
    """The same under its dated name."""


class WebSearchPreviewTool(WebSearchTool, tag="web_search_preview"):
    """The same under its earlier name."""


class DatedWebSearchPreviewTool(WebSearchTool, tag="web_search_preview_2025_03_11"):
    """The same under its earlier, dated name."""


class McpFilter(Wire):
    """Some of a server's tools."""

    tool_names: list[str] | None = None
    read_only: bool | None = None


class McpApprovalFilter(Wire):
    """Which calls wait for an approval, and which do not."""

    always: McpFilter | None = None
    never: McpFilter | None = None


class McpTool(Wire, tag="mcp"):
    """An MCP server, whose tools are called here while the response is made."""

    server_label: str
    server_url: str | None = None
    server_description: str | None = None
    authorization: str | None = None
    """The token that goes to the server as `Authorization: Bearer`."""
    headers: dict[str, str] | None = None
    allowed_tools: list[str] | McpFilter | None = None
    require_approval: Literal["always", "never"] | McpApprovalFilter | None = None
    connector_id: str | None = None
    tunnel_id: str | None = None
    allowed_callers: list[Literal["direct", "programmatic"]] | None = None
    defer_loading: bool | None = None


class McpToolChoice(Wire, tag="mcp"):
    """Demands a call of a server's tool, or of any of its tools."""

    server_label: str
    name: str | None = None


class WebSearchChoice(Wire, tag="web_search"):
    """Demands a search of the web."""


class WebSearchPreviewChoice(Wire, tag="web_search_preview"):
    """The same under its earlier name."""


class FileSearchChoice(Wire, tag="file_search"):
    """Demands a search, or names it as one of the allowed tools."""


class FunctionChoice(Wire, tag="function"):
    """Demands a call of one function, or names one of the allowed ones."""

    name: str


class AllowedToolsChoice(Wire, tag="allowed_tools"):
    """Permits, or demands, calls of some of the tools."""

    tools: "Annotated[list[NamedChoice], Meta(min_length=1)]"
    mode: Literal["auto", "required"] = "auto"


NamedChoice = FunctionChoice | FileSearchChoice | WebSearchChoice | WebSearchPreviewChoice | McpToolChoice
ToolChoiceParam = Literal["none", "auto", "required"] | NamedChoice | AllowedToolsChoice
Tool = (
    FunctionTool
    | NamespaceTool
    | FileSearchTool
    | WebSearchTool
    | DatedWebSearchTool
    | WebSearchPreviewTool
    | DatedWebSearchPreviewTool
    | McpTool
)
