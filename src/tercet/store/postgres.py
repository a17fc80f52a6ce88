"""Postgres for an asyncio program: statements run in threads, each with a connection of its own.

Writes are SERIALIZABLE unless they say that they lock; what loses a conflict runs again. A server that restarts is
waited for. Each write leaves a mark in its transaction, so that one whose commit was not answered is known to have
happened, or is kept from happening, before it runs again. Knows nothing of what the tables hold.
"""

import asyncio
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from tercet.errors import StoreFailed
from tercet.store.database import Cursor, Dialect, Heard, Isolation, Statement
from tercet.store.listening import Listener
from tercet.store.migrations import MIGRATIONS, Migration, postgres_script
from tercet.store.postgres_sql import Address, Translated, open_connection, translated

T = TypeVar("T")

log = logging.getLogger(__name__)

NUM_CONNECTIONS = 8
PATIENCE_S = 20.0
"""How long a write or a read waits for a server that cannot be reached."""
MAX_CONFLICTS = 50
MAX_VIOLATIONS = 3
"""A constraint that others' simultaneous writes broke holds at the next try; one that is broken for good does not."""
_MIGRATION_LOCK = 0x7E5CE7
_FIRST_WAIT_S = 0.002
_LAST_WAIT_S = 0.2
_BEGIN: dict[Isolation, bytes] = {
    "serial": b"BEGIN ISOLATION LEVEL SERIALIZABLE; ",
    "locks": b"BEGIN ISOLATION LEVEL READ COMMITTED; ",
}
_BEGUN = b"SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_COMMIT = (
    "INSERT INTO write_marks (session, number, at) SELECT '{session}', {number}, {at}"
    " WHERE pg_current_xact_id_if_assigned() IS NOT NULL; COMMIT"
)
"""A transaction that wrote and locked nothing leaves no mark, and so costs no flush."""
_DECIDE = (
    "INSERT INTO write_marks (session, number, at) VALUES (%s, %s, %s)"
    " ON CONFLICT (session, number) DO NOTHING RETURNING number"
)
_FORGET = "DELETE FROM write_marks WHERE (session = %s AND number < %s) OR at < %s"
_MARKS_KEPT = 256
_MARK_AGE_MS = 86_400_000
_CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)
_VIOLATIONS = (errors.UniqueViolation, errors.ForeignKeyViolation)


class Mark(NamedTuple):
    """What a transaction leaves behind: the thread's session, the number of its write, the time in milliseconds."""

    session: str
    number: int
    at: int


class PostgresConnection:
    """psycopg's connection as a `Connection`, inside one transaction or, for reads, outside of any."""

    dialect: Dialect = "postgres"

    def __init__(self, raw: "psycopg.Connection[Any]", begun_ms: int = 0) -> None:
        self._cursor: Callable[[], psycopg.Cursor[Any]] = lambda: raw.cursor(binary=True)
        self._begun_ms = begun_ms

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Cursor:
        """See `Connection.execute`."""
        words = translated(statement)
        return self._cursor().execute(words.text, words.arranged(values))

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """See `Connection.executemany`."""
        words: Translated = translated(statement)
        cursor = self._cursor()
        cursor.executemany(words.text, [words.arranged(row) for row in rows])
        return cursor

    def notify(self, channel: str, payload: str, /) -> None:
        """See `Connection.notify`."""
        self._cursor().execute("SELECT pg_notify(%s, %s)", (channel, payload))

    def now_ms(self) -> int:
        """See `Connection.now_ms`: the server's clock when the transaction began."""
        return self._begun_ms


