"""What writes a turn's steps down as its loop makes them: each effect's intent before it, its outcome after it.

Outcome, items, events, ledger entries, new state and the next intent are one transaction; the loop waits for it.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import msgspec

from tercet.agents.decision import AskForAnswer, RunCalls
from tercet.agents.gate import Hold, digest_of_call
from tercet.agents.steps import (
    ActionsNeeded,
    Answered,
    CallMade,
    Failed,
    ModelAsked,
    ModelReplied,
    Paused,
    ResultCame,
    Shortened,
    Step,
)
from tercet.agents.steps import Shortening as ShorteningBegun
from tercet.agents.thread import Thread
from tercet.clock import now_s
from tercet.ids import item_id, new_id
from tercet.items import Item, Message, ToolCall
from tercet.records import Receipt
from tercet.service.sessions.budget import Hold as Reserved
from tercet.service.sessions.failures import failure_of
from tercet.service.sessions.live import Live
from tercet.service.sessions.loading import Progress, read_model_intent
from tercet.service.sessions.shortening import Shortening
from tercet.service.sessions.snapshots import Seen, Taken
from tercet.service.sessions.spending import BudgetSpent, OverBudget, reserve, settle
from tercet.service.sessions.toolbox import Kit
from tercet.service.sessions.turns import begin_turn, end_turn, say, status_of
from tercet.service.sessions.values import CallIntent, CallOutcome, ModelIntent, ModelOutcome
from tercet.service.sessions.words import error_text, shown
from tercet.sessions.events import ItemDone, TurnChanged
from tercet.sessions.snapshots import Snapshot
from tercet.sessions.turns import (
    Artifact,
    Call,
    RequiredAction,
    SessionItem,
    TurnRecord,
    WaitsForApproval,
    WaitsForFunction,
)
from tercet.store.base import Lease, LedgerEntry
from tercet.store.sessions import SessionStore, Summary
from tercet.store.sessions_edit import ROOT, SessionEdit
from tercet.store.sessions_rows import encode
from tercet.usage import Usage

T = TypeVar("T")
Operation = Callable[[SessionEdit], None]


class _Begun(msgspec.Struct, frozen=True):
    """A model step that was begun: the turn, what is held for it, and what was said meanwhile."""

    turn: TurnRecord
    reserved: float
    heard: list[Item]


class Recorder:
    """The journal's side of one turn, as long as one worker has it."""

    def __init__(
        self,
        store: SessionStore,
        live: Live,
        lease: Lease,
        turn: TurnRecord,
        thread: Thread,
        kit: Kit,
        progress: Progress,
        items: list[SessionItem],
        num_signals: int,
        take_entries: Callable[[], list[LedgerEntry]],
        shortening: Shortening | None = None,
    ) -> None:
        """Record what happens to `thread` in `turn`; `items` are those of the turn so far."""
        self._store = store
        self._live = live
        self._lease = lease
        self.turn = turn
        self._thread = thread
        self._toolset = kit.toolset
        self._kit = kit
        self._progress = progress
        self._num_signals = num_signals
        self._take_entries = take_entries
        self._operations: list[Operation] = []
        self._calls = {item.content.call_id: item for item in items if isinstance(item.content, Call)}
        self._steps = dict(progress.open_calls)
        self._model_step: int | None = None
        self._reserved = 0.0
        self._is_limited = False
        self.estimate: Callable[[], Awaitable[Reserved]]
        """Finds out what the next model call may cost at most."""
        self._shortening = shortening
        self._summary_step = 0
        self._summary_reserved = 0.0
        self.expires_s = 86_400
        """Seconds after which a request for approval counts as denied."""
        self.reserve: Reserved | None = None
        """What the next model call may cost at most; None: nothing is reserved."""
        self.is_over = False
        """The turn has ended, or waits."""
        self.is_stale = False
        """Something happened while the turn was about to wait: it is to be read again."""
        self.taken: Taken | None = None
        """The workspace as it is before the model is asked, to be kept with that step."""
        self._seen: Seen | None = None
        self.artifacts: list[Artifact] = []
        """Files that are published together with the turn's end."""
        self.budget_usd: float | None = None
        """Of a subagent: what its turns may cost."""

    @property
    def num_output(self) -> int:
        """The index of the next output item."""
        return self._progress.num_output

    @property
    def thread_id(self) -> str:
        """Whose thread this is."""
        return self.turn.subagent_id or ROOT

    async def take(self, step: Step) -> None:
        """Write one step down. Raises `OverBudget`, `RunConflict` and `StoreFailed`."""
        match step:
            case ModelAsked():
                await self._ask()
            case ModelReplied():
                self._reply()
            case CallMade(call=call):
                self._begin_call(call)
                if not self._thread.num_ready:
                    await self._flush()
            case ResultCame(call_id=call_id):
                self._end_call(call_id)
                if any(call.call_id not in self._held for call in self._thread.open_calls):
                    await self._flush()
            case ActionsNeeded(holds=holds):
                self._need(holds)
            case Paused():
                await self._pause()
            case ShorteningBegun():
                await self._begin_summary()
            case Shortened():
                self._shorten(step)
            case Answered() | Failed():
                await self._end(step)

    # ---------------------------------------------------------------- the model

    async def _ask(self) -> None:
        """Journal that the model is about to be asked, with what was said meanwhile and what it may cost."""
        known, self._progress.open_model = self._progress.open_model, None
        number = known[0] if known else self._next_number()
        self.reserve = await self.estimate() if self._is_limited else None
        self._keep_workspace()
        begun = await self._flush(partial(self._begin_model, known, number))
        if self._kit.opened is not None:
            self._kit.opened.seen = self._seen
        if begun == "unlimited no more":
            self._is_limited = True
            self.reserve = await self.estimate()
            begun = await self._flush(partial(self._begin_model, known, number))
        match begun:
            case "over budget":
                self.is_over = True
                raise OverBudget
            case "over own budget":
                raise BudgetSpent(f"the budget of {self.budget_usd} USD is spent")
            case _Begun(turn, reserved, heard):
                self.turn = turn
                self._model_step, self._reserved = number, reserved
                self._progress.was_dropped = False
                self._thread.hear(heard)

    def _keep_workspace(self) -> None:
        """Prepare to keep the workspace at this place; not where others were changing it meanwhile."""
        taken, opened, turn_id = self.taken, self._kit.opened, self.turn.id
        if taken is None or opened is None:
            return

        def keep(edit: SessionEdit) -> None:
            others = [turn for turn in edit.open_turns() if turn.id != turn_id and turn.status == "in_progress"]
            snapshot = Snapshot(reason="subagents were at work in it") if others else taken.snapshot
            self._seen = taken.seen if edit.keep_workspace(snapshot) and not others else opened.seen

        self._seen = opened.seen
        self._operations.append(keep)

    def _begin_model(self, known: tuple[int, bytes] | None, number: int, edit: SessionEdit) -> "_Begun | str":
        """Begin a model step in a transaction, or say why not."""
        thread, record = self.thread_id, edit.record
        is_limited = record.limit_usd is not None or self.budget_usd is not None
        reserved = read_model_intent(known[1]).reserved_usd if known else 0.0
        turn = msgspec.structs.replace(self.turn, status="in_progress", started_at=self.turn.started_at or now_s())
        if known is None and is_limited:
            if self.reserve is None:
                return "unlimited no more"
            reserved = self.reserve.most_usd
            if not self._is_within_budget(edit, reserved):
                return "over own budget"
            if not reserve(edit, reserved):
                waiting = msgspec.structs.replace(turn, status="waiting")
                edit.put_turn(waiting)
                edit.tell(TurnChanged(waiting))
                edit.change(status="budget_reached")
                edit.suspend(self._lease, edit.num_signals)
                return "over budget"
        posted = edit.take_posted(thread)
        for content in posted:
            say(edit, turn.id, content, thread)
        if edit.record.status == "budget_reached":
            edit.change(status="in_progress")
            edit.change(status=status_of(edit))
        if turn != self.turn:
            edit.put_turn(turn)
            edit.tell(TurnChanged(turn))
        intent = known[1] if known else encode(ModelIntent(edit.num_items, reserved))
        edit.begin(self._lease, number, "model", intent)
        return _Begun(turn, reserved, [shown(content) for content in posted])

    def _is_within_budget(self, edit: SessionEdit, most_usd: float) -> bool:
        """Whether a subagent's own budget has room for a call; its thread makes one at a time."""
        return self.budget_usd is None or edit.cost_of(self.thread_id) + most_usd <= self.budget_usd

    def _reply(self) -> None:
        """Prepare what the model's output makes; it is written with what follows from it."""
        output, receipt, follows = self._thread.output, self._thread.receipt, self._thread.follows
        assert output is not None
        assert self._model_step is not None
        number, reserved, entries = self._model_step, self._reserved, self._take_entries()
        self._model_step, self._reserved = None, 0.0
        is_dropped = isinstance(follows, AskForAnswer)
        made = () if is_dropped else output.items
        first = self._progress.num_output
        self._progress.num_output += len(made)
        phase = "commentary" if isinstance(follows, RunCalls) else "final_answer"
        usage = output.usage
        cost = sum(entry.cost_usd for entry in entries)
        self.turn = turn = msgspec.structs.replace(
            self.turn,
            usage=(self.turn.usage or Usage()) + usage,
            cost_usd=self.turn.cost_usd + cost,
            num_steps=self.turn.num_steps + 1,
        )

        def write(edit: SessionEdit) -> None:
            items = [
                self._add_output(edit, item, first + index, number, phase, receipt, usage if index == 0 else None)
                for index, item in enumerate(made)
            ]
            outcome = ModelOutcome(
                tuple(item.number for item in items),
                receipt.tier,
                receipt.model or output.model,
                cost,
                (usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.reasoning_tokens),
                is_dropped,
                reason=output.reason,
                backend=receipt.backend,
                first_ms=receipt.first_ms,
            )
            edit.end(self._lease, number, encode(outcome))
            settle(edit, reserved, entries, usage)
            edit.put_turn(turn)

        self._operations.append(write)

    def _add_output(
        self,
        edit: SessionEdit,
        item: Item,
        index: int,
        step: int,
        phase: str,
        receipt: Receipt,
        usage: Usage | None,
    ) -> SessionItem:
        facts = {
            "step": step,
            "tier": receipt.tier or None,
            "usage": usage,
            "cost_usd": receipt.cost_usd if usage is not None else 0.0,
            "duration_ms": receipt.duration_ms if usage is not None else 0.0,
        }
        identity = item_id(self.turn.id, index, str(item.__struct_config__.tag))
        if isinstance(item, ToolCall):
            offer = self._toolset.offer(item.name)
            call = Call(
                item.call_id, item.name, item.arguments, offer.kind, offer.effect, server_label=offer.server_label
            )
            made = edit.add_item(self.turn.id, identity, call, self.thread_id, status="in_progress", **facts)
            edit.tell_added(made, index)
            self._calls[item.call_id] = made
            return made
        if isinstance(item, Message):
            item = msgspec.structs.replace(item, phase=item.phase or phase)
        made = edit.add_item(self.turn.id, identity, item, self.thread_id, **facts)
        edit.tell_item(made, index)
        return made

    # ---------------------------------------------------------------- calls

    @property
    def _held(self) -> set[str]:
        return {hold.call.call_id for hold in self._thread.held}

    def _begin_call(self, call: ToolCall) -> None:
        """Prepare the intent of a call; one that needs an approval uses it up."""
        is_known = call.call_id in self._steps
        number = self._steps.setdefault(call.call_id, self._progress.next_number)
        if not is_known:
            self._progress.next_number += 1
        grant = self._thread.grants.get(call.call_id)
        needs_grant = grant is not None and grant.status == "approved"
        turn_id, digest = self.turn.id, digest_of_call(call)

        def write(edit: SessionEdit) -> None:
            if needs_grant and not edit.use_approval(turn_id, call.call_id, digest):
                self._thread.refusals[call.call_id] = f"the approval of this call of {call.name} is not valid any more"
            intent = CallIntent(self._calls[call.call_id].number, call.name, call.call_id)
            edit.begin(self._lease, number, "tool", encode(intent))

        self._operations.append(write)

    def _end_call(self, call_id: str) -> None:
        """Prepare the outcome of a call."""
        outcome = self._thread.results[call_id]
        number = self._steps.pop(call_id, None)
        turn_id = self.turn.id
        error = error_text(outcome.content) if outcome.is_error else None
        effect = self._kit.effects.take(call_id)
        if self._kit.plan is not None:
            self._kit.plan.learn(call_id)

        def write(edit: SessionEdit) -> None:
            item = self._calls[call_id]
            call = item.content
            assert isinstance(call, Call)
            done = msgspec.structs.replace(
                item,
                status="failed" if outcome.is_error else "completed",
                duration_ms=outcome.duration_ms,
                content=msgspec.structs.replace(call, output=outcome.content, error=error, data=outcome.data),
            )
            edit.put_item(done)
            edit.tell(ItemDone(done, self._index_of(item)))
            if effect is not None and not outcome.is_error:
                effect(edit)
            if number is not None:
                ended = CallOutcome(item.number, outcome.is_error, outcome.duration_ms, error or "")
                edit.end(self._lease, number, encode(ended))
            left = tuple(
                action
                for action in edit.record.required_actions
                if (getattr(action, "turn_id", ""), getattr(action, "call_id", "")) != (turn_id, call_id)
            )
            if left != edit.record.required_actions:
                edit.change(required_actions=left)
                edit.change(status=status_of(edit))

        self._operations.append(write)

    def _index_of(self, item: SessionItem) -> int | None:
        return int(item.id[-4:], 16) if item.step is not None else None

    # ---------------------------------------------------------------- waiting

    def _need(self, holds: tuple[Hold, ...]) -> None:
        """Prepare what the client or a person is asked for, once each."""
        turn_id, expires_at = self.turn.id, now_s() + self.expires_s
        new_ids = {hold.call.call_id: new_id("apr") for hold in holds}

        def write(edit: SessionEdit) -> None:
            known = {(getattr(a, "turn_id", ""), getattr(a, "call_id", "")) for a in edit.record.required_actions}
            actions: list[RequiredAction] = []
            for hold in holds:
                call = hold.call
                if (turn_id, call.call_id) in known:
                    continue
                offer = self._toolset.offer(call.name)
                if hold.reason == "function":
                    actions.append(WaitsForFunction(turn_id, call.call_id, call.name, call.arguments))
                    continue
                request_id = new_ids[call.call_id]
                edit.ask_approval(request_id, turn_id, call.call_id, digest_of_call(call), expires_at)
                actions.append(
                    WaitsForApproval(
                        request_id,
                        turn_id,
                        call.call_id,
                        call.name,
                        call.arguments,
                        offer.effect,
                        hold.message,
                        expires_at,
                        offer.server_label,
                    )
                )
            if actions:
                edit.change(required_actions=(*edit.record.required_actions, *actions))
                edit.change(status=status_of(edit))

        self._operations.append(write)

    async def _pause(self) -> None:
        """Let the run wait, unless what it waits for has come meanwhile."""
        turn = msgspec.structs.replace(self.turn, status="waiting")
        turn_id, num_signals = turn.id, self._num_signals

        def wait(edit: SessionEdit) -> bool:
            expiries = [
                action.expires_at
                for action in edit.record.required_actions
                if isinstance(action, WaitsForApproval) and action.turn_id == turn_id
            ]
            if not edit.suspend(self._lease, num_signals, min(expiries, default=0) * 1000):
                return False
            edit.put_turn(turn)
            edit.tell(TurnChanged(turn))
            edit.change(status=status_of(edit))
            return True

        self.is_stale = not await self._flush(wait)
        self.is_over = not self.is_stale

    # ---------------------------------------------------------------- summaries and ends

    async def _begin_summary(self) -> None:
        """Journal that a summary is about to be made, and hold back what it may cost."""
        number = self._summary_step = self._next_number()
        most = self._shortening.most_usd(self._thread) if self._shortening else 0.0

        def begin(edit: SessionEdit) -> tuple[bool, float]:
            is_limited = edit.record.limit_usd is not None or self.budget_usd is not None
            has_room = not is_limited or (self._is_within_budget(edit, most) and reserve(edit, most))
            held = most if is_limited and has_room else 0.0
            edit.begin(self._lease, number, "compaction", encode(ModelIntent(edit.num_items, held)))
            return has_room, held

        has_room, self._summary_reserved = await self._flush(begin) or (False, 0.0)
        if self._shortening is not None:
            self._shortening.is_affordable = has_room

    def _shorten(self, step: Shortened) -> None:
        """Prepare a summary's outcome."""
        number, entries, reserved = self._summary_step, self._take_entries(), self._summary_reserved
        receipt, usage, thread = step.receipt, step.usage, self.thread_id
        cost = sum(entry.cost_usd for entry in entries)
        self.turn = turn = msgspec.structs.replace(
            self.turn, usage=(self.turn.usage or Usage()) + usage, cost_usd=self.turn.cost_usd + cost
        )

        def write(edit: SessionEdit) -> None:
            if step.summary:
                edit.add_summary(thread, step.place, encode(Summary(step.place, step.summary)))
            counts = msgspec.structs.astuple(usage)
            error = "" if step.summary else "there is no summary"
            outcome = ModelOutcome((), receipt.tier, receipt.model, cost, counts, error=error)
            edit.end(self._lease, number, encode(outcome))
            settle(edit, reserved, entries, usage)
            edit.put_turn(turn)

        self._operations.append(write)

    async def _end(self, end: Answered | Failed) -> None:
        """End the turn, unless something was said that it has not answered."""
        failure = failure_of(end) if isinstance(end, Failed) else None
        number, reserved = self._model_step, self._reserved
        entries = self._take_entries() if number is not None or self._steps else []
        cost = self.turn.cost_usd + sum(entry.cost_usd for entry in entries)
        turn, thread, artifacts = msgspec.structs.replace(self.turn, cost_usd=cost), self.thread_id, self.artifacts
        open_steps = dict(self._steps)

        def finish(edit: SessionEdit) -> list[Item]:
            if number is not None:  # the model was asked and gave no output
                message, code = (end.message, end.error_code) if isinstance(end, Failed) else ("", "")
                edit.end(self._lease, number, encode(ModelOutcome(error=message, error_code=code)))
                settle(edit, reserved, entries, Usage())
            for step in open_steps.values():
                edit.end(self._lease, step, encode(CallOutcome(-1, True, 0.0, "abandoned")))
            posted = edit.take_posted(thread)
            if posted and failure is None:
                for content in posted:
                    say(edit, turn.id, content, thread)
                return [shown(content) for content in posted]
            if failure is None:
                edit.add_artifacts(artifacts)
            edit.finish(self._lease, "completed" if failure is None else "failed")
            end_turn(edit, turn, "completed" if failure is None else "failed", failure)
            if posted:  # said after the turn had failed: it begins the next one
                begin_turn(edit, posted, thread)
            return []

        heard = await self._flush(finish)
        self._model_step, self._steps = None, {}
        self._thread.hear(heard or [])
        self.is_over = not heard

    def _next_number(self) -> int:
        number = self._progress.next_number
        self._progress.next_number += 1
        return number

    async def _flush(self, last: Callable[[SessionEdit], T] | None = None) -> T | None:
        """Write what was prepared, and `last`, in one transaction; return what `last` returned."""
        operations, self._operations = self._operations, []

        def work(edit: SessionEdit) -> T | None:
            for operation in operations:
                operation(edit)
            return last(edit) if last is not None else None

        if not operations and last is None:
            return None
        value, told = await self._store.edit(self.turn.session_id, work, lease=self._lease)
        self._live.publish(self.turn.session_id, told)
        return value
