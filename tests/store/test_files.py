"""Files in the store: rows always have their contents, contents go with their last row, full disks lose nothing."""

import asyncio
import contextlib
import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tercet.clock import now_s
from tercet.errors import NotFound, RunConflict, StoreFailed
from tercet.ids import new_id
from tercet.records import FileRecord, PartRecord, UploadRecord
from tercet.store.blobs import CHUNK_BYTES, STALE_S, BlobFolder
from tercet.store.contents import Contents
from tercet.store.database import Database
from tercet.store.files import SqlFiles
from tercet.store.filing import Incoming, Page
from tercet.store.sqlite import SqliteDatabase
from tercet.store.uploads import SqlUploads

FOREVER = 2**40
Count = Callable[[], Awaitable[int]]


@pytest.fixture
def store(database: Database, contents: Contents) -> SqlFiles:
    return SqlFiles(database, contents, retention_days=30)


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[SqlFiles]:
    """Files of one machine, whose contents are in a folder."""
    database = SqliteDatabase(tmp_path / "tercet.db")
    yield SqlFiles(database, BlobFolder(tmp_path / "files"), retention_days=30)
    await database.close()


@pytest.fixture
def num_contents(database: Database, tmp_path: Path) -> Count:
    """Return how many contents there are, those included that are on their way in."""

    async def count() -> int:
        if database.dialect == "sqlite":
            return len(on_disk(tmp_path))
        statement = "SELECT COUNT(*) FROM contents"
        row = await database.read(lambda connection: connection.execute(statement).fetchone())
        return int(row[0])

    return count


def record(content: Incoming, expires_at: int = FOREVER, owner: str = "me") -> FileRecord:
    return FileRecord(new_id("file"), owner, now_s(), expires_at, "user_data", "a.txt", content.size, content.digest)


async def keep(store: SqlFiles, text: bytes, expires_at: int = FOREVER) -> FileRecord:
    async with store.receive() as content:
        await content.write(text)
        file = record(content, expires_at)
        await store.add(file, content)
    return file


async def content_of(store: SqlFiles, file: FileRecord) -> bytes:
    return b"".join([chunk async for chunk in store.read(file.digest)])


