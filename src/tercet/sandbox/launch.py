"""Starting a confined process and holding it: what every kind of confinement has in common.

A launcher starts a process that says its id and then waits; its limits are set from outside, where it cannot change
them, and only then is it let go.
"""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from tercet.sandbox.base import MB, Kind, Limits, StopReason

START_TIMEOUT_S = 30.0
_NICE = 5
"""The server answers others while a sandbox computes."""

_MOST_DISPENSABLE = 1000
"""`oom_score_adj`: when the machine runs out of memory, the kernel ends this first."""


class LaunchFailed(Exception):
    """The confinement could not be set up; its own words are on the command's stderr."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to start, and what it holds: `cwd` is relative to the workspace; `passed` keep their numbers."""

    argv: Sequence[str]
    cwd: str
    environment: Mapping[str, str]
    stdin: int
    stdout: int
    stderr: int
    passed: tuple[int, ...] = ()
    may_write: bool = True
    """False: files cannot grow, since the workspace is full."""


class Tree(Protocol):
    """All processes that a command became. Its methods do not wait and may be called from any thread."""

    def kill(self) -> None:
        """End them all; idempotent."""

    def processes(self) -> tuple[int, list[str]]:
        """Return a descriptor of a /proc and the names of the processes in it."""

    def close(self) -> None:
        """Let go of what is held about processes that have ended."""


class Launcher(Protocol):
    """A kind of confinement, set up for one sandbox."""

    @property
    def kind(self) -> Kind:
        """What it confines by."""

    @property
    def root(self) -> str:
        """How the workspace is called inside."""

    @property
    def home(self) -> str:
        """A folder inside for what need not last."""

    def program(self, name: str) -> str:
        """Return where one of the programs of `inside/` lies inside."""

    async def start(self, command: Command) -> "Running":
        """Start a command. Raises `LaunchFailed` and `OSError`."""


@dataclass(slots=True, eq=False)
class Running:
    """A command that was started."""

    process: asyncio.subprocess.Process
    tree: Tree
    kept: list[int] = field(default_factory=list)
    """Descriptors to close when it has ended."""

    stopped: StopReason | None = None

    def stop(self, reason: StopReason) -> None:
        """End it for a reason; the first one counts. May be called from any thread."""
        if self.stopped is None:
            self.stopped = reason
        self.tree.kill()

    async def wait(self) -> int:
        """Wait until it has ended and return its status, 128 + n after signal n."""
        status = await self.process.wait()
        if self.stopped is None and self.explain is not None and status in (-signal.SIGKILL, 128 + signal.SIGKILL):
            self.stopped = self.explain()
        return status if status >= 0 else 128 - status

    explain: Callable[[], StopReason | None] | None = None
    """Returns the limit at which the kernel ended it, where it was ended by somebody else than us."""

    on_end: "Callable[[Running], Awaitable[None]] | None" = None
    """How its owner ends it."""

    async def end(self) -> None:
        """Kill it, wait, and let go of it; idempotent, finished even when cancelled."""
        self.tree.kill()
        await asyncio.shield(self._end())

    async def _end(self) -> None:
        await self.process.wait()
        self.tree.close()
        while self.kept:
            os.close(self.kept.pop())


async def read_first_child(info: int) -> int:
    """Read the JSON that a launcher writes and return the id of the process that waits. Raises `LaunchFailed`."""
    loop = asyncio.get_running_loop()
    written = bytearray()
    done = asyncio.Event()

    def on_readable() -> None:
        piece = os.read(info, 4096)
        written.extend(piece)
        if not piece or written.rstrip().endswith(b"}"):
            loop.remove_reader(info)
            done.set()

    loop.add_reader(info, on_readable)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await done.wait()
        return msgspec.json.decode(bytes(written), type=dict[str, int])["child-pid"]
    except (TimeoutError, msgspec.DecodeError, KeyError) as error:
        raise LaunchFailed("the confinement did not come up") from error
    finally:
        loop.remove_reader(info)


async def limit_process(pid: int, limits: Limits, may_write: bool, *, user: int | None = None, others: int = 0) -> None:
    """Set the limits of a process that waits, and so of all that it starts. Raises `OSError` when it is gone.

    `user` is whom the process belongs to, when that is somebody else than the server: not even root may limit
    another user's process everywhere, so that user does it. `others` is how many processes of the same user are
    not the sandbox's, where the kernel counts them together.
    """
    values = {
        "cpu": limits.cpu_s,
        "as": limits.address_space_mb * MB,
        "data": limits.memory_mb * MB,
        "fsize": limits.file_mb * MB if may_write else 0,
        "nofile": limits.open_files,
        "nproc": limits.num_processes + others,
        "core": 0,
        "memlock": 0,
        "msgqueue": 0,
    }
    most = {name: resource.getrlimit(_resource(name))[1] for name in values}
    values = {name: value if most[name] < 0 else min(value, most[name]) for name, value in values.items()}
    if user is None:
        for name, value in values.items():
            resource.prlimit(pid, _resource(name), (value, value))
    else:
        await _limit_as(user, pid, values)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)
    with contextlib.suppress(PermissionError):
        _offer(pid)


def _offer(pid: int) -> None:
    """Let the kernel end a process before others when memory runs out."""
    with open(f"/proc/{pid}/oom_score_adj", "w", encoding="ascii") as score:
        score.write(str(_MOST_DISPENSABLE))


async def _limit_as(user: int, pid: int, values: Mapping[str, int]) -> None:
    """Set limits as another user; uvloop starts no process as somebody else, so a program does."""
    become = [system_program("setpriv"), f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
    limit = [
        system_program("prlimit"),
        "--pid",
        str(pid),
        *(f"--{name}={value}:{value}" for name, value in values.items()),
    ]
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *become, *limit, stdin=nothing, stdout=nothing, stderr=asyncio.subprocess.PIPE, env={}, cwd="/"
    )
    _, words = await process.communicate()
    if process.returncode:
        raise LaunchFailed(f"limits cannot be set: {words.decode(errors='replace').strip()}")


def _resource(name: str) -> int:
    number: int = getattr(resource, f"RLIMIT_{name.upper()}")
    return number


def system_program(name: str) -> str:
    """Return the path of a program of util-linux. Raises `LaunchFailed` when it is not installed."""
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        raise LaunchFailed(f"the program {name!r} (util-linux) is not installed")
    return found


def send(pidfd: int, number: signal.Signals) -> None:
    """Signal a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)


def pipe_holding(content: bytes) -> int:
    """Return the reading end of a pipe with `content` in it, which must fit (65,536 bytes)."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        if os.write(writer, content) != len(content):
            raise ValueError(f"{len(content)} bytes do not fit in a pipe")
    finally:
        os.close(writer)
    return reader
