"""Sessions, what is told them and what they hold, as it stands on the wire."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tercet.api.openai.agents.agent_wire import AgentFields, ServiceTier, SessionAgentOut, Tool
from tercet.api.openai.agents.common import Id, Text
from tercet.api.openai.agents.environment_wire import EnvironmentIn, HostedOut, NoneOut
from tercet.api.openai.wire import Effort, Metadata
from tercet.api.wire import JsonObject, Wire

Cents = Annotated[int, Meta(ge=1, le=10**12)]


class InputText(Wire, tag="input_text"):
    """Text."""

    text: Text


class InputImage(Wire, tag="input_image"):
    """An image by URL."""

    image_url: str


InputPart = InputText | InputImage


class InputMessage(Wire):
    """What the user says."""

    content: Annotated[list[InputPart], Meta(min_length=1, max_length=256)]
    role: Literal["user"]
    type: Literal["message"] = "message"


Messages = Annotated[list[InputMessage], Meta(min_length=1, max_length=256)]


class CacheOptions(Wire):
    """How long prompts are cached at least: a hint, since caches here end when their memory is needed."""

    ttl: Literal["30m", "12h"] = "30m"


class SpendControl(Wire):
    """The limit in whole cents of US dollars; null: none."""

    limit: Cents | None


class StreamOptions(Wire):
    """What a stream's events carry."""

    include_obfuscation: bool = True


class SessionRequest(Wire):
    """The body of POST /v1/agents/sessions."""

    environment: EnvironmentIn
    agent: AgentFields | UnsetType = UNSET
    agent_id: Id | UnsetType = UNSET
    input: Text | Messages | None = None
    metadata: Metadata | None = None
    prompt_cache_options: CacheOptions | None = None
    review: Literal["none", "auto_review"] = "none"
    spend_control: SpendControl | None = None
    stream: bool = False
    stream_options: StreamOptions | UnsetType = UNSET
    vault_ids: Annotated[list[Id], Meta(max_length=10)] | None = None


class ReasoningUpdate(Wire):
    """How much is thought from now on."""

    effort: Effort | UnsetType | None = UNSET


class AgentUpdate(Wire):
    """What of a session's agent can be changed."""

    model: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType = UNSET
    reasoning: ReasoningUpdate | UnsetType = UNSET
    service_tier: ServiceTier | UnsetType | None = UNSET
    tools: list[Tool] | UnsetType | None = UNSET


class SessionUpdate(Wire):
    """The body of POST /v1/agents/sessions/{session_id}."""

    agent: AgentUpdate | UnsetType = UNSET
    metadata: Metadata | UnsetType | None = UNSET
    prompt_cache_options: CacheOptions | UnsetType | None = UNSET
    review: Literal["none", "auto_review"] | UnsetType = UNSET
    spend_control: SpendControl | UnsetType | None = UNSET


class ForkRequest(Wire):
    """The body of POST /v1/agents/sessions/{session_id}/fork, which is Tercet's own."""

    item: Annotated[int, Meta(ge=0)]
    """The number of the first item that the fork does not share."""
    agent: AgentFields | UnsetType = UNSET
    goes_on: bool = False
    """A turn begins at once, without a new input."""


class McpDecision(Wire, tag="mcp_tool_call"):
    """A person's answer."""

    decision: Literal["approve", "deny", "cancel"]


class ApprovalResult(Wire, tag="agent.session.input.mcp_approval_request_result"):
    """An answer to a request for approval."""

    request_id: Id
    response: McpDecision


class ComputerResult(Wire, tag="agent.session.input.computer_use_approval_request_result"):
    """An answer to a request of a browser. Known, so that it is refused by name."""

    request_id: Id
    response: JsonObject


class MessageInput(Wire, tag="agent.session.input.message"):
    """Messages of the user."""

    input: Messages


class CancelInput(Wire, tag="agent.session.input.cancel"):
    """The end of the turn under way."""


class ToolResult(Wire, tag="agent.session.input.tool_result"):
    """The result of a function."""

    call_id: Id
    success: bool
    turn_id: Id
    error: Text | None = None
    output: Text | Annotated[list[InputPart], Meta(max_length=256)] | None = None


InputEvent = ApprovalResult | ComputerResult | MessageInput | CancelInput | ToolResult


class EventsRequest(Wire):
    """The body of POST /v1/agents/sessions/{session_id}/events."""

    events: Annotated[list[InputEvent], Meta(min_length=1, max_length=64)]


class InputDetails(msgspec.Struct, frozen=True):
    """Which of the tokens that were read came from a cache."""

    cached_tokens: int


class OutputDetails(msgspec.Struct, frozen=True):
    """Which of the tokens that were written were thoughts."""

    reasoning_tokens: int


class UsageOut(msgspec.Struct, frozen=True):
    """Tokens."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class CacheOut(msgspec.Struct, frozen=True):
    """How long prompts are cached at least."""

    ttl: str


class SpendOut(msgspec.Struct, frozen=True):
    """What was spent and what may be, in whole cents of US dollars."""

    consumed: int
    limit: int | None


class SessionOut(msgspec.Struct, frozen=True, kw_only=True):
    """A session."""

    id: str
    agent: SessionAgentOut
    created_at: int
    environment: NoneOut | HostedOut
    error: str | None
    last_active_at: int
    metadata: dict[str, str]
    required_actions: list[JsonObject]
    status: str
    usage: UsageOut | None
    vault_ids: list[str]
    prompt_cache_options: CacheOut | None
    review: str
    spend_control: SpendOut
    tercet: dict[str, Any]
    object: Literal["agent.session"] = "agent.session"


class TurnErrorOut(msgspec.Struct, frozen=True):
    """Why a turn failed."""

    code: str
    message: str


class TurnOut(msgspec.Struct, frozen=True, kw_only=True):
    """A turn."""

    id: str
    agent_id: str
    completed_at: int | None
    created_at: int
    error: TurnErrorOut | None
    session_id: str
    started_at: int | None
    status: str
    subagent_id: str | None
    usage: UsageOut | None
    prompt_cache_options: CacheOut | None
    tercet: dict[str, Any]
    object: Literal["agent.session.turn"] = "agent.session.turn"


class SubagentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A subagent."""

    id: str
    closed_at: int | None
    instructions: list[JsonObject] | None
    name: str | None
    opened_at: int
    parent_agent_id: str
    session_id: str
    status: Literal["active", "closed"]
    tercet: dict[str, Any]
    object: Literal["agent.session.subagent"] = "agent.session.subagent"


class ArtifactOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a turn published."""

    id: str
    created_at: int
    environment_id: str
    path: str
    session_id: str
    size_bytes: int
    turn_id: str
    object: Literal["agent.session.artifact"] = "agent.session.artifact"


class TraceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A turn's steps as OpenTelemetry has them."""

    id: str
    created_at: int
    otlp: JsonObject
    session_id: str
    object: Literal["agent.session.trace"] = "agent.session.trace"
