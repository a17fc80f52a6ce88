"""What the store of files asks of whatever holds their contents: a folder on one machine, a database for several."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from tercet.store.database import Connection
from tercet.store.filing import Incoming


class Arriving(Incoming, Protocol):
    """A content on its way in: written, sealed, then placed."""

    async def seal(self) -> None:
        """Make everything durable; nothing is written after this. Raises `StoreFailed`."""

    def place(self, connection: Connection) -> None:
        """Make it the content of its digest, inside the write transaction that `connection` is in."""


class Contents(Protocol):
    """Contents by their SHA-256. Which of them are wanted is for others to know."""

    def receive(self, *, has_md5: bool = False) -> AbstractAsyncContextManager[Arriving]:
        """Return a context that takes a content in; what was not placed when it is left is discarded."""

    def read(self, digest: str, offset: int = 0, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield `size` bytes (None: all) from `offset` on, in chunks. Raises `StoreFailed`."""

    def remove(self, connection: Connection, digest: str) -> None:
        """Remove a content, if it is there, inside the write transaction that `connection` is in."""

    async def digests(self) -> Sequence[str]:
        """Return the digests of all contents."""

    async def remove_stale(self) -> None:
        """Remove what was coming in from processes that are gone."""
