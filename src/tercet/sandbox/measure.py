"""What the processes of a sandbox use, read from the kernel's own view of them."""

import os
import stat

import msgspec

_PAGE = os.sysconf("SC_PAGE_SIZE")


class TreeUsage(msgspec.Struct, frozen=True):
    """What a tree of processes uses together."""

    memory: int = 0
    """Resident bytes; pages that processes share count for each."""

    num_processes: int = 0
    deleted: dict[int, int] = {}
    """Files that have no name any more but are held open: inode → bytes on the disk."""


def tree_usage(proc: int, names: list[str], device: int) -> TreeUsage:
    """Measure the processes `names` of the /proc that `proc` is a descriptor of; `device` is the workspace's."""
    memory = 0
    deleted: dict[int, int] = {}
    for name in names:
        memory += _resident(proc, name)
        deleted |= _deleted_files(proc, name, device)
    return TreeUsage(memory, len(names), deleted)


def shared_once(proc: int, names: list[str]) -> int:
    """Return the resident bytes with shared pages divided among their holders: dearer to learn."""
    return sum(_proportional(proc, name) for name in names)


def _read(proc: int, path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


def _resident(proc: int, name: str) -> int:
    try:
        return int(_read(proc, f"{name}/statm").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(proc: int, name: str) -> int:
    try:
        for line in _read(proc, f"{name}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, IndexError):
        pass
    return _resident(proc, name)


def _deleted_files(proc: int, name: str, device: int) -> dict[int, int]:
    deleted: dict[int, int] = {}
    try:
        folder = os.open(f"{name}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=proc)
    except OSError:
        return deleted
    try:
        for number in os.listdir(folder):
            try:
                found = os.stat(number, dir_fd=folder)
            except OSError:
                continue
            if found.st_nlink == 0 and found.st_dev == device and stat.S_ISREG(found.st_mode):
                deleted[found.st_ino] = found.st_blocks * 512
    except OSError:
        pass
    finally:
        os.close(folder)
    return deleted
