"""Work on durable runs: claimed under a lease, held while it goes on, given back or ended when it stops.

A run belongs to whoever holds its lease, in any process that shares the store. What the work is, and what its end
means when a client asks for it, are the caller's to say.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tercet.errors import RunConflict, TercetError
from tercet.ids import new_id
from tercet.service.dispatch import LEASE_S, POLL_S, RENEW_S, Dispatcher, JournalDispatcher
from tercet.store.base import Journal, Lease, Notice

log = logging.getLogger(__name__)

Work = Callable[[Lease], Awaitable[None]]


class Workers:
    """The workers of this process on runs of one kind."""

    def __init__(
        self,
        journal: Journal,
        kind: str,
        work: Work,
        cancelled: Work,
        *,
        max_at_once: int,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        """`work` brings a run to its end; `cancelled` ends one whose end was asked for. Nothing begins here.

        `work` is cancelled when its run is no longer wanted, no longer held, or when the workers close. Runs come from
        `dispatcher`, by default from the journal itself.
        """
        self._journal = journal
        self._kind = kind
        self._do = work
        self._end_cancelled = cancelled
        self._max_at_once = max_at_once
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{new_id('worker')}"
        self._dispatcher = dispatcher or JournalDispatcher(journal, kind)
        self._changed = asyncio.Event()
        self.num_changes = 0
        """How often a run was heard to begin or end."""
        self._works: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[asyncio.Task[None]] = set()
        self._dispatching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Work on what is queued and on what others left behind."""
        self._dispatcher.listen(self._hear)
        self._dispatching = asyncio.create_task(self._dispatch())

    async def close(self) -> None:
        """Stop working; runs under way are given back and go on at the next start, or elsewhere at once."""
        self._dispatcher.close()
        tasks = [task for task in (self._dispatching, *self._works.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look for runs now."""
        self._dispatcher.wake()

    async def cancel(self, run_id: str, owner: str) -> None:
        """Ask for the end of a run; one that this process works on stops at once, another's when it hears of it."""
        if await self._journal.cancel(run_id, owner):
            self._stop_work(run_id)
        self._dispatcher.wake()

    async def changed(self, timeout_s: float = POLL_S, seen: int | None = None) -> None:
        """Return when a run is heard to have begun or ended, or after `timeout_s`, since that may go unheard.

        With `seen`, an earlier `num_changes`: at once if one did since then.
        """
        if seen is None or seen == self.num_changes:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout_s)

    async def _dispatch(self) -> None:
        while True:
            try:
                while len(self._works) < self._max_at_once:
                    lease = await self._dispatcher.take(self._holder)
                    if lease is None:
                        break
                    work = asyncio.create_task(self._work(lease))
                    self._works[lease.run_id] = work
                    if lease.is_cancelled:
                        self._stopped.add(work)  # its end is asked for, and must not be stopped
                    work.add_done_callback(self._stopped.discard)
            except TercetError as error:
                log.log(error.log_level, "runs of kind %s cannot be claimed: %s", self._kind, error.message)
            await self._dispatcher.wait()

    async def _work(self, lease: Lease) -> None:
        """Bring one run to its end, or give it back."""
        renewal = asyncio.create_task(self._renew(lease))
        try:
            self._tell()
            await (self._end_cancelled if lease.is_cancelled else self._do)(lease)
        except asyncio.CancelledError:
            await self._stop(lease)
            raise
        except TercetError as error:
            log.log(error.log_level, "%s %s: %s", self._kind, lease.run_id, error.message)
        finally:
            renewal.cancel()
            if self._works.get(lease.run_id) is asyncio.current_task():
                del self._works[lease.run_id]
            self._dispatcher.wake()
            self._tell()

    def _tell(self) -> None:
        """Wake those who wait for a change."""
        self.num_changes += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _hear(self, notice: Notice) -> None:
        """Take notice of what happened to a run somewhere."""
        if notice.event == "cancelled":
            self._stop_work(notice.run_id)
        self._tell()

    def _stop_work(self, run_id: str) -> None:
        """Cancel this process's work on a run, once: what ends it then must not be cancelled too."""
        work = self._works.get(run_id)
        if work is not None and work not in self._stopped:
            self._stopped.add(work)
            work.cancel()

    async def _stop(self, lease: Lease) -> None:
        """End a run whose work was cancelled: for good if that was asked for, otherwise give it back."""
        with suppress(TercetError):
            run = await self._journal.get(lease.run_id, lease.owner)
            if run is not None and run.is_cancelled:
                await self._end_cancelled(lease)
            else:
                await self._journal.release(lease)

    async def _renew(self, lease: Lease) -> None:
        """Hold the lease while the work goes on; stop the work when it is no longer wanted, or not ours."""
        is_wanted = not lease.is_cancelled
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                if not await self._journal.renew(lease, LEASE_S) and is_wanted:
                    is_wanted = False
                    self._stop_work(lease.run_id)
            except RunConflict as error:
                log.warning("%s", error.message)
                self._stop_work(lease.run_id)
                return
            except TercetError as error:
                log.log(error.log_level, "lease of %s: %s", lease.run_id, error.message)
