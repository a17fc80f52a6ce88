"""Limits that the kernel itself keeps, for a server that was given a part of the cgroup tree (version 2).

Under systemd that is `Delegate=yes`. Without it there is the watchdog.
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


class Cgroup:
    """The group of one sandbox's processes."""

    def __init__(self, parent: Path, limits: Limits) -> None:
        """Make a group below `parent`; raises `OSError` when that is not possible."""
        self._folder = parent / f"tercet-{secrets.token_hex(8)}"
        self._folder.mkdir()
        self._set("memory.max", limits.memory_mb * MB)
        self._set("pids.max", limits.num_processes)
        with contextlib.suppress(OSError):  # a kernel without swap accounting
            self._set("memory.swap.max", 0)
        with contextlib.suppress(OSError):
            self._set("memory.oom.group", 1)

    def _set(self, name: str, value: int) -> None:
        (self._folder / name).write_text(str(value), encoding="ascii")

    def admit(self, pid: int) -> None:
        """Put a process in, and with it all that it starts."""
        self._set("cgroup.procs", pid)

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
        controllers = (parent / "cgroup.controllers").read_text(encoding="ascii").split()
        if not _is_delegated(parent) or not _CONTROLLERS.issubset(controllers):
            return None
        (parent / _SERVER).mkdir(exist_ok=True)
        for pid in (parent / "cgroup.procs").read_text(encoding="ascii").split():
            (parent / _SERVER / "cgroup.procs").write_text(pid, encoding="ascii")
        (parent / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
    except (OSError, StopIteration, UnicodeDecodeError):
        return None
    return parent


def _is_delegated(folder: Path) -> bool:
    """Tell whether systemd says so; that a file can be written to is no leave to do it."""
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False
