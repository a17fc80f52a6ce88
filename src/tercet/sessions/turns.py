"""What a session is and holds: its turns, the items in them, what it waits for."""

from typing import Any, Literal

import msgspec

from tercet.items import Message, Reasoning, ToolResult
from tercet.sessions.agents import AgentSpec
from tercet.usage import Usage

SessionStatus = Literal["idle", "in_progress", "requires_action", "failed", "budget_reached"]
TurnStatus = Literal["queued", "in_progress", "waiting", "completed", "failed", "cancelled"]
ItemStatus = Literal["in_progress", "completed", "failed", "incomplete"]
CallKind = Literal["function", "mcp", "command", "web_search", "browser", "builtin", "subagent", "plan"]


class Call(msgspec.Struct, frozen=True, tag="call"):
    """A call of the agent and, once there is one, its outcome. `kind` tells doors how to show it."""

    call_id: str
    name: str
    """As the model called it."""
    arguments: str
    """JSON text that satisfies the tool's schema."""
    kind: CallKind
    effect: Literal["pure", "reads", "writes"]
    server_label: str | None = None
    output: str | None = None
    """What the model read as the result."""
    error: str | None = None
    data: dict[str, Any] = {}
    """Facts of the outcome for people: exit code, duration, paths of screenshots and artifacts."""


class AgentMessage(msgspec.Struct, frozen=True, tag="agent_message"):
    """What one agent of the session told another."""

    sender: str
    recipient: str
    text: str


Content = Message | Reasoning | Call | ToolResult | AgentMessage
"""`ToolResult` stands for a result that the client gave for a function."""


class SessionItem(msgspec.Struct, frozen=True):
    """One thing that was said or done, at its place in the session."""

    id: str
    turn_id: str
    number: int
    """Its place among the session's items, from 0."""
    created_at: int
    content: Content
    status: ItemStatus = "completed"
    subagent_id: str | None = None
    step: int | None = None
    """The number of the journal's step that made it."""
    tier: str | None = None
    usage: Usage | None = None
    cost_usd: float = 0.0
    duration_ms: float = 0.0


class WaitsForFunction(msgspec.Struct, frozen=True, tag="function_call"):
    """The client is to execute a function and submit its result."""

    turn_id: str
    call_id: str
    name: str
    arguments: str


class WaitsForApproval(msgspec.Struct, frozen=True, tag="approval"):
    """A person is to allow a call. Granted once, for exactly these arguments, until `expires_at`."""

    request_id: str
    turn_id: str
    call_id: str
    name: str
    arguments: str
    effect: str
    message: str
    expires_at: int
    server_label: str | None = None


class WaitsForEnvironment(msgspec.Struct, frozen=True, tag="environment"):
    """A self-hosted environment is to connect."""

    environment_id: str


RequiredAction = WaitsForFunction | WaitsForApproval | WaitsForEnvironment


class TurnFailure(msgspec.Struct, frozen=True):
    """Why a turn ended without an answer: a code of the field, and words for people."""

    code: str
    message: str


class TurnRecord(msgspec.Struct, frozen=True):
    """A turn: from an input to the agent's answer. Its id is that of its run in the journal. Unix seconds."""

    id: str
    session_id: str
    agent_id: str
    created_at: int
    status: TurnStatus = "queued"
    started_at: int | None = None
    completed_at: int | None = None
    failure: TurnFailure | None = None
    usage: Usage | None = None
    cost_usd: float = 0.0
    num_steps: int = 0
    subagent_id: str | None = None


class SubagentRecord(msgspec.Struct, frozen=True):
    """An agent that another one of the session created, with a thread of its own."""

    id: str
    session_id: str
    parent_id: str
    spec: AgentSpec
    task: str
    opened_at: int
    name: str | None = None
    budget_usd: float | None = None
    closed_at: int | None = None


class SessionRecord(msgspec.Struct, frozen=True):
    """A session: an agent at work in an environment. Moments are Unix seconds, money is US dollars."""

    id: str
    owner: str
    created_at: int
    last_active_at: int
    agent_id: str
    spec: AgentSpec
    """The agent's configuration as it is in this session."""
    environment_id: str | None = None
    agent_name: str | None = None
    metadata: dict[str, str] = {}
    status: SessionStatus = "idle"
    error: str | None = None
    required_actions: tuple[RequiredAction, ...] = ()
    usage: Usage = Usage()
    cost_usd: float = 0.0
    """Settled spending."""
    reserved_usd: float = 0.0
    """Held for calls that are under way."""
    limit_usd: float | None = None
    vault_ids: tuple[str, ...] = ()
    cache_ttl: str | None = None
    review: Literal["none", "auto_review"] = "none"
    forked_from: tuple[str, int] | None = None
    """The session and the number of the first item that is not shared with it."""


class Artifact(msgspec.Struct, frozen=True):
    """An immutable file that a completed turn published."""

    id: str
    session_id: str
    turn_id: str
    environment_id: str
    created_at: int
    path: str
    size: int
    digest: str
