"""Hosted environments: a workspace folder each, made ready once, kept across restarts, opened while somebody works.

A folder under the environments' own holds `workspace` and a mark that it is ready. What is half made is made anew:
nobody has worked in it yet. Several processes on one machine take turns by a lock on the folder.
"""

import asyncio
import fcntl
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from tercet.clock import monotonic_s
from tercet.config import EgressConfig
from tercet.egress import Guard, Injection, Policy, system_authorities
from tercet.errors import NotFound, RunConflict, TercetError, Unsupported
from tercet.sandbox import Beneath, Limits, Network, Sandbox, SandboxSpec, open_sandbox, remove_workspace
from tercet.service.sessions.secrets import SecretSource, injected
from tercet.service.sessions.setting_up import (
    SKILLS_FOLDER,
    EnvironmentFailed,
    Restore,
    package_paths,
    set_up,
    skills_of,
)
from tercet.service.sessions.snapshots import Seen, Snapshots
from tercet.sessions.environments import EnvironmentRecord, EnvironmentStatus, Hosted, NetworkPolicy, Skill
from tercet.store.filing import FileStore
from tercet.store.sessions import SessionStore

log = logging.getLogger(__name__)

MAX_OPEN = 32
IDLE_S = 600.0
AUTHORITIES = "authorities.pem"
MAX_SOCKET_PATH = 100
"""Bytes; systems take some more."""
SIZES = {
    "small": Limits(memory_mb=512, num_processes=32, workspace_mb=512),
    "medium": Limits(),
    "large": Limits(memory_mb=4096, num_processes=256, workspace_mb=8192),
}
Changed = Callable[[EnvironmentRecord], None]


class Open(msgspec.Struct):
    """A sandbox that is open, and its way out. `used_s` is a monotonic reading."""

    box: Sandbox
    network: NetworkPolicy
    variables: Mapping[str, str]
    """Those that the environment gives to what runs in it."""
    skills: tuple[Skill, ...]
    guard: Guard | None
    folder: Path
    used_s: float
    num_users: int = 0
    seen: Seen | None = None
    """The workspace as it was last kept; None: to be read from the store."""


