"""Summaries of a conversation as a turn's journal has them."""

import msgspec

from tercet.agents.steps import (
    Shortened,
)
from tercet.service.sessions.recorder_models import ModelSteps
from tercet.service.sessions.spending import reserve, settle
from tercet.service.sessions.values import ModelIntent, ModelOutcome
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_reads import Summary
from tercet.store.sessions_rows import encode
from tercet.usage import Usage


class SummarySteps(ModelSteps):
    """The summaries' part of a turn; they are paid for as its model's calls are."""

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
