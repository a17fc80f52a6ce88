"""A session's money inside its transactions: held back before a call, replaced by its true cost after it."""

import logging
from collections.abc import Sequence

from tercet.errors import TercetError
from tercet.store.base import LedgerEntry
from tercet.store.sessions_edit import SessionEdit
from tercet.usage import Usage


class OverBudget(Exception):
    """The session's limit leaves nothing for another model call; the turn waits for more."""


class BudgetSpent(TercetError):
    """A subagent has spent what its parent gave it."""

    code = "session_budget_exceeded"
    log_level = logging.INFO


def reserve(edit: SessionEdit, most_usd: float) -> bool:
    """Hold back what a call may cost at most; return whether the session's limit has room for it."""
    record = edit.record
    if record.limit_usd is not None and record.cost_usd + record.reserved_usd + most_usd > record.limit_usd:
        return False
    edit.change(reserved_usd=record.reserved_usd + most_usd)
    return True


def settle(edit: SessionEdit, reserved: float, entries: Sequence[LedgerEntry], usage: Usage) -> None:
    """Replace what was held for a call by what it took, and let those go on who waited for it."""
    record = edit.record
    edit.charge(entries)
    cost = sum(entry.cost_usd for entry in entries)
    edit.change(
        cost_usd=record.cost_usd + cost,
        reserved_usd=max(0.0, record.reserved_usd - reserved),
        usage=record.usage + usage,
    )
    if record.status == "budget_reached" and cost < reserved:
        for turn in edit.open_turns():
            if turn.status == "waiting":
                edit.wake(turn.id)