class PostgresDatabase:
    """A Postgres database with its migrations applied: the `Database` of any number of machines."""

    dialect: Dialect = "postgres"

    def __init__(
        self,
        url: str,
        migrations: Sequence[Migration] = MIGRATIONS,
        *,
        num_connections: int = NUM_CONNECTIONS,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Connect and bring the schema up to date; any number of processes may do so at once.

        Raises `StoreFailed` when the server cannot be reached or its schema is newer than this version.
        """
        self._address = Address.parse(url)
        self._patience_s = patience_s
        self._own = threading.local()
        self._open: set[psycopg.Connection[Any]] = set()
        self._threads = ThreadPoolExecutor(num_connections, thread_name_prefix="store")
        self._listener = Listener(self._address)
        self._is_closed = False
        self._migrate(migrations)

    @property
    def is_listening(self) -> bool:
        """See `Database.is_listening`."""
        return self._listener.is_connected

    async def write(self, statement: Statement[T], *, isolation: Isolation = "serial") -> T:
        """See `Database.write`."""
        deadline_s = self._deadline_s()
        return await self._run(lambda: self._write(statement, isolation, deadline_s))

    async def read(self, statement: Statement[T]) -> T:
        """See `Database.read`."""
        deadline_s = self._deadline_s()
        return await self._run(lambda: self._read(statement, deadline_s))

    def listen(self, heard: Heard) -> Callable[[], None]:
        """See `Database.listen`."""
        return self._listener.add(heard)

    async def close(self) -> None:
        """See `Database.close`."""
        if self._is_closed:
            return
        await self._listener.close()
        await asyncio.to_thread(self.discard)

    def discard(self) -> None:
        """Do as `close` does, where no event loop ever ran."""
        self._is_closed = True
        self._threads.shutdown()
        for raw in self._open:
            raw.close()
        self._open.clear()

    async def _run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread; a caller that is cancelled leaves it to end by itself."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _deadline_s(self) -> float:
        """Return until when a server that is away is waited for; waiting for a free thread counts."""
        return time.monotonic() + self._patience_s

    def _write(self, statement: Statement[T], isolation: Isolation, deadline_s: float) -> T:
        num_conflicts = num_violations = 0
        while True:
            raw = self._connection(deadline_s)
            try:
                return self._transact(raw, statement, isolation, deadline_s)
            except _Lost as lost:
                self._wait(num_conflicts, deadline_s, lost)
            except _CONFLICTS as error:
                num_conflicts += 1
                if num_conflicts > MAX_CONFLICTS:
                    raise self._failure("write", error) from error
                self._wait(num_conflicts, deadline_s, error)
            except _VIOLATIONS as error:
                num_violations += 1
                if num_violations >= MAX_VIOLATIONS:
                    raise self._failure("write", error) from error
            except psycopg.Error as error:
                raise self._failure("write", error) from error

    def _transact(
        self, raw: "psycopg.Connection[Any]", statement: Statement[T], isolation: Isolation, deadline_s: float
    ) -> T:
        """Run one transaction. Raises `_Lost` when it is certain that nothing of it was written."""
        try:
            begun_ms = _begin(raw, isolation)
            value = statement(PostgresConnection(raw, begun_ms))
            mark = self._mark(begun_ms)
        except BaseException as error:
            if isinstance(error, psycopg.Error) and self._is_lost(raw, error):
                raise _Lost(str(error)) from error
            self._roll_back(raw)
            raise
        try:
            _commit(raw, mark)
        except psycopg.Error as error:
            if not self._is_lost(raw, error):
                self._roll_back(raw)
                raise
            if not self._is_committed(mark, deadline_s):
                raise _Lost(str(error)) from error
        return value

    def _mark(self, begun_ms: int) -> Mark:
        """Return the next mark of this thread."""
        session, number = getattr(self._own, "mark", (secrets.token_hex(12), 0))
        self._own.mark = session, number + 1
        return Mark(session, number, begun_ms)

    def _is_committed(self, mark: Mark, deadline_s: float) -> bool:
        """Decide what becomes of a transaction whose commit was not answered.

        Where its mark is, it was committed. Otherwise the mark is set here, and it can be no more; should the server
        be at it still, this waits for the outcome.
        """
        while True:
            raw = self._connection(deadline_s)
            try:
                return raw.execute(_DECIDE, (mark.session, mark.number, mark.at)).fetchone() is None
            except psycopg.OperationalError as error:
                self._drop()
                self._wait(8, deadline_s, error)

    def _read(self, statement: Statement[T], deadline_s: float) -> T:
        while True:
            raw = self._connection(deadline_s)
            try:
                return statement(PostgresConnection(raw))
            except psycopg.Error as error:
                if not self._is_lost(raw, error):
                    raise self._failure("read", error) from error
                self._wait(8, deadline_s, error)

    def _connection(self, deadline_s: float) -> "psycopg.Connection[Any]":
        """Return this thread's connection; a server that is not there is waited for. Raises `StoreFailed`."""
        raw: psycopg.Connection[Any] | None = getattr(self._own, "raw", None)
        while raw is None or raw.closed:
            try:
                raw = open_connection(self._address)
            except psycopg.OperationalError as error:
                if _is_refused(error):
                    raise self._failure("open", error) from error
                self._wait(8, deadline_s, error)
        self._own.raw = raw
        self._open.add(raw)
        return raw

    def _is_lost(self, raw: "psycopg.Connection[Any]", error: psycopg.Error) -> bool:
        """Say whether `error` means that the connection is gone; it is dropped then."""
        if not (raw.closed or isinstance(error, errors.AdminShutdown | errors.CrashShutdown)):
            return False
        self._drop()
        return True

    def _drop(self) -> None:
        raw: psycopg.Connection[Any] | None = getattr(self._own, "raw", None)
        if raw is not None:
            raw.close()
            self._open.discard(raw)
            self._own.raw = None

    def _roll_back(self, raw: "psycopg.Connection[Any]") -> None:
        try:
            if raw.info.transaction_status != TransactionStatus.IDLE:
                raw.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    def _wait(self, num_before: int, deadline_s: float, error: Exception) -> None:
        """Wait before the next try, for longer each time. Raises `StoreFailed` at the deadline."""
        left_s = deadline_s - time.monotonic()
        if left_s <= 0 or self._is_closed:
            raise self._failure("reach", error) from error
        time.sleep(min(left_s, _LAST_WAIT_S, _FIRST_WAIT_S * 2**num_before) * random.uniform(0.5, 1.0))  # noqa: S311

    def _failure(self, verb: str, error: Exception) -> StoreFailed:
        reason = " ".join(str(error).split()) or type(error).__name__
        return StoreFailed(f"cannot {verb} the database {self._address.shown!r}: {reason}")

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        """Apply what is missing in one transaction, under a lock that the other starting processes wait for."""
        raw = self._connection(self._deadline_s())
        try:
            with raw.transaction():
                raw.execute("SET LOCAL lock_timeout = '120s'")
                raw.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
                raw.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
                row = raw.execute("SELECT version FROM schema_version").fetchone()
                applied = 0 if row is None else row[0]
                if applied > len(migrations):
                    raise StoreFailed(
                        f"cannot open the database {self._address.shown!r}: written by a newer version "
                        f"(schema {applied}, known {len(migrations)})"
                    )
                for migration in migrations[applied:]:
                    raw.execute(postgres_script(migration).encode())
                raw.execute("DELETE FROM schema_version")
                raw.execute("INSERT INTO schema_version (version) VALUES (%s)", (len(migrations),))
        except psycopg.Error as error:
            raise self._failure("open", error) from error
        finally:
            self._drop()


class _Lost(Exception):
    """The connection went away before the transaction was committed."""


def _begin(raw: "psycopg.Connection[Any]", isolation: Isolation) -> int:
    """Begin a transaction in one round trip; return the server's time in milliseconds."""
    cursor = raw.execute(_BEGIN[isolation] + _BEGUN)
    cursor.nextset()
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _commit(raw: "psycopg.Connection[Any]", mark: Mark) -> None:
    """Set the mark and commit in one round trip; now and then forget marks that nobody will ask for."""
    cursor = raw.execute(_COMMIT.format(session=mark.session, number=mark.number, at=mark.at).encode())
    while cursor.nextset():
        pass
    if cursor.statusmessage != "COMMIT":
        raise errors.InFailedSqlTransaction("a statement failed, and whoever ran it went on")
    if mark.number % _MARKS_KEPT == _MARKS_KEPT - 1:
        with suppress(psycopg.Error):
            raw.execute(_FORGET, (mark.session, mark.number, mark.at - _MARK_AGE_MS))


def _is_refused(error: psycopg.OperationalError) -> bool:
    """Say whether the server answered that it will not have us, so that waiting does not help."""
    text = str(error)
    return any(
        said in text
        for said in ("authentication failed", "does not exist", "no pg_hba.conf entry", "no password supplied", "SSL")
    )
