"""Conversations of sessions that have grown: a cheaper tier summarises what lies back, the latest rounds stay.

A summary comes from a model or does not exist. Nothing is cut between a call and its result.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

import msgspec

from tercet.agents.context import Workplace, assembled, instructions_of
from tercet.agents.steps import Shortened
from tercet.agents.thread import Thread
from tercet.config import TIER_NAMES
from tercet.errors import TercetError
from tercet.events import fold
from tercet.items import Message, ModelRequest, Sampling, TextPart
from tercet.routing.tiers import Tier, tier_name
from tercet.service.asks import Ask
from tercet.service.fitting import COMPACT_SHARE, MAX_SUMMARY_TOKENS, SUMMARISER
from tercet.service.history import CHARACTERS_PER_TOKEN, transcript
from tercet.service.run import Run
from tercet.service.sessions.budget import MARGIN
from tercet.sessions.turns import SessionItem, TurnRecord
from tercet.store.base import LedgerEntry
from tercet.store.sessions import SessionStore
from tercet.store.sessions_edit_items import ROOT
from tercet.store.sessions_reads import History
from tercet.usage import Usage

log = logging.getLogger(__name__)

MAX_PIECES = 8
"""Pieces that a conversation is read in; what is longer is summarised from its end."""
KEPT_SHARE = 0.25
"""Of the tokens above which is summarised: what the latest rounds may take that stay as they are."""


class Spending(Protocol):
    """Where ledger entries go until the step that made them is written."""

    def spend(self, entries: Sequence[LedgerEntry]) -> None:
        """Take entries in."""


class Shortening:
    """Makes one thread shorter."""

    def __init__(
        self,
        store: SessionStore,
        tiers: Mapping[str, Tier],
        begin: Callable[[Ask], Run],
        history: History,
        turn: TurnRecord,
        workspace: Workplace | None,
        spending: Spending,
    ) -> None:
        """Shorten what `history` began with."""
        self._store = store
        self._tiers = tiers
        self._begin = begin
        self._record = history.record
        self._turn = turn
        self._workspace = workspace
        self._spending = spending
        self._threshold: int | None = history.record.spec.compact_above
        self._gave_up_at = 0
        self.is_affordable = True
        """Whether the session's limit has room for a summary."""

    async def prepare(self) -> None:
        """Find out the window of the agent's tier."""
        if self._threshold is None:
            backend = self._tiers[tier_name(self._record.spec.model)].bound()
            self._threshold = int((await backend.capabilities()).context_window * COMPACT_SHARE)

    def is_due(self, thread: Thread) -> bool:
        """See `Shorten.is_due`."""
        size = thread.prompt_tokens
        return self._threshold is not None and size > self._threshold and size > self._gave_up_at

    def most_usd(self, thread: Thread) -> float:
        """Return what a summary may cost at most: everything read, in pieces that each carry the summary so far."""
        read = int(thread.prompt_tokens * MARGIN) + MAX_SUMMARY_TOKENS
        return self._tier().price.cost(Usage(input_tokens=2 * read, output_tokens=MAX_SUMMARY_TOKENS * MAX_PIECES))

    async def __call__(self, thread: Thread, step: int) -> Shortened:
        """See `Shorten`."""
        failed = Shortened(step, 0, "", Usage(), thread.receipt)
        if not self.is_affordable:
            self._gave_up_at = thread.prompt_tokens * 2
            return failed
        history = await self._store.history(self._record.id, self._turn.subagent_id or ROOT)
        place = self._boundary(history.items)
        old = [item for item in history.items if item.number < place]
        if not old:
            self._gave_up_at = thread.prompt_tokens * 2
            return failed
        try:
            summary, usage, tier, model, cost = await self._summarise(history, old)
        except TercetError as error:
            log.log(error.log_level, "session %s keeps its whole history: %s", self._record.id, error.message)
            self._gave_up_at = thread.prompt_tokens * 2
            return failed
        spec = self._record.spec
        thread.items = assembled(
            instructions_of(spec, workspace=self._workspace, plan_note=spec.has_plan),
            [item for item in history.items if item.number >= place],
            summary=summary,
            plan=history.plan,
            tells_time=spec.tells_time,
            open_turn=self._turn.id,
        )
        thread.prompt_tokens = 0
        receipt = msgspec.structs.replace(thread.receipt, tier=tier, model=model, cost_usd=cost)
        return Shortened(step, place, summary, usage, receipt)

    def _boundary(self, items: Sequence[SessionItem]) -> int:
        """Return the number of the first item that stays: the latest that fit, from the beginning of a round on."""
        room = int((self._threshold or 0) * KEPT_SHARE * CHARACTERS_PER_TOKEN)
        place = items[-1].number + 1 if items else 0
        for index in range(len(items) - 1, -1, -1):
            item = items[index]
            room -= len(msgspec.json.encode(item.content))
            if room < 0:
                break
            before = items[index - 1] if index else None
            is_start = before is None or before.step != item.step or item.step is None
            if is_start and not _is_result(item):
                place = item.number
        return place

    async def _summarise(self, history: History, old: Sequence[SessionItem]) -> tuple[str, Usage, str, str, float]:
        """Ask the summarising tier, in pieces where its window is smaller than what is to be read."""
        tier = self._tier()
        backend = tier.bound()
        window = (await backend.capabilities()).context_window
        shown = assembled(Message("system", ()), old)[1:]
        text = transcript([tuple(shown)])
        most = max(1, min(MAX_SUMMARY_TOKENS, window // 4))
        piece = max(1000, (window - most) * CHARACTERS_PER_TOKEN // 2)
        summary = history.summary.text if history.summary else ""
        usage, cost, model = Usage(), 0.0, backend.model
        for start in range(max(0, len(text) - MAX_PIECES * piece), len(text), piece):
            parts = [f"The summary so far:\n\n{summary}\n\n"] if summary else []
            parts.append(f"The conversation{' goes on' if summary else ''}:\n\n{text[start : start + piece]}")
            parts.append("\n\nSummarise all of it.")
            request = ModelRequest(
                (Message("system", (TextPart(SUMMARISER),)), Message("user", (TextPart("".join(parts)),))),
                sampling=Sampling(max_output_tokens=most),
            )
            run = self._begin(Ask(tier.name, request, self._record.owner, self._turn.id))
            try:
                async with aclosing(run.events) as events:
                    output = await fold(events)
            finally:
                entries = run.take_entries()
                self._spending.spend(entries)
                cost += sum(entry.cost_usd for entry in entries)
            said = "".join(item.text for item in output.items if isinstance(item, Message)).strip()
            summary = said or summary
            usage += output.usage
        if not summary or len(summary) >= len(text):
            raise TercetError("the summary is empty, or no shorter than what it stands for", code="compaction_failed")
        return summary, usage, tier.name, model, cost

    def _tier(self) -> Tier:
        """Return the tier that summarises: the agent's choice, or the cheapest that has a model."""
        chosen = self._record.spec.compact_tier
        if chosen is not None:
            return self._tiers[tier_name(chosen)]
        known = (self._tiers.get(name) for name in reversed(TIER_NAMES))
        bound = (tier for tier in known if tier is not None and tier.backend is not None)
        return next(bound, self._tiers[tier_name(self._record.spec.model)])


def _is_result(item: SessionItem) -> bool:
    return str(item.content.__struct_config__.tag) == "tool_result"
