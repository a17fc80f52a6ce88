"""Agent sessions for doors: created, told, watched, read. What an agent does is the turn's work, in workers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RunConflict
from tercet.ids import new_id
from tercet.routing.tiers import Tier, tier_name
from tercet.service.asks import Ask
from tercet.service.dispatch import Dispatcher
from tercet.service.run import Run
from tercet.service.sessions.environments import SessionEnvironments
from tercet.service.sessions.inputs import accept, hear
from tercet.service.sessions.live import Live
from tercet.service.sessions.reading import Reading
from tercet.service.sessions.toolbox import Toolbox
from tercet.service.sessions.tracing import TurnTraces
from tercet.service.sessions.turns import KIND, begin_turn, status_of
from tercet.service.sessions.values import CancelTurn, Input, SessionChanges, SessionDraft
from tercet.service.sessions.web import Web
from tercet.service.sessions.work import Work
from tercet.service.workers import Workers
from tercet.sessions.environments import Environment
from tercet.sessions.events import EnvironmentChanged, Numbered, SessionChanged
from tercet.sessions.turns import SessionRecord
from tercet.store.base import Store
from tercet.store.sessions import digest_of
from tercet.store.sessions_edit import SessionEdit
from tercet.telemetry.tracer import Tracer
from tercet.tools.base import Tool

T = TypeVar("T")


MAX_AT_ONCE = 64


class Sessions(Reading, SessionEnvironments):
    """Everything that clients may ask of sessions. Safe for any number of callers on one event loop."""

    def __init__(
        self,
        store: Store,
        tiers: Mapping[str, Tier],
        begin: Callable[[Ask], Run],
        environment_folder: Path | None = None,
        web: Web | None = None,
        tools: Sequence[Tool] = (),
        dispatcher: Dispatcher | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """`begin` asks a model of `tiers`; nothing is worked on before `start`.

        Hosted environments are kept in `environment_folder`; without one there are none. `tools` are further ones
        that agents may name. Turns come from `dispatcher`, by default from the journal itself;
        `tracer` is told of those that have ended.
        """
        self._traces = TurnTraces(store.sessions, store.journal, tracer) if tracer is not None else None
        live = Live(store.sessions, *([self._traces.hear] if self._traces else []))
        Reading.__init__(self, store)
        SessionEnvironments.__init__(self, store, live, environment_folder, web.reach if web else None)
        self._tiers = tiers
        self.toolbox = Toolbox(
            store, lambda model: tiers[tier_name(model)].bound(), self._workspaces, web or Web(), tools
        )
        self._stop_listening: Callable[[], None] = lambda: None
        work = Work(store.sessions, store.journal, self.live, begin, tiers, self.toolbox)
        self._workers = Workers(
            store.journal, KIND, work.finish, work.end_cancelled, max_at_once=MAX_AT_ONCE, dispatcher=dispatcher
        )

    async def start(self) -> None:
        """Work on turns that are queued, and on those that others left behind."""
        self._stop_listening = self._store.listen(self.live.wake)
        await self._workers.start()

    async def close(self) -> None:
        """Stop working; turns under way are given back and go on at the next start, or elsewhere at once."""
        self._stop_listening()
        self.live.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._workers.close()
        if self._traces is not None:
            await self._traces.close()
        await self.toolbox.close()

    async def create(self, draft: SessionDraft) -> SessionRecord:
        """Create a session; with an input its first turn is queued. Acknowledged means that it will be worked on.

        Raises `InvalidRequest`, `NotFound` for an unknown model, `TierUnbound`, `StoreFailed`.
        """
        now, session_id = now_s(), draft.id or new_id("session")
        environment = await self._environment_of(draft, session_id)
        self._check(draft, environment.spec if environment else None)
        if environment is not None:
            vault_ids = tuple(dict.fromkeys((*environment.vault_ids, *draft.vault_ids)))
            environment = msgspec.structs.replace(environment, vault_ids=vault_ids)
            await self._check_secrets(environment)
        if environment is not None and isinstance(draft.environment, str):
            environment = await self._attach(environment, session_id)
        elif environment is not None:
            await self._store.add_environment(environment)
        record = SessionRecord(
            id=session_id,
            owner=draft.owner,
            created_at=now,
            last_active_at=now,
            agent_id=draft.agent_id or new_id("agent"),
            spec=draft.spec,
            environment_id=environment.id if environment else None,
            agent_name=draft.agent_name,
            metadata=draft.metadata,
            limit_usd=draft.limit_usd,
            vault_ids=draft.vault_ids,
            cache_ttl=draft.cache_ttl,
            review=draft.review,
        )

        def first(edit: SessionEdit) -> SessionRecord:
            if environment is not None:
                edit.tell(EnvironmentChanged(environment))
            if draft.input:
                hear(edit, draft.input)
            return edit.record

        record, told = await self._store.add(record, first)
        self.live.publish(record.id, told)
        self._workers.wake()
        if environment is not None and not draft.input:
            self._prepare(environment)
        return record

    async def fork(
        self, session_id: str, owner: str, at_item: int, changes: SessionChanges | None = None, *, goes_on: bool = False
    ) -> SessionRecord:
        """Return a new session that shares the items before number `at_item`, on another tier if `changes` says so.

        The items stay where they are; a fork is a row. Its workspace, if there is one, begins as it was there. With
        `goes_on` a turn begins at once, without a new input. Raises `InvalidRequest` for an item that is not there,
        `RunConflict` for one whose predecessors are open or before which the workspace was not kept.
        """
        parent, changes = await self.get(session_id, owner), changes or SessionChanges()
        spec = parent.spec if changes.spec is msgspec.UNSET else changes.spec
        self._tiers[tier_name(spec.model)].bound()
        now, fork_id = now_s(), new_id("session")
        environment = await self._forked_environment(parent, fork_id)
        record = SessionRecord(
            id=fork_id,
            owner=owner,
            created_at=now,
            last_active_at=now,
            agent_id=parent.agent_id,
            spec=spec,
            environment_id=environment.id if environment else None,
            agent_name=parent.agent_name,
            metadata=parent.metadata if changes.metadata is msgspec.UNSET else changes.metadata,
            limit_usd=parent.limit_usd if changes.limit_usd is msgspec.UNSET else changes.limit_usd,
            vault_ids=parent.vault_ids,
            cache_ttl=parent.cache_ttl,
            review=parent.review if changes.review is msgspec.UNSET else changes.review,
            forked_from=(session_id, at_item),
        )

        def first(edit: SessionEdit) -> SessionRecord:
            if environment is not None:
                edit.tell(EnvironmentChanged(environment))
            if goes_on:
                begin_turn(edit, [])
            return edit.record

        record, told = await self._store.fork(session_id, owner, record, first, environment)
        self.live.publish(record.id, told)
        self._workers.wake()
        return record

    def _check(self, draft: SessionDraft, environment: Environment | None) -> None:
        self._tiers[tier_name(draft.spec.model)].bound()
        if draft.spec.compact_tier is not None:
            self._tiers[tier_name(draft.spec.compact_tier)].bound()
        self.toolbox.check(draft.spec, environment)
        if draft.limit_usd is not None and draft.limit_usd <= 0:
            raise InvalidRequest("The limit must be more than nothing.", param="spend_control.limit")

    async def purge(self) -> None:
        """Apply the retention limits to sessions, environments and their folders."""
        for environment_id in await self._store.purge():
            if self._workspaces is not None:
                await self._workspaces.remove_folder(environment_id)
        await self.toolbox.web.close_idle()
        if self._workspaces is not None:
            await self._workspaces.close_idle()

    async def update(self, session_id: str, owner: str, changes: SessionChanges) -> SessionRecord:
        """Change settings. A limit that is raised or removed lets a session that had reached it go on."""

        def change(edit: SessionEdit) -> SessionRecord:
            fields = {
                name: value
                for name in changes.__struct_fields__
                if (value := getattr(changes, name)) is not msgspec.UNSET
            }
            edit.change(**fields, last_active_at=now_s())
            record = edit.record
            has_room = record.limit_usd is None or record.cost_usd + record.reserved_usd < record.limit_usd
            if record.status == "budget_reached" and "limit_usd" in fields and has_room:
                edit.change(status="in_progress")
                edit.change(status=status_of(edit))
                for turn in edit.open_turns():
                    if turn.status == "waiting":
                        edit.wake(turn.id)
            return edit.record

        if changes.spec is not msgspec.UNSET:
            tier_name(changes.spec.model)  # raises for one that does not exist
        return await self._edit(session_id, change, owner)

    async def delete(self, session_id: str, owner: str) -> None:
        """Delete a session and what it holds. Raises `RunConflict` while a turn is being worked on."""

        def check(edit: SessionEdit) -> None:
            for turn in edit.open_turns():
                if not edit.stop(turn.id):
                    raise RunConflict("The session has a turn under way: cancel it first.", code="session_active")

        record = await self._store.delete(session_id, owner, check)
        self.live.wake(session_id)
        await self.toolbox.forget(record)

    async def send(
        self, session_id: str, owner: str, inputs: Sequence[Input], idempotency_key: str | None = None
    ) -> SessionRecord:
        """Take inputs in, all or none; the same `idempotency_key` with the same inputs is taken in once.

        Raises `NotFound`, `InvalidRequest`, and `RunConflict` for what nobody waits for.
        """
        if not inputs:
            raise InvalidRequest("events is empty: send at least one", param="events")
        digest = digest_of(list(inputs))

        def take(edit: SessionEdit) -> tuple[SessionRecord, list[str]]:
            if idempotency_key is not None and edit.is_repeated(idempotency_key, digest):
                return edit.record, []
            accept(edit, inputs)
            edit.change(last_active_at=now_s())
            return edit.record, [turn.id for turn in edit.open_turns()]

        record, turn_ids = await self._edit(session_id, take, owner)
        if any(isinstance(each, CancelTurn) for each in inputs):
            for turn_id in turn_ids:
                await self._workers.cancel(turn_id, owner)
        return record

    async def _edit(self, session_id: str, work: Callable[[SessionEdit], T], owner: str) -> T:
        value, told = await self._store.edit(session_id, work, owner)
        self.live.publish(session_id, told)
        self._workers.wake()
        return value

    async def events(self, session_id: str, owner: str, after: int | None = None) -> AsyncGenerator[Numbered, None]:
        """Yield a session's events: from now on, beginning with the session as it is; or those numbered above `after`.

        Ends when the service closes. Raises `NotFound`, also when the session is deleted meanwhile.
        """
        watcher = self.live.watch(session_id)
        try:
            last = after
            if last is None:
                last = await self._store.num_events(session_id, owner)
                yield Numbered(None, SessionChanged(await self.get(session_id, owner)))
            else:
                await self.get(session_id, owner)
            async for numbered in self.live.follow(watcher, last):
                yield numbered
        finally:
            self.live.leave(watcher)

    async def delete_artifact(self, session_id: str, owner: str, artifact_id: str) -> None:
        """Delete an artifact, not the file it was published from. Raises `NotFound`."""
        if await self._store.delete_artifact(session_id, owner, artifact_id) is None:
            raise NotFound(f"There is no artifact {artifact_id!r} in session {session_id!r}.", param="artifact_id")
