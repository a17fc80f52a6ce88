"""The server's own hands in a workspace: file operations that cannot be led out of it by what lies there.

Every name is opened from the folder above it without following links, so that neither a planted link nor a folder
that is swapped half-way leads anywhere else. Only plain files are read and written: a FIFO or a device blocks
nobody. Paths are relative to the workspace, or begin with what it is called inside, or by clients.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from tercet.sandbox import openat2

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
PUBLIC = "/workspace"
"""How clients call every workspace, whatever it is called inside."""

MAX_DEPTH = 64
MAX_READ = 64_000_000

EntryKind = Literal["file", "folder", "link", "other"]


class Entry(msgspec.Struct, frozen=True):
    """Something that lies in a workspace."""

    path: str
    """Relative to the workspace, with `/` between its parts; empty for the workspace itself."""

    kind: EntryKind
    size: int
    """Bytes; of a folder, what the file system says of it."""

    modified_at: float
    """Seconds since 1970."""

    mode: int = 0
    """Permissions."""

    mark: tuple[int, int, int] = (0, 0, 0)
    """Differs once content or permissions have changed: inode, and nanoseconds of both times."""


class Room(Protocol):
    """Where a limit is kept; its text says how full it is."""

    def reserve(self, num_bytes: int) -> bool:
        """Tell whether a file of so many bytes fits, and count it."""


class Beneath:
    """The files of one workspace. All methods block; all raise `OSError` kinds that name the path as it was given."""

    def __init__(
        self,
        folder: Path,
        inside: str = PUBLIC,
        owner: int | None = None,
        quota: Room | None = None,
        fixed: tuple[str, ...] = (),
    ) -> None:
        """Hold `folder` open. `inside` is how processes in the sandbox call it; new files are given to `owner`.

        Nothing is changed in the folders `fixed` directly in it.
        """
        self._root = os.open(folder, _FOLDER)
        self._inside = inside.rstrip("/")
        self._owner = owner
        self._quota = quota
        self._fixed = fixed

    def close(self) -> None:
        """Let go of the folder; idempotent."""
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def stat(self, path: str) -> Entry | None:
        """Return what lies at `path`, a link as a link; None when nothing does."""
        parts = self.parts(path)
        try:
            with self._parent(parts, path) as (folder, name):
                return _entry("/".join(parts), os.stat(name, dir_fd=folder, follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str, *, max_bytes: int = MAX_READ) -> bytes:
        """Return the content of a plain file; raises `OSError` (EFBIG) when it is longer than `max_bytes`."""
        with self.opened(path) as file:
            size = os.fstat(file).st_size
            content = _read(file, max_bytes + 1)
        if len(content) > max_bytes:
            raise OSError(errno.EFBIG, f"has {max(size, len(content)):,} bytes; the most is {max_bytes:,}", path)
        return content

    @contextlib.contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """Open a plain file to read; yields its descriptor."""
        with self._parent(self.parts(path), path) as (folder, name):
            try:
                file = os.open(name, _FILE, dir_fd=folder)
            except OSError as error:
                raise _explained(error, path) from error
        try:
            _require_plain(os.fstat(file), path)
            yield file
        finally:
            os.close(file)

    def write(self, path: str, content: bytes) -> None:
        """Put `content` at `path`, whole or not at all; folders above it are made, a plain file is replaced."""
        parts = self._changeable(path)
        if self._quota is not None and not self._quota.reserve(len(content)):
            raise OSError(errno.ENOSPC, f"does not fit: {self._quota}", path)
        with self._parent(parts, path, make=True) as (folder, name):
            mode = self._replaceable(folder, name, path)
            draft = f".{name[:100]}.{secrets.token_hex(6)}"
            try:
                self._write_new(folder, draft, content, mode)
                os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.unlink(draft, dir_fd=folder)
                raise _explained(error, path) from error

    def read_link(self, path: str) -> str:
        """Return what a link names; it is not followed."""
        with self._parent(self.parts(path), path) as (folder, name):
            return os.readlink(name, dir_fd=folder)

    def make_link(self, path: str, target: str) -> None:
        """Make a link, which leads where processes inside find it to lead; nothing may be there."""
        with self._parent(self.parts(path), path, make=True) as (folder, name):
            os.symlink(target, name, dir_fd=folder)
            if self._owner is not None:
                os.chown(name, self._owner, self._owner, dir_fd=folder, follow_symlinks=False)

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it, where there is none."""
        os.close(self._open_folder(self.parts(path), make=True))

    def stamp(self, path: str, mode: int, modified_ns: int) -> None:
        """Set the permissions of a file or folder, and when it was modified."""
        parts = self.parts(path)
        with self._parent(parts, path) as (folder, name):
            file = os.open(name, _FILE, dir_fd=folder)
        try:
            os.fchmod(file, mode & 0o777)
            os.utime(file, ns=(modified_ns, modified_ns))
        finally:
            os.close(file)

    def remove(self, path: str) -> None:
        """Delete a file or a link, not what the link names; raises `IsADirectoryError` for a folder."""
        with self._parent(self._changeable(path), path) as (folder, name):
            try:
                os.unlink(name, dir_fd=folder)
            except OSError as error:
                raise _explained(error, path) from error

    def list(self, path: str = "") -> list[Entry]:
        """Return what lies in a folder, by name."""
        parts = self.parts(path)
        with self._folder(parts, path) as folder:
            return sorted(_entries(folder, "/".join(parts)), key=lambda entry: entry.path)

    def walk(self, path: str = "") -> Iterator[Entry]:
        """Yield everything below a folder, depth first and by name; links are not followed.

        Folders that vanish on the way or lie deeper than `MAX_DEPTH` are passed over.
        """
        waiting = [("/".join(self.parts(path)))]
        while waiting:
            current = waiting.pop()
            try:
                entries = self.list(current)
            except OSError:
                if not current:
                    raise
                continue
            yield from entries
            folders = [entry.path for entry in entries if entry.kind == "folder"]
            waiting.extend(folder for folder in reversed(folders) if folder.count("/") < MAX_DEPTH - 1)

    def parts(self, path: str) -> tuple[str, ...]:
        """Return the names on the way to `path`; raises `PermissionError` when they lead out of the workspace."""
        if "\0" in path or len(path) > 4096:
            raise PermissionError(errno.EACCES, "is not the name of a file", path)
        relative = path
        for name in (self._inside, PUBLIC):
            if path == name or path.startswith(name + "/"):
                relative = path[len(name) :].lstrip("/")
                break
        if relative is path and path.startswith("/"):
            raise PermissionError(errno.EACCES, f"is outside the workspace {self._inside}", path)
        parts = tuple(part for part in relative.split("/") if part not in ("", "."))
        if ".." in parts:
            raise PermissionError(errno.EACCES, "has .. in it; name the file by its path in the workspace", path)
        if len(parts) > MAX_DEPTH:
            raise PermissionError(errno.EACCES, f"is deeper than {MAX_DEPTH} folders", path)
        return parts

    def _changeable(self, path: str) -> tuple[str, ...]:
        parts = self.parts(path)
        if parts and parts[0] in self._fixed:
            raise PermissionError(errno.EACCES, f"is in {parts[0]}, which cannot be changed", path)
        return parts

    @contextlib.contextmanager
    def _parent(self, parts: tuple[str, ...], path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """Open the folder above the last part; yields its descriptor and that part."""
        if not parts:
            if make:
                raise IsADirectoryError(errno.EISDIR, "is the workspace itself", path)
            yield self._root, "."
            return
        with self._folder(parts[:-1], path, make=make) as folder:
            yield folder, parts[-1]

    @contextlib.contextmanager
    def _folder(self, parts: tuple[str, ...], path: str, *, make: bool = False) -> Iterator[int]:
        try:
            folder = self._open_folder(parts, make)
        except OSError as error:
            raise _explained(error, path) from error
        try:
            yield folder
        finally:
            os.close(folder)

    def _open_folder(self, parts: tuple[str, ...], make: bool) -> int:
        if not make and openat2.is_served():
            return openat2.open_beneath(self._root, "/".join(parts) or ".", _FOLDER)
        folder = os.dup(self._root)
        for part in parts:
            try:
                below = self._step(folder, part, make)
            finally:
                os.close(folder)
            folder = below
        return folder

    def _step(self, folder: int, part: str, make: bool) -> int:
        """Open one folder in another; made new, it belongs to the sandbox's user."""
        if make:
            try:
                os.mkdir(part, 0o755, dir_fd=folder)
            except FileExistsError:
                pass
            else:
                below = os.open(part, _FOLDER, dir_fd=folder)
                self._give(below)
                return below
        return os.open(part, _FOLDER, dir_fd=folder)

    def _replaceable(self, folder: int, name: str, path: str) -> int:
        """Return the mode that a file at `name` will have; raises unless nothing or a plain file is there."""
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return 0o644
        _require_plain(found, path)
        return stat.S_IMODE(found.st_mode) & 0o777

    def _write_new(self, folder: int, name: str, content: bytes, mode: int) -> None:
        file = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fchmod(file, mode)
            self._give(file)
        finally:
            os.close(file)

    def _give(self, file: int) -> None:
        if self._owner is not None:
            os.fchown(file, self._owner, self._owner)


def _entries(folder: int, above: str) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        for one in found:
            with contextlib.suppress(FileNotFoundError):
                yield _entry(f"{above}/{one.name}" if above else one.name, one.stat(follow_symlinks=False))


def _entry(path: str, found: os.stat_result) -> Entry:
    kinds: dict[int, EntryKind] = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(found.st_mode), "other")
    mark = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns)
    return Entry(path, kind, found.st_size, found.st_mtime, stat.S_IMODE(found.st_mode) & 0o777, mark)


def _read(file: int, max_bytes: int) -> bytes:
    pieces = []
    while max_bytes > 0 and (piece := os.read(file, min(max_bytes, 1 << 20))):
        pieces.append(piece)
        max_bytes -= len(piece)
    return b"".join(pieces)


def _require_plain(found: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder", path)
    if stat.S_ISLNK(found.st_mode):
        raise PermissionError(errno.EACCES, "is a symbolic link, which is not followed", path)
    if not stat.S_ISREG(found.st_mode):
        raise PermissionError(errno.EACCES, "is not a plain file", path)


def _explained(error: OSError, path: str) -> OSError:
    """Return the same kind of error about the path that was asked for."""
    if error.errno in (errno.ELOOP, errno.EXDEV, errno.EMLINK):
        return PermissionError(errno.EACCES, "leads through a symbolic link, which is not followed", path)
    if error.errno == errno.ENXIO:
        return PermissionError(errno.EACCES, "is not a plain file", path)
    if error.errno == errno.ENOTDIR:
        return NotADirectoryError(errno.ENOTDIR, "has something on its way that is not a folder", path)
    return OSError(error.errno or errno.EIO, os.strerror(error.errno or errno.EIO).lower(), path)
