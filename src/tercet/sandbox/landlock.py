"""Confinement by Landlock and a system call filter, for a Linux where bubblewrap cannot be used.

There are no namespaces: the system is seen where it is, files are refused by rule, every socket is refused, and a
supervisor ends what a command leaves behind. It serves no network at all.
"""

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import platform
import signal
import sys
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from tercet.sandbox.base import Kind, Limits
from tercet.sandbox.interpreters import python_parts
from tercet.sandbox.launch import Command, LaunchFailed, Running, limit_process, pipe_holding, read_first_child, send
from tercet.sandbox.seccomp import build_filter

_CREATE_RULESET, _VERSION = 444, 1
LEAST_ABI = 3
"""Files cannot be truncated past it (Linux 6.2)."""

SIGNALS_ABI = 6
"""Processes outside cannot be signalled (Linux 6.12), which a server that is no root needs."""

_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ca-certificates",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/mime.types",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@functools.cache
def landlock_abi() -> int:
    """Return the version of Landlock that this kernel serves, 0 when none."""
    if platform.system() != "Linux":
        return 0
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, 0, _VERSION)))


@dataclass(frozen=True, slots=True)
class Landlock:
    """How commands of one sandbox are started."""

    workspace: Path
    limits: Limits
    user: int | None
    kind: Kind = "landlock"

    @property
    def root(self) -> str:
        """The workspace, where it really lies."""
        return str(self.workspace)

    @property
    def home(self) -> str:
        """A folder of the workspace: it is limited with it, and ends with it."""
        return f"{self.workspace}/.tmp"

    def program(self, name: str) -> str:
        """Return where one of our own programs lies: in the package."""
        return str(files("tercet.sandbox").joinpath("inside", name))

    async def start(self, command: Command) -> Running:
        """Start a command. Raises `LaunchFailed` and `OSError`."""
        self._make_home()
        info, info_writer = os.pipe()
        life, alive = os.pipe()
        try:
            process = await self._spawn(command, info_writer, life)
        except BaseException:
            os.close(alive)
            os.close(info)
            raise
        finally:
            os.close(info_writer)
            os.close(life)
        tree = _Supervised(process.pid)
        running = Running(process, tree, [alive])
        try:
            first = await read_first_child(info)
            await limit_process(first, self.limits, command.may_write, others=self._others())
            os.write(alive, b"\n")
        except BaseException as error:
            await running.end()
            if isinstance(error, OSError):
                raise LaunchFailed(f"the confinement went away: {error}") from error
            raise
        finally:
            os.close(info)
        return running

    async def _spawn(self, command: Command, info: int, life: int) -> asyncio.subprocess.Process:
        cwd = f"{self.workspace}/{command.cwd}".rstrip("/")
        with as_file(files("tercet.sandbox").joinpath("inside")) as programs:
            orders = {
                "argv": list(command.argv),
                "cwd": cwd,
                "environment": dict(command.environment),
                "user": self.user,
                "abi": landlock_abi(),
                "readable": [*_SYSTEM, *python_parts(), str(programs)],
                "writable": [str(self.workspace)],
                "devices": _DEVICES,
                "filter": build_filter(sockets=False).hex(),
                "info": info,
                "life": life,
            }
            source = pipe_holding(json.dumps(orders).encode())
            try:
                return await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-I", "-S", str(programs / "supervisor.py"), str(source)),
                    stdin=command.stdin,
                    stdout=command.stdout,
                    stderr=command.stderr,
                    pass_fds=(info, life, source, *command.passed),
                    env={},
                    start_new_session=True,
                )
            finally:
                os.close(source)

    def _make_home(self) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.home, 0o700)
            if self.user is not None:
                os.chown(self.home, self.user, self.user, follow_symlinks=False)

    def _others(self) -> int:
        """Return how many threads count against the limit of processes without being the sandbox's."""
        if self.user is not None:
            return 0
        count = 0
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError):
                    if os.stat(f"/proc/{name}").st_uid == os.getuid():
                        count += len(os.listdir(f"/proc/{name}/task"))
        return count


class _Supervised:
    """The processes below a supervisor, which ends them when it is told to, or when the server is gone."""

    def __init__(self, supervisor: int) -> None:
        self._pid = supervisor
        self._supervisor = os.pidfd_open(supervisor)
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def kill(self) -> None:
        if self._supervisor >= 0:
            send(self._supervisor, signal.SIGTERM)

    def processes(self) -> tuple[int, list[str]]:
        parents: dict[str, list[str]] = {}
        for name in os.listdir(self._proc):
            if name.isdigit():
                with contextlib.suppress(OSError):
                    parents.setdefault(_parent_of(name), []).append(name)
        below: list[str] = []
        waiting = [str(self._pid)]
        while waiting:
            children = parents.get(waiting.pop(), [])
            below += children
            waiting += children
        return self._proc, below

    def close(self) -> None:
        for file in (self._supervisor, self._proc):
            if file >= 0:
                os.close(file)
        self._supervisor = self._proc = -1


def _parent_of(name: str) -> str:
    with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[1]
