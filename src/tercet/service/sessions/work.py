"""A turn's work: read where it stands, put its agent together, let the loop go on, write down each step it makes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial

import msgspec

from tercet.agents.calls import ContextOf
from tercet.agents.loop import Agent, Asking, Limits
from tercet.agents.steps import Answered, ModelAsked
from tercet.agents.thread import Thread
from tercet.agents.toolset import Toolset
from tercet.backends.base import Backend
from tercet.clock import monotonic_s, now_s
from tercet.config import TIER_NAMES
from tercet.errors import EngineCrashed, NotFound, Overloaded, RunConflict, StoreFailed, TercetError
from tercet.events import Event, Finished, ReasoningDelta, Started, TextDelta
from tercet.ids import item_id
from tercet.items import Message, ModelRequest, Reasoning, ToolCall
from tercet.records import Receipt
from tercet.routing.tiers import Tier, tier_name
from tercet.service.asks import Ask
from tercet.service.run import Run
from tercet.service.sessions.budget import Hold, hold_for
from tercet.service.sessions.failures import failure_from
from tercet.service.sessions.live import Live
from tercet.service.sessions.loading import held_by, progress_of, thread_of
from tercet.service.sessions.recorder import Recorder
from tercet.service.sessions.shortening import Shortening
from tercet.service.sessions.spending import OverBudget, settle
from tercet.service.sessions.toolbox import Kit, Toolbox
from tercet.service.sessions.turns import end_turn
from tercet.sessions.events import CommandOutput, ItemAdded
from tercet.sessions.events import TextDelta as SessionTextDelta
from tercet.sessions.turns import SessionItem, SubagentRecord, TurnRecord
from tercet.store.base import Journal, Lease, LedgerEntry
from tercet.store.sessions import SessionStore
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_edit_items import ROOT
from tercet.store.sessions_reads import History
from tercet.telemetry.spans import CURRENT, UNTRACED
from tercet.tools.context import CallContext
from tercet.usage import Usage

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
FIRST_RETRY_S = 0.5


class Work:
    """What workers do with turns. Holds nothing of a turn between two calls."""

    def __init__(
        self,
        store: SessionStore,
        journal: Journal,
        live: Live,
        begin: Callable[[Ask], Run],
        tiers: Mapping[str, Tier],
        toolbox: Toolbox,
    ) -> None:
        """`begin` asks a model; `toolbox` makes the tools of a session."""
        self._store = store
        self._journal = journal
        self.live = live
        self.begin = begin
        self._tiers = tiers
        self._toolbox = toolbox

    async def finish(self, lease: Lease) -> None:
        """Bring a turn to its end, or to where it waits."""
        CURRENT.set(UNTRACED)  # its trace is told from its journal, whole, when it has ended
        session_id = lease.spec.decode()
        while True:
            try:
                is_stale = await self._go_on(session_id, lease)
            except NotFound:
                await self._journal.finish(lease, "cancelled")  # the session was deleted
                return
            except (RunConflict, StoreFailed):
                raise  # whoever holds the lease next goes on from what is on disk
            except TercetError as error:
                log.log(error.log_level, "turn %s failed: %s", lease.run_id, error.message)
                await self._fail(session_id, lease, error)
                return
            if not is_stale:
                return

    async def end_cancelled(self, lease: Lease) -> None:
        """End a turn whose end was asked for."""

        held = held_by(await self._journal.steps(lease.run_id))

        def end(edit: SessionEdit) -> None:
            turn = edit.turn(lease.run_id)
            settle(edit, held, [], Usage())
            edit.finish(lease, "cancelled")
            if turn is not None:
                end_turn(edit, turn, "cancelled")

        await self._end(lease, end)

    async def _fail(self, session_id: str, lease: Lease, error: TercetError) -> None:
        held = held_by(await self._journal.steps(lease.run_id))

        def end(edit: SessionEdit) -> None:
            turn = edit.turn(lease.run_id)
            settle(edit, held, [], Usage())
            edit.finish(lease, "failed")
            if turn is not None:
                end_turn(edit, turn, "failed", failure_from(error))

        await self._end(lease, end)

    async def _end(self, lease: Lease, end: Callable[[SessionEdit], None]) -> None:
        session_id = lease.spec.decode()
        try:
            _, told = await self._store.edit(session_id, end, lease=lease)
        except NotFound:
            await self._journal.finish(lease, "cancelled")
            return
        self.live.publish(session_id, told)

    async def _go_on(self, session_id: str, lease: Lease) -> bool:
        """Work on a turn as it stands; return whether it has to be read again."""
        turn = await self._store.turn(session_id, None, lease.run_id)
        if turn is None:
            raise NotFound(f"There is no turn {lease.run_id!r}.")
        history = await self._store.history(session_id, turn.subagent_id or ROOT)
        subagent = await self._subagent_of(turn)
        if subagent is not None:
            history = msgspec.structs.replace(
                history, record=msgspec.structs.replace(history.record, spec=subagent.spec)
            )
        steps = await self._journal.steps(lease.run_id)
        kit = await self._toolbox.open(history, turn)
        progress = progress_of(steps, history.items, turn)
        approvals = await self._store.approvals(session_id, turn.id)
        thread = thread_of(history, turn, progress, kit.toolset, approvals, kit.workspace)
        turn_items = [item for item in history.items if item.turn_id == turn.id]
        asking = _Asking(self, history, turn, lease)
        shortening = Shortening(self._store, self._tiers, self.begin, history, turn, kit.workspace, asking)
        recorder = Recorder(
            self._store,
            self.live,
            lease,
            turn,
            thread,
            kit,
            progress,
            turn_items,
            history.num_signals,
            asking.take_entries,
            shortening,
        )
        recorder.budget_usd = subagent.budget_usd if subagent else None
        recorder.expires_s = history.record.spec.approvals.expires_s
        asking.recorder = recorder
        await shortening.prepare()
        agent = self._agent(history, turn, kit.toolset, asking, shortening)
        recorder.estimate = partial(self._hold, agent, thread, history.record.spec.model)
        with self._toolbox.in_use(session_id, kit):
            await self._run(agent, thread, recorder, history, kit)
        return recorder.is_stale

    async def _subagent_of(self, turn: TurnRecord) -> SubagentRecord | None:
        """Return the subagent whose turn it is, if it is one's."""
        if turn.subagent_id is None:
            return None
        subagents = await self._store.subagents(turn.session_id, None)
        return next((agent for agent in subagents if agent.id == turn.subagent_id), None)

    async def _run(self, agent: Agent, thread: Thread, recorder: Recorder, history: History, kit: Kit) -> None:
        """Let the loop go on and write down what it does."""
        try:
            async with aclosing(agent.go_on(thread)) as steps:
                async for step in steps:
                    if isinstance(step, Answered) and recorder.turn.subagent_id is None:
                        recorder.artifacts = await self._toolbox.publish(history.record, recorder.turn, kit)
                    if isinstance(step, ModelAsked):
                        recorder.taken = await self._toolbox.snapshot(recorder.turn, kit)
                    await recorder.take(step)
                    if recorder.is_over:
                        break
        except OverBudget:
            return

    async def _hold(self, agent: Agent, thread: Thread, model: str) -> Hold:
        """Return what the next call may cost at most."""
        name = tier_name(model)
        tier = self._tiers[name]
        higher = (self._tiers.get(other) for other in reversed(TIER_NAMES[: TIER_NAMES.index(name)]))
        escalated = [other for other in higher if other is not None and other.backend is not None][:1]
        request = agent.request(thread)
        return hold_for(request, [tier, tier, *escalated], await tier.bound().count_tokens(request))

    def _agent(
        self, history: History, turn: TurnRecord, toolset: Toolset, asking: "_Asking", shortening: Shortening
    ) -> Agent:
        record = history.record
        spec = record.spec
        return Agent(
            asking,
            toolset,
            Limits(
                max_steps=spec.limits.max_steps,
                max_parallel=spec.limits.max_parallel,
                time_limit_s=spec.limits.time_limit_s,
                max_repeats=spec.limits.max_repeats,
            ),
            asking=Asking(spec.sampling, spec.output_format, spec.reasoning_effort, cache_key=record.id),
            approvals=spec.approvals,
            shorten=shortening,
            context_of=self._context_of(record.id, turn),
            is_dialogue=True,
            is_reviewed=record.review == "auto_review",
        )

    def _context_of(self, session_id: str, turn: TurnRecord) -> ContextOf:
        def context(call: ToolCall) -> CallContext:
            def tell(text: str) -> None:
                self.live.stream(session_id, CommandOutput(turn.id, call.call_id, text))

            return CallContext(call.call_id, f"{turn.id}:{call.call_id}", tell)

        return context

    def backend_of(self, model: str) -> Backend:
        """Return what answers for a tier or alias."""
        return self._tiers[tier_name(model)].bound()


