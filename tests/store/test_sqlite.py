"""SQLite under the store: durable at a kill, whole on a full disk, one schema for processes that start together."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tercet.errors import StoreFailed
from tercet.store.database import Connection
from tercet.store.local import LocalStore
from tests.store.test_responses import record


def open_store(path: Path, max_responses: int = 100) -> LocalStore:
    return LocalStore(path, retention_days=30, max_responses=max_responses)


async def test_acknowledged_records_survive_a_kill(tmp_path: Path) -> None:
    """A process that acknowledges ids on its output is killed; every id it acknowledged is on disk."""
    script = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.store.test_sqlite import open_store, record
from pathlib import Path
async def main():
    store = open_store(Path({str(tmp_path / "t.db")!r}), max_responses=10**6)
    async def one(number):
        await store.responses.put(record(f"r{{number}}"))
        print(f"r{{number}}", flush=True)
    for first in range(0, 10**6, 8):
        await asyncio.gather(*(one(first + k) for k in range(8)))
asyncio.run(main())
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    seen = [child.stdout.readline().strip() for _ in range(100)]
    os.kill(child.pid, signal.SIGKILL)
    seen += [line.strip() for line in child.stdout.read().splitlines()]
    child.stdout.close()
    child.wait()
    store = open_store(tmp_path / "t.db")
    lost = [name for name in seen if name and await store.responses.get(name, "ann") is None]
    await store.close()
    assert len(seen) >= 100
    assert lost == []


async def test_a_full_disk_fails_the_write_and_keeps_the_rest(tmp_path: Path) -> None:
    store = open_store(tmp_path / "t.db")
    await store.responses.put(record("before"))
    await store.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(StoreFailed, match="full"):
        await store.responses.put(record("big", instructions="x" * 10_000_000))
    assert await store.responses.get("before", "ann") is not None
    assert await store.responses.get("big", "ann") is None
    await store.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1000000"))
    await store.responses.put(record("after"))
    assert await store.responses.get("after", "ann") is not None
    await store.close()


async def test_one_bad_write_of_a_batch_harms_no_other(tmp_path: Path) -> None:
    store = open_store(tmp_path / "t.db")

    def bad(connection: Connection) -> None:
        connection.execute("INSERT INTO nowhere VALUES (1)")

    outcomes = await asyncio.gather(
        *(store.responses.put(record(f"r{n}")) for n in range(20)), store.database.write(bad), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 20 + [StoreFailed]
    assert all([await store.responses.get(f"r{n}", "ann") for n in range(20)])
    await store.close()


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    await open_store(tmp_path / "t.db").close()
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreFailed, match="newer"):
        open_store(tmp_path / "t.db")


async def test_processes_that_start_together_make_one_schema(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.store.test_sqlite import open_store
asyncio.run(open_store(Path({str(tmp_path / "t.db")!r})).close())
"""
    children = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
    assert [child.wait() for child in children] == [0] * 4


async def test_notices_are_told_after_the_commit_and_not_for_what_was_rolled_back(tmp_path: Path) -> None:
    store = open_store(tmp_path / "t.db")
    heard: list[str] = []
    stop = store.database.listen(lambda _, payload: heard.append(payload))

    def failing(connection: Connection) -> None:
        connection.notify("runs", "never")
        raise ValueError

    await asyncio.gather(
        store.database.write(lambda connection: connection.notify("runs", "one")),
        store.database.write(failing),
        store.database.write(lambda connection: connection.notify("runs", "two")),
        return_exceptions=True,
    )
    stop()
    await store.database.write(lambda connection: connection.notify("runs", "nobody listens"))
    assert heard == ["one", "two"]
    await store.close()


async def test_no_writer_waits_for_ever(tmp_path: Path) -> None:
    """Whoever writes is answered, whatever a statement raises, and after the end, too."""
    store = open_store(tmp_path / "t.db")
    empty: list[int] = []
    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(
            store.database.write(lambda _: next(iter(empty))),
            store.responses.put(record("r1")),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [RuntimeError, type(None)]
        last = asyncio.ensure_future(store.responses.put(record("r2")))
        await asyncio.sleep(0)
        await store.close()
        await last
        with pytest.raises(StoreFailed, match="it is closed"):
            await store.responses.put(record("r3"))
    again = open_store(tmp_path / "t.db")
    assert await again.responses.get("r2", "ann") is not None
    await again.close()


async def test_a_listener_hears_of_a_write_before_its_writer_goes_on(tmp_path: Path) -> None:
    store = open_store(tmp_path / "t.db")
    heard: list[str] = []
    store.database.listen(lambda _, payload: heard.append(payload))
    await store.database.write(lambda connection: connection.notify("runs", "one"))
    assert heard == ["one"]
    await store.close()