class Workspaces:
    """The hosted environments of this machine."""

    def __init__(
        self,
        folder: Path,
        store: SessionStore,
        files: FileStore,
        snapshots: Snapshots,
        reach: EgressConfig | None = None,
    ) -> None:
        """Keep workspaces in `folder`; `reach` is what the operator lets environments reach besides public hosts."""
        self.snapshots = snapshots
        self._folder = folder
        self._store = store
        self._files = files
        self._reach = reach or EgressConfig()
        self._open: dict[str, Open] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.on_change: Changed = lambda _: None
        self.secrets: SecretSource | None = None
        """Where the secrets of environments' vaults come from; None: they have none."""

    async def enter(self, environment_id: str, owner: str) -> Open:
        """Return the environment's open sandbox, made ready first where that is to be done.

        Raises `NotFound`, `EnvironmentFailed` and `SandboxUnavailable`.
        """
        async with self._locks.setdefault(environment_id, asyncio.Lock()):
            known = self._open.get(environment_id)
            if known is None:
                environment = await self._known(environment_id, owner)
                assert isinstance(environment.spec, Hosted)
                await self._make_room()
                known = await self._opened(environment, environment.spec)
                self._open[environment_id] = known
            known.used_s = monotonic_s()
            return known

    async def prepare(self, environment_id: str, owner: str) -> None:
        """Make an environment ready ahead of its use; what goes wrong is in its record."""
        with suppress(TercetError):
            await self.enter(environment_id, owner)

    async def workspace(self, environment_id: str, owner: str) -> Beneath:
        """Return the files of an environment. Raises `NotFound`, `RunConflict` where it failed or has none."""
        environment = await self._known(environment_id, owner)
        if not isinstance(environment.spec, Hosted):
            raise RunConflict(f"The environment {environment_id!r} has no files here.", code="environment_not_hosted")
        if environment.status in ("failed", "expired"):
            raise RunConflict(f"The environment {environment_id!r} has {environment.status}.", code="environment_gone")
        return (await self.enter(environment_id, owner)).box.files

    async def reopen(self, environment_id: str) -> None:
        """Close an environment's sandbox, so that whoever needs it next opens it as it is to be by then."""
        async with self._locks.setdefault(environment_id, asyncio.Lock()):
            await self._shut(environment_id)

    async def forget(self, environment_id: str, owner: str) -> None:
        """Remove an environment, its processes and its files."""
        await self._shut(environment_id)
        await self._store.forget_environment(environment_id, owner)
        await asyncio.to_thread(self._remove, environment_id)

    async def remove_folder(self, environment_id: str) -> None:
        """Remove what is left on disk of an environment that the store has forgotten."""
        await self._shut(environment_id)
        await asyncio.to_thread(self._remove, environment_id)

    async def close(self) -> None:
        """End every process of every sandbox; workspaces stay."""
        for environment_id in tuple(self._open):
            await self._shut(environment_id)

    async def close_idle(self) -> None:
        """Close what nobody has used for a while."""
        oldest = monotonic_s() - IDLE_S
        for environment_id, known in tuple(self._open.items()):
            if known.used_s < oldest and not known.num_users:
                await self._shut(environment_id)

    # ---------------------------------------------------------------- opening

    async def _known(self, environment_id: str, owner: str) -> EnvironmentRecord:
        environment = await self._store.environments.get(environment_id, owner)
        if environment is None:
            raise NotFound(f"There is no environment {environment_id!r}.", param="environment_id")
        return environment

    async def _opened(self, environment: EnvironmentRecord, spec: Hosted) -> Open:
        folder = self._folder / environment.id
        guard: Guard | None = None
        try:
            await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
            async with _locked(folder / "lock"):
                variables, injection = await self._injected(environment)
                spec = msgspec.structs.replace(spec, env={**spec.env, **variables, **package_paths(spec)})
                guard = await self._guard(spec.network, folder, injection)
                is_ready = await asyncio.to_thread((folder / "ready").exists)
                if not is_ready:
                    await asyncio.to_thread(remove_workspace, folder / "workspace")
                box = await open_sandbox(_sandbox_spec(spec, folder, guard))
                if not is_ready:
                    try:
                        await set_up(environment, spec, box, folder, self._files, self._restoring(environment))
                    except TercetError:
                        await box.close()
                        raise
                    await asyncio.to_thread((folder / "ready").touch)
                skills = await skills_of(spec, folder)
        except TercetError as error:
            if guard is not None:
                await _close_guard(guard, folder)
            await self._change(environment, "failed", error.message)
            raise
        if environment.status != "ready":
            await self._change(environment, "ready", None)
        return Open(box, spec.network, dict(spec.env), skills, guard, folder, monotonic_s())

    async def _injected(self, environment: EnvironmentRecord) -> tuple[dict[str, str], Injection | None]:
        if self.secrets is None or not environment.vault_ids:
            return {}, None
        return await injected(environment, self.secrets)

    async def _guard(self, network: NetworkPolicy, folder: Path, injection: Injection | None) -> Guard | None:
        if network.access == "disabled":
            return None
        policy = Policy(
            access=network.access,
            allowed_domains=network.allowed_domains,
            blocked_domains=network.blocked_domains,
            allow=self._reach.allow,
            ports=self._reach.ports,
        )
        guard = Guard(policy, injected=injection)
        try:
            await guard.start(socket=await asyncio.to_thread(_socket_path, folder))
        except OSError as error:
            raise EnvironmentFailed(f"the way out of the sandbox cannot be opened: {error}") from error
        if guard.authority is not None:
            trusted = await asyncio.to_thread(system_authorities)
            await asyncio.to_thread((folder / AUTHORITIES).write_text, trusted + guard.authority.pem)
        return guard

    def _restoring(self, environment: EnvironmentRecord) -> Restore | None:
        """Return what puts back a workspace that was kept, if this one begins as one."""
        address = environment.restores
        return None if address is None else partial(self.snapshots.restore, address=address)

    async def _change(self, environment: EnvironmentRecord, status: EnvironmentStatus, error: str | None) -> None:
        changed = await self._store.environments.change(
            environment.id,
            environment.owner,
            lambda record: msgspec.structs.replace(record, status=status, error=error),
        )
        if changed is not None:
            self.on_change(changed)

    async def _make_room(self) -> None:
        await self.close_idle()
        unused = sorted((known.used_s, name) for name, known in self._open.items() if not known.num_users)
        for _, name in unused[: max(0, len(self._open) - MAX_OPEN + 1)]:
            await self._shut(name)

    async def _shut(self, environment_id: str) -> None:
        known = self._open.pop(environment_id, None)
        if known is None:
            return
        await known.box.close()
        if known.guard is not None:
            await _close_guard(known.guard, known.folder)

    def _remove(self, environment_id: str) -> None:
        folder = self._folder / environment_id
        with suppress(FileNotFoundError):
            remove_workspace(folder / "workspace")
            for left in folder.iterdir():
                left.unlink(missing_ok=True)
            folder.rmdir()


def check_hosted(spec: Hosted, folder: Path | None) -> None:
    """Raise what speaks against an environment before it is made."""
    if folder is None:
        raise Unsupported("Hosted environments need a server with a state folder.", param="environment")
    network = spec.network
    Policy(
        access=network.access, allowed_domains=network.allowed_domains, blocked_domains=network.blocked_domains
    ).check("environment.network")


def _sandbox_spec(spec: Hosted, folder: Path, guard: Guard | None) -> SandboxSpec:
    network = None
    if guard is not None:
        assert guard.socket is not None
        network = Network(guard.socket, folder / AUTHORITIES if guard.authority is not None else None)
    return SandboxSpec(
        workspace=folder / "workspace",
        limits=SIZES[spec.size],
        network=network,
        environment=dict(spec.env),
        fixed=(SKILLS_FOLDER,) if spec.skills else (),
    )


def _socket_path(folder: Path) -> Path:
    """Return where an environment's proxy listens: in its folder, or where a path is short enough for a socket."""
    path = folder / "proxy.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="tercet-")) / path.name


async def _close_guard(guard: Guard, folder: Path) -> None:
    socket = guard.socket
    await guard.close()
    if socket is not None and socket.parent != folder:
        with suppress(OSError):
            await asyncio.to_thread(socket.parent.rmdir)


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """Hold a file's lock against other processes."""
    with path.open("wb") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
