"""SQLite for an asyncio program: one writing thread with group commit, one reading thread.

Writes that arrive while a commit is being synced share the next one, so that durability (WAL, full sync) costs
one disk flush per batch and not per write. Knows nothing of what the tables hold.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from tercet.clock import now_ms
from tercet.errors import StoreFailed
from tercet.store.database import Dialect, Heard, Isolation, Statement
from tercet.store.migrations import MIGRATIONS, Migration, sqlite_statements

T = TypeVar("T")

MAX_BATCH = 256


class SqliteConnection(sqlite3.Connection):
    """SQLite's connection as a `Connection`; notices are kept until the commit."""

    dialect: Dialect = "sqlite"

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self.notices: list[tuple[str, str]] = []

    def notify(self, channel: str, payload: str, /) -> None:
        """See `Connection.notify`."""
        self.notices.append((channel, payload))

    def now_ms(self) -> int:
        """See `Connection.now_ms`."""
        return now_ms()


class _Write:
    """One write that waits for its commit."""

    def __init__(self, statement: Statement[object]) -> None:
        self.statement = statement
        self.done: Future[object] = Future()


class SqliteDatabase:
    """A SQLite file with its migrations applied: the `Database` of one machine. `close` ends its threads.

    Notices reach the listeners of this process; other processes on the file look for themselves.
    """

    dialect: Dialect = "sqlite"
    is_listening = False

    def __init__(self, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        """Open or create the file. Raises `StoreFailed` when it cannot be opened or is newer than this version."""
        self.path = path
        self._listeners: dict[object, tuple[asyncio.AbstractEventLoop, Heard]] = {}
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="store-read")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._writing = _connect(path)
            self._reading = _connect(path)
            _migrate(self._writing, migrations)
        except (OSError, sqlite3.Error) as error:
            raise StoreFailed(f"cannot open the database {str(path)!r}: {error}") from error
        self._writer = threading.Thread(target=self._write_forever, name="store-write", daemon=True)
        self._writer.start()

    async def write(self, statement: Statement[T], *, isolation: Isolation = "serial") -> T:
        """See `Database.write`; here writes never overlap, whatever the `isolation`."""
        pending = _Write(statement)
        self._writes.put(pending)
        return await asyncio.wrap_future(pending.done)  # type: ignore[arg-type]  # the value is the statement's own T

    async def read(self, statement: Statement[T]) -> T:
        """See `Database.read`."""

        def run() -> T:
            try:
                return statement(self._reading)
            except sqlite3.Error as error:
                raise StoreFailed(f"cannot read the database {str(self.path)!r}: {error}") from error

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    def listen(self, heard: Heard) -> Callable[[], None]:
        """See `Database.listen`."""
        token = object()
        self._listeners[token] = (asyncio.get_running_loop(), heard)

        def stop() -> None:
            self._listeners.pop(token, None)

        return stop

    async def close(self) -> None:
        """See `Database.close`."""
        if not self._writer.is_alive():
            return
        self._writes.put(None)
        await asyncio.to_thread(self._writer.join)
        self._readers.shutdown()
        self._reading.close()
        self._writing.close()

    def _write_forever(self) -> None:
        is_open = True
        while is_open:
            batch = [self._writes.get()]
            while len(batch) < MAX_BATCH and not self._writes.empty():
                batch.append(self._writes.get())
            is_open = None not in batch
            self._commit([write for write in batch if write is not None])

    def _commit(self, batch: list[_Write]) -> None:
        """Run the batch in one transaction, each write under its own savepoint, and answer them all."""
        if not batch:
            return
        connection = self._writing
        answers: list[tuple[_Write, object, Exception | None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            answers.extend(self._run(connection, write) for write in batch)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            failure = StoreFailed(f"cannot write the database {str(self.path)!r}: {error}")
            answers = [(write, None, failure) for write in batch]
            connection.notices.clear()
        self._tell(connection.notices)
        for write, value, problem in answers:
            if write.done.cancelled():
                continue
            if problem is not None:
                write.done.set_exception(problem)
            else:
                write.done.set_result(value)

    def _translated(self, error: Exception) -> Exception:
        """Return what a caller gets for what a statement raised."""
        if not isinstance(error, sqlite3.Error):
            return error
        failure = StoreFailed(f"cannot write the database {str(self.path)!r}: {error}")
        failure.__cause__ = error
        return failure

    def _tell(self, notices: list[tuple[str, str]]) -> None:
        """Pass committed notices on to the listeners' event loops."""
        for loop, heard in list(self._listeners.values()):
            for channel, payload in notices:
                with suppress(RuntimeError):  # that loop is closed
                    loop.call_soon_threadsafe(heard, channel, payload)
        notices.clear()

    def _run(self, connection: SqliteConnection, write: _Write) -> tuple[_Write, object, Exception | None]:
        num_notices = len(connection.notices)
        connection.execute("SAVEPOINT one")
        try:
            value = write.statement(connection)
        except Exception as error:  # it belongs to the caller, who gets it
            if not connection.in_transaction:
                raise sqlite3.OperationalError(str(error)) from error  # SQLite gave up the whole transaction
            connection.execute("ROLLBACK TO one")
            del connection.notices[num_notices:]
            return write, None, self._translated(error)
        finally:
            if connection.in_transaction:
                connection.execute("RELEASE one")
        return write, value, None


def _connect(path: Path) -> SqliteConnection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=10.0, factory=SqliteConnection
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Apply the scripts that the file has not seen, all in one transaction, which keeps other processes out."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        applied = connection.execute("PRAGMA user_version").fetchone()[0]
        if applied > len(migrations):
            raise sqlite3.OperationalError(f"written by a newer version (schema {applied}, known {len(migrations)})")
        for migration in migrations[applied:]:
            for statement in sqlite_statements(migration):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(migrations)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
