"""A turn as OpenTelemetry has it: a span for the turn, one for each step of its journal.

The journal has it all, whichever processes worked on the turn and died; so a turn is told when it has ended, whole.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence

from tercet.errors import TercetError
from tercet.items import Item, Message, Reasoning, ToolCall, ToolResult
from tercet.service.sessions.journal import steps_of
from tercet.service.sessions.values import JournalStep
from tercet.sessions.events import Numbered, TurnChanged
from tercet.sessions.turns import Call, SessionItem, SessionRecord, TurnRecord
from tercet.store.base import Journal
from tercet.store.database import NO_LIMIT
from tercet.store.filing import Page
from tercet.store.sessions import SessionStore
from tercet.telemetry.messages import messages_of
from tercet.telemetry.spans import Span, SpanContext, Value
from tercet.telemetry.tracer import Tracer

log = logging.getLogger(__name__)

Items = Mapping[int, SessionItem]
_ALL = Page(NO_LIMIT, is_ascending=True)


class TurnTraces:
    """Tells of turns that have ended. What goes wrong with that is logged, and nobody waits for it."""

    def __init__(self, store: SessionStore, journal: Journal, tracer: Tracer) -> None:
        self._store = store
        self._journal = journal
        self._tracer = tracer
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, session_id: str, events: Iterable[Numbered]) -> None:
        """Take events that this process made."""
        for numbered in events:
            event = numbered.event
            if isinstance(event, TurnChanged) and event.turn.completed_at is not None:
                task = asyncio.create_task(self._tell(session_id, event.turn))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Tell of the turns that are known to have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tell(self, session_id: str, turn: TurnRecord) -> None:
        if not self._tracer.is_chosen(_trace_id(turn)):
            return
        try:
            session = await self._store.get(session_id)
            if session is None:
                return
            steps = steps_of(turn.id, await self._journal.steps(turn.id))
            items: Items = {}
            if self._tracer.has_content:
                found = await self._store.items(session_id, session.owner, _ALL, None, turn.id)
                items = {item.number: item for item in found}
        except TercetError as error:
            log.log(error.log_level, "the trace of turn %s was not read: %s", turn.id, error.message)
            return
        for span in spans_of(session, turn, steps, items):
            self._tracer.keep(span)


def spans_of(
    session: SessionRecord, turn: TurnRecord, steps: Sequence[JournalStep], items: Items | None = None
) -> list[Span]:
    """Return the spans of a turn, its own first; with `items`, those of the turn by number, what was said in it."""
    items = items or {}
    return [_turn_span(session, turn, steps, items), *(_step_span(session, turn, step, items) for step in steps)]


def _turn_span(session: SessionRecord, turn: TurnRecord, steps: Sequence[JournalStep], items: Items) -> Span:
    begun_ms = (turn.started_at or turn.created_at) * 1000
    if steps:
        begun_ms = min(begun_ms, steps[0].begun_at)
    ended_ms = 0
    if turn.completed_at is not None:
        ended_ms = max([turn.completed_at * 1000, *(step.ended_at for step in steps if step.ended_at is not None)])
    usage = turn.usage
    facts: dict[str, Value | None] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "tercet",
        "gen_ai.agent.id": session.agent_id,
        "gen_ai.agent.name": session.agent_name,
        "gen_ai.conversation.id": session.id,
        "gen_ai.request.model": session.spec.model,
        "gen_ai.usage.input_tokens": usage.input_tokens if usage else None,
        "gen_ai.usage.output_tokens": usage.output_tokens if usage else None,
        "tercet.turn.id": turn.id,
        "tercet.turn.status": turn.status,
        "tercet.cost_usd": turn.cost_usd,
        "tercet.subagent.id": turn.subagent_id,
        "gen_ai.input.messages": _said(item for item in items.values() if item.step is None),
    }
    name = f"invoke_agent {session.agent_name}" if session.agent_name else "invoke_agent"
    span = _span(turn, "", name, begun_ms, ended_ms, facts)
    if turn.failure:
        span.fail(turn.failure.code, turn.failure.message)
    elif turn.status == "completed":
        span.status = "ok"
    return span


def _step_span(session: SessionRecord, turn: TurnRecord, step: JournalStep, items: Items) -> Span:
    facts: dict[str, Value | None] = {
        "gen_ai.provider.name": "tercet",
        "gen_ai.conversation.id": session.id,
        "tercet.step.number": step.number,
        "tercet.step.kind": step.kind,
    }
    name = step.kind
    made = [items[number] for number in step.items if number in items]
    if step.kind == "tool":
        name = f"execute_tool {step.name}"
        facts |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": step.name}
        if made and isinstance(call := made[0].content, Call):
            facts |= {
                "gen_ai.tool.call.id": call.call_id,
                "gen_ai.tool.call.arguments": call.arguments,
                "gen_ai.tool.call.result": call.output,
            }
    elif step.kind in ("model", "compaction"):
        name = f"chat {step.model or session.spec.model}"
        facts |= {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": session.spec.model,
            "gen_ai.response.model": step.model or None,
            "gen_ai.response.finish_reasons": [step.reason] if step.reason else None,
            "gen_ai.response.time_to_first_chunk": step.first_ms / 1000 if step.first_ms else None,
            "gen_ai.usage.input_tokens": step.input_tokens,
            "gen_ai.usage.output_tokens": step.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": step.cached_tokens,
            "tercet.tier": step.tier or None,
            "tercet.backend": step.backend or None,
            "tercet.cost_usd": step.cost_usd,
            "gen_ai.output.messages": _said(made),
        }
    span = _span(turn, str(step.number), name, step.begun_at, step.ended_at or 0, facts)
    if step.kind in ("model", "compaction"):
        span.kind = "client"
    if step.error:
        span.fail(step.error_code or "_OTHER", step.error)
    elif step.ended_at is not None:
        span.status = "ok"
    return span


def _span(
    turn: TurnRecord, place: str, name: str, begun_ms: int, ended_ms: int, facts: Mapping[str, Value | None]
) -> Span:
    """Return a span; the turn's own place is empty. Its ids follow from the turn's, so that it has the same always."""
    return Span(
        SpanContext(_trace_id(turn), _digest(f"{turn.id}/{place}", 8)),
        name,
        "internal",
        begun_ms * 1_000_000,
        _digest(f"{turn.id}/", 8) if place else b"",
        ended_ms * 1_000_000,
        {key: value for key, value in facts.items() if value is not None},
    )


def _trace_id(turn: TurnRecord) -> bytes:
    return _digest(turn.id, 16)


def _digest(text: str, size: int) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:size]


def _said(items: Iterable[SessionItem]) -> str | None:
    """Return what was said or called, if anything was."""
    said: list[Item] = []
    for item in items:
        match item.content:
            case Message() | Reasoning() | ToolResult() as content:
                said.append(content)
            case Call(call_id=call_id, name=name, arguments=arguments):
                said.append(ToolCall(call_id, name, arguments))
            case _:
                pass
    return messages_of(said) if said else None
