"""What the rest of Tercet knows of a sandbox: what it is asked for, what it tells, and what it can do.

A sandbox confines processes to one folder, the workspace, and to limits. It knows nothing of tools, models or
sessions. Lengths are in MB of a million bytes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from tercet.sandbox.beneath import Beneath

MB = 1_000_000

Kind = Literal["bubblewrap", "landlock", "seatbelt"]

StopReason = Literal["time", "memory", "processes", "disk", "output"]
"""Which limit a process was stopped at; `output`: it wrote more than anybody would read."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes of one sandbox may use, together unless it says each."""

    memory_mb: int = 1024
    """Resident memory. Counted by the kernel where a cgroup is delegated, else by a watchdog."""

    address_space_mb: int = 8192
    """Addresses that each process may reserve."""

    num_processes: int = 64
    """Processes and threads."""

    cpu_s: int = 600
    """Processor seconds of each process."""

    open_files: int = 256
    """Descriptors of each process."""

    file_mb: int = 512
    """The length of each file."""

    workspace_mb: int = 1024
    """What lies in the workspace, deleted files that are still open included."""

    workspace_files: int = 50_000
    """How many files and folders lie in the workspace."""

    tmp_mb: int = 64
    """What a process may put into its private /tmp, which ends with it."""

    output_kb: int = 64
    """How much is kept of each of stdout and stderr, half from the start and half from the end."""

    flood_mb: int = 64
    """How much one of them may carry in all before the process is stopped."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 1:
                raise ValueError(f"the sandbox limit {name} is {getattr(self, name)}; it must be at least 1")


class Network(msgspec.Struct, frozen=True):
    """The one way out of a sandbox: a proxy that decides about each connection."""

    proxy_socket: Path
    """A Unix socket on which an HTTP proxy listens that also knows CONNECT."""

    authorities: Path | None = None
    """A file of certificates (PEM) that programs inside are told to trust; None: those of the system."""


class SandboxSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that distinguishes one sandbox from another."""

    workspace: Path
    """The folder; made when it is absent. It outlives the sandbox."""

    limits: Limits = Limits()

    network: Network | None = None
    """None: no network at all."""

    environment: Mapping[str, str] = {}
    """Variables that processes see besides PATH, HOME, LANG, the proxy's and those for `authorities`.

    Nothing of the server's is passed on.
    """

    fixed: tuple[str, ...] = ()
    """Names of folders directly in the workspace, there before anything runs, that processes and `files` cannot change.

    Landlock and Seatbelt cannot see to it for processes.
    """


class Captured(msgspec.Struct, frozen=True):
    """What was kept of an output stream."""

    head: bytes = b""
    tail: bytes = b""
    num_cut: int = 0
    """Bytes between head and tail that were dropped."""

    @property
    def data(self) -> bytes:
        """What was kept, without a mark where something is missing."""
        return self.head + self.tail

    @property
    def text(self) -> str:
        """The output as text; says how many bytes are missing, and where."""
        if not self.num_cut:
            return self.data.decode("utf-8", "replace")
        head, tail = self.head.decode("utf-8", "replace"), self.tail.decode("utf-8", "replace")
        return f"{head}\n[… {self.num_cut:,} bytes cut …]\n{tail}"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a process ended."""

    ended: Literal["exited"] | StopReason
    exit_code: int | None
    """The status, 128 + n after signal n; None unless it ended by itself."""

    stdout: Captured
    stderr: Captured
    duration_s: float


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a piece of code in the persistent interpreter."""

    ended: Literal["done", "interrupted", "crashed"] | StopReason
    """`interrupted`: at its time limit, and the variables are still there. After the others but `done` they are not."""

    value: str | None = None
    """The `repr` of the last expression, unless that is None."""

    error: str | None = None
    """The traceback of an exception that was not caught."""

    stdout: Captured = Captured()
    stderr: Captured = Captured()
    is_fresh: bool = False
    """The interpreter was started for this cell: nothing from earlier cells is known to it."""

    duration_s: float = 0.0


class Dialogue(msgspec.Struct, frozen=True):
    """A process that is spoken with over its standard streams, for as long as it lasts."""

    reader: asyncio.StreamReader
    """What it writes to stdout; ends when it does."""

    writer: asyncio.StreamWriter
    """What it reads from stdin."""

    words: Callable[[], str]
    """Returns what it wrote to stderr since the last call, cut in the middle where that is much."""


CallTool = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Answers a call that code in the interpreter makes: a name and arguments in, a JSON value out."""


class Interpreter(Protocol):
    """A Python process whose variables outlive a cell."""

    async def execute(self, code: str, *, timeout_s: float, call_tool: CallTool | None = None) -> Cell:
        """Run `code` after every earlier cell has ended; the process is started when there is none.

        `call_tool` answers calls of `call_tool(name, arguments)` inside; a `ToolFailed` that it raises is raised
        inside as `RuntimeError`. Raises `SandboxUnavailable` when no process can be started.
        """

    async def restart(self) -> None:
        """End the process; the next cell starts a new one."""


class Sandbox(Protocol):
    """Processes that are confined to one workspace."""

    @property
    def kind(self) -> Kind:
        """What confines them."""

    @property
    def root(self) -> str:
        """How they call the workspace."""

    @property
    def files(self) -> Beneath:
        """The workspace as the server sees it; its methods block, so call them from a thread."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        cwd: str = "",
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a program and everything it starts, until it ends or a limit stops it all.

        `cwd` is a folder of the workspace. Raises `SandboxUnavailable` when nothing can be started,
        `NotADirectoryError` or another `OSError` for a `cwd` that is no folder of the workspace, and `ValueError` for
        an argument or a variable that the system cannot pass on.
        """

    def converse(
        self, argv: Sequence[str], *, environment: Mapping[str, str], cwd: str = "", max_line: int = 65_536
    ) -> AbstractAsyncContextManager[Dialogue]:
        """Start a program that lasts until the context is left or the sandbox is closed, and speak with it.

        It sees `environment` and what every process sees, and none of the sandbox's other variables. Entering raises
        what `run` raises.
        """

    def interpreter(self) -> Interpreter:
        """Return the sandbox's only interpreter; it is started by its first cell."""

    async def close(self) -> None:
        """End every process. The workspace stays; the sandbox cannot be used again."""
