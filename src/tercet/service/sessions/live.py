"""Who watches a session now: events reach watchers of this process as they happen, others' through the store.

What is kept is numbered and always told in order, without gaps; what streams in between is told to those who are there.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from tercet.sessions.events import ItemAdded, Numbered, SessionEvent
from tercet.store.sessions import SessionStore
from tercet.store.sessions_reads import EVENTS_AT_ONCE

POLL_S = 1.0
MAX_BEHIND = 10_000
"""Events that a slow watcher may be behind; then it reads what is kept from the store and misses deltas."""


class Watcher:
    """One reader of a session's events."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.last = 0
        """The number of the last kept event that it was given."""
        self.woken = asyncio.Event()
        self._told: deque[Numbered] = deque()
        self._begun: set[str] = set()
        """Items whose beginning it was told of while they streamed."""

    def tell(self, events: Iterable[Numbered]) -> None:
        """Take events in."""
        self._told.extend(events)
        while len(self._told) > MAX_BEHIND:
            self._told.popleft()
        self.woken.set()

    @property
    def is_behind(self) -> bool:
        """Whether an event is missing before the next one: the store has it."""
        number = self._told[0].number if self._told else None
        return number is not None and number > self.last + 1

    def take_told(self) -> Iterator[Numbered]:
        """Yield what was told, up to where something is missing."""
        while self._told and not self.is_behind:
            numbered = self._told.popleft()
            if self.takes(numbered):
                yield numbered

    def takes(self, numbered: Numbered) -> bool:
        """Say whether the reader is to be given an event: what it has already is passed over."""
        event = numbered.event
        if numbered.number is None:
            if isinstance(event, ItemAdded):
                self._begun.add(event.item.id)
            return True
        if numbered.number <= self.last:
            return False
        self.last = numbered.number
        return not (isinstance(event, ItemAdded) and event.item.id in self._begun)

    async def is_woken(self, timeout_s: float) -> bool:
        """Wait for events; return whether any came in time."""
        if not self._told:
            self.woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self.woken.wait()
        return bool(self._told)


class Live:
    """The watchers of this process."""

    def __init__(self, store: SessionStore, also: Callable[[str, Sequence[Numbered]], None] = lambda *_: None) -> None:
        """What is kept is told to `also`, too, whoever watches."""
        self._store = store
        self._also = also
        self._watchers: defaultdict[str, set[Watcher]] = defaultdict(set)
        self._is_open = True

    def publish(self, session_id: str, events: Iterable[Numbered]) -> None:
        """Tell events that are kept."""
        told = list(events)
        self._also(session_id, told)
        for watcher in self._watchers.get(session_id, ()):
            watcher.tell(told)

    def stream(self, session_id: str, event: SessionEvent) -> None:
        """Tell an event that is not kept."""
        for watcher in self._watchers.get(session_id, ()):
            watcher.tell((Numbered(None, event),))

    def wake(self, session_id: str) -> None:
        """Have watchers look into the store, since another process wrote."""
        for watcher in self._watchers.get(session_id, ()):
            watcher.woken.set()

    def close(self) -> None:
        """End every watch."""
        self._is_open = False
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.woken.set()

    def watch(self, session_id: str) -> Watcher:
        """Begin to listen; nothing told from here on is missed. To be ended with `leave`."""
        watcher = Watcher(session_id)
        self._watchers[session_id].add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop listening."""
        watchers = self._watchers[watcher.session_id]
        watchers.discard(watcher)
        if not watchers:
            del self._watchers[watcher.session_id]

    async def follow(self, watcher: Watcher, after: int) -> AsyncGenerator[Numbered, None]:
        """Yield kept events numbered above `after`, each once and in order, and what streams in between.

        Raises `NotFound` once the session is deleted.
        """
        watcher.last = after
        while self._is_open:
            kept = await self._store.events(watcher.session_id, None, watcher.last)
            for numbered in kept:
                if watcher.takes(numbered):
                    yield numbered
            if len(kept) == EVENTS_AT_ONCE:
                continue
            is_told = True
            while is_told and not watcher.is_behind and self._is_open:
                for numbered in watcher.take_told():
                    yield numbered
                is_told = watcher.is_behind or await watcher.is_woken(POLL_S)
