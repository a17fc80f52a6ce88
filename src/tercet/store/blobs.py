"""Contents of files as blobs in a folder: named by their SHA-256, written whole or not at all, read as a stream.

A content on its way in is a file under `incoming/`; it is synced to disk before it is renamed to its digest. Which
blobs are wanted is the database's to know, not this folder's.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from tercet.errors import StoreFailed
from tercet.store.database import Connection

CHUNK_BYTES = 1 << 20
SPARE_BYTES = 64 << 20
"""Disk space that contents leave to the database, so that it can go on, and contents can be deleted."""
STALE_S = 3600.0
"""An incoming content that was not written to for so long belongs to a process that is gone."""


class BlobFolder:
    """The `Contents` of one machine. Several processes may share the folder, together with a SQLite file."""

    def __init__(self, folder: Path, *, spare_bytes: int = SPARE_BYTES) -> None:
        """Nothing is created before the first content comes in; contents leave `spare_bytes` of the disk free."""
        self.folder = folder
        self.spare_bytes = spare_bytes
        self.incoming = folder / "incoming"

    def receive(self, *, has_md5: bool = False) -> "IncomingBlob":
        """See `Contents.receive`."""
        return IncomingBlob(self, has_md5=has_md5)

    def path(self, digest: str) -> Path:
        """Return where the blob of this digest lies, or would lie."""
        return self.folder / digest[:2] / digest[2:]

    async def read(self, digest: str, offset: int = 0, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `Contents.read`."""
        content = await asyncio.to_thread(self._open, digest)
        try:
            while size is None or size > 0:
                wanted = CHUNK_BYTES if size is None else min(CHUNK_BYTES, size)
                chunk = await asyncio.to_thread(_read_at, content, offset, wanted)
                if not chunk:
                    if size is None:
                        return
                    raise StoreFailed(f"the content {digest[:12]!r} is shorter than it was")
                offset += len(chunk)
                size = None if size is None else size - len(chunk)
                yield chunk
        finally:
            content.close()

    def check_space(self, size: int) -> None:
        """Raise `StoreFailed` unless `size` more bytes leave enough of the disk free."""
        free = shutil.disk_usage(self.folder).free
        if free - size < self.spare_bytes:
            raise StoreFailed(f"cannot keep the content: the disk has {free / 1e6:,.1f} MB left")

    def remove(self, connection: Connection, digest: str) -> None:
        """See `Contents.remove`; no other write transaction can overlap the one that this is called in."""
        self.path(digest).unlink(missing_ok=True)

    async def digests(self) -> Sequence[str]:
        """See `Contents.digests`."""
        shelves = "[0-9a-f][0-9a-f]"
        return await asyncio.to_thread(
            lambda: sorted(shelf.name + blob.name for shelf in self.folder.glob(shelves) for blob in shelf.iterdir())
        )

    async def remove_stale(self) -> None:
        """See `Contents.remove_stale`."""
        await asyncio.to_thread(self._remove_stale)

    def _remove_stale(self) -> None:
        oldest = time.time() - STALE_S
        for part in self.incoming.glob("*"):
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < oldest:
                    part.unlink()

    def _open(self, digest: str) -> BinaryIO:
        try:
            return self.path(digest).open("rb", buffering=0)
        except OSError as error:
            raise StoreFailed(f"cannot read the content {digest[:12]!r}: {error.strerror}") from error


class IncomingBlob:
    """One content on its way in: an `Arriving`."""

    def __init__(self, folder: BlobFolder, *, has_md5: bool) -> None:
        self._folder = folder
        self._path = folder.incoming / secrets.token_hex(16)
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if has_md5 else None
        self.size = 0

    async def __aenter__(self) -> "IncomingBlob":
        await self._run(self._create)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    @property
    def digest(self) -> str:
        """The hexadecimal SHA-256 of what was written so far."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        """The hexadecimal MD5, where it was asked for."""
        assert self._md5 is not None
        return self._md5.hexdigest()

    async def write(self, chunk: bytes) -> None:
        """Append `chunk`. Raises `StoreFailed`."""
        await self._run(lambda: self._append(chunk))

    async def seal(self) -> None:
        """Bring everything to the disk; nothing is written after this. Raises `StoreFailed`."""
        await self._run(self._sync)

    def place(self, connection: Connection) -> None:
        """See `Arriving.place`: rename the sealed content to its digest, replacing an equal one."""
        target = self._folder.path(self.digest)
        is_new = not target.parent.is_dir()
        target.parent.mkdir(mode=0o700, exist_ok=True)
        self._path.replace(target)
        _sync_folder(target.parent)
        if is_new:
            _sync_folder(self._folder.folder)

    def _create(self) -> None:
        self._folder.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self._path.open("xb", buffering=0)

    def _append(self, chunk: bytes) -> None:
        with self._lock:
            if self._file is None:
                return  # discarded while this write was waiting for its thread
            self._folder.check_space(len(chunk))
            view = memoryview(chunk)
            while view:
                view = view[self._file.write(view) :]
            self._sha256.update(chunk)
            if self._md5 is not None:
                self._md5.update(chunk)
            self.size += len(chunk)

    def _sync(self) -> None:
        with self._lock:
            if self._file is not None:
                os.fsync(self._file.fileno())

    def _discard(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
        self._path.unlink(missing_ok=True)

    async def _run(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except OSError as error:
            raise StoreFailed(f"cannot keep the content: {error.strerror}") from error


def _read_at(content: BinaryIO, offset: int, size: int) -> bytes:
    content.seek(offset)
    return content.read(size)


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power loss, where folders can be synced at all."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
