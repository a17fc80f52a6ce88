"""What brings runs to a worker: who may work on which, and when it is worth looking.

The journal is the truth of what is to be done; a dispatcher only says when. Another engine takes this one's place by
handing out leases that it took from the journal (`docs/adr/0006-dispatch.md`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from tercet.store.base import Journal, Lease, Notice

LEASE_S = 8.0
RENEW_S = 2.0
POLL_S = 1.0
"""How often to look where notices of other processes do not arrive, or of what gives none."""
LISTENING_POLL_S = 2.0
"""How often to look where they do: a lease that runs out gives no notice. Lease and this stay below 10 s together."""


class Dispatcher(Protocol):
    """Runs of one kind, for the workers of this process."""

    async def take(self, holder: str) -> Lease | None:
        """Return a lease on a run that is to be worked on, or None when there is none now. Raises `StoreFailed`."""

    async def wait(self) -> None:
        """Return when a run may have come, or it is time to look again."""

    def wake(self) -> None:
        """Have `wait` return now, or at once when it is called next."""

    def listen(self, heard: Callable[[Notice], None]) -> None:
        """Tell `heard` what happens to runs of the kind, in any process, from now on until `close`."""

    def close(self) -> None:
        """Listen no more; idempotent."""


class JournalDispatcher:
    """Takes runs from the journal itself: the oldest that is queued, or whose holder is gone."""

    def __init__(self, journal: Journal, kind: str, *, lease_s: float = LEASE_S) -> None:
        self._journal = journal
        self._kind = kind
        self._lease_s = lease_s
        self._wake = asyncio.Event()
        self._stop: Callable[[], None] | None = None

    async def take(self, holder: str) -> Lease | None:
        """See `Dispatcher.take`."""
        self._wake.clear()
        return await self._journal.claim(self._kind, holder, self._lease_s)

    async def wait(self) -> None:
        """See `Dispatcher.wait`."""
        with suppress(TimeoutError):  # not `wait_for`, which loses a cancellation that comes with the wake (3.11)
            async with asyncio.timeout(LISTENING_POLL_S if self._journal.is_listening else POLL_S):
                await self._wake.wait()
        self._wake.clear()

    def wake(self) -> None:
        """See `Dispatcher.wake`."""
        self._wake.set()

    def listen(self, heard: Callable[[Notice], None]) -> None:
        """See `Dispatcher.listen`. What is queued anywhere also wakes."""

        def told(notice: Notice) -> None:
            if notice.kind not in (self._kind, ""):
                return
            if notice.event in ("queued", "missed"):
                self.wake()
            heard(notice)

        self.close()
        self._stop = self._journal.listen(told)

    def close(self) -> None:
        """See `Dispatcher.close`."""
        if self._stop is not None:
            self._stop()
            self._stop = None
