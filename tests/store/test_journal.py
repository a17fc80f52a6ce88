"""The journal: one holder at a time, late writes refused, payloads stored once, nothing lost at a kill."""

import asyncio

import pytest

from tercet.errors import RunConflict
from tercet.store.base import Lease
from tercet.store.journal import SqlJournal
from tercet.store.local import SqlStore


@pytest.fixture
def journal(store: SqlStore) -> SqlJournal:
    return store.journal


async def claimed(journal: SqlJournal, holder: str = "one", lease_s: float = 30.0) -> Lease:
    lease = await journal.claim("test", holder, lease_s)
    assert lease is not None
    return lease


async def test_a_run_goes_from_queued_to_finished(journal: SqlJournal) -> None:
    await journal.create("run_1", "test", "ann", b"do it")
    run = await journal.get("run_1", "ann")
    assert run is not None
    assert run.status == "queued"
    assert await journal.get("run_1", "bob") is None
    lease = await claimed(journal)
    assert (lease.spec, lease.owner, lease.fence) == (b"do it", "ann", 1)
    assert await journal.claim("test", "two", 30.0) is None, "it is held"
    await journal.begin(lease, 0, "model", b"ask")
    await journal.end(lease, 0, b"answer")
    await journal.finish(lease, "completed")
    (step,) = await journal.steps("run_1")
    assert (step.kind, step.intent, step.outcome) == ("model", b"ask", b"answer")
    assert await journal.claim("test", "two", 30.0) is None
    with pytest.raises(RunConflict):
        await journal.begin(lease, 1, "model", b"late")


async def test_an_expired_lease_passes_on_and_the_old_holder_is_fenced_off(journal: SqlJournal) -> None:
    await journal.create("run_1", "test", "", b"")
    zombie = await claimed(journal, "zombie", lease_s=0.0)
    await journal.begin(zombie, 0, "tool", b"write")
    heir = await claimed(journal, "heir")
    assert heir.fence == zombie.fence + 1
    for late in (
        journal.end(zombie, 0, b"done"),
        journal.begin(zombie, 1, "tool", b"more"),
        journal.renew(zombie, 30.0),
        journal.finish(zombie, "completed"),
        journal.release(zombie),
    ):
        with pytest.raises(RunConflict, match="zombie"):
            await late
    (step,) = await journal.steps("run_1")
    assert step.outcome is None, "how far it came is unknown"
    await journal.begin(heir, 0, "tool", b"write")
    await journal.end(heir, 0, b"done")


async def test_a_finished_step_is_not_begun_again_and_an_open_one_only_as_it_was(journal: SqlJournal) -> None:
    await journal.create("run_1", "test", "", b"")
    lease = await claimed(journal)
    await journal.begin(lease, 0, "tool", b"write a")
    with pytest.raises(RunConflict, match="step 0"):
        await journal.begin(lease, 0, "tool", b"write b")
    await journal.begin(lease, 0, "tool", b"write a")
    await journal.end(lease, 0, b"ok")
    with pytest.raises(RunConflict, match="step 0"):
        await journal.begin(lease, 0, "tool", b"write a")
    with pytest.raises(RunConflict, match="step 0"):
        await journal.end(lease, 0, b"ok again")
    with pytest.raises(RunConflict, match="step 7"):
        await journal.end(lease, 7, b"never begun")


async def test_a_released_run_is_claimed_at_once(journal: SqlJournal) -> None:
    await journal.create("run_1", "test", "", b"")
    await journal.release(await claimed(journal))
    assert (await claimed(journal, "two")).fence == 2


async def test_every_run_has_one_holder_among_many_who_claim(journal: SqlJournal) -> None:
    for number in range(20):
        await journal.create(f"run_{number}", "test", "", b"same")
    leases = await asyncio.gather(*(journal.claim("test", f"worker {n}", 30.0) for n in range(50)))
    held = [lease.run_id for lease in leases if lease is not None]
    assert sorted(held) == sorted({f"run_{number}" for number in range(20)})


async def test_a_cancellation_is_told_to_the_holder(journal: SqlJournal) -> None:
    await journal.create("run_1", "test", "ann", b"")
    lease = await claimed(journal)
    assert await journal.renew(lease, 30.0)
    assert not await journal.cancel("run_1", "bob")
    assert await journal.cancel("run_1", "ann")
    assert not await journal.renew(lease, 30.0)
    await journal.finish(lease, "cancelled")
    assert not await journal.cancel("run_1", "ann")


async def test_equal_payloads_are_stored_once_and_go_with_their_last_run(store: SqlStore, journal: SqlJournal) -> None:
    history = b"x" * 100_000
    for run_id in ("run_1", "run_2"):
        await journal.create(run_id, "test", "", history)
        lease = await claimed(journal)
        for number in range(20):
            await journal.begin(lease, number, "model", history)
            await journal.end(lease, number, history)
        await journal.finish(lease, "completed")

    async def count(table: str) -> int:
        statement = f"SELECT COUNT(*) FROM {table}"
        row = await store.database.read(lambda connection: connection.execute(statement).fetchone())
        return int(row[0])

    assert await count("blobs") == 1
    await journal.delete(["run_1"])
    assert (await count("blobs"), await count("steps")) == (1, 20)
    await journal.delete(["run_2"])
    assert (await count("blobs"), await count("steps"), await count("runs")) == (0, 0, 0)