class _Asking:
    """How the loop of one turn reaches its model: patiently, with its words told to who watches as they come."""

    def __init__(self, work: Work, history: History, turn: TurnRecord, lease: Lease) -> None:
        self._work = work
        self._record = history.record
        self._turn = turn
        self._run: Run | None = None
        self._entries: list[LedgerEntry] = []
        self._announced: set[str] = set()
        self.recorder: Recorder | None = None

    def take_entries(self) -> list[LedgerEntry]:
        """Return the ledger entries that came about since the last call."""
        entries = [*self._entries, *(self._run.take_entries() if self._run else ())]
        self._entries = []
        return entries

    def spend(self, entries: Sequence[LedgerEntry]) -> None:
        """Enter what else was used for this turn."""
        self._entries += entries

    async def __call__(
        self, request: ModelRequest, on_receipt: Callable[[Receipt], None]
    ) -> AsyncGenerator[Event, None]:
        """Answer `request`; a model service that is only busy is asked again while nothing was said."""
        recorder = self.recorder
        assert recorder is not None
        if recorder.reserve is not None:
            request = msgspec.structs.replace(request, sampling=recorder.reserve.request.sampling)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            has_spoken, began_s, first_ms = False, monotonic_s(), 0.0
            try:
                run = self._run = self._work.begin(self._ask(request))
                async with aclosing(run.events) as events:
                    async for event in events:
                        has_spoken = has_spoken or isinstance(event, TextDelta | ReasoningDelta)
                        if not first_ms and not isinstance(event, Started):
                            first_ms = (monotonic_s() - began_s) * 1000
                        self._tell(event, recorder.num_output)
                        if isinstance(event, Finished):
                            on_receipt(msgspec.structs.replace(await run.receipt(), first_ms=first_ms))
                        yield event
                return
            except (Overloaded, EngineCrashed) as error:
                self._entries += self._run.take_entries() if self._run else []
                if attempt == MAX_ATTEMPTS or has_spoken:
                    raise
                await asyncio.sleep(max(error.retry_after_s or 0.0, FIRST_RETRY_S * 2**attempt))

    def _ask(self, request: ModelRequest) -> Ask:
        return Ask(self._record.spec.model, request, self._record.owner, self._turn.id)

    def _tell(self, event: Event, base: int) -> None:
        if not isinstance(event, TextDelta | ReasoningDelta):
            return
        is_reasoning = isinstance(event, ReasoningDelta)
        index = base + event.index
        identity = item_id(self._turn.id, index, "reasoning" if is_reasoning else "message")
        live, session_id = self._work.live, self._record.id
        if identity not in self._announced:
            self._announced.add(identity)
            content = Reasoning() if is_reasoning else Message("assistant", ())
            item = SessionItem(
                identity,
                self._turn.id,
                -1,
                now_s(),
                content,
                "in_progress",
                subagent_id=self._turn.subagent_id,
            )
            live.stream(session_id, ItemAdded(item, index))
        live.stream(session_id, SessionTextDelta(self._turn.id, identity, index, event.text, is_reasoning))