def on_disk(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


async def test_a_stretch_of_a_content_is_read(store: SqlFiles) -> None:
    file = await keep(store, b"0123456789")
    assert b"".join([chunk async for chunk in store.read(file.digest, 3, 4)]) == b"3456"
    with pytest.raises(StoreFailed, match="shorter"):
        _ = [chunk async for chunk in store.read(file.digest, 8, 4)]
    with pytest.raises(StoreFailed):
        _ = [chunk async for chunk in store.read("0" * 64)]


async def test_a_large_content_comes_back_whole_and_in_stretches(store: SqlFiles) -> None:
    text = os.urandom(3 * CHUNK_BYTES + 17)
    async with store.receive(has_md5=True) as content:
        for start in range(0, len(text), 300_000):
            await content.write(text[start : start + 300_000])
        assert content.md5 == hashlib.md5(text).hexdigest()
        file = record(content)
        await store.add(file, content)
    assert (file.size, file.digest) == (len(text), hashlib.sha256(text).hexdigest())
    assert await content_of(store, file) == text
    for offset, size in ((CHUNK_BYTES - 1, 2), (CHUNK_BYTES, CHUNK_BYTES), (5, 2 * CHUNK_BYTES), (len(text), 0)):
        assert b"".join([chunk async for chunk in store.read(file.digest, offset, size)]) == text[offset:][:size]
    assert (
        b"".join([chunk async for chunk in store.read(file.digest, 2 * CHUNK_BYTES + 5)]) == text[2 * CHUNK_BYTES + 5 :]
    )


async def test_an_empty_content_is_one(store: SqlFiles) -> None:
    assert await content_of(store, await keep(store, b"")) == b""


async def test_what_was_not_added_is_discarded(store: SqlFiles, num_contents: Count) -> None:
    async with store.receive() as content:
        await content.write(b"x" * CHUNK_BYTES)
        assert await num_contents() == 1
    assert await num_contents() == 0


async def test_a_write_that_is_cancelled_leaves_nothing(store: SqlFiles, num_contents: Count) -> None:
    async def receive() -> None:
        async with store.receive() as content:
            while True:
                await content.write(b"x" * 100_000)

    task = asyncio.create_task(receive())
    await asyncio.sleep(0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await num_contents() == 0


async def test_a_file_whose_time_is_over_is_gone_at_once_and_its_content_at_the_next_purge(
    store: SqlFiles, num_contents: Count
) -> None:
    old = await keep(store, b"old", expires_at=now_s())
    kept = await keep(store, b"kept")
    assert await store.get(old.id, "me") is None
    assert await store.list("me", Page(10)) == [kept]
    assert not await store.delete(old.id, "me")
    assert await num_contents() == 2
    await store.purge()
    assert await num_contents() == 1
    assert await content_of(store, kept) == b"kept"


async def test_a_purge_removes_contents_without_a_row_and_incoming_ones_that_nobody_writes(
    local: SqlFiles, tmp_path: Path
) -> None:
    store = local
    file = await keep(store, b"kept")
    orphan = tmp_path / "files" / "ab" / ("cd" * 31)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left behind")
    stale, fresh = (tmp_path / "files" / "incoming" / name for name in ("stale", "fresh"))
    stale.write_bytes(b"x")
    fresh.write_bytes(b"x")
    os.utime(stale, (now_s() - STALE_S - 10,) * 2)
    await store.purge()
    assert not orphan.exists()
    assert (stale.exists(), fresh.exists()) == (False, True)
    assert await content_of(store, file) == b"kept"


async def test_adding_and_deleting_the_same_content_side_by_side_never_loses_it(store: SqlFiles) -> None:
    """The content of a row is removed by nobody, however close the deletion of its twin comes."""
    for _ in range(30):
        first = await keep(store, b"twin")
        second, was_there = await asyncio.gather(keep(store, b"twin"), store.delete(first.id, "me"))
        assert was_there
        assert await content_of(store, second) == b"twin"
        await store.delete(second.id, "me")


async def test_a_page_after_an_unknown_entry_is_refused(store: SqlFiles) -> None:
    with pytest.raises(NotFound):
        await store.list("me", Page(10, after="file_none"))


async def test_an_upload_ends_once(store: SqlFiles, num_contents: Count) -> None:
    uploads = SqlUploads(store._database, store)
    upload = UploadRecord("upload_1", "me", now_s(), FOREVER, "user_data", "a.txt", 3, None)
    await uploads.add(upload)
    async with store.receive() as content:
        await content.write(b"abc")
        part = PartRecord("part_1", upload.id, now_s(), content.size, content.digest)
        await uploads.add_part(upload, part, content)
    assert await uploads.parts(upload.id) == [part]
    await uploads.cancel(upload)
    assert await num_contents() == 0
    async with store.receive() as content:
        await content.write(b"abc")
        with pytest.raises(RunConflict):
            await uploads.complete(upload, record(content), content)
        with pytest.raises(RunConflict):
            await uploads.add_part(upload, part, content)
    assert await num_contents() == 0
    assert await store.list("me", Page(10)) == []


@contextlib.contextmanager
def small_files(max_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond `max_bytes`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_content_that_the_disk_does_not_take_leaves_nothing(local: SqlFiles, tmp_path: Path) -> None:
    store = local
    kept = await keep(store, b"kept")
    with small_files(2_000_000), pytest.raises(StoreFailed, match="cannot keep the content: File too large"):
        await keep(store, b"x" * 3_000_000)
    assert await store.list("me", Page(10)) == [kept]
    assert len(on_disk(tmp_path)) == 1


async def test_a_row_that_the_disk_does_not_take_leaves_no_content(local: SqlFiles, tmp_path: Path) -> None:
    """The content is placed, the transaction fails: the content goes again, and the store works on."""
    store = local
    kept = await keep(store, b"kept")
    limit = (tmp_path / "tercet.db-wal").stat().st_size + 1
    with small_files(limit), pytest.raises(StoreFailed):
        await keep(store, b"new")
    assert await store.list("me", Page(10)) == [kept]
    assert len(on_disk(tmp_path)) == 1
    again = await keep(store, b"new")
    assert await content_of(store, again) == b"new"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a file system can only be mounted by root, on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounting.returncode:
        pytest.skip(f"nothing can be mounted here: {mounting.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_refuses_and_recovers(tiny_disk: Path) -> None:
    database = SqliteDatabase(tiny_disk / "tercet.db")
    files = SqlFiles(database, BlobFolder(tiny_disk / "files", spare_bytes=200_000), retention_days=30)
    kept: list[FileRecord] = []
    try:
        with pytest.raises(StoreFailed):
            await fill(files, kept)
        assert len(kept) > 3
        assert await files.list("me", Page(100, is_ascending=True)) == kept
        assert [await content_of(files, file) for file in kept] == [bytes([n]) * 50_000 for n in range(len(kept))]
        assert len(on_disk(tiny_disk)) == len(kept)
        assert await files.delete(kept[0].id, "me"), "contents left room for the database"
        await keep(files, b"fits again")
    finally:
        await database.close()


async def fill(files: SqlFiles, kept: list[FileRecord]) -> None:
    for number in range(100):
        kept.append(await keep(files, bytes([number]) * 50_000))  # noqa: PERF401 - what was kept counts when one fails
