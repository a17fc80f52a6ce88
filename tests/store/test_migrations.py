"""Migrations on a database that was in use: what it held is there afterwards, and goes on."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tercet.errors import RunConflict
from tercet.sessions.agents import AgentSpec
from tercet.sessions.events import SessionChanged
from tercet.sessions.turns import SessionRecord
from tercet.store.blobs import BlobFolder
from tercet.store.database import Connection, Database
from tercet.store.journal import SHORT_BYTES
from tercet.store.local import SqlStore
from tercet.store.migrations import MIGRATIONS, Migration
from tercet.store.postgres import PostgresDatabase
from tercet.store.secrets import SecretKey
from tercet.store.sqlite import SqliteDatabase
from tests.store.postgres import PostgresServer

BEFORE_SHORT_PAYLOADS = MIGRATIONS[:6]
LONG = b"x" * (SHORT_BYTES + 1)
OpenAt = Callable[[tuple[Migration, ...]], Database]


@pytest.fixture
def open_at(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenAt]:
    """What opens one database as a version with these migrations does."""
    if dialect == "sqlite":
        yield lambda migrations: SqliteDatabase(tmp_path / "tercet.db", migrations)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.empty_database()
    yield lambda migrations: PostgresDatabase(url, migrations)
    server.drop(url)


def store_of(database: Database, folder: Path) -> SqlStore:
    key = SecretKey(folder / "secret.key")
    return SqlStore(database, BlobFolder(folder / "files"), key, retention_days=30, max_responses=10)


def old_step(connection: Connection, run_id: str, number: int, intent: bytes, outcome: bytes | None = None) -> None:
    """Write a step as it was written when every payload was a blob."""

    def keep(payload: bytes) -> bytes:
        address = hashlib.blake2b(payload, digest_size=20).digest()
        connection.execute(
            "INSERT INTO blobs (hash, payload) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING", (address, payload)
        )
        return address

    connection.execute(
        "INSERT INTO steps (run_id, number, kind, intent, outcome, begun_at, ended_at, fence)"
        " VALUES (?, ?, 'model', ?, ?, 5, ?, 1)",
        (run_id, number, keep(intent), None if outcome is None else keep(outcome), None if outcome is None else 6),
    )


async def count(store: SqlStore, table: str) -> int:
    statement = f"SELECT COUNT(*) FROM {table}"
    return int((await store.database.read(lambda connection: connection.execute(statement).fetchone()))[0])


async def test_steps_keep_their_payloads_and_open_ones_go_on(open_at: OpenAt, tmp_path: Path) -> None:
    old = store_of(open_at(BEFORE_SHORT_PAYLOADS), tmp_path)
    await old.journal.create("run_1", "test", "ann", b"spec")
    lease = await old.journal.claim("test", "one", 60.0)
    assert lease is not None

    def fill(connection: Connection) -> None:
        old_step(connection, "run_1", 0, b"ask", b"answer")
        old_step(connection, "run_1", 1, LONG, LONG)
        old_step(connection, "run_1", 2, b"", b"x" * SHORT_BYTES)
        old_step(connection, "run_1", 3, b"ask")
        old_step(connection, "run_1", 4, LONG)

    await old.database.write(fill)
    await old.close()

    store = store_of(open_at(MIGRATIONS), tmp_path)
    journal = store.journal
    steps = await journal.steps("run_1")
    assert [(step.number, step.intent, step.outcome) for step in steps] == [
        (0, b"ask", b"answer"),
        (1, LONG, LONG),
        (2, b"", b"x" * SHORT_BYTES),
        (3, b"ask", None),
        (4, LONG, None),
    ]
    assert [(step.kind, step.begun_at, step.ended_at) for step in steps] == [("model", 5, 6)] * 3 + [
        ("model", 5, None)
    ] * 2
    assert await count(store, "blobs") == 2, "that of the long payload, and that of the run"
    for number, intent in ((3, b"ask"), (4, LONG)):
        with pytest.raises(RunConflict, match=f"step {number}"):
            await journal.begin(lease, number, "model", intent + b"else")
        await journal.begin(lease, number, "model", intent)
        await journal.end(lease, number, b"done")
    for number, intent in ((0, b"ask"), (1, LONG)):
        with pytest.raises(RunConflict, match=f"step {number}"):
            await journal.begin(lease, number, "model", intent)
        with pytest.raises(RunConflict, match=f"step {number}"):
            await journal.end(lease, number, b"again")
    await journal.delete(["run_1"])
    assert [await count(store, table) for table in ("runs", "steps", "blobs")] == [0, 0, 0]
    await store.close()


async def test_events_of_sessions_keep_their_order_and_what_they_refer_to(open_at: OpenAt, tmp_path: Path) -> None:
    old = store_of(open_at(BEFORE_SHORT_PAYLOADS), tmp_path)
    for name in ("a", "b"):
        record = SessionRecord(name, "ann", 1, 2_000_000_000, f"agent_{name}", AgentSpec("nano"))
        await old.sessions.add(record, lambda edit: None)
    for status in ("in_progress", "idle", "in_progress"):
        for name in ("b", "a"):
            await old.sessions.edit(name, lambda edit, status=status: edit.change(status=status))  # type: ignore[misc]
    before = {name: await old.sessions.events(name, "ann") for name in ("a", "b")}
    await old.close()

    store = store_of(open_at(MIGRATIONS), tmp_path)
    assert {name: await store.sessions.events(name, "ann") for name in ("a", "b")} == before
    assert [event.number for event in before["a"]] == [1, 2, 3, 4]
    await store.sessions.edit("a", lambda edit: edit.change(status="idle"))
    last = (await store.sessions.events("a", "ann"))[-1]
    assert last.number == 5
    assert isinstance(last.event, SessionChanged)
    assert last.event.session.status == "idle"
    await store.close()
