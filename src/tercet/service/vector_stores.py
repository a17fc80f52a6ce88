"""Vector stores: what clients may do with them, whose they are, how long they live.

How files are read (`vector_work.py`) and searched (`vector_search.py`) is not known here.
"""

from collections.abc import Sequence

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RunConflict
from tercet.ids import new_id
from tercet.searching import Attributes
from tercet.service.documents import Documents
from tercet.service.embedding import Embedding
from tercet.service.files import Files
from tercet.service.vector_search import VectorSearch
from tercet.service.vector_work import VectorWork
from tercet.service.workers import Workers
from tercet.store.base import Store
from tercet.store.filing import Page
from tercet.store.vector_base import (
    Chunking,
    Counts,
    FileBatchRecord,
    FileStatus,
    VectorFileRecord,
    VectorStoreRecord,
)

KIND = "vector_file"
MAX_STORES = 1000
MAX_FILES_AT_ONCE = 4


class NewFile(msgspec.Struct, frozen=True):
    """A file to be put into a vector store; `param` names it in errors."""

    file_id: str
    attributes: Attributes = {}
    chunking: Chunking = Chunking()
    param: str = "file_id"


class Changes(msgspec.Struct, frozen=True):
    """What is to be different about a vector store; None leaves a thing as it is."""

    name: str | None = None
    metadata: dict[str, str] | None = None
    lifetime_days: int | None = None
    is_endless: bool = False
    """Its own policy ends; `lifetime_days` is then None."""


Listed = tuple[VectorStoreRecord, Counts]


