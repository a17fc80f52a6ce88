"""Confinement by bubblewrap: new namespaces of every kind, a read-only system, no capabilities, a system call filter.

A server that is root first becomes a user that nobody else is, in a mount namespace where that user reaches just
the folders to bind; from there on both cases are the same. Whatever happens to the server, the kernel ends
everything inside with it.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet.sandbox.base import MB, Kind, Limits, Network
from tercet.sandbox.cgroups import Cgroup
from tercet.sandbox.interpreters import inside_file, python_parts, python_program
from tercet.sandbox.launch import (
    START_TIMEOUT_S,
    Command,
    LaunchFailed,
    Running,
    limit_process,
    pipe_holding,
    read_first_child,
    send,
    system_program,
)
from tercet.sandbox.seccomp import build_filter

ROOT = "/workspace"
PROGRAMS = "/tercet"
"""Where our own files lie inside."""

PROXY_SOCKET = f"{PROGRAMS}/proxy.sock"
AUTHORITIES = f"{PROGRAMS}/authorities.pem"
_LOOK_AGAIN_S = 0.002
_SHARED = "/dev/shm"  # noqa: S108 - the sandbox's own
_USER = "1000"
_STAGE = "/mnt"
"""Covered, in a mount namespace of its own, by what a user that is not root must reach."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
_OWN_FILES = {
    "/etc/passwd": "agent:x:1000:1000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": "agent:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}

_AS_USER = f"""set -e
user=$1; shift
mount -n -t tmpfs -o mode=755,size=64k,nosuid,nodev tercet {_STAGE}
number=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "{_STAGE}/$number"; else : > "{_STAGE}/$number"; fi
  mount -n -c --bind "$1" "{_STAGE}/$number"
  number=$((number + 1)); shift
done
shift; cd /
exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all --bounding-set=-all -- "$@"
"""


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """How commands of one sandbox are started."""

    executable: str
    workspace: Path
    limits: Limits
    user: int | None
    """The user that a server which is root becomes; None: it is no root, and stays who it is."""

    network: Network | None = None
    cgroup: Cgroup | None = None
    fixed: tuple[str, ...] = ()
    kind: Kind = "bubblewrap"
    root: str = ROOT
    home: str = "/tmp"  # noqa: S108 - the sandbox's own

    def program(self, name: str) -> str:
        """Return where one of our own programs lies inside."""
        return f"{PROGRAMS}/{name}"

    async def start(self, command: Command) -> Running:
        """Start a command in namespaces of its own. Raises `LaunchFailed` and `OSError`."""
        with contextlib.ExitStack() as passed:
            info, info_writer = os.pipe()
            passed.callback(os.close, info)
            held, release = os.pipe()
            try:
                process = await self._spawn(command, info_writer, held)
            except BaseException:
                os.close(release)
                raise
            finally:
                os.close(info_writer)
                os.close(held)
            return await self._admit(process, info, release, command.may_write)

    async def _spawn(self, command: Command, info: int, held: int) -> asyncio.subprocess.Process:
        binds = self._binds()
        with contextlib.ExitStack() as ours:
            files = {path: self._pipe(ours, content.encode()) for path, content in _OWN_FILES.items()}
            for name in ("interpreter.py", "relay.py"):
                files[f"{PROGRAMS}/{name}"] = self._pipe(ours, inside_file(name))
            rules = self._pipe(ours, build_filter(sockets=True))
            options = self._options(command, binds, files)
            options += ["--seccomp", str(rules), "--info-fd", str(info), "--block-fd", str(held)]
            if any("\0" in option for option in options):
                raise ValueError("an option of bubblewrap cannot hold a NUL: they are divided by it")
            arguments = self._pipe(ours, b"".join(os.fsencode(option) + b"\0" for option in options))
            argv = [self.executable, "--args", str(arguments), "--", *self._relayed(command.argv)]
            return await asyncio.create_subprocess_exec(
                *self._as_user(binds, argv),
                stdin=command.stdin,
                stdout=command.stdout,
                stderr=command.stderr,
                pass_fds=(info, held, rules, arguments, *files.values(), *command.passed),
                env={},
                cwd="/",
            )

    @staticmethod
    def _pipe(ours: contextlib.ExitStack, content: bytes) -> int:
        reader = pipe_holding(content)
        ours.callback(os.close, reader)
        return reader

    def _binds(self) -> list[tuple[str, str, str]]:
        """Return how each thing is bound, where it lies and what it is called inside, the workspace first."""
        binds = [("--bind", str(self.workspace), ROOT)]
        binds += [("--ro-bind", str(self.workspace / name), f"{ROOT}/{name}") for name in self.fixed]
        binds += [("--ro-bind", path, path) for path in python_parts() if not path.startswith("/usr/")]
        if self.network is not None:
            if self.user is not None:
                os.chmod(self.network.proxy_socket, 0o666)  # noqa: S103 - its folder keeps others away
            binds.append(("--ro-bind", str(self.network.proxy_socket), PROXY_SOCKET))
            if self.network.authorities is not None:
                binds.append(("--ro-bind", str(self.network.authorities), AUTHORITIES))
        return binds

    def _as_user(self, binds: list[tuple[str, str, str]], argv: Sequence[str]) -> list[str]:
        if self.user is None:
            return list(argv)
        shell = ["/bin/sh", "-c", _AS_USER, "sh", str(self.user), *(source for _, source, _ in binds), "--"]
        return [system_program("unshare"), "--mount", "--propagation", "private", *shell, *argv]

    def _options(self, command: Command, binds: list[tuple[str, str, str]], files: dict[str, int]) -> list[str]:
        tmp = str(self.limits.tmp_mb * MB)
        options = ["--unshare-all", "--unshare-user", "--uid", _USER, "--gid", _USER, "--hostname", "sandbox"]
        options += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", *_system_binds()]
        options += ["--size", tmp, "--perms", "1777", "--tmpfs", self.home]  # first: an installation may lie under it
        for number, (option, source, inside) in enumerate(binds):
            options += [option, source if self.user is None else f"{_STAGE}/{number}", inside]
        for path, file in files.items():
            options += ["--perms", "0444", "--file", str(file), path]
        options += ["--proc", "/proc", "--dev", "/dev", "--size", tmp, "--perms", "1777", "--tmpfs", _SHARED]
        options += ["--remount-ro", "/dev", "--remount-ro", "/"]
        options += ["--clearenv"]
        for name, value in command.environment.items():
            options += ["--setenv", name, value]
        return [*options, "--chdir", f"{ROOT}/{command.cwd}".rstrip("/")]

    def _relayed(self, argv: Sequence[str]) -> list[str]:
        """Put the relay to the proxy around a command that has a network."""
        if self.network is None:
            return list(argv)
        return [python_program(), "-I", "-S", f"{PROGRAMS}/relay.py", PROXY_SOCKET, *argv]

    async def _admit(self, process: asyncio.subprocess.Process, info: int, release: int, may_write: bool) -> Running:
        """Set the limits of what has come up, and let it go."""
        tree: _Namespaced | None = None
        try:
            first = await read_first_child(info)
            tree = _Namespaced(first)
            await tree.complete()
            await limit_process(first, self.limits, may_write, user=self.user)
            if self.cgroup is not None:
                self.cgroup.admit(first)
            os.write(release, b"\n")
        except BaseException as error:
            if tree is not None:
                tree.kill()
                tree.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
            if isinstance(error, OSError):  # a TimeoutError is one
                raise LaunchFailed(f"the confinement went away: {error}") from error
            raise
        finally:
            os.close(release)
        return Running(process, tree)


class _Namespaced:
    """The processes of a process namespace, held by its first one: when that ends, the kernel ends all."""

    def __init__(self, first: int) -> None:
        self._first = os.pidfd_open(first)
        self._path = f"/proc/{first}"
        self._proc = -1

    async def complete(self) -> None:
        """Wait until its root is what it will be, which its own /proc is the last sign of.

        bubblewrap tells the id of the process before that, and no later sign. Raises `LaunchFailed`.
        """
        outside = os.stat("/proc").st_dev
        async with asyncio.timeout(START_TIMEOUT_S):
            while self._is_there():
                with contextlib.suppress(OSError):
                    proc = os.open(f"{self._path}/root/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                    if os.fstat(proc).st_dev != outside:
                        self._proc = proc
                        return
                    os.close(proc)
                await asyncio.sleep(_LOOK_AGAIN_S)
        raise LaunchFailed("the confinement ended while it was set up")

    def _is_there(self) -> bool:
        return os.path.exists(self._path)

    def kill(self) -> None:
        if self._first >= 0:
            send(self._first, signal.SIGKILL)

    def processes(self) -> tuple[int, list[str]]:
        if self._proc < 0:
            return -1, []
        with contextlib.suppress(OSError):
            return self._proc, [name for name in os.listdir(self._proc) if name.isdigit()]
        return -1, []

    def close(self) -> None:
        first, proc, self._first, self._proc = self._first, self._proc, -1, -1
        for file in (first, proc):
            if file >= 0:
                os.close(file)


def _system_binds() -> list[str]:
    """Return the options that show the system's programs and what they need of /etc, and nothing else of it."""
    options: list[str] = []
    for path in _SYSTEM:
        if os.path.islink(path):
            options += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            options += ["--ro-bind", path, path]
    for path in _SETTINGS:
        options += ["--ro-bind-try", path, path]
    return options
