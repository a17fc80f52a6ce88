"""Model steps as a turn's journal has them: reserved before they are asked, settled with what they made."""

from functools import partial

import msgspec

from tercet.agents.decision import AskForAnswer, RunCalls
from tercet.clock import now_s
from tercet.ids import item_id
from tercet.items import Item, Message, ToolCall
from tercet.records import Receipt
from tercet.service.sessions.loading import read_model_intent
from tercet.service.sessions.recording import Recording
from tercet.service.sessions.spending import BudgetSpent, OverBudget, reserve, settle
from tercet.service.sessions.turns import say, status_of
from tercet.service.sessions.values import ModelIntent, ModelOutcome
from tercet.service.sessions.words import shown
from tercet.sessions.events import TurnChanged
from tercet.sessions.snapshots import Snapshot
from tercet.sessions.turns import (
    Call,
    SessionItem,
    TurnRecord,
)
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_rows import encode
from tercet.usage import Usage


class _Begun(msgspec.Struct, frozen=True):
    """A model step that was begun: the turn, what is held for it, and what was said meanwhile."""

    turn: TurnRecord
    reserved: float
    heard: list[Item]
    num_signals: int


class ModelSteps(Recording):
    """The model's part of a turn."""

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
            case _Begun(turn, reserved, heard, num_signals):
                self.turn, self._num_heard = turn, num_signals
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
        posted = edit.take_posted(thread) if edit.num_signals != self._num_heard else []
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
        return _Begun(turn, reserved, [shown(content) for content in posted], edit.num_signals)

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
