"""Vector stores in the database: files that are found whole or not at all, and go with what they belong to."""

import msgspec
import pytest

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RunConflict
from tercet.ids import new_id
from tercet.records import FileRecord
from tercet.store.base import Lease
from tercet.store.filing import Page
from tercet.store.local import SqlStore
from tercet.store.vector_base import Chunk, FileBatchRecord, VectorFileRecord, VectorStoreRecord

KIND = "vector_file"


async def given(store: SqlStore, name: str, owner: str = "me") -> FileRecord:
    async with store.files.receive() as content:
        await content.write(name.encode())
        file = FileRecord(new_id("file"), owner, now_s(), 2**40, "assistants", name, content.size, content.digest)
        await store.files.add(file, content)
    return file


async def made(store: SqlStore, *, lifetime_days: int | None = None, used_at: int | None = None) -> VectorStoreRecord:
    used_at = now_s() if used_at is None else used_at
    record = VectorStoreRecord(new_id("vs"), "me", now_s(), used_at, lifetime_days=lifetime_days)
    await store.vectors.add(record, [], KIND)
    return record


def put(record: VectorStoreRecord, file: FileRecord, batch_id: str | None = None) -> VectorFileRecord:
    return VectorFileRecord(file.id, record.id, new_id("vsrun"), now_s(), file.filename, batch_id=batch_id)


async def claimed(store: SqlStore) -> Lease:
    lease = await store.journal.claim(KIND, "tester", 30)
    assert lease is not None
    return lease


async def filled(store: SqlStore, record: VectorStoreRecord, *texts: str, name: str = "a.txt") -> VectorFileRecord:
    file = put(record, await given(store, name))
    await store.vectors.add_files("me", [file], KIND)
    lease = await claimed(store)
    chunks = [Chunk(at, text, bytes([at])) for at, text in enumerate(texts)]
    await store.vectors.keep_chunks(lease, file, chunks)
    await store.vectors.finish_file(lease, msgspec.structs.replace(file, status="completed", usage_bytes=10))
    return file


async def test_a_file_is_found_once_it_is_whole(store: SqlStore) -> None:
    record = await made(store)
    file = put(record, await given(store, "a.txt"))
    await store.vectors.add_files("me", [file], KIND)
    lease = await claimed(store)
    version = (await store.vectors.version([record.id]))[record.id]
    for _ in range(2):
        await store.vectors.keep_chunks(lease, file, [Chunk(0, "the walrus", b"0"), Chunk(1, "an oak tree", b"1")])
    assert await store.vectors.num_chunks(lease, file) == 2
    assert await store.vectors.ranked(record.id, ["walrus"], 5) == []
    assert await store.vectors.vectors(record.id) == []
    await store.vectors.finish_file(lease, msgspec.structs.replace(file, status="completed", usage_bytes=7))
    [(number, file_id, score)] = await store.vectors.ranked(record.id, ["walrus", "seal"], 5)
    assert file_id == file.id
    assert score > 0
    [chunk] = await store.vectors.chunks([number])
    assert (chunk.text, chunk.vector) == ("the walrus", b"0")
    assert [found.vector for found in await store.vectors.vectors(record.id)] == [b"0", b"1"]
    assert await store.vectors.texts(record.id, file.id) == ["the walrus", "an oak tree"]
    assert (await store.vectors.version([record.id]))[record.id] > version
    found = await store.vectors.get(record.id, "me")
    assert found is not None
    assert (found[1].completed, found[1].usage_bytes) == (1, 7)


async def test_words_of_one_store_are_not_found_in_another(store: SqlStore) -> None:
    one, two = await made(store), await made(store)
    await filled(store, one, "the report sleeps")
    await filled(store, two, "reports and seals", name="b.txt")
    assert len(await store.vectors.ranked(one.id, ["report"], 5)) == 1
    assert len(await store.vectors.ranked(two.id, ["report", "the"], 5)) == 1


