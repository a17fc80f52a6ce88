"""Agent sessions: durable agents that clients create, talk to and watch."""

from tercet.service.sessions.front import Sessions
from tercet.service.sessions.values import (
    ApprovalAnswer,
    CancelTurn,
    FunctionResult,
    Input,
    JournalStep,
    SessionChanges,
    SessionDraft,
    UserInput,
)

__all__ = [
    "ApprovalAnswer",
    "CancelTurn",
    "FunctionResult",
    "Input",
    "JournalStep",
    "SessionChanges",
    "SessionDraft",
    "Sessions",
    "UserInput",
]
