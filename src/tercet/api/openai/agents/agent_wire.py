"""An agent's configuration as it stands on the wire: saved, given with a session, or with an automation."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tercet.api.openai.agents.common import Id, ShortText, Text
from tercet.api.openai.wire import Effort, Metadata, Name
from tercet.api.wire import JsonObject, MaxTokens, Seed, Temperature, TopP, Wire

Decision = Literal["auto", "ask", "deny"]
ServiceTier = Literal["auto", "default", "flex", "priority", "fast", "ultrafast"]
Label = Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")]
Domains = Annotated[list[ShortText], Meta(max_length=100)]


class FunctionTool(Wire, tag="function"):
    """A function of the application."""

    name: Name
    description: Text
    parameters: JsonObject
    defer_loading: bool = False
    is_async: bool = msgspec.field(name="async", default=False)


class ToolSearchTool(Wire, tag="tool_search"):
    """Deferred functions are found by searching for them."""


class ProgrammaticTool(Wire, tag="programmatic_tool_calling"):
    """Code in the sandbox may call the agent's tools."""

    enabled: bool = True


class HttpTransport(Wire, tag="http"):
    """An MCP server at a URL."""

    server_url: Annotated[str, Meta(max_length=2048)]
    authorization: str | None = None
    headers: Annotated[dict[ShortText, ShortText], Meta(max_length=32)] | None = None


class StdioTransport(Wire, tag="stdio"):
    """An MCP server that is started in the session's environment."""

    command: Annotated[str, Meta(min_length=1, max_length=4096)]
    cwd: Annotated[str, Meta(max_length=4096)]
    args: Annotated[list[Annotated[str, Meta(max_length=4096)]], Meta(max_length=256)] | None = None
    env: dict[str, str] | None = None
    env_vars: Annotated[list[ShortText], Meta(max_length=64)] | None = None


class McpTool(Wire, tag="mcp"):
    """The tools of an MCP server."""

    server_label: Label
    transport: HttpTransport | StdioTransport
    allowed_tools: Annotated[list[ShortText], Meta(max_length=256)] | None = None
    connection_origin: Literal["service", "environment"] | None = None
    credential_id: Id | None = None
    request_metadata: JsonObject | None = None
    required: bool = False


class Location(Wire):
    """Roughly where the user is."""

    city: ShortText | None = None
    country: ShortText | None = None
    region: ShortText | None = None
    timezone: ShortText | None = None


class WebSearchTool(Wire, tag="web_search"):
    """Search of the web."""

    allowed_domains: Domains | None = None
    context_size: Literal["low", "medium", "high"] | None = None
    location: Location | None = None
    mode: Literal["disabled", "cached", "live"] | None = None


class ComputerUseTool(Wire, tag="computer_use"):
    """A browser in the session's environment."""

    include_screenshots: bool = False


class AutomationsTool(Wire, tag="automations"):
    """The agent may schedule its own wakeups."""


Tool = FunctionTool | ToolSearchTool | ProgrammaticTool | McpTool | WebSearchTool | ComputerUseTool | AutomationsTool


class Compaction(Wire):
    """How context is compacted."""

    is_async: bool | None = msgspec.field(name="async", default=None)


class Experimental(Wire):
    """Experimental settings; what is left out stays."""

    time_awareness: bool | UnsetType = UNSET


class MultiAgent(Wire):
    """Whether the agent may have subagents."""

    enabled: bool
    max_concurrent_subagents: Annotated[int, Meta(ge=1, le=64)] = 6


class Reasoning(Wire):
    """How much is thought; what is left out stays."""

    effort: Effort | UnsetType | None = UNSET
    summary: Literal["concise", "detailed", "auto"] | UnsetType | None = UNSET


class FreeText(Wire, tag="text"):
    """Any text."""


class SchemaText(Wire, tag="json_schema"):
    """Text that satisfies a JSON schema."""

    schema: JsonObject


