"""What table modules ask of a database, whichever is behind it: closures over a connection, run in a transaction.

The modules are written once, in the SQL that SQLite and Postgres share; each database runs them its own way. The rules:

- Placeholders are `?`, or `?1`, `?2`; never both in one statement. Values are str, int, float, bytes, bool or None.
- `INSERT … ON CONFLICT` with the columns named, `RETURNING`, `EXISTS`; no `OR IGNORE`, `OR REPLACE`, `rowid`, no
  `changes()`, no `LIMIT -1` (`NO_LIMIT`), no function of one database alone. Order is said, and where NULLs go in it.
- No empty list: `IN ()` is SQLite's alone.
- A value that stands alone has its type said: `CAST(? AS TEXT) IS NULL`. A sum of integers is `CAST(SUM(x) AS BIGINT)`.
- `/*! … */` is read by Postgres alone. Reads that a write is decided by end with `/*! FOR UPDATE */` where that is hot.
- A statement may run more than once, so it does nothing outside the database but return its value.
- What cannot be said in common asks `connection.dialect`, in one place.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
Dialect = Literal["sqlite", "postgres"]
Isolation = Literal["serial", "locks"]
Heard = Callable[[str, str], None]
"""Called on the event loop with the channel and the payload of a notice."""

NO_LIMIT = 2**63 - 1


class Cursor(Protocol):
    """The outcome of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows an INSERT, UPDATE or DELETE without RETURNING changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Connection(Protocol):
    """A connection inside a transaction; valid until the statement that was given it returns."""

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Cursor:
        """Run one statement."""

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """Run one statement once per row of values."""

    def notify(self, channel: str, payload: str, /) -> None:
        """Tell every listener in every process that shares the database, once the transaction is committed."""

    def now_ms(self) -> int:
        """Return the time in Unix milliseconds, by the one clock of everybody who shares the database."""


Statement = Callable[[Connection], T]


class Database(Protocol):
    """A database with its migrations applied. Used from one event loop."""

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""

    @property
    def is_listening(self) -> bool:
        """Whether notices arrive now; without them what others wrote is seen when it is looked for."""

    async def write(self, statement: Statement[T], *, isolation: Isolation = "serial") -> T:
        """Run `statement` in a transaction and return its value once that is durable.

        A statement that raises is rolled back alone. `serial`: as if no other write ran meanwhile. `locks`: the
        statement locks the rows that it decides by, or leaves the decision to constraints; others may run between.
        Raises `StoreFailed` when the database refuses a statement or cannot be reached, and what `statement` raises.
        """

    async def read(self, statement: Statement[T]) -> T:
        """Run `statement` outside of transactions; it sees every write that was acknowledged. Raises `StoreFailed`."""

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Have notices told to `heard`; return what ends that. Notices may be lost: they hurry, they do not inform."""

    async def close(self) -> None:
        """Finish what was accepted, then release the database; idempotent."""
