"""The tools by which an agent has others work for it: each with a thread, a tier and a budget of its own.

A subagent's turn is a run like any other. Its words reach its parent through `wait_for_subagents`, or as a message.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from tercet.clock import now_s
from tercet.errors import TercetError, ToolFailed, ToolRetry
from tercet.items import Message, TextPart
from tercet.service.sessions.effects import Effects
from tercet.service.sessions.turns import begin_turn, stop_turn
from tercet.sessions.agents import AgentSpec
from tercet.sessions.events import SubagentChanged
from tercet.sessions.turns import AgentMessage, SessionRecord, SubagentRecord, TurnRecord
from tercet.store.filing import Page
from tercet.store.sessions import SessionStore
from tercet.store.sessions_edit import SessionEdit
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.context import CURRENT_CALL, NotYet

MAX_TASK = 20_000
_ID = {"type": "string", "description": "the agent_id that create_subagent gave"}
_TEXT = {"type": "string"}


class SubagentTool:
    """One of the tools; what it changes is written with its outcome, so it may be made again until then."""

    timeout_s = 30.0
    effect: Effect = "pure"

    def __init__(
        self, name: str, description: str, parameters: dict[str, Any], function: Callable[[Arguments], Any]
    ) -> None:
        self.name, self.description, self.parameters = name, description, parameters
        self._function = function

    async def run(self, arguments: Arguments) -> JsonValue:
        """See `Tool.run`."""
        return await self._function(arguments)


class Subagents:
    """A session's subagents as its own agent sees them."""

    def __init__(
        self,
        store: SessionStore,
        record: SessionRecord,
        turn: TurnRecord,
        effects: Effects,
        check_model: Callable[[str], object],
    ) -> None:
        """`check_model` raises for a tier that does not exist or has no model."""
        self._store = store
        self._record = record
        self._turn = turn
        self._effects = effects
        self._check_model = check_model
        self._made: set[str] = set()
        """Those that calls at hand make, which the store may not know yet."""

    def tools(self) -> list[SubagentTool]:
        """Return the tools."""
        one = object_schema({"agent_id": _ID})
        told = object_schema({"agent_id": _ID, "text": _TEXT})
        many = object_schema({"agent_ids": {"type": "array", "items": _TEXT}})
        create = object_schema(
            {
                "task": {"type": "string", "description": "everything the agent needs to know; it sees nothing else"},
                "name": _TEXT,
                "model": {"type": "string", "description": "its tier; yours if left out"},
                "budget_usd": {"type": "number"},
            },
            optional=("name", "model", "budget_usd"),
        )
        return [
            SubagentTool("create_subagent", "Have another agent work on a task, beside you.", create, self._create),
            SubagentTool("send_subagent_input", "Tell a subagent more, or give it the next task.", told, self._send),
            SubagentTool("wait_for_subagents", "Wait until subagents have answered.", many, self._wait),
            SubagentTool("interrupt_subagent", "Stop what a subagent is doing; it stays open.", one, self._interrupt),
            SubagentTool("close_subagent", "Close a subagent that is needed no more.", one, self._close),
            SubagentTool("resume_subagent", "Open a closed subagent again.", one, self._resume),
        ]

    async def _create(self, arguments: Arguments) -> JsonValue:
        spec = self._record.spec
        known = await self._all()
        limit = spec.max_subagents or 0
        new_id = self._new_id()
        is_open = {agent.id for agent in known.values() if agent.closed_at is None} | self._made
        if len(is_open - {new_id}) >= limit:
            raise ToolRetry(f"{limit} subagents are open, which is the limit: close one first")
        model, task = arguments.get("model", spec.model), arguments["task"]
        if not task.strip() or len(task) > MAX_TASK:
            raise ToolRetry(f"the task is empty or longer than {MAX_TASK} characters")
        budget = arguments.get("budget_usd")
        if budget is not None and budget <= 0:
            raise ToolRetry("budget_usd must be more than 0")
        try:
            self._check_model(model)
        except TercetError as error:
            raise ToolRetry(error.message) from error
        subagent = SubagentRecord(
            new_id,
            self._record.id,
            self._record.agent_id,
            _spec_of(spec, model),
            task,
            now_s(),
            arguments.get("name"),
            budget,
        )

        self._made.add(new_id)

        def write(edit: SessionEdit) -> None:
            edit.put_subagent(subagent)
            edit.tell(SubagentChanged(subagent, is_new=True))
            begin_turn(edit, [Message("user", (TextPart(task),))], subagent.id)

        self._effects.prepare(write)
        return {"agent_id": subagent.id}

    async def _send(self, arguments: Arguments) -> JsonValue:
        subagent = await self._open(arguments["agent_id"])
        message = AgentMessage(self._record.agent_id, subagent.id, arguments["text"])

        def write(edit: SessionEdit) -> None:
            if edit.open_turn(subagent.id) is not None:
                edit.post(subagent.id, message)
            else:
                begin_turn(edit, [message], subagent.id)

        self._effects.prepare(write)
        return {"agent_id": subagent.id, "note": "sent"}

    async def _wait(self, arguments: Arguments) -> JsonValue:
        wanted = arguments["agent_ids"]
        if not wanted:
            raise ToolRetry("agent_ids is empty: say whom to wait for")
        answers = []
        for agent_id in wanted:
            await self._known(agent_id)
            page = Page(1)
            turns = await self._store.turns(self._record.id, self._record.owner, page, agent_id)
            turn = turns[0] if turns else None
            if turn is None or turn.status in ("queued", "in_progress", "waiting"):
                raise NotYet(f"{agent_id} is at work")
            answers.append(await self._answer_of(agent_id, turn))
        return {"agents": answers}

    async def _answer_of(self, agent_id: str, turn: TurnRecord) -> JsonValue:
        items = await self._store.items(self._record.id, self._record.owner, Page(20), agent_id, turn.id)
        said = next(
            (i.content.text for i in items if isinstance(i.content, Message) and i.content.role == "assistant"), ""
        )
        answer: dict[str, JsonValue] = {"agent_id": agent_id, "status": turn.status, "answer": said}
        if turn.failure is not None:
            answer["error"] = turn.failure.message
        return answer

    async def _interrupt(self, arguments: Arguments) -> JsonValue:
        subagent = await self._open(arguments["agent_id"])

        def write(edit: SessionEdit) -> None:
            turn = edit.open_turn(subagent.id)
            if turn is not None:
                stop_turn(edit, turn)

        self._effects.prepare(write)
        return {"agent_id": subagent.id, "note": "interrupted"}

    async def _close(self, arguments: Arguments) -> JsonValue:
        subagent = await self._open(arguments["agent_id"])
        closed = msgspec.structs.replace(subagent, closed_at=now_s())
        self._made.discard(subagent.id)

        def write(edit: SessionEdit) -> None:
            turn = edit.open_turn(subagent.id)
            if turn is not None:
                stop_turn(edit, turn)
            edit.put_subagent(closed)
            edit.tell(SubagentChanged(closed))

        self._effects.prepare(write)
        return {"agent_id": subagent.id, "note": "closed"}

    async def _resume(self, arguments: Arguments) -> JsonValue:
        subagent = await self._known(arguments["agent_id"])
        if subagent.closed_at is None:
            raise ToolRetry(f"{subagent.id} is open")
        opened = msgspec.structs.replace(subagent, closed_at=None)

        def write(edit: SessionEdit) -> None:
            edit.put_subagent(opened)
            edit.tell(SubagentChanged(opened))

        self._effects.prepare(write)
        return {"agent_id": subagent.id, "note": "open"}

    def _new_id(self) -> str:
        """Return the id of the subagent that the call at hand makes: the same whenever the call is made again."""
        context = CURRENT_CALL.get()
        assert context is not None
        digest = hashlib.blake2b(f"{self._turn.id} {context.call_id}".encode(), digest_size=16)
        return f"subagent_{digest.hexdigest()}"

    async def _all(self) -> dict[str, SubagentRecord]:
        return {agent.id: agent for agent in await self._store.subagents(self._record.id, None)}

    async def _known(self, agent_id: str) -> SubagentRecord:
        known = await self._all()
        if agent_id not in known:
            names = ", ".join(known) or "none"
            raise ToolRetry(f"there is no subagent {agent_id!r}; there are: {names}")
        return known[agent_id]

    async def _open(self, agent_id: str) -> SubagentRecord:
        subagent = await self._known(agent_id)
        if subagent.closed_at is not None:
            raise ToolFailed(f"{agent_id} is closed: resume it first")
        return subagent


def _spec_of(parent: AgentSpec, model: str) -> AgentSpec:
    """Return a subagent's configuration: its parent's, without subagents and a plan of its own."""
    return msgspec.structs.replace(parent, model=model, max_subagents=None, has_plan=False)
