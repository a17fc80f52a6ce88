"""What clients and people tell a session, as functions of one transaction: all of an input's events or none."""

from collections.abc import Sequence

import msgspec

from tercet.errors import InvalidRequest, NotFound, RunConflict
from tercet.items import TextPart, ToolResult
from tercet.service.sessions.turns import begin_turn, status_of, stop_turn
from tercet.service.sessions.values import ApprovalAnswer, CancelTurn, FunctionResult, Input, UserInput
from tercet.sessions.events import ItemDone
from tercet.sessions.turns import RequiredAction, WaitsForApproval, WaitsForFunction
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_edit_items import ROOT

_STATUS = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}


def accept(edit: SessionEdit, inputs: Sequence[Input]) -> None:
    """Take inputs in, in order. Raises `InvalidRequest`, `NotFound` and `RunConflict`; nothing is taken in then."""
    for each in inputs:
        match each:
            case UserInput(messages):
                hear(edit, messages)
            case FunctionResult():
                _answer_function(edit, each)
            case ApprovalAnswer():
                _answer_approval(edit, each)
            case CancelTurn():
                cancel(edit)


def hear(edit: SessionEdit, messages: Sequence[object]) -> None:
    """Begin a turn with what the user said, or leave it for the next step of the one under way."""
    if not messages:
        raise InvalidRequest("input is empty: send at least one message", param="input")
    turn = edit.open_turn()
    if turn is None:
        begin_turn(edit, messages)  # type: ignore[arg-type]
        return
    for message in messages:
        edit.post(ROOT, message)  # type: ignore[arg-type]


def cancel(edit: SessionEdit) -> None:
    """End the turn under way and those of subagents. Raises `RunConflict` when there is none."""
    turns = edit.open_turns()
    if not turns:
        raise RunConflict("The session has no turn under way that could be cancelled.", code="no_active_turn")
    edit.take_posted(ROOT)
    for turn in turns:
        current = edit.turn(turn.id)
        if current is not None and current.status in ("queued", "in_progress", "waiting"):
            stop_turn(edit, current)
    edit.change(status=status_of(edit))


def _answer_function(edit: SessionEdit, given: FunctionResult) -> None:
    action = next(
        (
            action
            for action in edit.record.required_actions
            if isinstance(action, WaitsForFunction)
            and (action.turn_id, action.call_id) == (given.turn_id, given.call_id)
        ),
        None,
    )
    item = edit.call_item(given.turn_id, given.call_id, "in_progress") if action else None
    if action is None or item is None:
        if edit.call_item(given.turn_id, given.call_id) is not None:
            raise RunConflict(
                f"The function call {given.call_id!r} has its result or is not waited for.", param="call_id"
            )
        raise NotFound(f"There is no function call {given.call_id!r} in turn {given.turn_id!r}.", param="call_id")
    thread = item.subagent_id or ROOT
    is_error = given.error is not None
    done = msgspec.structs.replace(
        item,
        status="failed" if is_error else "completed",
        content=msgspec.structs.replace(item.content, error=given.error),
    )
    edit.put_item(done)
    edit.tell(ItemDone(done))
    parts = (TextPart(given.error),) if given.error is not None else given.output
    result = edit.add_item(
        given.turn_id,
        f"fco_{item.id.partition('_')[2]}",
        ToolResult(given.call_id, parts),
        thread,
        status="failed" if is_error else "completed",
        step=item.step,
    )
    edit.tell_item(result)
    _acted(edit, action)


def _answer_approval(edit: SessionEdit, answer: ApprovalAnswer) -> None:
    action = next(
        (
            action
            for action in edit.record.required_actions
            if isinstance(action, WaitsForApproval) and action.request_id == answer.request_id
        ),
        None,
    )
    if action is None:
        raise NotFound(f"There is no request {answer.request_id!r} that waits for an approval.", param="request_id")
    if not edit.answer_approval(answer.request_id, _STATUS[answer.decision]):
        raise RunConflict(f"The request {answer.request_id!r} has expired or was answered.", param="request_id")
    _acted(edit, action)


def _acted(edit: SessionEdit, action: RequiredAction) -> None:
    """Take an action off the list, and let its turn go on when nothing else of it is waited for."""
    turn_id = getattr(action, "turn_id", "")
    left = tuple(other for other in edit.record.required_actions if other != action)
    edit.change(required_actions=left)
    edit.change(status=status_of(edit))
    edit.signal()
    if not any(getattr(other, "turn_id", None) == turn_id for other in left):
        edit.wake(turn_id)
