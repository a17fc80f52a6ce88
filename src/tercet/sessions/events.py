"""What a session tells while it is at work. What is numbered is kept; deltas live in memory only."""

import msgspec

from tercet.sessions.environments import EnvironmentRecord
from tercet.sessions.plan import Plan
from tercet.sessions.turns import SessionItem, SessionRecord, SubagentRecord, TurnRecord


class SessionChanged(msgspec.Struct, frozen=True, tag="session"):
    """The session was created, or its status is another."""

    session: SessionRecord
    is_new: bool = False


class TurnChanged(msgspec.Struct, frozen=True, tag="turn"):
    """A turn was created or its status is another."""

    turn: TurnRecord


class ItemAdded(msgspec.Struct, frozen=True, tag="item_added"):
    """An item has begun. `output_index` is its place in the turn's output; None for input."""

    item: SessionItem
    output_index: int | None = None


class ItemDone(msgspec.Struct, frozen=True, tag="item_done"):
    """An item is complete."""

    item: SessionItem
    output_index: int | None = None


class TextDelta(msgspec.Struct, frozen=True, tag="text_delta"):
    """Text was appended to a message or, with `is_reasoning`, to a reasoning item's summary. Not kept."""

    turn_id: str
    item_id: str
    output_index: int
    text: str
    is_reasoning: bool = False


class CommandOutput(msgspec.Struct, frozen=True, tag="command_output"):
    """A command wrote something. Not kept."""

    turn_id: str
    item_id: str
    text: str


class EnvironmentChanged(msgspec.Struct, frozen=True, tag="environment"):
    """The environment's status is another."""

    environment: EnvironmentRecord
    turn_id: str | None = None


class SubagentChanged(msgspec.Struct, frozen=True, tag="subagent"):
    """A subagent was opened, or closed, or opened again."""

    subagent: SubagentRecord
    is_new: bool = False


class PlanChanged(msgspec.Struct, frozen=True, tag="plan"):
    """The plan is another."""

    turn_id: str
    plan: Plan


SessionEvent = (
    SessionChanged
    | TurnChanged
    | ItemAdded
    | ItemDone
    | TextDelta
    | CommandOutput
    | EnvironmentChanged
    | SubagentChanged
    | PlanChanged
)


class Numbered(msgspec.Struct, frozen=True):
    """An event at its place in the session's history; None for what is not kept."""

    number: int | None
    event: SessionEvent