class VectorStores:
    """The vector stores of every owner, and the workers of this process that read files in."""

    def __init__(self, store: Store, files: Files, embedding: Embedding, documents: Documents) -> None:
        """Files are accepted at once, and read after `start`."""
        self._store = store.vectors
        self._files = files
        self.search = VectorSearch(store.vectors, embedding)
        work = VectorWork(store, embedding, documents)
        self._workers = Workers(store.journal, KIND, work.finish, work.finish_cancelled, max_at_once=MAX_FILES_AT_ONCE)

    async def start(self) -> None:
        """Read what is queued and what others left behind."""
        await self._workers.start()

    async def close(self) -> None:
        """Stop reading; files under way go on at the next start, or elsewhere at once."""
        await self._workers.close()

    async def purge(self) -> None:
        """Forget stores whose time is over."""
        await self._store.purge()

    # ---- stores --------------------------------------------------------------------------------------------------

    async def create(self, record: VectorStoreRecord, files: Sequence[NewFile] = ()) -> Listed:
        """Keep a new store, whose files will be read whatever happens. Raises `InvalidRequest`."""
        if await self._store.num_of(record.owner) >= MAX_STORES:
            raise InvalidRequest(f"A key has at most {MAX_STORES} vector stores.", code="too_many_vector_stores")
        await self._store.add(record, await self._records(record.id, record.owner, files), KIND)
        self._workers.wake()
        return await self.get(record.id, record.owner)

    async def get(self, store_id: str, owner: str) -> Listed:
        """Return a store and the counts of its files. Raises `NotFound`, also for another owner's."""
        found = await self._store.get(store_id, owner)
        if found is None:
            raise _no_store(store_id)
        return found

    async def all(self, owner: str, page: Page, *, is_before: bool) -> Sequence[Listed]:
        """Return the owner's stores. Raises `NotFound` for an unknown `page.after`."""
        return await self._store.stores(owner, page, is_before=is_before)

    async def change(self, store_id: str, owner: str, changes: Changes) -> Listed:
        """Change a store; it counts as used now. Raises `NotFound`."""

        def changed(record: VectorStoreRecord) -> VectorStoreRecord:
            keeps = changes.lifetime_days is None and not changes.is_endless
            return msgspec.structs.replace(
                record,
                name=record.name if changes.name is None else changes.name,
                metadata=record.metadata if changes.metadata is None else changes.metadata,
                lifetime_days=record.lifetime_days if keeps else changes.lifetime_days,
                used_at=now_s(),
            )

        found = await self._store.change(store_id, owner, changed)
        if found is None:
            raise _no_store(store_id)
        return found

    async def delete(self, store_id: str, owner: str) -> None:
        """Delete a store with all that was read into it; the files stay. Raises `NotFound`."""
        if not await self._store.delete(store_id, owner):
            raise _no_store(store_id)

    def expires_at(self, record: VectorStoreRecord) -> int:
        """Return when a store ends unless it is used before."""
        return record.expires_at(self._store.retention_s)

    # ---- files ---------------------------------------------------------------------------------------------------

    async def add_file(self, store_id: str, owner: str, file: NewFile) -> VectorFileRecord:
        """Put a file into a store; it will be read whatever happens. Raises `NotFound`, `InvalidRequest`."""
        await self.get(store_id, owner)
        [record] = await self._records(store_id, owner, [file])
        await self._store.add_files(owner, [record], KIND)
        self._workers.wake()
        return record

    async def file(self, store_id: str, file_id: str, owner: str) -> VectorFileRecord:
        """Return a file of a store. Raises `NotFound`."""
        await self.get(store_id, owner)
        record = await self._store.file(store_id, file_id)
        if record is None:
            raise _no_file(store_id, file_id)
        return record

    async def files(
        self,
        store_id: str,
        owner: str,
        page: Page,
        *,
        is_before: bool,
        status: FileStatus | None = None,
        batch_id: str | None = None,
    ) -> Sequence[VectorFileRecord]:
        """Return files of a store, or of a batch of it. Raises `NotFound`."""
        await (self.get(store_id, owner) if batch_id is None else self.batch(store_id, batch_id, owner))
        return await self._store.files(store_id, page, is_before=is_before, status=status, batch_id=batch_id)

    async def set_attributes(self, store_id: str, file_id: str, owner: str, attributes: Attributes) -> VectorFileRecord:
        """Replace a file's attributes. Raises `NotFound`."""
        await self.get(store_id, owner)
        record = await self._store.change_file(
            store_id, file_id, lambda record: msgspec.structs.replace(record, attributes=attributes)
        )
        if record is None:
            raise _no_file(store_id, file_id)
        return record

    async def remove_file(self, store_id: str, file_id: str, owner: str) -> None:
        """Take a file out of a store; the file itself stays. Raises `NotFound`."""
        run_id = (await self.file(store_id, file_id, owner)).run_id
        await self._workers.cancel(run_id, owner)
        if not await self._store.remove_file(store_id, file_id):
            raise _no_file(store_id, file_id)

    async def texts(self, store_id: str, file_id: str, owner: str) -> Sequence[str]:
        """Return the texts of a file's chunks, in order. Raises `NotFound`, `RunConflict` while it is not read."""
        record = await self.file(store_id, file_id, owner)
        if record.status != "completed":
            raise RunConflict(f"The file {file_id!r} is {record.status!r}: it has no content here.")
        return await self._store.texts(store_id, file_id)

    # ---- batches -------------------------------------------------------------------------------------------------

    async def add_batch(self, store_id: str, owner: str, files: Sequence[NewFile]) -> tuple[FileBatchRecord, Counts]:
        """Put files into a store together, all or none. Raises `NotFound`, `InvalidRequest`."""
        await self.get(store_id, owner)
        batch = FileBatchRecord(new_id("vsfb"), store_id, now_s())
        records = await self._records(store_id, owner, files, batch.id)
        await self._store.add_files(owner, records, KIND, batch)
        self._workers.wake()
        return await self.batch(store_id, batch.id, owner)

    async def batch(self, store_id: str, batch_id: str, owner: str) -> tuple[FileBatchRecord, Counts]:
        """Return a batch of files and their counts. Raises `NotFound`."""
        await self.get(store_id, owner)
        found = await self._store.batch(store_id, batch_id)
        if found is None:
            raise _no_batch(store_id, batch_id)
        return found

    async def cancel_batch(self, store_id: str, batch_id: str, owner: str) -> tuple[FileBatchRecord, Counts]:
        """End what is under way of a batch; files that are read stay. Raises `NotFound`."""
        await self.get(store_id, owner)
        run_ids = await self._store.cancel_batch(store_id, batch_id)
        if run_ids is None:
            raise _no_batch(store_id, batch_id)
        for run_id in run_ids:
            await self._workers.cancel(run_id, owner)
        return await self.batch(store_id, batch_id, owner)

    async def _records(
        self, store_id: str, owner: str, files: Sequence[NewFile], batch_id: str | None = None
    ) -> list[VectorFileRecord]:
        """Return the records of files that are to be read. Raises `InvalidRequest` for one that is not there."""
        records: dict[str, VectorFileRecord] = {}
        for file in files:
            try:
                source = await self._files.get(file.file_id, owner)
            except NotFound as error:
                raise InvalidRequest(error.message, param=file.param, code=error.code) from None
            if source.id in records:
                raise InvalidRequest(f"The file {source.id!r} is named twice.", param=file.param, code="duplicate_file")
            records[source.id] = VectorFileRecord(
                id=source.id,
                store_id=store_id,
                run_id=new_id("vsrun"),
                created_at=now_s(),
                filename=source.filename,
                chunking=file.chunking,
                attributes=file.attributes,
                batch_id=batch_id,
            )
        return list(records.values())


def _no_store(store_id: str) -> NotFound:
    message = f"No vector store found with id {store_id!r}."
    return NotFound(message, param="vector_store_id", code="vector_store_not_found")


def _no_file(store_id: str, file_id: str) -> NotFound:
    return NotFound(f"The vector store {store_id!r} has no file {file_id!r}.", param="file_id", code="file_not_found")


def _no_batch(store_id: str, batch_id: str) -> NotFound:
    message = f"The vector store {store_id!r} has no file batch {batch_id!r}."
    return NotFound(message, param="batch_id", code="file_batch_not_found")
