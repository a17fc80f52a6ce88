"""From a session's items and a turn's journal to the thread that the loop goes on with."""

from collections.abc import Sequence

import msgspec

from tercet.agents.calls import Outcome
from tercet.agents.context import Workplace, assembled, instructions_of
from tercet.agents.gate import Grant
from tercet.agents.thread import Thread
from tercet.agents.toolset import Toolset
from tercet.clock import monotonic_s, now_s
from tercet.items import TextPart, ToolCall, ToolResult
from tercet.service.sessions.values import CallIntent, ModelIntent, ModelOutcome
from tercet.sessions.turns import Call, SessionItem, TurnRecord
from tercet.store.base import Step
from tercet.store.sessions_reads import History

read_model_intent = msgspec.msgpack.Decoder(ModelIntent).decode
read_model_outcome = msgspec.msgpack.Decoder(ModelOutcome).decode
read_call_intent = msgspec.msgpack.Decoder(CallIntent).decode


class Progress(msgspec.Struct):
    """How far a turn came in its journal."""

    next_number: int = 0
    num_asked: int = 0
    num_output: int = 0
    """Items that the turn has put out."""
    open_model: tuple[int, bytes] | None = None
    """The step, and its intent, of a model call whose outcome is unknown."""
    open_calls: dict[str, int] = {}
    """Steps of calls whose outcome is unknown, by call."""
    worked_s: float = 0.0
    was_dropped: bool = False
    """The last output was dropped, since it only asked for what was known."""


def progress_of(steps: Sequence[Step], items: Sequence[SessionItem], turn: TurnRecord) -> Progress:
    """Read a turn's journal."""
    progress = Progress(num_output=sum(item.turn_id == turn.id and item.step is not None for item in items))
    until_ms = 0
    for step in steps:
        progress.next_number = step.number + 1
        if step.kind == "model":
            progress.num_asked += 1
            if step.outcome is None:
                progress.open_model = (step.number, step.intent)
            else:
                progress.was_dropped = read_model_outcome(step.outcome).is_dropped
        elif step.kind == "tool" and step.outcome is None:
            progress.open_calls[read_call_intent(step.intent).call_id] = step.number
        if step.ended_at is not None:
            progress.worked_s += max(0, step.ended_at - max(step.begun_at, until_ms)) / 1000
            until_ms = max(until_ms, step.ended_at)
    return progress


def held_by(steps: Sequence[Step]) -> float:
    """Return what is held back for model calls of a turn whose outcome is unknown."""
    kinds = ("model", "compaction")
    open_steps = (step for step in steps if step.outcome is None and step.kind in kinds)
    return sum(read_model_intent(step.intent).reserved_usd for step in open_steps)


def thread_of(
    history: History,
    turn: TurnRecord,
    progress: Progress,
    toolset: Toolset,
    approvals: Sequence[tuple[str, str, str, bytes, int]],
    workspace: Workplace | None,
) -> Thread:
    """Return the thread of a turn as it was left."""
    spec, summary = history.record.spec, history.summary
    shown = assembled(
        instructions_of(spec, workspace=workspace, plan_note=spec.has_plan),
        history.items,
        summary=summary.text if summary else None,
        kept=summary.kept if summary else (),
        plan=history.plan,
        tells_time=spec.tells_time,
        open_turn=turn.id,
    )
    thread = Thread(
        shown,
        began_s=monotonic_s() - progress.worked_s,
        num_steps=progress.num_asked - (progress.open_model is not None),
        may_call=not progress.was_dropped,
        grants=_grants(approvals),
        begun=set(progress.open_calls),
        prompt_tokens=next((_size(item) for item in reversed(history.items) if item.usage is not None), 0),
    )
    _remember_rounds(thread, [item for item in history.items if item.turn_id == turn.id], toolset)
    return thread


def _size(item: SessionItem) -> int:
    """Return the tokens of the conversation up to an output, this included."""
    return item.usage.total_tokens if item.usage is not None else 0


def _remember_rounds(thread: Thread, items: Sequence[SessionItem], toolset: Toolset) -> None:
    """Tell the thread what was called so far in this turn, and open its last round if that has no end."""
    given = {item.content.call_id: item.content for item in items if isinstance(item.content, ToolResult)}
    rounds: dict[int, list[SessionItem]] = {}
    for item in items:
        if isinstance(item.content, Call) and item.step is not None:
            rounds.setdefault(item.step, []).append(item)
    for number, calls in sorted(rounds.items()):
        outcomes = [outcome for item in calls if (outcome := _outcome_of(item, given)) is not None]
        is_last = number == max(rounds)
        if len(outcomes) < len(calls) and is_last:
            thread.open_round([call_of(item) for item in calls])
            for outcome in outcomes:
                thread.settle(outcome)
            continue
        thread.remember(outcomes, has_written=any(toolset.offer(o.call.name).effect == "writes" for o in outcomes))


def call_of(item: SessionItem) -> ToolCall:
    """Return the call as the model made it."""
    assert isinstance(item.content, Call)
    return ToolCall(item.content.call_id, item.content.name, item.content.arguments)


def _outcome_of(item: SessionItem, given: dict[str, ToolResult]) -> Outcome | None:
    call = item.content
    assert isinstance(call, Call)
    if item.status == "in_progress":
        return None
    if call.kind == "function" and call.call_id in given:
        result = given[call.call_id]
        content = result.text if call.error is None else msgspec.json.encode({"error": call.error}).decode()
        parts = () if call.error is not None else tuple(p for p in result.content if not isinstance(p, TextPart))
        return Outcome(call_of(item), content, call.error is not None, item.duration_ms, parts=parts)
    return Outcome(call_of(item), call.output or "", call.error is not None, item.duration_ms)


def _grants(approvals: Sequence[tuple[str, str, str, bytes, int]]) -> dict[str, Grant]:
    """Return the latest answer for each call; one that came too late, or never, counts as expired."""
    grants: dict[str, Grant] = {}
    for _, call_id, status, _, expires_at in approvals:
        is_over = expires_at <= now_s()
        if status in ("pending", "approved") and is_over:
            grants[call_id] = Grant("expired")
        else:
            grants[call_id] = Grant(status, is_pending=status == "pending")
    return grants
