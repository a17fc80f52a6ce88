"""What stands on the wire of the Vector Stores API, but for searches."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tercet.api.openai.wire import Metadata
from tercet.api.wire import Wire
from tercet.errors import InvalidRequest
from tercet.searching import Attributes
from tercet.service.vector_stores import NewFile
from tercet.store.vector_base import Chunking, Counts, FileBatchRecord, VectorFileRecord, VectorStoreRecord

MAX_BATCH = 2000
Days = Annotated[int, Meta(ge=1, le=365)]
AttributesIn = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=512)] | bool | float],
    Meta(max_length=16),
]

# ---- requests ----------------------------------------------------------------------------------------------------


class ExpiresAfter(Wire):
    """When a store ends: so many days after it was last used."""

    anchor: Literal["last_active_at"]
    days: Days


class StaticChunks(Wire):
    """Sizes of chunks, in tokens."""

    max_chunk_size_tokens: Annotated[int, Meta(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Meta(ge=0, le=2048)]


class AutoChunking(Wire, tag="auto"):
    """Chunks of 800 tokens that overlap by 400."""


class StaticChunking(Wire, tag="static"):
    """Chunks of chosen sizes."""

    static: StaticChunks


ChunkingIn = AutoChunking | StaticChunking


class StoreRequest(Wire):
    """The body of POST /v1/vector_stores."""

    name: Annotated[str, Meta(max_length=256)] | None = None
    description: Annotated[str, Meta(max_length=512)] | None = None
    file_ids: Annotated[list[str], Meta(max_length=MAX_BATCH)] | None = None
    chunking_strategy: ChunkingIn | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class StoreChanges(Wire):
    """The body of POST /v1/vector_stores/{vector_store_id}. What is left out stays; null takes a policy away."""

    name: Annotated[str, Meta(max_length=256)] | None = None
    expires_after: ExpiresAfter | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET


class FileRequest(Wire):
    """The body of POST /v1/vector_stores/{vector_store_id}/files, and an entry of a batch."""

    file_id: str
    attributes: AttributesIn | None = None
    chunking_strategy: ChunkingIn | None = None

    def new_file(self, place: str = "") -> NewFile:
        """Return the file as the service is given it; errors name what is below `place`. Raises `InvalidRequest`."""
        chunking = chunking_of(self.chunking_strategy, f"{place}chunking_strategy")
        return NewFile(self.file_id, dict(self.attributes or {}), chunking, f"{place}file_id")


class FileChanges(Wire):
    """The body of POST /v1/vector_stores/{vector_store_id}/files/{file_id}."""

    attributes: AttributesIn | None


class BatchRequest(Wire):
    """The body of POST /v1/vector_stores/{vector_store_id}/file_batches: either ids or files."""

    file_ids: Annotated[list[str], Meta(min_length=1, max_length=MAX_BATCH)] | None = None
    files: Annotated[list[FileRequest], Meta(min_length=1, max_length=MAX_BATCH)] | None = None
    attributes: AttributesIn | None = None
    chunking_strategy: ChunkingIn | None = None

    def new_files(self) -> list[NewFile]:
        """Return the files as the service is given them. Raises `InvalidRequest`."""
        if (self.file_ids is None) == (self.files is None):
            raise InvalidRequest("Send 'file_ids' or 'files'.", param="file_ids", code="invalid_value")
        if self.files is None:
            return new_files(self.file_ids or [], self.attributes, self.chunking_strategy)
        for name in ("attributes", "chunking_strategy"):
            if getattr(self, name) is not None:
                raise InvalidRequest(
                    f"With 'files', {name!r} stands in each of them.", param=name, code="invalid_value"
                )
        return [file.new_file(f"files[{index}].") for index, file in enumerate(self.files)]


def new_files(ids: list[str], attributes: Attributes | None, chunking: ChunkingIn | None) -> list[NewFile]:
    """Return files that are all treated alike. Raises `InvalidRequest`."""
    sizes = chunking_of(chunking, "chunking_strategy")
    return [NewFile(file_id, dict(attributes or {}), sizes, f"file_ids[{index}]") for index, file_id in enumerate(ids)]


def chunking_of(chunking: ChunkingIn | None, place: str) -> Chunking:
    """Return the sizes that a strategy stands for. Raises `InvalidRequest`."""
    if not isinstance(chunking, StaticChunking):
        return Chunking()
    sizes = chunking.static
    if 2 * sizes.chunk_overlap_tokens > sizes.max_chunk_size_tokens:
        raise InvalidRequest(
            "Chunks overlap by at most half of their size.",
            param=f"{place}.static.chunk_overlap_tokens",
            code="invalid_value",
        )
    return Chunking(sizes.max_chunk_size_tokens, sizes.chunk_overlap_tokens)


# ---- answers -----------------------------------------------------------------------------------------------------


class CountsOut(msgspec.Struct, frozen=True):
    """Files by state."""

    in_progress: int
    completed: int
    cancelled: int
    failed: int
    total: int


class ExpiresAfterOut(msgspec.Struct, frozen=True):
    """When a store ends."""

    days: int
    anchor: Literal["last_active_at"] = "last_active_at"


class StoreOut(msgspec.Struct, frozen=True):
    """A vector store. One whose time is over is gone, so it is never seen as expired."""

    id: str
    created_at: int
    name: str
    description: str | None
    usage_bytes: int
    file_counts: CountsOut
    status: Literal["in_progress", "completed"]
    expires_after: ExpiresAfterOut | None
    expires_at: int
    last_active_at: int
    metadata: dict[str, str]
    object: Literal["vector_store"] = "vector_store"


class FaultOut(msgspec.Struct, frozen=True):
    """Why a file could not be read."""

    code: str
    message: str


class StaticChunksOut(msgspec.Struct, frozen=True):
    """Sizes of chunks, in tokens."""

    max_chunk_size_tokens: int
    chunk_overlap_tokens: int


class ChunkingOut(msgspec.Struct, frozen=True):
    """How a file is cut."""

    static: StaticChunksOut
    type: Literal["static"] = "static"


class VectorFileOut(msgspec.Struct, frozen=True):
    """A file in a vector store."""

    id: str
    created_at: int
    vector_store_id: str
    status: str
    usage_bytes: int
    last_error: FaultOut | None
    chunking_strategy: ChunkingOut
    attributes: dict[str, str | float | bool]
    object: Literal["vector_store.file"] = "vector_store.file"


class BatchOut(msgspec.Struct, frozen=True):
    """Files that were put into a store together."""

    id: str
    created_at: int
    vector_store_id: str
    status: Literal["in_progress", "completed", "cancelled", "failed"]
    file_counts: CountsOut
    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"


class TextOut(msgspec.Struct, frozen=True):
    """A stretch of a file's text."""

    text: str
    type: Literal["text"] = "text"


