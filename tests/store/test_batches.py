"""Batches in the store: a record and its run live and end together."""

import msgspec
import pytest

from tercet.clock import now_s
from tercet.errors import NotFound, RunConflict
from tercet.records import BatchRecord, FileRecord
from tercet.store.batches import SqlBatches
from tercet.store.contents import Contents
from tercet.store.database import Database
from tercet.store.files import SqlFiles
from tercet.store.filing import Page
from tercet.store.journal import SqlJournal

DAY_S = 86_400


class Parts:
    """The stores that a batch touches, over one database."""

    def __init__(self, database: Database, contents: Contents) -> None:
        self.database = database
        self.contents = contents
        self.files = SqlFiles(database, contents, retention_days=30)
        self.batches = SqlBatches(self.database, self.files, retention_days=30)
        self.journal = SqlJournal(self.database)

    async def given(self, text: bytes = b"input") -> FileRecord:
        async with self.files.receive() as content:
            await content.write(text)
            file = FileRecord("file_1", "me", now_s(), 2**40, "batch", "in.jsonl", content.size, content.digest)
            await self.files.add(file, content)
        return file

    async def count(self, table: str) -> int:
        statement = f"SELECT COUNT(*) FROM {table}"
        row = await self.database.read(lambda connection: connection.execute(statement).fetchone())
        return int(row[0])


@pytest.fixture
def parts(database: Database, contents: Contents) -> Parts:
    return Parts(database, contents)


def batch(file: FileRecord, created_at: int | None = None) -> BatchRecord:
    created_at = now_s() if created_at is None else created_at
    return BatchRecord("batch_1", "me", created_at, created_at + DAY_S, "/v1/x", file.id, file.digest, file.size)


def completed(record: BatchRecord) -> BatchRecord:
    return msgspec.structs.replace(record, status="completed")


async def test_a_batch_needs_its_input(parts: Parts) -> None:
    file = await parts.given()
    await parts.files.delete(file.id, "me")
    with pytest.raises(NotFound):
        await parts.batches.add(batch(file), "batch")
    assert await parts.count("runs") == 0


async def test_the_input_stays_as_long_as_the_batch(parts: Parts) -> None:
    file = await parts.given()
    await parts.batches.add(batch(file, now_s() - 31 * DAY_S), "batch")
    await parts.files.delete(file.id, "me")
    assert b"".join([chunk async for chunk in parts.files.read(file.digest)]) == b"input"
    await parts.batches.purge()
    assert not await parts.contents.digests()
    assert [await parts.count(table) for table in ("batches", "runs", "blobs")] == [0, 0, 0]


async def test_the_end_of_a_batch_is_all_or_nothing(parts: Parts) -> None:
    file = await parts.given()
    await parts.batches.add(batch(file), "batch")
    lost = await parts.journal.claim("batch", "first", 0.0)
    held = await parts.journal.claim("batch", "second", 60.0)
    assert lost is not None
    assert held is not None
    await parts.journal.begin(held, 0, "request", b"intent")
    await parts.journal.end(held, 0, b"outcome")
    for lease, is_ended in ((lost, False), (held, True)):
        async with parts.files.receive() as content:
            await content.write(b"output")
            output = msgspec.structs.replace(file, id="file_2", digest=content.digest, size=content.size)
            if is_ended:
                await parts.batches.finish("batch_1", completed, lease, [(output, content)])
            else:
                with pytest.raises(RunConflict):
                    await parts.batches.finish("batch_1", completed, lease, [(output, content)])
        record = await parts.batches.get("batch_1", "me")
        assert record is not None
        assert record.status == ("completed" if is_ended else "validating")
        assert len(await parts.files.list("me", Page(10))) == (2 if is_ended else 1)
        assert await parts.count("steps") == (0 if is_ended else 1)
    run = await parts.journal.get("batch_1", "me")
    assert run is not None
    assert run.status == "completed"


async def test_a_change_needs_the_lease_that_it_is_made_under(parts: Parts) -> None:
    await parts.batches.add(batch(await parts.given()), "batch")
    lost = await parts.journal.claim("batch", "first", 0.0)
    assert lost is not None
    assert await parts.journal.claim("batch", "second", 60.0) is not None
    with pytest.raises(RunConflict):
        await parts.batches.change("batch_1", completed, lost)
    assert (await parts.batches.change("batch_1", completed)).status == "completed"


async def test_steps_are_read_in_stretches(parts: Parts) -> None:
    await parts.journal.create("run_1", "work", "me", b"")
    lease = await parts.journal.claim("work", "me", 60.0)
    assert lease is not None
    for number in range(5):
        await parts.journal.begin(lease, number, "step", b"%d" % number)
    assert [step.number for step in await parts.journal.steps("run_1", after=1, limit=2)] == [2, 3]
    assert [step.number for step in await parts.journal.steps("run_1", after=3)] == [4]