class TextSettings(Wire):
    """The form of what the agent says; what is left out stays."""

    format: FreeText | SchemaText | UnsetType | None = UNSET
    verbosity: Literal["low", "medium", "high"] | UnsetType | None = UNSET


class ApprovalOptions(Wire):
    """Which calls need a person: by the name of the tool, by the class of its effect."""

    by_tool: Annotated[dict[ShortText, Decision], Meta(max_length=256)] = {}  # noqa: RUF012  # copied for each
    by_effect: dict[Literal["pure", "reads", "writes"], Decision] = {}  # noqa: RUF012  # likewise
    expires_s: Annotated[int, Meta(ge=1, le=31_536_000)] = 86_400


class LimitOptions(Wire):
    """When a turn ends without an answer."""

    max_steps: Annotated[int, Meta(ge=1, le=100_000)] = 200
    time_limit_s: Annotated[float, Meta(gt=0, le=2_592_000)] = 3600.0
    max_parallel: Annotated[int, Meta(ge=1, le=64)] = 8
    max_repeats: Annotated[int, Meta(ge=2, le=1000)] = 3


class SamplingOptions(Wire):
    """How tokens are drawn."""

    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_output_tokens: MaxTokens | None = None
    seed: Seed | None = None


class AgentOptions(Wire):
    """The `tercet` field of an agent: what Tercet adds to the protocol. What is left out stays."""

    tools: Annotated[list[ShortText], Meta(max_length=64)] | UnsetType = UNSET
    """Names of tools that come with Tercet."""
    approvals: ApprovalOptions | UnsetType = UNSET
    limits: LimitOptions | UnsetType = UNSET
    plan: bool | UnsetType = UNSET
    sampling: SamplingOptions | UnsetType = UNSET
    compact_tier: ShortText | UnsetType | None = UNSET
    compact_above: Annotated[int, Meta(ge=256)] | UnsetType | None = UNSET


class AgentFields(Wire):
    """What can be said of an agent. What is left out is its saved agent's, or the default."""

    model: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType = UNSET
    compaction: Compaction | UnsetType | None = UNSET
    experimental: Experimental | UnsetType = UNSET
    instructions: Text | UnsetType | None = UNSET
    multi_agent: MultiAgent | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET
    service_tier: ServiceTier | UnsetType | None = UNSET
    text: TextSettings | UnsetType | None = UNSET
    tools: list[Tool] | UnsetType | None = UNSET
    tercet: AgentOptions | UnsetType = UNSET


class AgentRequest(AgentFields):
    """The body of POST /v1/agents, where `model` is needed, and of POST /v1/agents/{agent_id}."""

    name: ShortText | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET


class CompactionOut(msgspec.Struct, frozen=True):
    """How context is compacted."""

    is_async: bool = msgspec.field(name="async")


class ExperimentalOut(msgspec.Struct, frozen=True):
    """Experimental settings."""

    time_awareness: bool


class MultiAgentOut(msgspec.Struct, frozen=True):
    """Whether the agent may have subagents."""

    enabled: bool
    max_concurrent_subagents: int | None


class ReasoningOut(msgspec.Struct, frozen=True):
    """How much is thought; null leaves it to the model."""

    effort: str | None
    summary: str | None


class TextOut(msgspec.Struct, frozen=True):
    """The form of what the agent says."""

    format: JsonObject
    verbosity: str


class SettingsOut(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's configuration."""

    instructions: str | None
    model: str
    multi_agent: MultiAgentOut
    reasoning: ReasoningOut
    service_tier: str
    text: TextOut
    tools: list[JsonObject]
    compaction: CompactionOut
    experimental: ExperimentalOut
    tercet: dict[str, Any]


class AgentOut(SettingsOut, frozen=True, kw_only=True):
    """A saved agent."""

    id: str
    created_at: int
    updated_at: int
    name: str | None
    metadata: dict[str, str]
    object: Literal["agent"] = "agent"


class SessionAgentOut(SettingsOut, frozen=True, kw_only=True):
    """The agent of a session."""

    id: str
    name: str | None
