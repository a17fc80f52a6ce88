"""The clock of automations: turns what is due into invocations, and delivers those to sessions.

Any number of processes do both over one store. An occurrence becomes an invocation once; an invocation is delivered
under a lease, and what it does to sessions carries its id, so that a delivery that is begun again changes nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from tercet.clock import now_ms, now_s
from tercet.errors import InvalidRequest, NotFound, TercetError
from tercet.service.automations_schedule import occur
from tercet.sessions.automations import AutomationRecord, ExistingSession, InvocationRecord
from tercet.sessions.turns import TurnFailure
from tercet.store.agents_tables import AgentTables
from tercet.store.automations import Delivery

log = logging.getLogger(__name__)

POLL_S = 1.0
LEASE_MS = 60_000
MAX_AT_ONCE = 8
MAX_ATTEMPTS = 20
MAX_WAIT_MS = 300_000

Deliver = Callable[[AutomationRecord, InvocationRecord], Awaitable[str]]
"""Gives an invocation to its session, once however often it is called, and returns the session's id.

Raises `SessionFailed` when the session cannot be told anything any more.
"""


class SessionFailed(InvalidRequest):
    """The session that an automation is for has failed or is gone."""

    code = "target_session_failed"


class AutomationClock:
    """The scheduler of this process."""

    def __init__(self, tables: AgentTables, deliver: Deliver) -> None:
        self._automations = tables.automations
        self._invocations = tables.invocations
        self._deliver = deliver
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._deliveries: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Look for what is due from now on, and for what others left behind."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop; deliveries under way are begun again by whoever looks next, when their lease is over."""
        tasks = [task for task in (self._task, *self._deliveries) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look()
            except TercetError as error:
                log.log(error.log_level, "automations cannot be looked at: %s", error.message)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_S)

    async def _look(self) -> None:
        due_at = await self._automations.next_due()
        if due_at is not None and due_at <= now_s():
            while len(await self._automations.occur(now_s(), occur, MAX_AT_ONCE)) == MAX_AT_ONCE:
                pass
        while len(self._deliveries) < MAX_AT_ONCE and await self._invocations.has_queued(now_ms()):
            delivery = await self._invocations.claim(now_ms(), LEASE_MS)
            if delivery is None:
                break
            task = asyncio.create_task(self._work(delivery))
            self._deliveries.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._deliveries.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a delivery broke off", exc_info=error)

    async def _work(self, delivery: Delivery) -> None:
        """Deliver one invocation, put it off, or say why it cannot be delivered."""
        invocation = delivery.invocation
        try:
            automation = invocation.automation or await self._automation(invocation)
            session_id = await self._deliver(automation, invocation)
        except SessionFailed as error:
            await self._pause(invocation)
            await self._fail(delivery, error)
        except TercetError as error:
            if _is_permanent(error) or delivery.num_attempts >= MAX_ATTEMPTS:
                await self._fail(delivery, error)
                return
            log.log(error.log_level, "invocation %s is put off: %s", invocation.id, error.message)
            wait_ms = min(1000 * 2 ** min(delivery.num_attempts, 10), MAX_WAIT_MS)
            await self._invocations.postpone(delivery, now_ms() + wait_ms)
        else:
            done = msgspec.structs.replace(invocation, status="completed", session_id=session_id)
            await self._invocations.finish(delivery, done)

    async def _automation(self, invocation: InvocationRecord) -> AutomationRecord:
        automation = await self._automations.get(invocation.automation_id, invocation.owner)
        if automation is None:
            raise NotFound("The automation was deleted.", code="automation_not_found")
        return automation

    async def _fail(self, delivery: Delivery, error: TercetError) -> None:
        invocation = delivery.invocation
        automation = invocation.automation
        session_id = None
        if automation is not None and isinstance(automation.target, ExistingSession):
            session_id = automation.target.session_id
        failure = TurnFailure(error.code, error.message)
        failed = msgspec.structs.replace(invocation, status="failed", failure=failure, session_id=session_id)
        await self._invocations.finish(delivery, failed)

    async def _pause(self, invocation: InvocationRecord) -> None:
        """Stop the schedule whose session has failed."""

        def change(old: AutomationRecord) -> AutomationRecord:
            if old.status != "active":
                return old
            return msgspec.structs.replace(old, status="paused", pause_reason="target_session_failed", due_at=None)

        await self._automations.change(invocation.automation_id, invocation.owner, change)


def _is_permanent(error: TercetError) -> bool:
    """Return whether the same delivery would be refused again."""
    return isinstance(error, InvalidRequest) and not error.retryable
