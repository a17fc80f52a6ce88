"""Agent sessions for doors: created, told, watched, read. What an agent does is the turn's work, in workers."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RunConflict, Unsupported
from tercet.ids import new_id
from tercet.routing.tiers import Tier, tier_name
from tercet.sandbox import Beneath
from tercet.service.asks import Ask
from tercet.service.dispatch import Dispatcher
from tercet.service.run import Run
from tercet.service.sessions.inputs import accept, hear
from tercet.service.sessions.journal import steps_of
from tercet.service.sessions.live import Live
from tercet.service.sessions.snapshots import Snapshots
from tercet.service.sessions.toolbox import Toolbox
from tercet.service.sessions.tracing import TurnTraces
from tercet.service.sessions.turns import KIND, begin_turn, status_of
from tercet.service.sessions.values import CancelTurn, Input, JournalStep, SessionChanges, SessionDraft
from tercet.service.sessions.web import Web
from tercet.service.sessions.work import Work
from tercet.service.sessions.workspaces import Workspaces, check_hosted
from tercet.service.workers import Workers
from tercet.sessions.environments import Environment, EnvironmentRecord, Hosted, NoEnvironment, SelfHosted
from tercet.sessions.events import EnvironmentChanged, Numbered, SessionChanged
from tercet.sessions.plan import Plan
from tercet.sessions.turns import Artifact, SessionItem, SessionRecord, SubagentRecord, TurnRecord
from tercet.store.base import Store
from tercet.store.database import NO_LIMIT
from tercet.store.filing import Page
from tercet.store.sessions import digest_of
from tercet.store.sessions_edit import ROOT, SessionEdit
from tercet.telemetry.tracer import Tracer
from tercet.tools.base import Tool

T = TypeVar("T")
MAX_AT_ONCE = 64
LATEST = Page(100, is_ascending=True)


class Sessions:
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
        self._store = store.sessions
        self._journal = store.journal
        self._files = store.files
        self._tiers = tiers
        workspaces = None
        if environment_folder is not None:
            snapshots = Snapshots(store.sessions, store.files, store.agent_tables.seeds)
            workspaces = Workspaces(environment_folder, store.sessions, store.files, snapshots)
            workspaces.on_change = self._environment_changed
        self._workspaces = workspaces
        self._environment_folder = environment_folder
        self._tasks: set[asyncio.Task[None]] = set()
        self.toolbox = Toolbox(store, lambda model: tiers[tier_name(model)].bound(), workspaces, web or Web(), tools)
        self._traces = TurnTraces(store.sessions, store.journal, tracer) if tracer is not None else None
        self.live = Live(store.sessions, *([self._traces.hear] if self._traces else []))
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

    # ---------------------------------------------------------------- sessions

    async def create(self, draft: SessionDraft) -> SessionRecord:
        """Create a session; with an input its first turn is queued. Acknowledged means that it will be worked on.

        Raises `InvalidRequest`, `NotFound` for an unknown model, `TierUnbound`, `StoreFailed`.
        """
        now, session_id = now_s(), draft.id or new_id("session")
        environment = await self._environment_of(draft, session_id)
        self._check(draft, environment.spec if environment else None)
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

    async def _forked_environment(self, parent: SessionRecord, fork_id: str) -> EnvironmentRecord | None:
        """Return an environment like that of `parent`, whose workspace is to be put back."""
        if parent.environment_id is None:
            return None
        environment = await self.environment(parent.environment_id, parent.owner)
        self.check_environment(environment.spec)
        return EnvironmentRecord(new_id("env"), parent.owner, now_s(), environment.spec, session_id=fork_id)

    def _check(self, draft: SessionDraft, environment: Environment | None) -> None:
        self._tiers[tier_name(draft.spec.model)].bound()
        if draft.spec.compact_tier is not None:
            self._tiers[tier_name(draft.spec.compact_tier)].bound()
        self.toolbox.check(draft.spec, environment)
        if draft.limit_usd is not None and draft.limit_usd <= 0:
            raise InvalidRequest("The limit must be more than nothing.", param="spend_control.limit")

    async def _environment_of(self, draft: SessionDraft, session_id: str) -> EnvironmentRecord | None:
        """Return the environment of a new session: a new one, or one that waits for it."""
        if isinstance(draft.environment, str):
            environment = await self.environment(draft.environment, draft.owner)
            if environment.session_id is not None or environment.status in ("failed", "expired"):
                raise RunConflict(f"The environment {environment.id!r} is taken or gone.", code="environment_taken")
            return environment
        if isinstance(draft.environment, NoEnvironment):
            return None
        self.check_environment(draft.environment)
        return EnvironmentRecord(new_id("env"), draft.owner, now_s(), draft.environment, session_id=session_id)

    async def _attach(self, environment: EnvironmentRecord, session_id: str) -> EnvironmentRecord:
        def take(record: EnvironmentRecord) -> EnvironmentRecord:
            if record.session_id is not None:
                raise RunConflict(f"The environment {record.id!r} is taken.", code="environment_taken")
            return msgspec.structs.replace(record, session_id=session_id)

        taken = await self._store.environments.change(environment.id, environment.owner, take)
        if taken is None:
            raise NotFound(f"There is no environment {environment.id!r}.", param="environment_id")
        return taken

    def check_environment(self, environment: Environment) -> None:
        """Raise `Unsupported` or `InvalidRequest` for an environment that cannot be had."""
        if isinstance(environment, SelfHosted):
            raise Unsupported("Self-hosted environments are not served.", param="environment.type")
        if isinstance(environment, Hosted):
            check_hosted(environment, self._environment_folder)

    async def create_environment(self, environment: EnvironmentRecord) -> EnvironmentRecord:
        """Keep an environment that waits for a session, and make it ready; one that is there stays as it is."""
        self.check_environment(environment.spec)
        kept = await self._store.add_environment(environment)
        if kept is environment:
            self._prepare(kept)
        return kept

    def _prepare(self, environment: EnvironmentRecord) -> None:
        if self._workspaces is None or not isinstance(environment.spec, Hosted):
            return
        task = asyncio.create_task(self._workspaces.prepare(environment.id, environment.owner))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def environment(self, environment_id: str, owner: str) -> EnvironmentRecord:
        """Return an environment. Raises `NotFound`."""
        environment = await self._store.environments.get(environment_id, owner)
        if environment is None:
            raise NotFound(f"There is no environment {environment_id!r}.", param="environment_id")
        return environment

    async def workspace(self, environment_id: str, owner: str) -> Beneath:
        """Return the files of a hosted environment. Raises `NotFound` and `RunConflict`."""
        if self._workspaces is None:
            raise NotFound(f"There is no environment {environment_id!r}.", param="environment_id")
        return await self._workspaces.workspace(environment_id, owner)

    def _environment_changed(self, environment: EnvironmentRecord) -> None:
        """Tell the environment's session what became of it."""
        task = asyncio.create_task(self._tell_environment(environment))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_environment(self, environment: EnvironmentRecord) -> None:
        session_id = environment.session_id
        if session_id is None:
            return

        def tell(edit: SessionEdit) -> None:
            turn = edit.open_turn()
            edit.tell(EnvironmentChanged(environment, turn.id if turn else None))

        with suppress(NotFound):
            _, told = await self._store.edit(session_id, tell)
            self.live.publish(session_id, told)

    async def purge(self) -> None:
        """Apply the retention limits to sessions, environments and their folders."""
        for environment_id in await self._store.purge():
            if self._workspaces is not None:
                await self._workspaces.remove_folder(environment_id)
        await self.toolbox.web.close_idle()
        if self._workspaces is not None:
            await self._workspaces.close_idle()

    async def get(self, session_id: str, owner: str) -> SessionRecord:
        """Return a session. Raises `NotFound`."""
        record = await self._store.get(session_id, owner)
        if record is None:
            raise _unknown(session_id)
        return record

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

    # ---------------------------------------------------------------- what happens in a session

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

    async def delete_artifact(self, session_id: str, owner: str, artifact_id: str) -> None:
        """Delete an artifact, not the file it was published from. Raises `NotFound`."""
        if await self._store.delete_artifact(session_id, owner, artifact_id) is None:
            raise NotFound(f"There is no artifact {artifact_id!r} in session {session_id!r}.", param="artifact_id")

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

    async def environments(self, owner: str, page: Page) -> Sequence[EnvironmentRecord]:
        """Return the owner's environments."""
        return await self._store.environments.list(owner, page)

    async def list(
        self, owner: str, page: Page, agent_id: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> list[SessionRecord]:
        """Return the owner's sessions. Raises `NotFound` when `page.after` is not one of them."""
        return await self._store.list(owner, page, agent_id, metadata)


def _unknown(session_id: str) -> NotFound:
    return NotFound(f"There is no session {session_id!r}.", param="session_id")
