"""What clients read of sessions: turns, items, artifacts, the plan, the journal. Nothing here changes anything."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

from tercet.errors import NotFound
from tercet.service.sessions.journal import steps_of
from tercet.service.sessions.values import JournalStep
from tercet.sessions.events import Numbered
from tercet.sessions.plan import Plan
from tercet.sessions.turns import Artifact, SessionItem, SessionRecord, SubagentRecord, TurnRecord
from tercet.store.base import Store
from tercet.store.database import NO_LIMIT
from tercet.store.filing import Page
from tercet.store.sessions_edit_items import ROOT

LATEST = Page(100, is_ascending=True)


class Reading:
    """Sessions as their owners read them."""

    def __init__(self, store: Store) -> None:
        self._store = store.sessions
        self._journal = store.journal
        self._files = store.files

    async def get(self, session_id: str, owner: str) -> SessionRecord:
        """Return a session. Raises `NotFound`."""
        record = await self._store.get(session_id, owner)
        if record is None:
            raise _unknown(session_id)
        return record

    async def replay(self, session_id: str, owner: str) -> AsyncIterator[Numbered]:
        """Yield every kept event of a session, from the journal alone; no model is asked."""
        last = 0
        while kept := await self._store.events(session_id, owner, last):
            for numbered in kept:
                yield numbered
            last = kept[-1].number or last

    async def items(
        self,
        session_id: str,
        owner: str,
        page: Page = LATEST,
        turn_id: str | None = None,
        subagent_id: str | None = None,
    ) -> list[SessionItem]:
        """Return a page of items: of the session's own agent, or of one subagent, or of one turn."""
        if turn_id is not None:
            await self.turn(session_id, owner, turn_id)
            return await self._store.items(session_id, owner, page, None, turn_id)
        return await self._store.items(session_id, owner, page, subagent_id or ROOT)

    async def turns(
        self, session_id: str, owner: str, page: Page = LATEST, subagent_id: str | None = None
    ) -> list[TurnRecord]:
        """Return a page of turns: of the session's own agent, or of one subagent."""
        return await self._store.turns(session_id, owner, page, subagent_id or ROOT)

    async def turn(self, session_id: str, owner: str, turn_id: str) -> TurnRecord:
        """Return a turn. Raises `NotFound`."""
        turn = await self._store.turn(session_id, owner, turn_id)
        if turn is None:
            raise NotFound(f"There is no turn {turn_id!r} in session {session_id!r}.", param="turn_id")
        return turn

    async def subagents(self, session_id: str, owner: str, page: Page | None = None) -> list[SubagentRecord]:
        """Return a page of subagents."""
        return await self._store.subagents(session_id, owner, page)

    async def subagent(self, session_id: str, owner: str, subagent_id: str) -> SubagentRecord:
        """Return a subagent. Raises `NotFound`."""
        for subagent in await self._store.subagents(session_id, owner):
            if subagent.id == subagent_id:
                return subagent
        raise NotFound(f"There is no subagent {subagent_id!r} in session {session_id!r}.", param="subagent_id")

    async def artifacts(
        self, session_id: str, owner: str, page: Page = LATEST, environment_id: str | None = None
    ) -> list[Artifact]:
        """Return a page of artifacts."""
        return await self._store.artifacts(session_id, owner, page, environment_id)

    async def artifact(self, session_id: str, owner: str, artifact_id: str) -> Artifact:
        """Return an artifact. Raises `NotFound`."""
        for artifact in await self._store.artifacts(session_id, owner, Page(NO_LIMIT)):
            if artifact.id == artifact_id:
                return artifact
        raise NotFound(f"There is no artifact {artifact_id!r} in session {session_id!r}.", param="artifact_id")

    async def artifact_content(
        self, session_id: str, owner: str, artifact_id: str
    ) -> tuple[Artifact, AsyncGenerator[bytes, None]]:
        """Return an artifact and its content in chunks. Raises `NotFound`."""
        artifact = await self.artifact(session_id, owner, artifact_id)
        return artifact, self._files.read(artifact.digest)

    async def plan(self, session_id: str, owner: str) -> Plan:
        """Return the plan as it stands. Raises `NotFound`."""
        return await self._store.plan(session_id, owner)

    async def steps(self, session_id: str, owner: str, turn_id: str, after: int = -1) -> list[JournalStep]:
        """Return the journal of a turn behind step `after`. Raises `NotFound`."""
        await self.turn(session_id, owner, turn_id)
        return steps_of(turn_id, await self._journal.steps(turn_id, after=after))

    async def trace(self, session_id: str, owner: str, page: Page) -> list[tuple[TurnRecord, list[JournalStep]]]:
        """Return a page of the root's turns with their steps."""
        turns = await self.turns(session_id, owner, page)
        steps = await asyncio.gather(*(self._journal.steps(turn.id) for turn in turns))
        return [(turn, steps_of(turn.id, of_turn)) for turn, of_turn in zip(turns, steps, strict=True)]

    async def list(
        self, owner: str, page: Page, agent_id: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> list[SessionRecord]:
        """Return the owner's sessions. Raises `NotFound` when `page.after` is not one of them."""
        return await self._store.list(owner, page, agent_id, metadata)


def _unknown(session_id: str) -> NotFound:
    return NotFound(f"There is no session {session_id!r}.", param="session_id")
