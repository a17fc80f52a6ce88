"""How turns begin and end, and what a session's status is: functions of one transaction."""

from collections.abc import Sequence

import msgspec

from tercet.clock import now_s
from tercet.ids import new_id
from tercet.items import Message
from tercet.sessions.events import ItemDone, TurnChanged
from tercet.sessions.turns import AgentMessage, Content, SessionStatus, TurnFailure, TurnRecord, TurnStatus
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_edit_items import ROOT

KIND = "turn"


def begin_turn(edit: SessionEdit, contents: Sequence[Content], thread: str = ROOT) -> TurnRecord:
    """Queue a turn that begins with `contents`."""
    turn = TurnRecord(
        new_id("turn"),
        edit.record.id,
        thread or edit.record.agent_id,
        now_s(),
        subagent_id=thread or None,
    )
    edit.put_turn(turn)
    edit.queue(turn.id, KIND)
    edit.change(status=status_of(edit), last_active_at=now_s())
    edit.tell_if_changed()
    edit.tell(TurnChanged(turn))
    for content in contents:
        say(edit, turn.id, content, thread)
    return turn


def say(edit: SessionEdit, turn_id: str, content: Content, thread: str = ROOT) -> None:
    """Add what somebody said to a turn."""
    prefix = "msg" if isinstance(content, Message | AgentMessage) else "fco"
    item = edit.add_item(turn_id, new_id(prefix), content, thread)
    edit.tell_item(item)


def end_turn(edit: SessionEdit, turn: TurnRecord, status: TurnStatus, failure: TurnFailure | None = None) -> TurnRecord:
    """End a turn: what is open of it is open no more, and whoever waits for it is woken."""
    thread = turn.subagent_id or ROOT
    for item in edit.open_items(turn.id):
        closed = msgspec.structs.replace(item, status="incomplete")
        edit.put_item(closed)
        edit.tell(ItemDone(closed))
    ended = msgspec.structs.replace(turn, status=status, completed_at=now_s(), failure=failure)
    edit.put_turn(ended)
    actions = tuple(action for action in edit.record.required_actions if getattr(action, "turn_id", None) != turn.id)
    edit.change(required_actions=actions, last_active_at=now_s())
    edit.tell(TurnChanged(ended))
    if thread == ROOT and status != "completed":
        for other in edit.open_turns():
            stop_turn(edit, other)
    elif thread != ROOT:
        _wake_parent(edit, thread)
    edit.change(status=status_of(edit))
    return ended


def stop_turn(edit: SessionEdit, turn: TurnRecord) -> None:
    """End a turn that nobody works on at once; ask the worker of any other."""
    if edit.stop(turn.id):
        end_turn(edit, turn, "cancelled")


def status_of(edit: SessionEdit) -> SessionStatus:
    """Return the session's status as its turns and what they wait for have it."""
    if not edit.open_turns():
        return "idle"
    if edit.record.required_actions:
        return "requires_action"
    return "budget_reached" if edit.record.status == "budget_reached" else "in_progress"


def _wake_parent(edit: SessionEdit, subagent_id: str) -> None:
    parent = next((agent.parent_id for agent in edit.subagents() if agent.id == subagent_id), "")
    thread = ROOT if parent == edit.record.agent_id else parent
    turn = edit.open_turn(thread)
    if turn is not None:
        edit.wake(turn.id)
