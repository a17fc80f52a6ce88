"""How full a workspace is, measured by walking it; what lies there may be made to be hard to walk.

The limit is not the file system's own: what was written between two measurements is over it. What stops that from
becoming much is elsewhere: no call allocates without writing, files have a greatest length, and in a workspace that
is already full files cannot grow at all.
"""

import contextlib
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tercet.sandbox.base import MB, Limits

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MAX_DEPTH = 128
"""Folders in folders; a workspace that is deeper counts as full."""

MIN_FREE_SHARE = 0.02
"""Of the disk that workspaces lie on: when less is left, what writes is stopped whatever its own limit."""


class Usage(msgspec.Struct, frozen=True):
    """What a workspace holds."""

    num_bytes: int
    """On the disk: a hole in a file takes nothing."""

    num_files: int


class Quota:
    """The limit of one workspace and what was last measured; may be used from any thread."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._max = Usage(limits.workspace_mb * MB, limits.workspace_files)
        self._lock = threading.Lock()
        self._usage: Usage | None = None
        self.device = os.stat(folder).st_dev

    def measure(self) -> Usage:
        """Walk the workspace and return what it holds; stops early at more files than are allowed."""
        usage = Usage(0, 0)  # of a workspace that was removed
        with contextlib.suppress(FileNotFoundError):
            usage = _measure(self._folder, self._max.num_files)
        with self._lock:
            self._usage = usage
        return usage

    def last(self) -> Usage:
        """Return what was last measured, or measure."""
        return self._usage or self.measure()

    def is_full(self, usage: Usage | None = None) -> bool:
        """Tell whether the limit is reached, by `usage` or else by what was last measured."""
        usage = usage or self.last()
        return usage.num_bytes >= self._max.num_bytes or usage.num_files >= self._max.num_files

    def reserve(self, num_bytes: int) -> bool:
        """Tell whether one more file of so many bytes fits, and count it."""
        for attempt in range(2):
            with self._lock:
                if self._usage is not None:
                    wanted = Usage(self._usage.num_bytes + num_bytes, self._usage.num_files + 1)
                    if wanted.num_bytes <= self._max.num_bytes and wanted.num_files <= self._max.num_files:
                        self._usage = wanted
                        return True
            if attempt == 0:
                self.measure()
        return False

    def disk_is_low(self) -> bool:
        """Tell whether the disk below the workspace is nearly full, whoever filled it."""
        try:
            total, _, free = shutil.disk_usage(self._folder)
        except FileNotFoundError:
            return False
        return free < total * MIN_FREE_SHARE

    def __str__(self) -> str:
        usage = self.last()
        return (
            f"the workspace holds {usage.num_bytes / MB:,.1f} of {self._max.num_bytes / MB:,.0f} MB "
            f"in {usage.num_files:,} of {self._max.num_files:,} files"
        )


def _measure(folder: Path, max_files: int) -> Usage:
    num_bytes = num_files = 0
    linked: set[int] = set()
    for found in _everything(folder):
        if found is None:
            return Usage(num_bytes, max_files + 1)
        num_files += 1
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            if found.st_ino in linked:
                continue
            linked.add(found.st_ino)
        num_bytes += found.st_blocks * 512
        if num_files > max_files:
            break
    return Usage(num_bytes, num_files)


def _everything(folder: Path) -> Iterator[os.stat_result | None]:
    """Yield the status of all that lies below, at most `MAX_DEPTH` deep; None where it is deeper."""
    levels: list[tuple[int, list[str]]] = []
    try:
        root = os.open(folder, _FOLDER)
        names: list[str] = []
        levels.append((root, names))
        yield from _level(root, names)
        while levels:
            above, names = levels[-1]
            if not names:
                os.close(levels.pop()[0])
                continue
            opened = open_folder(names.pop(), above)
            if opened is None:
                continue
            names = []
            levels.append((opened, names))
            yield from _level(opened, names)
            if len(levels) > MAX_DEPTH:
                yield None
    finally:
        for opened, _ in levels:
            os.close(opened)


def _level(folder: int, names: list[str]) -> Iterator[os.stat_result]:
    """Yield the status of what lies in a folder and note the names of the folders in it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    names.append(entry.name)
                yield found


def open_folder(name: str, above: int) -> int | None:
    """Open a folder, against its own mode if need be; None when there is none of that name (any more)."""
    for attempt in range(2):
        try:
            return os.open(name, _FOLDER, dir_fd=above)
        except PermissionError:
            if attempt == 0:
                make_accessible(name, above)
        except OSError:
            return None
    return None


def make_accessible(name: str, above: int) -> None:
    """Give a folder a mode with which its owner can look into it; does nothing to what is not a folder."""
    with contextlib.suppress(OSError):
        path = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
        try:
            os.chmod(f"/proc/self/fd/{path}", 0o700)
        finally:
            os.close(path)