async def test_what_is_taken_out_leaves_nothing(store: SqlStore) -> None:
    record = await made(store)
    first, second = await filled(store, record, "alpha"), await filled(store, record, "beta", name="b.txt")
    assert await store.vectors.remove_file(record.id, first.id)
    assert not await store.vectors.remove_file(record.id, first.id)
    assert await store.vectors.ranked(record.id, ["alpha"], 5) == []
    assert await store.files.delete(second.id, "me")
    assert await store.vectors.ranked(record.id, ["beta"], 5) == []
    third = await filled(store, record, "gamma", name="c.txt")
    assert await store.vectors.delete(record.id, "me")
    assert await store.vectors.file(record.id, third.id) is None
    rows = await store.database.read(
        lambda connection: connection.execute("SELECT COUNT(*) FROM vector_chunks").fetchone()
    )
    assert rows[0] == 0


async def test_a_file_that_is_added_again_begins_anew(store: SqlStore) -> None:
    record = await made(store)
    source = await given(store, "a.txt")
    first, again = put(record, source), put(record, source)
    await store.vectors.add_files("me", [first], KIND)
    lease = await claimed(store)
    await store.vectors.keep_chunks(lease, first, [Chunk(0, "old", b"0")])
    await store.vectors.add_files("me", [again], KIND)
    with pytest.raises(RunConflict):
        await store.vectors.keep_chunks(lease, first, [Chunk(1, "old", b"1")])
    with pytest.raises(RunConflict):
        await store.vectors.finish_file(lease, msgspec.structs.replace(first, status="completed"))
    assert await store.vectors.num_chunks(lease, again) == 0
    found = await store.vectors.get(record.id, "me")
    assert found is not None
    assert found[1].total == 1


async def test_batches_are_counted_and_cancelled(store: SqlStore) -> None:
    record = await made(store)
    batch = FileBatchRecord(new_id("vsfb"), record.id, now_s())
    files = [put(record, await given(store, f"{number}.txt"), batch.id) for number in range(3)]
    await store.vectors.add_files("me", files, KIND, batch)
    found = await store.vectors.batch(record.id, batch.id)
    assert found is not None
    assert found[1].in_progress == 3
    assert set(await store.vectors.cancel_batch(record.id, batch.id) or ()) == {file.run_id for file in files}
    found = await store.vectors.batch(record.id, batch.id)
    assert found is not None
    assert (found[0].is_cancelled, found[1].cancelled) == (True, 3)
    assert len(await store.vectors.files(record.id, Page(10), batch_id=batch.id, status="cancelled")) == 3
    assert await store.vectors.cancel_batch(record.id, "vsfb_none") is None


async def test_pages_go_both_ways(store: SqlStore) -> None:
    ids = [(await made(store)).id for _ in range(5)]
    vectors = store.vectors

    async def page(limit: int, after: str | None = None, *, up: bool = False, before: bool = False) -> list[str]:
        found = await vectors.stores("me", Page(limit, after, up), is_before=before)
        return [record.id for record, _ in found]

    assert await page(2) == [ids[4], ids[3]]
    assert await page(2, ids[3]) == [ids[2], ids[1]]
    assert await page(2, ids[1], before=True) == [ids[3], ids[2]]
    assert await page(2, ids[3], up=True, before=True) == [ids[1], ids[2]]
    assert await vectors.stores("other", Page(9)) == []
    with pytest.raises(NotFound):
        await page(2, "vs_none")


async def test_stores_end_and_files_must_be_there(store: SqlStore) -> None:
    old = await made(store, lifetime_days=1, used_at=now_s() - 2 * 86_400)
    assert await store.vectors.get(old.id, "me") is None
    record = await made(store)
    foreign = await given(store, "x.txt", owner="other")
    with pytest.raises(InvalidRequest):
        await store.vectors.add_files("me", [put(record, foreign)], KIND)
    with pytest.raises(NotFound):
        await store.vectors.add_files("other", [put(record, foreign)], KIND)
    await store.vectors.purge()
    rows = await store.database.read(lambda connection: connection.execute("SELECT id FROM vector_stores").fetchall())
    assert [row[0] for row in rows] == [record.id]
