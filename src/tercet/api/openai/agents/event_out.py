"""From what a session tells to the protocol's events. One object per stream: what is told of an item adds up.

A kept event has its number in `event_id` and as the stream's `id`, from which a client may go on. What the protocol
says in several events carries the number once, with the last of them.
"""

from collections.abc import Iterator

from tercet.api.openai.agents.item_out import item_out
from tercet.api.openai.agents.session_out import plan_out, session_out, subagent_out, turn_out, usage_out
from tercet.api.wire import JsonObject
from tercet.ids import new_id
from tercet.items import Message, Reasoning, RefusalPart, TextPart, ToolResult
from tercet.sessions.environments import EnvironmentRecord, SelfHosted
from tercet.sessions.events import (
    CommandOutput,
    EnvironmentChanged,
    ItemAdded,
    ItemDone,
    Numbered,
    PlanChanged,
    SessionChanged,
    SessionEvent,
    SubagentChanged,
    TextDelta,
    TurnChanged,
)
from tercet.sessions.turns import AgentMessage, SessionItem, SessionRecord, TurnRecord

_TURNS = {
    "queued": "created",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""Statuses of turns that the protocol has an event for; that one waits is told by its session."""


class SessionEvents:
    """Renders the events of one stream."""

    def __init__(
        self, session: SessionRecord, environment: EnvironmentRecord | None, *, has_more: bool = False
    ) -> None:
        """`has_more`: also what Tercet adds to the protocol, the plan's changes."""
        self._session = session
        self._environment = environment
        self._has_more = has_more
        self._texts: dict[str, int] = {}
        """How much of each item's text was told."""
        self._indexes: dict[str, int] = {}
        self._open_parts: set[str] = set()

    @property
    def environment_id(self) -> str | None:
        """The environment whose record is needed to show the session."""
        return self._session.environment_id

    def events(self, told: Numbered) -> list[JsonObject]:
        """Return what the protocol says for one event, each with its `event_id`."""
        shown = list(self._events(told.event))
        for place, event in enumerate(shown):
            if told.number is None:
                event["event_id"] = new_id("evt")
            else:
                is_last = place == len(shown) - 1
                event["event_id"] = f"evt_{self._session.id.partition('_')[2]}_{told.number}" + (
                    "" if is_last else f".{place}"
                )
        return shown

    def _events(self, event: SessionEvent) -> Iterator[JsonObject]:
        match event:
            case SessionChanged(session, is_new):
                self._session = session
                status = "created" if is_new else session.status
                yield {"type": f"agent.session.{status}", "session": session_out(session, self._environment)}
            case TurnChanged(turn):
                yield from self._turn(turn)
            case ItemAdded(item, output_index):
                yield from self._added(item, output_index)
            case ItemDone(item, output_index):
                yield from self._done(item, output_index)
            case TextDelta():
                yield from self._delta(event)
            case CommandOutput(turn_id, item_id, text):
                yield self._of(
                    "agent.output.command_execution_output.delta",
                    turn_id,
                    item_id=item_id,
                    output_index=self._indexes.get(item_id, _index_in(item_id)),
                    delta=text,
                )
            case EnvironmentChanged(environment, turn_id):
                self._environment = environment
                state = environment_state(environment)
                kind = f"agent.session.environment.{environment.status}"
                yield self._of(kind, turn_id, environment=state)
            case SubagentChanged(subagent, is_new):
                what = "created" if is_new else "active" if subagent.closed_at is None else "closed"
                yield {"type": f"agent.session.subagent.{what}", "subagent": subagent_out(subagent)}
            case PlanChanged(turn_id, plan):
                if self._has_more:
                    yield self._of("tercet.plan.changed", turn_id, plan=plan_out(plan))

    def _turn(self, turn: TurnRecord) -> Iterator[JsonObject]:
        kind = _TURNS.get(turn.status)
        if kind is None:
            return
        if turn.status == "failed" and turn.failure is not None:
            failure = turn.failure
            error = {"code": failure.code, "message": failure.message, "param": None, "type": "turn_error"}
            yield {"type": "error", "error": error, "session_id": turn.session_id}
        shown = self._of(f"agent.session.turn.{kind}", turn.id, turn=turn_out(turn, self._session.cache_ttl))
        if kind in ("completed", "failed", "cancelled"):
            shown["usage"] = None if turn.usage is None else usage_out(turn.usage)
        yield shown

    def _added(self, item: SessionItem, output_index: int | None) -> Iterator[JsonObject]:
        if output_index is not None:
            self._indexes[item.id] = output_index
        yield self._of("agent.session.turn.item.added", item.turn_id, item=self._item(item), output_index=output_index)

    def _delta(self, event: TextDelta) -> Iterator[JsonObject]:
        if event.is_reasoning and not self._shows_summary:
            return
        self._indexes[event.item_id] = event.output_index
        place = (event.turn_id, event.item_id, event.output_index)
        yield from self._open(*place, is_reasoning=event.is_reasoning)
        self._texts[event.item_id] = self._texts.get(event.item_id, 0) + len(event.text)
        yield self._text("delta", *place, event.is_reasoning, 0, delta=event.text)

    def _done(self, item: SessionItem, output_index: int | None) -> Iterator[JsonObject]:
        if isinstance(item.content, ToolResult | AgentMessage) or _is_users(item):
            return  # they are told of once, by `item.added`
        index = output_index if output_index is not None else self._indexes.get(item.id, _index_in(item.id))
        texts, is_reasoning = _texts(item), isinstance(item.content, Reasoning)
        if is_reasoning and not self._shows_summary:
            texts = []
        for number, text in enumerate(texts):
            yield from self._rest(item, index, number, text, is_reasoning=is_reasoning)
        self._texts.pop(item.id, None)
        self._open_parts.discard(item.id)
        yield self._of("agent.session.turn.item.done", item.turn_id, item=self._item(item), output_index=index)

    def _rest(
        self, item: SessionItem, index: int, number: int, text: str, *, is_reasoning: bool
    ) -> Iterator[JsonObject]:
        """Yield what of a text was not told yet, and its end."""
        told = self._texts.get(item.id, 0) if number == 0 else 0
        place = (item.turn_id, item.id, index)
        if number == 0:
            yield from self._open(*place, is_reasoning=is_reasoning)
        else:
            yield self._part("added", *place, is_reasoning, number, "")
        if told < len(text):
            yield self._text("delta", *place, is_reasoning, number, delta=text[told:])
        yield self._text("done", *place, is_reasoning, number, text=text)
        yield self._part("done", *place, is_reasoning, number, text)

    def _open(self, turn_id: str, item_id: str, index: int, *, is_reasoning: bool) -> Iterator[JsonObject]:
        if item_id not in self._open_parts:
            self._open_parts.add(item_id)
            yield self._part("added", turn_id, item_id, index, is_reasoning, 0, "")

    def _part(
        self, what: str, turn_id: str, item_id: str, index: int, is_reasoning: bool, number: int, text: str
    ) -> JsonObject:
        kind = "reasoning_summary_part" if is_reasoning else "content_part"
        return self._of(
            f"agent.session.turn.{kind}.{what}",
            turn_id,
            item_id=item_id,
            output_index=index,
            part={"type": "summary_text" if is_reasoning else "output_text", "text": text},
            **_numbered(number, is_reasoning=is_reasoning),
        )

    def _text(
        self, what: str, turn_id: str, item_id: str, index: int, is_reasoning: bool, number: int, **said: str
    ) -> JsonObject:
        kind = "reasoning_summary_text" if is_reasoning else "output_text"
        return self._of(
            f"agent.session.turn.{kind}.{what}",
            turn_id,
            item_id=item_id,
            output_index=index,
            **_numbered(number, is_reasoning=is_reasoning),
            **said,
        )

    @property
    def _shows_summary(self) -> bool:
        return self._session.spec.reasoning_summary is not None

    def _item(self, item: SessionItem) -> JsonObject:
        return item_out(item, shows_summary=self._shows_summary)

    def _of(self, kind: str, turn_id: str | None, **fields: object) -> JsonObject:
        return {"type": kind, "session_id": self._session.id, "turn_id": turn_id, **fields}


def environment_state(environment: EnvironmentRecord) -> JsonObject:
    """Return how an environment is."""
    error = None
    if environment.error is not None:
        error = {"code": "environment_failed", "message": environment.error, "type": "environment_error"}
    kind = "self_hosted" if isinstance(environment.spec, SelfHosted) else "openai_hosted"
    return {"id": environment.id, "error": error, "status": environment.status, "type": kind}


def _is_users(item: SessionItem) -> bool:
    return isinstance(item.content, Message) and item.content.role != "assistant"


def _texts(item: SessionItem) -> list[str]:
    content = item.content
    if isinstance(content, Message):
        return [part.text for part in content.content if isinstance(part, TextPart | RefusalPart)]
    if isinstance(content, Reasoning):
        return list(content.summary) or ([content.text] if content.text else [])
    return []


def _index_in(item_id: str) -> int:
    """Return the place in the turn's output, which an output item's id ends with."""
    try:
        return int(item_id[-4:], 16)
    except ValueError:
        return 0


def _numbered(number: int, *, is_reasoning: bool) -> dict[str, int]:
    return {"summary_index": number} if is_reasoning else {"content_index": number}
