"""SQLite for an asyncio program: one writing thread with group commit, one reading thread.

Writes that arrive while a commit is being synced share the next one, so that durability (WAL, full sync) costs
one disk flush per batch and not per write. Knows nothing of what the tables hold.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    """One write that waits for its commit, and the loop that waits for it."""

    def __init__(self, statement: Statement[Any]) -> None:
        self.statement = statement
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.loop.create_future()
        self.value: object = None
        self.problem: Exception | None = None

    def settle(self) -> None:
        """Answer the caller, if it still waits. Called on its loop."""
        if self.done.done():
            return
        if self.problem is not None:
            self.done.set_exception(self.problem)
        else:
            self.done.set_result(self.value)


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
        self._is_closed = False
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
        if self._is_closed:  # nobody would take it from the queue any more
            raise StoreFailed(f"cannot write the database {str(self.path)!r}: it is closed")
        pending = _Write(statement)
        self._writes.put(pending)
        value: T = await pending.done
        return value

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
        self._is_closed = True
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
        """Run the batch in one transaction, each write of several under a savepoint, and answer them all."""
        if not batch:
            return
        connection = self._writing
        try:
            connection.execute("BEGIN IMMEDIATE")
            for write in batch:
                self._run(connection, write, is_alone=len(batch) == 1)
            if connection.in_transaction:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                with suppress(sqlite3.Error):  # whoever waits is answered, whatever state the disk is in
                    connection.execute("ROLLBACK")
            for write in batch:
                write.problem = StoreFailed(f"cannot write the database {str(self.path)!r}: {error}")
            connection.notices.clear()
        self._tell(connection.notices, batch)
        connection.notices = []

    def _translated(self, error: Exception) -> Exception:
        """Return what a caller gets for what a statement raised."""
        if isinstance(error, StopIteration):  # no future takes it, and whoever waits would wait for ever
            failure: Exception = RuntimeError("a statement raised StopIteration")
            failure.__cause__ = error
            return failure
        if not isinstance(error, sqlite3.Error):
            return error
        failure = StoreFailed(f"cannot write the database {str(self.path)!r}: {error}")
        failure.__cause__ = error
        return failure

    def _tell(self, notices: list[tuple[str, str]], batch: Sequence[_Write]) -> None:
        """Wake each event loop once: its writers get their answers, its listeners hear what was committed.

        Writers go on first, so that whoever only has to hear of the write from its writer need not look for it.
        """
        by_loop: dict[asyncio.AbstractEventLoop, tuple[list[Heard], list[_Write]]] = {}
        for loop, heard in list(self._listeners.values()) if notices else ():
            by_loop.setdefault(loop, ([], []))[0].append(heard)
        for write in batch:
            by_loop.setdefault(write.loop, ([], []))[1].append(write)
        for loop, (listeners, writes) in by_loop.items():
            with suppress(RuntimeError):  # that loop is closed
                loop.call_soon_threadsafe(_wake, notices, listeners, writes)

    def _run(self, connection: SqliteConnection, write: _Write, *, is_alone: bool) -> None:
        num_notices = len(connection.notices)
        if not is_alone:
            connection.execute("SAVEPOINT one")
        try:
            write.value = write.statement(connection)
        except Exception as error:  # it belongs to the caller, who gets it
            if not connection.in_transaction:
                raise sqlite3.OperationalError(str(error)) from error  # SQLite gave up the whole transaction
            connection.execute("ROLLBACK" if is_alone else "ROLLBACK TO one")
            del connection.notices[num_notices:]
            write.problem = self._translated(error)
        finally:
            if not is_alone and connection.in_transaction:
                connection.execute("RELEASE one")


def _wake(notices: Sequence[tuple[str, str]], listeners: Sequence[Heard], writes: Sequence[_Write]) -> None:
    for write in writes:
        write.settle()
    for heard in listeners:
        for channel, payload in notices:
            heard(channel, payload)


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
