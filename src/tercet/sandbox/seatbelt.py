"""Confinement by Seatbelt on macOS: `sandbox-exec` with a profile that allows what is named and nothing else.

Processes and memory are held by the limits of each process and by a process group alone; a command that leaves its
group outlives its time limit, still confined. It serves no network.
"""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tercet.sandbox.base import MB, Kind, Limits
from tercet.sandbox.interpreters import python_parts
from tercet.sandbox.launch import Command, Running

PROGRAM = "/usr/bin/sandbox-exec"
_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/System",
    "/Library/Apple",
    "/opt/homebrew",
    "/private/etc/ssl",
    "/private/var/db/timezone",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def profile(workspace: Path, readable: tuple[str, ...]) -> str:
    """Return the rules for a workspace and what may be read besides the system. Later rules win."""
    lines = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork)",
        "(allow process-exec)",
        "(allow signal (target same-sandbox))",
        "(allow sysctl-read)",
        '(allow file-read* (literal "/"))',
        "(allow file-read-metadata)",
        *(f"(allow file-read* (subpath {_quoted(path)}))" for path in (*_SYSTEM, *readable)),
        *(f"(allow file-read* file-write-data (literal {_quoted(path)}))" for path in _DEVICES),
        f"(allow file-read* file-write* (subpath {_quoted(str(workspace))}))",
        "(deny network*)",
        "(deny file-write-setugid)",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    if any(character in text for character in '"\\\n\0'):
        raise ValueError(f"a path with quotes, backslashes or line ends cannot be confined to: {text!r}")
    return f'"{text}"'


@dataclass(frozen=True, slots=True)
class Seatbelt:
    """How commands of one sandbox are started."""

    workspace: Path
    limits: Limits
    kind: Kind = "seatbelt"

    @property
    def root(self) -> str:
        """The workspace, where it really lies."""
        return str(self.workspace)

    @property
    def home(self) -> str:
        """A folder of the workspace."""
        return f"{self.workspace}/.tmp"

    def program(self, name: str) -> str:
        """Return where one of our own programs lies: in the package."""
        return str(files("tercet.sandbox").joinpath("inside", name))

    async def start(self, command: Command) -> Running:
        """Start a command. Raises `OSError`."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.home, 0o700)
        programs = str(files("tercet.sandbox").joinpath("inside"))
        rules = profile(self.workspace, (*python_parts(), programs))
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", limits_script(self.limits, command.may_write), "sh", PROGRAM, "-p", rules),
            *command.argv,
            stdin=command.stdin,
            stdout=command.stdout,
            stderr=command.stderr,
            pass_fds=command.passed,
            env=dict(command.environment),
            cwd=f"{self.workspace}/{command.cwd}",
            start_new_session=True,
        )
        return Running(process, _Group(process.pid))


def limits_script(limits: Limits, may_write: bool) -> str:
    """Return the shell's words that set the limits of a process and become the rest of the command line."""
    blocks = limits.file_mb * MB // 512 if may_write else 0
    return f'ulimit -c 0 -t {limits.cpu_s} -f {blocks} -n {limits.open_files}; exec "$@"'


class _Group:
    """The process group of a command."""

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._leader, signal.SIGKILL)

    def processes(self) -> tuple[int, list[str]]:
        return -1, []

    def close(self) -> None:
        pass
