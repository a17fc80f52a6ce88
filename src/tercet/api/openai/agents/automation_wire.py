"""Automations and invocations as they stand on the wire."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tercet.api.openai.agents.agent_wire import AgentFields
from tercet.api.openai.agents.common import Id, Text
from tercet.api.openai.agents.environment_wire import EnvironmentIn
from tercet.api.openai.agents.session_wire import Messages
from tercet.api.openai.wire import Metadata
from tercet.api.wire import JsonObject, Wire

Name = Annotated[str, Meta(max_length=256)]
Expression = Annotated[str, Meta(max_length=200)]
Zone = Annotated[str, Meta(max_length=100)]
Moment = Annotated[int, Meta(ge=0, le=2**53)]


class NewSessionIn(Wire, tag="new_session"):
    """A session is created each time."""

    environment: EnvironmentIn
    input: Messages
    agent: AgentFields | UnsetType = UNSET
    agent_id: Id | UnsetType = UNSET
    metadata: Metadata | None = None
    vault_ids: Annotated[list[Id], Meta(max_length=10)] | None = None


class ExistingSessionIn(Wire, tag="existing_session"):
    """A session is told something each time."""

    instructions: Text
    session_id: Id


TargetIn = NewSessionIn | ExistingSessionIn


class PeriodicRequest(Wire, tag="periodic"):
    """The body of POST /v1/agents/automations for what is due again and again."""

    expression: Expression
    name: Name
    target: TargetIn
    timezone: Zone
    metadata: Metadata = {}  # noqa: RUF012  # copied for each


class OnceRequest(Wire, tag="once"):
    """The body of POST /v1/agents/automations for what is due once."""

    name: Name
    run_at: Moment
    target: TargetIn
    metadata: Metadata = {}  # noqa: RUF012  # likewise


class AutomationUpdate(Wire):
    """The body of POST /v1/agents/automations/{automation_id}."""

    expression: Expression | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    run_at: Moment | UnsetType = UNSET
    target: TargetIn | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET


class PeriodicOut(msgspec.Struct, frozen=True, kw_only=True, tag="periodic"):
    """An automation that is due again and again."""

    id: str
    created_at: int
    created_by: JsonObject
    expression: str
    metadata: dict[str, str]
    name: str
    status: Literal["active", "paused"]
    target: JsonObject
    timezone: str
    pause_reason: str | None
    tercet: dict[str, Any]
    object: Literal["agent.automation"] = "agent.automation"


class OnceOut(msgspec.Struct, frozen=True, kw_only=True, tag="once"):
    """An automation that is due once."""

    id: str
    created_at: int
    created_by: JsonObject
    metadata: dict[str, str]
    name: str
    run_at: int
    status: Literal["active", "paused", "completed"]
    target: JsonObject
    pause_reason: str | None
    tercet: dict[str, Any]
    object: Literal["agent.automation"] = "agent.automation"


AutomationOut = PeriodicOut | OnceOut


class FailureOut(msgspec.Struct, frozen=True):
    """Why an invocation could not be delivered."""

    code: str
    message: str


class InvocationOut(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery."""

    id: str
    automation_id: str
    created_at: int
    error: FailureOut | None
    scheduled_at: int | None
    session_id: str | None
    skip_reason: Literal["pending_delivery"] | None
    source: dict[str, Any]
    status: Literal["queued", "completed", "failed", "skipped"]
    object: Literal["agent.automation.invocation"] = "agent.automation.invocation"
