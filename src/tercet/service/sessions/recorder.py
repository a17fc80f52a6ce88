"""What writes a turn's steps down as its loop makes them: each effect's intent before it, its outcome after it.

Outcome, items, events, ledger entries, new state and the next intent are one transaction; the loop waits for it.
"""

import msgspec

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
from tercet.items import Item
from tercet.service.sessions.failures import failure_of
from tercet.service.sessions.recorder_calls import CallSteps
from tercet.service.sessions.recorder_summaries import SummarySteps
from tercet.service.sessions.spending import settle
from tercet.service.sessions.turns import begin_turn, end_turn, say, status_of
from tercet.service.sessions.values import CallOutcome, ModelOutcome
from tercet.service.sessions.words import shown
from tercet.sessions.events import TurnChanged
from tercet.sessions.turns import (
    WaitsForApproval,
)
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_rows import encode
from tercet.usage import Usage


class Recorder(SummarySteps, CallSteps):
    """The journal's side of one turn, as long as one worker has it."""

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
