"""What the service asks of a store of texts that can be searched, and the values that it keeps.

As everywhere in the store: a call that writes and returns has survived a power loss, one that raises has changed
nothing. Vectors are little-endian 32-bit floats; what they mean is the service's.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from tercet.searching import Attributes
from tercet.store.filing import Page
from tercet.store.leases import Lease

FileStatus = Literal["in_progress", "completed", "cancelled", "failed"]


class Chunking(msgspec.Struct, frozen=True):
    """How a text is cut: sizes are in tokens."""

    max_tokens: int = 800
    overlap_tokens: int = 400


class VectorStoreRecord(msgspec.Struct, frozen=True):
    """A collection of files that can be searched. Moments are Unix seconds."""

    id: str
    owner: str
    created_at: int
    used_at: int
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = {}
    lifetime_days: int | None = None
    """How long it lives after it was last used; None: as long as anything is kept here."""

    def expires_at(self, retention_s: int) -> int:
        """Return when it ends, unless it is used before: by its own policy or by the installation's retention."""
        own = retention_s if self.lifetime_days is None else self.lifetime_days * 86_400
        return self.used_at + min(own, retention_s)


class FileFault(msgspec.Struct, frozen=True):
    """Why a file cannot be searched."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


class VectorFileRecord(msgspec.Struct, frozen=True):
    """A file in a vector store. `run_id` names the run that reads it in."""

    id: str
    store_id: str
    run_id: str
    created_at: int
    filename: str
    chunking: Chunking = Chunking()
    model: str = ""
    """What made its vectors; those of another model are not compared with a query's."""
    attributes: Attributes = {}
    batch_id: str | None = None
    status: FileStatus = "in_progress"
    usage_bytes: int = 0
    fault: FileFault | None = None


class FileBatchRecord(msgspec.Struct, frozen=True):
    """Files that were put into a vector store together."""

    id: str
    store_id: str
    created_at: int
    is_cancelled: bool = False


class Counts(msgspec.Struct, frozen=True):
    """How many files of a store or a batch are in which state."""

    in_progress: int = 0
    completed: int = 0
    cancelled: int = 0
    failed: int = 0
    usage_bytes: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.in_progress + self.completed + self.cancelled + self.failed


class Chunk(msgspec.Struct, frozen=True):
    """A stretch of a file's text: its place in the file, and its vector."""

    position: int
    text: str
    vector: bytes


class StoredVector(msgspec.Struct, frozen=True):
    """One vector of a store; `number` names its chunk, `file_id` its file."""

    number: int
    file_id: str
    vector: bytes


class FoundChunk(msgspec.Struct, frozen=True):
    """A chunk as a search shows it."""

    number: int
    file_id: str
    position: int
    text: str
    vector: bytes


class VectorStores(Protocol):
    """Vector stores by id and owner, their files by id, and the chunks of these.

    Files are seen by searches when they are `completed`, with all their chunks or none.
    """

    retention_s: int

    async def add(self, record: VectorStoreRecord, files: Sequence[VectorFileRecord], kind: str) -> None:
        """Keep a new store; each file is queued as a run of `kind`. Raises `InvalidRequest` for files that are gone."""

    async def get(self, store_id: str, owner: str) -> tuple[VectorStoreRecord, Counts] | None:
        """Return the store and the counts of its files; None when it is not there or another owner has it."""

    async def stores(
        self, owner: str, page: Page, *, is_before: bool = False
    ) -> list[tuple[VectorStoreRecord, Counts]]:
        """Return the owner's stores behind, or before, `page.after`. Raises `NotFound` when that is none of them."""

    async def num_of(self, owner: str) -> int:
        """Return how many stores the owner has."""

    async def change(
        self, store_id: str, owner: str, change: Callable[[VectorStoreRecord], VectorStoreRecord]
    ) -> tuple[VectorStoreRecord, Counts] | None:
        """Replace the record by what `change` makes of it, with nothing in between; None when it is not there."""

    async def delete(self, store_id: str, owner: str) -> bool:
        """Forget a store with all that is in it; return whether there was one."""

    async def add_files(
        self, owner: str, files: Sequence[VectorFileRecord], kind: str, batch: FileBatchRecord | None = None
    ) -> None:
        """Put files into their store, each queued as a run of `kind`; one that is there already begins anew.

        All or none. Raises `InvalidRequest` when a file is gone or the store is full, `NotFound` for the store.
        """

    async def file(self, store_id: str, file_id: str) -> VectorFileRecord | None:
        """Return a file of a store, or None."""

    async def files(
        self,
        store_id: str,
        page: Page,
        *,
        is_before: bool = False,
        status: FileStatus | None = None,
        batch_id: str | None = None,
    ) -> list[VectorFileRecord]:
        """Return files of a store, or of one batch. Raises `NotFound` when `page.after` is none of them."""

    async def change_file(
        self, store_id: str, file_id: str, change: Callable[[VectorFileRecord], VectorFileRecord]
    ) -> VectorFileRecord | None:
        """Replace a file's record by what `change` makes of it; None when it is not there."""

    async def remove_file(self, store_id: str, file_id: str) -> bool:
        """Take a file and its chunks out of a store; return whether it was there."""

    async def batch(self, store_id: str, batch_id: str) -> tuple[FileBatchRecord, Counts] | None:
        """Return a batch of files and their counts, or None."""

    async def cancel_batch(self, store_id: str, batch_id: str) -> list[str] | None:
        """Cancel what is under way of a batch; return the runs to be stopped, or None when there is no such batch."""

    async def source(self, store_id: str, file_id: str) -> str | None:
        """Return the digest of a file's content while the file is there."""

    async def num_chunks(self, lease: Lease, file: VectorFileRecord) -> int:
        """Return how many chunks of a file are kept already, in order from the first."""

    async def keep_chunks(self, lease: Lease, file: VectorFileRecord, chunks: Sequence[Chunk]) -> None:
        """Keep chunks of a file that is being read; those that are there stay. Raises `RunConflict`."""

    async def finish_file(self, lease: Lease, file: VectorFileRecord) -> None:
        """Keep the file's final record and end the run, all or nothing. Raises `RunConflict` when the lease is lost.

        A file that was taken out or begun anew meanwhile is left alone; its run ends.
        """

    async def texts(self, store_id: str, file_id: str) -> list[str]:
        """Return the texts of a file's chunks, in order."""

    async def version(self, store_ids: Sequence[str]) -> dict[str, int]:
        """Return a number per store that changes whenever what can be found in it does."""

    async def searchable(self, store_id: str) -> list[VectorFileRecord]:
        """Return the files of a store that can be searched."""

    async def vectors(self, store_id: str) -> list[StoredVector]:
        """Return every vector of a store's searchable files, by number."""

    async def ranked(self, store_id: str, words: Sequence[str], limit: int) -> list[tuple[int, str, float]]:
        """Return the chunks that hold any of the words: number, file and BM25 score, the best first."""

    async def chunks(self, numbers: Sequence[int]) -> list[FoundChunk]:
        """Return chunks by number, in no order; those that are gone are left out."""

    async def touch(self, store_ids: Sequence[str], now: int) -> None:
        """Note that stores were used."""

    async def purge(self) -> None:
        """Forget stores whose time is over."""
