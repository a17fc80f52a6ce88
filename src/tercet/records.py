"""What the service keeps of its work: a response as a value, from its acceptance to its end.

Doors render records in their own protocol; the store writes them; nobody else needs to know how.
"""

from typing import Literal

import msgspec

from tercet.confidence import Confidence
from tercet.errors import TercetError
from tercet.events import FinishReason, TokenLogprob
from tercet.grounding import Grounding
from tercet.hosted import Hosted
from tercet.items import Entry, ModelRequest
from tercet.usage import Usage

Status = Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]


class Failure(msgspec.Struct, frozen=True):
    """Why a response failed, in the terms of the error that ended it."""

    code: str
    message: str
    status: int = 500
    param: str | None = None

    @classmethod
    def of(cls, error: TercetError) -> "Failure":
        """Keep of `error` what a client may see."""
        return cls(error.code, error.message, error.status, error.param)


class Receipt(msgspec.Struct, frozen=True):
    """Where a generation was served, how long it took and what it cost."""

    tier: str = ""
    backend: str = ""
    model: str = ""
    duration_ms: float = 0.0
    first_ms: float = 0.0
    """Until the first words or call came, where that was measured."""
    cost_usd: float = 0.0
    constrained: bool = False
    """The backend held decoding to the schemas."""
    validated: int = 0
    """Number of tool calls and structured outputs that were checked against their schema."""
    mended: tuple[str, ...] = ()
    """What made the answer valid, in order: `extracted`, `trimmed`, `repaired`, `escalated`; empty when it was."""
    groundings: dict[str, tuple[Grounding, ...]] = {}
    """Where the arguments of each call came from, by `call_id`; for calls that were to be grounded."""
    confidence: Confidence | None = None


class Fitting(msgspec.Struct, frozen=True):
    """What was done to an input so that it fits: oldest turns dropped, or a summary put in their place."""

    method: Literal["truncated", "compacted"]
    num_items: int
    """How many items are no longer shown to the model as they were."""
    tokens_before: int
    tokens_after: int


class ResponseRecord(msgspec.Struct, frozen=True):
    """One response. `input` holds the new items only; earlier ones follow from `previous_id` or the conversation."""

    id: str
    owner: str
    created_at: int
    model: str
    """As the client named it."""
    request: ModelRequest
    """The settings; its own items are empty."""
    input: tuple[Entry, ...] = ()
    instructions: str | None = None
    previous_id: str | None = None
    conversation_id: str | None = None
    """The conversation that the input and output are added to when the response has ended well."""
    can_truncate: bool = False
    """An input that exceeds the window loses its oldest turns."""
    hosted: Hosted | None = None
    """The tools that are run here while it is made."""
    compact_above: int | None = None
    """Earlier turns are summarised when the prompt has more tokens; 0 leaves the number to the service."""
    is_stored: bool = True
    is_background: bool = False
    metadata: dict[str, str] = {}
    echo: dict[str, object] = {}
    """Settings of the door's protocol that change nothing here but are shown again in the resource."""
    status: Status = "in_progress"
    completed_at: int | None = None
    output: tuple[Entry, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    reason: FinishReason | None = None
    usage: Usage | None = None
    failure: Failure | None = None
    receipt: Receipt = Receipt()
    fittings: tuple[Fitting, ...] = ()


class ConversationRecord(msgspec.Struct, frozen=True):
    """A named, growing list of items; the items are the store's."""

    id: str
    owner: str
    created_at: int
    metadata: dict[str, str] = {}


class FileRecord(msgspec.Struct, frozen=True):
    """A file that a client gave or a batch produced; its content lies under `digest`."""

    id: str
    owner: str
    created_at: int
    expires_at: int
    purpose: str
    filename: str
    size: int
    digest: str
    """Hexadecimal SHA-256 of the content."""


class UploadRecord(msgspec.Struct, frozen=True):
    """A file that is given in parts; `file_id` is set once it is complete."""

    id: str
    owner: str
    created_at: int
    expires_at: int
    purpose: str
    filename: str
    size: int
    lifetime_s: int | None
    """How long the file is to live; None: as long as files do."""
    status: Literal["pending", "completed", "cancelled"] = "pending"
    file_id: str | None = None


class PartRecord(msgspec.Struct, frozen=True):
    """A stretch of an upload."""

    id: str
    upload_id: str
    created_at: int
    size: int
    digest: str


BatchStatus = Literal[
    "validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"
]


class BatchFault(msgspec.Struct, frozen=True):
    """Why a line of a batch's input is not a request, or why the whole input is none."""

    code: str
    message: str
    line: int | None = None
    """Counted from 1."""
    param: str | None = None


class BatchRecord(msgspec.Struct, frozen=True):
    """Requests from a file that are answered in the background. Moments are Unix seconds, None until they come."""

    id: str
    owner: str
    created_at: int
    expires_at: int
    endpoint: str
    input_file_id: str
    input_digest: str
    input_size: int
    metadata: dict[str, str] | None = None
    output_lifetime_s: int | None = None
    status: BatchStatus = "validating"
    in_progress_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    num_requests: int = 0
    num_completed: int = 0
    num_failed: int = 0
    usage: Usage = Usage()
    output_file_id: str | None = None
    error_file_id: str | None = None
    faults: tuple[BatchFault, ...] = ()
