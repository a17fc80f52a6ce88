"""Hosted environments: a workspace folder each, made ready once, kept across restarts, opened while somebody works.

A folder under the environments' own holds `workspace` and a mark that it is ready. What is half made is made anew:
nobody has worked in it yet. Several processes on one machine take turns by a lock on the folder.
"""

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from tercet.clock import monotonic_s
from tercet.egress import Guard, Policy
from tercet.errors import NotFound, RunConflict, SandboxUnavailable, StoreFailed, TercetError, Unsupported
from tercet.sandbox import Beneath, Limits, Network, Sandbox, SandboxSpec, open_sandbox, remove_workspace
from tercet.service.sessions.snapshots import Seen, Snapshots
from tercet.sessions.environments import EnvironmentRecord, EnvironmentStatus, Hosted, NetworkPolicy
from tercet.store.filing import FileStore
from tercet.store.sessions import SessionStore

log = logging.getLogger(__name__)

MAX_OPEN = 32
IDLE_S = 600.0
SETUP_S = 600.0
MAX_SEED = 512 << 20
SIZES = {
    "small": Limits(memory_mb=512, num_processes=32, workspace_mb=512),
    "medium": Limits(),
    "large": Limits(memory_mb=4096, num_processes=256, workspace_mb=8192),
}
Changed = Callable[[EnvironmentRecord], None]


class EnvironmentFailed(SandboxUnavailable):
    """An environment could not be made ready; the message says which of its files or commands failed."""

    code = "environment_failed"


class Open(msgspec.Struct):
    """A sandbox that is open, and its way out. `used_s` is a monotonic reading."""

    box: Sandbox
    network: NetworkPolicy
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
        allow: tuple[str, ...] = (),
    ) -> None:
        """Keep workspaces in `folder`; `allow` are the operator's own hosts that environments may reach."""
        self.snapshots = snapshots
        self._folder = folder
        self._store = store
        self._files = files
        self._allow = allow
        self._open: dict[str, Open] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.on_change: Changed = lambda _: None

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
                guard = await self._guard(spec.network, folder)
                is_ready = await asyncio.to_thread((folder / "ready").exists)
                if not is_ready:
                    await asyncio.to_thread(remove_workspace, folder / "workspace")
                box = await open_sandbox(_sandbox_spec(spec, folder, guard))
                if not is_ready:
                    await self._set_up(environment, spec, box)
                    await asyncio.to_thread((folder / "ready").touch)
        except TercetError as error:
            if guard is not None:
                await guard.close()
            await self._change(environment, "failed", error.message)
            raise
        if environment.status != "ready":
            await self._change(environment, "ready", None)
        return Open(box, spec.network, guard, folder, monotonic_s())

    async def _guard(self, network: NetworkPolicy, folder: Path) -> Guard | None:
        if network.access == "disabled":
            return None
        policy = Policy(
            access=network.access,
            allowed_domains=network.allowed_domains,
            blocked_domains=network.blocked_domains,
            allow=self._allow,
        )
        guard = Guard(policy)
        await guard.start(socket=folder / "proxy.sock")
        return guard

    async def _set_up(self, environment: EnvironmentRecord, spec: Hosted, box: Sandbox) -> None:
        """Put the files in place and run the setup commands, or put back what was kept. Raises `EnvironmentFailed`."""
        if environment.restores is not None:
            await self._restore(environment.restores, box)
            return
        for file in spec.files:
            digest, size = file.digest, file.size
            if file.file_id is not None:
                record = await self._files.get(file.file_id, environment.owner)
                if record is None:
                    await box.close()
                    raise EnvironmentFailed(f"the file {file.file_id!r} for {file.path!r} is gone")
                digest, size = record.digest, record.size
            assert digest is not None
            if size > MAX_SEED:
                await box.close()
                raise EnvironmentFailed(f"the file for {file.path!r} is larger than {MAX_SEED} bytes")
            content = b"".join([chunk async for chunk in self._files.read(digest)])
            try:
                await asyncio.to_thread(box.files.write, file.path, content)
            except OSError as error:
                await box.close()
                raise EnvironmentFailed(f"{file.path!r} cannot be written: {error.strerror}") from error
        await asyncio.to_thread(_make_outputs, box)
        for number, command in enumerate(spec.setup_commands, 1):
            outcome = await box.run(["/bin/sh", "-c", command], timeout_s=SETUP_S)
            if outcome.exit_code != 0:
                said = outcome.stderr.text.strip()[-500:]
                await box.close()
                raise EnvironmentFailed(f"setup command {number} ended with {outcome.exit_code}: {said}")

    async def _restore(self, address: bytes, box: Sandbox) -> None:
        try:
            await self.snapshots.restore(box.files, address)
        except OSError as error:
            await box.close()
            raise EnvironmentFailed(
                f"the workspace cannot be put back: {error.strerror}: {error.filename!r}"
            ) from error
        except StoreFailed:
            await box.close()
            raise

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
            await known.guard.close()

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
        network = Network(proxy_socket=guard.socket)
    return SandboxSpec(
        workspace=folder / "workspace", limits=SIZES[spec.size], network=network, environment=dict(spec.env)
    )


def _make_outputs(box: Sandbox) -> None:
    """Make the folder that files for the user go to."""
    box.files.write("outputs/.keep", b"")


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """Hold a file's lock against other processes."""
    with path.open("wb") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
