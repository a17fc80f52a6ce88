"""Automations: work that sessions are given by the clock. What is due when is `service/automations.py`'s to say."""

from typing import Literal

import msgspec

from tercet.items import Message
from tercet.sessions.agents import AgentSpec
from tercet.sessions.environments import HostedDraft, NoEnvironment
from tercet.sessions.turns import TurnFailure


class Periodic(msgspec.Struct, frozen=True, tag="periodic"):
    """Whenever a cron expression of five fields says, in a time zone of the IANA database."""

    expression: str
    timezone: str


class Once(msgspec.Struct, frozen=True, tag="once"):
    """At one moment, in Unix seconds."""

    run_at: int


Schedule = Periodic | Once


class NewSession(msgspec.Struct, frozen=True, tag="new_session"):
    """A session is created each time; either of a saved agent or of the one given here."""

    environment: NoEnvironment | HostedDraft
    input: tuple[Message, ...]
    agent_id: str | None = None
    spec: AgentSpec | None = None
    metadata: dict[str, str] = {}
    vault_ids: tuple[str, ...] = ()


class ExistingSession(msgspec.Struct, frozen=True, tag="existing_session"):
    """A session is told the instructions each time."""

    session_id: str
    instructions: str


Target = NewSession | ExistingSession


class AutomationRecord(msgspec.Struct, frozen=True):
    """An automation. `due_at` is its next occurrence in Unix seconds, None when there is none or it is paused."""

    id: str
    owner: str
    created_at: int
    name: str
    schedule: Schedule
    target: Target
    metadata: dict[str, str] = {}
    status: Literal["active", "paused", "completed"] = "active"
    pause_reason: Literal["target_session_failed"] | None = None
    creator: tuple[str, str] | None = None
    """The session and the tool call that made it; None: a client did."""
    due_at: int | None = None


class InvocationRecord(msgspec.Struct, frozen=True):
    """One delivery: by the clock (`scheduled_at`, and the automation as it was then) or by hand."""

    id: str
    owner: str
    automation_id: str
    created_at: int
    scheduled_at: int | None = None
    automation: AutomationRecord | None = None
    status: Literal["queued", "completed", "failed", "skipped"] = "queued"
    session_id: str | None = None
    skip_reason: Literal["pending_delivery"] | None = None
    failure: TurnFailure | None = None
