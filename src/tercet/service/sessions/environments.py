"""Environments of sessions for doors: made, attached to a session, made ready ahead, forked, told of."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from tercet.clock import now_s
from tercet.config import EgressConfig
from tercet.errors import NotFound, RunConflict, Unsupported
from tercet.ids import new_id
from tercet.sandbox import Beneath
from tercet.service.sessions.live import Live
from tercet.service.sessions.snapshots import Snapshots
from tercet.service.sessions.values import SessionDraft
from tercet.service.sessions.workspaces import Workspaces, check_hosted
from tercet.sessions.environments import Environment, EnvironmentRecord, Hosted, NoEnvironment, SelfHosted
from tercet.sessions.events import EnvironmentChanged
from tercet.sessions.turns import SessionRecord
from tercet.store.base import Store
from tercet.store.filing import Page
from tercet.store.sessions_edit import SessionEdit


class SessionEnvironments:
    """The environments that sessions have or wait for."""

    def __init__(self, store: Store, live: Live, folder: Path | None, reach: EgressConfig | None) -> None:
        """Keep hosted environments in `folder`; without one there are none. `reach`: see `Workspaces`."""
        self._store = store.sessions
        self.live = live
        workspaces = None
        if folder is not None:
            snapshots = Snapshots(store.sessions, store.files, store.agent_tables.seeds)
            workspaces = Workspaces(folder, store.sessions, store.files, snapshots, reach)
            workspaces.on_change = self._environment_changed
        self._workspaces = workspaces
        self._environment_folder = folder
        self._tasks: set[asyncio.Task[None]] = set()

    async def _forked_environment(self, parent: SessionRecord, fork_id: str) -> EnvironmentRecord | None:
        """Return an environment like that of `parent`, whose workspace is to be put back."""
        if parent.environment_id is None:
            return None
        environment = await self.environment(parent.environment_id, parent.owner)
        self.check_environment(environment.spec)
        return EnvironmentRecord(
            new_id("env"),
            parent.owner,
            now_s(),
            environment.spec,
            session_id=fork_id,
            vault_ids=environment.vault_ids,
        )

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
            return msgspec.structs.replace(record, session_id=session_id, vault_ids=environment.vault_ids)

        taken = await self._store.environments.change(environment.id, environment.owner, take)
        if taken is None:
            raise NotFound(f"There is no environment {environment.id!r}.", param="environment_id")
        if self._workspaces is not None and environment.vault_ids:
            await self._workspaces.reopen(environment.id)
        return taken

    async def _check_secrets(self, environment: EnvironmentRecord) -> None:
        """Raise `InvalidRequest` for vaults that an environment cannot have."""
        if self._workspaces is None or self._workspaces.secrets is None or not isinstance(environment.spec, Hosted):
            return
        await self._workspaces.secrets.check_variables(environment.vault_ids, environment.owner, environment.spec)

    def check_environment(self, environment: Environment) -> None:
        """Raise `Unsupported` or `InvalidRequest` for an environment that cannot be had."""
        if isinstance(environment, SelfHosted):
            raise Unsupported("Self-hosted environments are not served.", param="environment.type")
        if isinstance(environment, Hosted):
            check_hosted(environment, self._environment_folder)

    async def create_environment(self, environment: EnvironmentRecord) -> EnvironmentRecord:
        """Keep an environment that waits for a session, and make it ready; one that is there stays as it is."""
        self.check_environment(environment.spec)
        await self._check_secrets(environment)
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

    async def environments(self, owner: str, page: Page) -> Sequence[EnvironmentRecord]:
        """Return the owner's environments."""
        return await self._store.environments.list(owner, page)
