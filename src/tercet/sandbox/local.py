"""A sandbox on this machine: commands and the interpreter over one launcher, one workspace and one watch."""

import asyncio
import contextlib
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

from tercet.errors import SandboxUnavailable
from tercet.sandbox.base import Dialogue, Kind, Outcome, SandboxSpec, StopReason
from tercet.sandbox.beneath import Beneath
from tercet.sandbox.bubblewrap import AUTHORITIES
from tercet.sandbox.capture import Capture
from tercet.sandbox.cgroups import Cgroup
from tercet.sandbox.interpreters import python_program, search_path
from tercet.sandbox.launch import Command, Launcher, LaunchFailed, Running
from tercet.sandbox.persistent import PersistentPython
from tercet.sandbox.quota import Quota
from tercet.sandbox.watchdog import Watch

PROXY_PORT = 3128
_PROXY = f"http://127.0.0.1:{PROXY_PORT}"
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_TRUST_VARIABLES = (
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PIP_CERT",
)  # fmt: skip
_DRAIN_S = 5.0
"""How long output may take to end after the last process has."""

_GRACE_S = 3.0
"""How long a program that is spoken with may take to end by itself once nothing more is said to it."""


class LocalSandbox:
    """The `Sandbox` that `open_sandbox` returns."""

    def __init__(self, spec: SandboxSpec, launcher: Launcher, owner: int | None, cgroup: Cgroup | None = None) -> None:
        """Serve `spec` by `launcher`; what the server itself writes is given to the user `owner`."""
        self._spec = spec
        self._launcher = launcher
        self._cgroup = cgroup
        self._quota = Quota(spec.workspace, spec.limits)
        self._watch = Watch(spec.limits, self._quota)
        self._files = Beneath(spec.workspace, launcher.root, owner, self._quota, spec.fixed)
        self._running: set[Running] = set()
        self._python = PersistentPython(self._start_python, self._capture)
        self._is_closed = False

    @property
    def kind(self) -> Kind:
        return self._launcher.kind

    @property
    def root(self) -> str:
        return self._launcher.root

    @property
    def files(self) -> Beneath:
        return self._files

    def interpreter(self) -> PersistentPython:
        return self._python

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        cwd: str = "",
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        began = time.monotonic()
        folder = await asyncio.to_thread(self._folder, cwd)
        with contextlib.ExitStack() as closing:
            stdout, stderr = self._capture(), self._capture()
            closing.callback(stdout.close)
            closing.callback(stderr.close)
            source = closing.enter_context(_readable(stdin))
            command = Command(
                argv, folder, self._environment(environment), source, stdout.writer, stderr.writer,
                may_write=await self._may_write(),
            )  # fmt: skip
            async with self._started(command, stdout, stderr) as running:
                stdout.on_flood = stderr.on_flood = lambda: running.stop("output")
                status = await self._wait(running, timeout_s)
                await _drain(stdout, stderr)
            reason: StopReason | None = running.stopped
            return Outcome(
                ended=reason or "exited",
                exit_code=None if reason else status,
                stdout=stdout.take(),
                stderr=stderr.take(),
                duration_s=time.monotonic() - began,
            )

    @contextlib.asynccontextmanager
    async def converse(
        self, argv: Sequence[str], *, environment: Mapping[str, str], cwd: str = "", max_line: int = 65_536
    ) -> AsyncIterator[Dialogue]:
        folder = await asyncio.to_thread(self._folder, cwd)
        stderr = self._capture()
        with contextlib.closing(stderr):
            ours, theirs = socket.socketpair()  # what Node's and others' clients give as standard streams, too
            try:
                command = Command(
                    argv, folder, self._environment(environment, has_own=False), theirs.fileno(), theirs.fileno(),
                    stderr.writer, may_write=await self._may_write(),
                )  # fmt: skip
                running = await self._start(command, stderr)
            except BaseException:
                ours.close()
                raise
            finally:
                theirs.close()
            try:
                reader, writer = await asyncio.shield(asyncio.open_unix_connection(sock=ours, limit=max_line))
                try:
                    yield Dialogue(reader, writer, lambda: stderr.take().text.strip())
                finally:
                    await self._hang_up(running, writer)
            finally:
                await self._end(running)

    @staticmethod
    async def _hang_up(running: Running, writer: asyncio.StreamWriter) -> None:
        """Let the program see that nothing more comes, and give it a moment to end by itself."""
        with contextlib.suppress(OSError, RuntimeError):  # what is closed already
            writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await running.wait()
        writer.close()

    async def close(self) -> None:
        self._is_closed = True
        await self._python.restart()
        for running in list(self._running):
            await self._end(running)
        self._files.close()
        if self._cgroup is not None:
            self._cgroup.close()

    @staticmethod
    async def _wait(running: Running, timeout_s: float) -> int:
        try:
            async with asyncio.timeout(timeout_s):
                return await running.wait()
        except TimeoutError:
            running.stop("time")
            return await running.wait()

    @contextlib.asynccontextmanager
    async def _started(self, command: Command, stdout: Capture, stderr: Capture) -> AsyncIterator[Running]:
        running = await self._start(command, stdout, stderr)
        try:
            yield running
        finally:
            await self._end(running)

    async def _start(self, command: Command, *outputs: Capture) -> Running:
        """Start a command and read its `outputs`, of which the last is stderr."""
        if self._is_closed:
            raise SandboxUnavailable("the sandbox was closed")
        starting = asyncio.ensure_future(self._launcher.start(command))
        try:
            running = await asyncio.shield(starting)
        except asyncio.CancelledError:
            with contextlib.suppress(LaunchFailed, OSError):
                await (await starting).end()
            raise
        except (LaunchFailed, OSError) as error:
            words = outputs[-1].take().text.strip()
            raise SandboxUnavailable(f"no confined process can be started: {words or error}") from error
        running.explain = self._limit_of_kernel
        self._running.add(running)
        self._watch.add(running, self._quota.last())
        for output in outputs:
            output.start()
        return running

    def _limit_of_kernel(self) -> StopReason | None:
        return "memory" if self._cgroup is not None and self._cgroup.ran_out() else None

    async def _end(self, running: Running) -> None:
        self._watch.remove(running)
        self._running.discard(running)
        await running.end()
        await asyncio.to_thread(self._quota.measure)

    async def _start_python(self, connection: int, stdout: Capture, stderr: Capture) -> Running:
        """Start the interpreter's process; `connection` is its end of the line to us."""
        program = self._launcher.program("interpreter.py")
        argv = [python_program(), "-I", "-u", program, str(connection), self.root]
        with _readable(b"") as nothing:
            command = Command(
                argv, "", self._environment(None), nothing, stdout.writer, stderr.writer, (connection,),
                may_write=await self._may_write(),
            )  # fmt: skip
            running = await self._start(command, stdout, stderr)
        running.on_end = self._end
        return running

    def _capture(self) -> Capture:
        return Capture(self._spec.limits)

    def _environment(self, more: Mapping[str, str] | None, *, has_own: bool = True) -> dict[str, str]:
        environment = {
            "PATH": search_path(),
            "HOME": self._launcher.home,
            "TMPDIR": self._launcher.home,
            "USER": "agent",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }
        if self._spec.network is not None:
            environment |= dict.fromkeys(_PROXY_VARIABLES, _PROXY)
            if self._spec.network.authorities is not None:
                environment |= dict.fromkeys(_TRUST_VARIABLES, AUTHORITIES)
        environment |= {**(self._spec.environment if has_own else {}), **(more or {})}
        for name, value in environment.items():
            if not name or "=" in name or "\0" in name + value:
                raise ValueError(f"{name!r} cannot be a variable of the environment with the value {value[:40]!r}")
        return environment

    def _folder(self, cwd: str) -> str:
        """Return `cwd` relative to the workspace; raises `OSError` unless it is a folder there."""
        parts = self._files.parts(cwd)
        if parts:
            entry = self._files.stat(cwd)
            if entry is None:
                raise FileNotFoundError(2, "there is no such folder", cwd)
            if entry.kind != "folder":
                raise NotADirectoryError(20, "is not a folder", cwd)
        return "/".join(parts)

    async def _may_write(self) -> bool:
        return not await asyncio.to_thread(self._quota.is_full)


async def _drain(*captures: Capture) -> None:
    """Read what is left; nothing that could write is alive."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            for capture in captures:
                await capture.end()


@contextlib.contextmanager
def _readable(content: bytes) -> Iterator[int]:
    """Yield a descriptor that gives `content` and then ends."""
    if not content:
        with Path(os.devnull).open("rb") as nothing:
            yield nothing.fileno()
        return
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()
