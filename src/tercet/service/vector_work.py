"""Reading a file into a vector store: text, chunks, vectors; a run that goes on after any crash where it stood.

Chunks are kept in groups as they are done. Where they are cut follows from the text alone, so the number of those
that are kept says what is left to do. The file is found by searches from the transaction that ends the run.
"""

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from tercet.errors import BackendFailed, InvalidRequest, Overloaded, RunConflict, StoreFailed, TercetError, Unsupported
from tercet.service.documents import Documents
from tercet.service.embedding import Embedding
from tercet.service.vector_chunks import chunks_of
from tercet.service.vector_lanes import packed
from tercet.service.vector_reading import MAX_FILE_BYTES
from tercet.store.base import Lease, Store
from tercet.store.vector_base import Chunk, FileFault, VectorFileRecord

log = logging.getLogger(__name__)

GROUP = 32
MAX_ATTEMPTS = 5
FIRST_RETRY_S = 0.5
MAX_STORE_BYTES = 1 << 30
_spec = msgspec.msgpack.Decoder(tuple[str, str]).decode


class VectorWork:
    """Reads files in, under the leases that it is given."""

    def __init__(self, store: Store, embedding: Embedding, documents: Documents) -> None:
        self._documents = documents
        self._store = store
        self._vectors = store.vectors
        self._embedding = embedding

    async def finish(self, lease: Lease) -> None:
        """Do what is left to do of a file. Raises `StoreFailed` and `RunConflict`, and can then be called again."""
        file = await self._file(lease)
        if file is None:
            await self._store.journal.finish(lease, "cancelled")
            return
        try:
            done = await self._read(lease, file)
        except (StoreFailed, RunConflict):
            raise
        except InvalidRequest as error:
            is_foreign = isinstance(error, Unsupported)
            done = _failed(file, FileFault("unsupported_file" if is_foreign else "invalid_file", error.message))
        except TercetError as error:
            log.log(error.log_level, "file %s of %s: %s", file.id, file.store_id, error.message)
            done = _failed(file, FileFault("server_error", error.message))
        await self._vectors.finish_file(lease, done)

    async def finish_cancelled(self, lease: Lease) -> None:
        """End the reading of a file that is no longer wanted."""
        file = await self._file(lease)
        if file is None:
            await self._store.journal.finish(lease, "cancelled")
        else:
            await self._vectors.finish_file(lease, msgspec.structs.replace(file, status="cancelled"))

    async def _file(self, lease: Lease) -> VectorFileRecord | None:
        """Return the file of a run while it waits to be read by that run."""
        file = await self._vectors.file(*_spec(lease.spec))
        return file if file is not None and (file.run_id, file.status) == (lease.run_id, "in_progress") else None

    async def _read(self, lease: Lease, file: VectorFileRecord) -> VectorFileRecord:
        text = await self._documents.text(await self._content(file), file.filename)
        texts = await asyncio.to_thread(_chunks, text, file)
        if not texts:
            raise InvalidRequest(f"{file.filename!r} holds no text.")
        size = sum(len(text.encode()) for text in texts)
        await self._check_room(file, size)
        for start in range(await self._vectors.num_chunks(lease, file), len(texts), GROUP):
            group = texts[start : start + GROUP]
            vectors = await self._embed(group)
            pairs = enumerate(zip(group, vectors, strict=True), start)
            chunks = [Chunk(at, text, packed(vector)) for at, (text, vector) in pairs]
            await self._vectors.keep_chunks(lease, file, chunks)
        return msgspec.structs.replace(file, status="completed", usage_bytes=size, model=self._embedding.name)

    async def _content(self, file: VectorFileRecord) -> bytes:
        digest = await self._vectors.source(file.store_id, file.id)
        if digest is None:
            raise InvalidRequest(f"The file {file.id!r} is gone.")
        content = bytearray()
        async for chunk in self._store.files.read(digest):
            content += chunk
            if len(content) > MAX_FILE_BYTES:
                raise InvalidRequest(f"{file.filename!r} has more than {MAX_FILE_BYTES} bytes.")
        return bytes(content)

    async def _check_room(self, file: VectorFileRecord, size: int) -> None:
        used = sum(other.usage_bytes for other in await self._vectors.searchable(file.store_id))
        if used + size > MAX_STORE_BYTES:
            raise InvalidRequest(f"The vector store is full: it holds at most {MAX_STORE_BYTES} bytes of text.")

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Embed patiently where waiting helps."""
        for attempt in range(1, MAX_ATTEMPTS):
            try:
                return await self._embedding.vectors(texts)
            except (Overloaded, BackendFailed) as error:
                if not error.retryable:
                    raise
                await asyncio.sleep(max(error.retry_after_s or 0.0, FIRST_RETRY_S * 2**attempt))
        return await self._embedding.vectors(texts)


def _chunks(text: str, file: VectorFileRecord) -> list[str]:
    chunking = file.chunking
    return list(chunks_of(text, chunking.max_tokens, chunking.overlap_tokens))


def _failed(file: VectorFileRecord, fault: FileFault) -> VectorFileRecord:
    return msgspec.structs.replace(file, status="failed", fault=fault)