class ContentOut(msgspec.Struct, frozen=True):
    """The text that was read from a file, chunk by chunk; neighbours overlap."""

    data: list[TextOut]
    has_more: Literal[False] = False
    next_page: None = None
    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"


class StoreList(msgspec.Struct, frozen=True):
    """A page of stores."""

    data: list[StoreOut]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


class VectorFileList(msgspec.Struct, frozen=True):
    """A page of files."""

    data: list[VectorFileOut]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


class StoreDeleted(msgspec.Struct, frozen=True):
    """What is left of a deleted store."""

    id: str
    deleted: Literal[True] = True
    object: Literal["vector_store.deleted"] = "vector_store.deleted"


class VectorFileDeleted(msgspec.Struct, frozen=True):
    """What is left of a file that was taken out of a store."""

    id: str
    deleted: Literal[True] = True
    object: Literal["vector_store.file.deleted"] = "vector_store.file.deleted"


def store_out(record: VectorStoreRecord, counts: Counts, expires_at: int) -> StoreOut:
    """Return a store as it stands on the wire."""
    return StoreOut(
        id=record.id,
        created_at=record.created_at,
        name=record.name,
        description=record.description,
        usage_bytes=counts.usage_bytes,
        file_counts=_counts_out(counts),
        status="in_progress" if counts.in_progress else "completed",
        expires_after=None if record.lifetime_days is None else ExpiresAfterOut(record.lifetime_days),
        expires_at=expires_at,
        last_active_at=record.used_at,
        metadata=record.metadata,
    )


def file_out(record: VectorFileRecord) -> VectorFileOut:
    """Return a file of a store as it stands on the wire."""
    return VectorFileOut(
        id=record.id,
        created_at=record.created_at,
        vector_store_id=record.store_id,
        status=record.status,
        usage_bytes=record.usage_bytes,
        last_error=FaultOut(record.fault.code, record.fault.message) if record.fault else None,
        chunking_strategy=ChunkingOut(StaticChunksOut(record.chunking.max_tokens, record.chunking.overlap_tokens)),
        attributes=record.attributes,
    )


def batch_out(record: FileBatchRecord, counts: Counts) -> BatchOut:
    """Return a batch of files as it stands on the wire."""
    status: Literal["in_progress", "completed", "cancelled", "failed"] = "completed"
    if record.is_cancelled:
        status = "cancelled"
    elif counts.in_progress:
        status = "in_progress"
    elif counts.failed and counts.failed == counts.total:
        status = "failed"
    return BatchOut(record.id, record.created_at, record.store_id, status, _counts_out(counts))


def _counts_out(counts: Counts) -> CountsOut:
    return CountsOut(counts.in_progress, counts.completed, counts.cancelled, counts.failed, counts.total)
