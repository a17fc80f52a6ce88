"""Limits that the kernel itself keeps, for a server that was given a part of the cgroup tree (version 2).

Under systemd that is `Delegate=yes`; in a container, a tree of its own that is mounted writable. Without either there
is the watchdog.
"""

import contextlib
import functools
import os
import secrets
from pathlib import Path

from tercet.sandbox.base import MB, Limits

_TREE = Path("/sys/fs/cgroup")
_CONTROLLERS = {"memory", "pids"}
_SERVER = "tercet-server"
_PREFIX = "tercet-sandbox-"


class Cgroup:
    """The group of one sandbox's processes."""

    def __init__(self, parent: Path, limits: Limits) -> None:
        """Make a group below `parent`; raises `OSError` when that is not possible."""
        self._folder = parent / f"{_PREFIX}{secrets.token_hex(8)}"
        self._limits = limits
        self._num_kills = 0
        self._make()

    def _make(self) -> None:
        self._folder.mkdir()
        self._set("memory.max", self._limits.memory_mb * MB)
        self._set("pids.max", self._limits.num_processes)
        with contextlib.suppress(OSError):  # a kernel without swap accounting
            self._set("memory.swap.max", 0)
        with contextlib.suppress(OSError):
            self._set("memory.oom.group", 1)

    def _set(self, name: str, value: int) -> None:
        (self._folder / name).write_text(str(value), encoding="ascii")

    def admit(self, pid: int) -> None:
        """Put a process in, and with it all that it starts. Raises `OSError`."""
        if not self._folder.is_dir():  # another server swept it away while it was empty
            self._make()
        self._set("cgroup.procs", pid)

    def ran_out(self) -> bool:
        """Tell whether the kernel has ended processes for lack of memory since this was asked last."""
        before, self._num_kills = self._num_kills, self._read_kills()
        return self._num_kills > before

    def _read_kills(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            for line in (self._folder / "memory.events").read_text(encoding="ascii").splitlines():
                name, _, number = line.partition(" ")
                if name == "oom_kill":
                    return int(number)
        return 0

    def close(self) -> None:
        """Remove the group, in which nothing runs any more; idempotent."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()


@functools.cache
def delegated_parent(tree: Path = _TREE, own: Path = Path("/proc/self/cgroup")) -> Path | None:
    """Return the group below which this server may make its own, or None when it was given none.

    A group that has processes cannot limit those below it, so the server moves into a group beside them.
    """
    try:
        path = next(line[4:] for line in own.read_text(encoding="ascii").splitlines() if line.startswith("0::/"))
        parent = tree / path
        if parent.name == _SERVER:  # moved there before, by this server's parent or another of its processes
            parent = parent.parent
        controllers = (parent / "cgroup.controllers").read_text(encoding="ascii").split()
        if not _is_delegated(parent, tree) or not _CONTROLLERS.issubset(controllers):
            return None
        (parent / _SERVER).mkdir(exist_ok=True)
        for pid in (parent / "cgroup.procs").read_text(encoding="ascii").split():
            (parent / _SERVER / "cgroup.procs").write_text(pid, encoding="ascii")
        (parent / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
        _sweep(parent)
    except (OSError, StopIteration, UnicodeDecodeError):
        return None
    return parent


def _is_delegated(folder: Path, tree: Path) -> bool:
    """Tell whether systemd says so, or the tree is a container's; that a file can be written to is no leave to do it.

    The topmost group that there is has no type; a container sees its own group at the top, which has one.
    """
    if folder == tree and (folder / "cgroup.type").exists():
        return True
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False


def _sweep(parent: Path) -> None:
    """Remove groups that a server left which was killed; one in which something runs cannot be removed."""
    for left in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            left.rmdir()
