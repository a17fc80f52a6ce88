"""What is asked of sessions: a session to be created, inputs for one, changes to one."""

from typing import Literal

import msgspec

from tercet.items import Message, Part
from tercet.sessions.agents import AgentSpec
from tercet.sessions.environments import Environment, NoEnvironment
from tercet.store.base import Step


class SessionDraft(msgspec.Struct, frozen=True):
    """A session to be created. `environment` configures a new one, or is the id of one that waits for a session."""

    owner: str
    spec: AgentSpec
    agent_id: str = ""
    """The saved agent's id; empty: the session gets an agent of its own."""
    agent_name: str | None = None
    environment: Environment | str = NoEnvironment()
    input: tuple[Message, ...] = ()
    metadata: dict[str, str] = {}
    limit_usd: float | None = None
    vault_ids: tuple[str, ...] = ()
    cache_ttl: str | None = None
    review: Literal["none", "auto_review"] = "none"
    id: str = ""
    """The session's id, where the caller must know it before; empty: a new one."""


class UserInput(msgspec.Struct, frozen=True, tag="message"):
    """Messages of the user: they begin a turn, or reach the one under way at its next step."""

    messages: tuple[Message, ...]


class FunctionResult(msgspec.Struct, frozen=True, tag="function_result"):
    """What a function that the client executed gave, or why it failed."""

    turn_id: str
    call_id: str
    output: tuple[Part, ...] = ()
    error: str | None = None


class ApprovalAnswer(msgspec.Struct, frozen=True, tag="approval"):
    """A person's answer to a request for approval. `cancel` dismisses it; the call is not made."""

    request_id: str
    decision: Literal["approve", "deny", "cancel"]


class CancelTurn(msgspec.Struct, frozen=True, tag="cancel"):
    """End the turn that is under way, and those of its subagents."""


Input = UserInput | FunctionResult | ApprovalAnswer | CancelTurn


class SessionChanges(msgspec.Struct, frozen=True):
    """Settings to change; UNSET leaves them as they are."""

    spec: AgentSpec | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    limit_usd: float | msgspec.UnsetType | None = msgspec.UNSET
    cache_ttl: str | msgspec.UnsetType | None = msgspec.UNSET
    review: Literal["none", "auto_review"] | msgspec.UnsetType = msgspec.UNSET


class JournalStep(msgspec.Struct, frozen=True):
    """A step of a turn as people see it. Milliseconds of Unix time; without `ended_at` its outcome is unknown."""

    turn_id: str
    number: int
    kind: str
    begun_at: int
    ended_at: int | None
    items: tuple[int, ...] = ()
    """Numbers of the items that it made or finished."""
    tier: str = ""
    model: str = ""
    cost_usd: float = 0.0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    error: str = ""
    name: str = ""
    """Of a tool's step: the tool."""
    reason: str = ""
    """Of a model's step: why its output ended."""
    backend: str = ""
    first_ms: float = 0.0
    """Of a model's step: until its first words came; 0 where that is not known."""
    error_code: str = ""


class ModelIntent(msgspec.Struct, frozen=True, array_like=True):
    """What a model step is about to do: answer the first `num_items` items of the session."""

    num_items: int
    reserved_usd: float = 0.0


class ModelOutcome(msgspec.Struct, frozen=True, array_like=True):
    """What a model step brought about. The words are in the items."""

    items: tuple[int, ...] = ()
    tier: str = ""
    model: str = ""
    cost_usd: float = 0.0
    usage: tuple[int, int, int, int] = (0, 0, 0, 0)
    is_dropped: bool = False
    """The output only asked for what was known; the model is asked for its answer next."""
    error: str = ""
    reason: str = "stop"
    backend: str = ""
    first_ms: float = 0.0
    error_code: str = ""


class CallIntent(msgspec.Struct, frozen=True, array_like=True):
    """What a tool step is about to do: make the call that this item is."""

    item: int
    name: str
    call_id: str


class CallOutcome(msgspec.Struct, frozen=True, array_like=True):
    """What a tool step brought about. The result is in the item."""

    item: int
    is_error: bool = False
    duration_ms: float = 0.0
    error: str = ""


Intent = ModelIntent | CallIntent
TurnSteps = list[Step]
