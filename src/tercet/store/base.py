"""What the service asks of a store, whatever database is behind it.

A call that writes and returns has survived a power loss; one that raises `StoreFailed` has written nothing.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from tercet.items import Entry
from tercet.records import BatchRecord, ConversationRecord, FileRecord, ResponseRecord
from tercet.store.filing import FileStore, Incoming, Page, UploadStore
from tercet.store.leases import Lease as Lease
from tercet.store.vector_base import VectorStores
from tercet.usage import Usage

if TYPE_CHECKING:
    from tercet.store.agents_tables import AgentTables
    from tercet.store.sessions import SessionStore


class LedgerEntry(msgspec.Struct, frozen=True):
    """The use of one tier by one request: what was read, what was generated, and its price then."""

    at: int
    owner: str
    request_id: str
    tier: str
    model: str
    usage: Usage
    cost_usd: float


class UsageSum(msgspec.Struct, frozen=True):
    """What one owner used of one tier over a time."""

    owner: str
    tier: str
    num_requests: int
    usage: Usage
    cost_usd: float


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is kept: its digest, never the key. `id` owns what the key's requests store."""

    id: str
    name: str
    digest: str
    """Hexadecimal SHA-256 of the key."""
    hint: str
    """The key's first characters, enough to recognise it."""
    created_at: int
    revoked_at: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


RunStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled"]


class Run(msgspec.Struct, frozen=True):
    """A durable run. `created_at` is in Unix milliseconds; `is_cancelled` says that its end was asked for."""

    id: str
    kind: str
    owner: str
    status: RunStatus
    created_at: int
    is_cancelled: bool = False


class Notice(msgspec.Struct, frozen=True):
    """Something happened to a run, in this process or another: `queued`, `cancelled`, `ended`.

    `missed`: notices may have been lost, of any run.
    """

    event: str
    kind: str
    run_id: str


class Step(msgspec.Struct, frozen=True):
    """One journaled unit of a run. Without an outcome it was begun, and how far it came is unknown."""

    number: int
    kind: str
    intent: bytes
    outcome: bytes | None
    begun_at: int
    ended_at: int | None


class ResponseStore(Protocol):
    """Responses by id and owner."""

    async def put(
        self,
        record: ResponseRecord,
        entries: Sequence[LedgerEntry] = (),
        *,
        lease: Lease | None = None,
        run: tuple[str, bytes] | None = None,
    ) -> None:
        """Insert or replace `record` and add `entries` to the ledger, all or nothing.

        A record that is not to be stored is left out. One that ended well adds its input and output to its
        conversation, if that is still there.
        With a `lease` the run that made the record ends with it; raises `RunConflict` when the lease was lost.
        With a `run` (its kind and spec) one of the record's id is queued with it.
        """

    async def get(self, response_id: str, owner: str) -> ResponseRecord | None:
        """Return the record, or None when there is none or another owner has it."""

    async def chain(self, response_id: str, owner: str) -> list[ResponseRecord] | None:
        """Return the response and its ancestors, oldest first; None when any of them is missing."""

    async def delete(self, response_id: str, owner: str) -> bool:
        """Delete the record and the run that made it; return whether there was one."""

    async def purge(self) -> int:
        """Apply the retention limits; return the number of records deleted."""


class ConversationStore(Protocol):
    """Conversations by id and owner, and their items in order."""

    async def add(self, record: ConversationRecord, items: Sequence[Entry] = ()) -> None:
        """Keep a new conversation with its first items."""

    async def get(self, conversation_id: str, owner: str) -> ConversationRecord | None:
        """Return the conversation, or None when there is none or another owner has it."""

    async def change(self, record: ConversationRecord) -> bool:
        """Replace the metadata; return whether the conversation is still there."""

    async def delete(self, conversation_id: str, owner: str) -> bool:
        """Forget a conversation and its items; return whether there was one."""

    async def append(self, conversation_id: str, owner: str, items: Sequence[Entry]) -> bool:
        """Add items at the end, all or none; return whether there is such a conversation.

        Raises `InvalidRequest` when the conversation holds an item of the same id.
        """

    async def items(self, conversation_id: str, owner: str, page: Page | None = None) -> list[Entry] | None:
        """Return a page of the items, or all of them, oldest first; None when there is no such conversation.

        Raises `NotFound` when `page.after` is not one of them.
        """

    async def item(self, conversation_id: str, owner: str, item_id: str) -> Entry | None:
        """Return one item, or None when there is none."""

    async def remove_item(self, conversation_id: str, owner: str, item_id: str) -> bool:
        """Take an item out; return whether there was one."""

    async def purge(self) -> int:
        """Forget conversations that were not used for too long; return their number."""


class Ledger(Protocol):
    """What was used, by whom, and what it cost. Only ever added to."""

    async def add(self, entries: Sequence[LedgerEntry]) -> None:
        """Add the entries of a request that stores nothing else."""

    async def sums(self, since: int, until: int, owner: str | None = None) -> list[UsageSum]:
        """Return the sums by owner and tier from `since` until before `until`, in Unix seconds."""


class KeyStore(Protocol):
    """The API keys that operators create."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""

    async def find(self, digest: str) -> ApiKey | None:
        """Return the key with this digest, revoked or not."""

    async def all(self) -> list[ApiKey]:
        """Return every key ever created, oldest first."""

    async def revoke(self, key_id: str, at: int) -> bool:
        """Mark a key as revoked; return whether there was one that was not."""


class Journal(Protocol):
    """Durable runs and their steps. Every write under a lease raises `RunConflict` once the lease was lost."""

    async def create(self, run_id: str, kind: str, owner: str, spec: bytes) -> None:
        """Queue a run."""

    async def claim(self, kind: str, holder: str, lease_s: float) -> Lease | None:
        """Take the oldest run of `kind` that is queued or whose holder's lease ran out; None when there is none."""

    async def renew(self, lease: Lease, lease_s: float) -> bool:
        """Hold the run for longer; return whether it is still wanted (False: cancel it)."""

    async def release(self, lease: Lease) -> None:
        """Give an unfinished run back, to be claimed by anybody at once."""

    async def begin(self, lease: Lease, number: int, kind: str, intent: bytes) -> None:
        """Journal a step before its effect. A step without outcome may be begun again, with the same intent."""

    async def end(self, lease: Lease, number: int, outcome: bytes) -> None:
        """Journal what the step brought about."""

    async def finish(self, lease: Lease, status: RunStatus) -> None:
        """End the run."""

    async def steps(self, run_id: str, *, after: int = -1, limit: int = -1) -> list[Step]:
        """Return the run's steps in order: those numbered above `after`, at most `limit` of them (-1: all)."""

    async def get(self, run_id: str, owner: str) -> Run | None:
        """Return the run, or None when there is none or another owner has it."""

    async def cancel(self, run_id: str, owner: str) -> bool:
        """Ask for the run's end; return whether it had not ended yet."""

    def listen(self, heard: Callable[[Notice], None]) -> Callable[[], None]:
        """Have `heard` told of what happens to runs, on the event loop; return what ends that.

        A notice may be lost, and then what it told of must be found by looking for it.
        """

    @property
    def is_listening(self) -> bool:
        """Whether other processes' notices arrive."""

    async def delete(self, run_ids: Sequence[str]) -> None:
        """Forget runs, their steps, and the payloads that nothing refers to any more."""


class BatchStore(Protocol):
    """Batches by id and owner. The requests of one are the steps of the run that has its id."""

    async def add(self, record: BatchRecord, kind: str) -> None:
        """Keep a new batch and queue a run of `kind` under its id, all or nothing.

        Raises `NotFound` when its input file is gone.
        """

    async def get(self, batch_id: str, owner: str) -> BatchRecord | None:
        """Return the batch, or None when there is none or another owner has it."""

    async def list(self, owner: str, page: Page) -> list[BatchRecord]:
        """Return the owner's batches. Raises `NotFound` when `page.after` is not one of them."""

    async def change(
        self, batch_id: str, change: Callable[[BatchRecord], BatchRecord], lease: Lease | None = None
    ) -> BatchRecord:
        """Replace the record by what `change` makes of it, with nothing in between, and return that.

        What `change` raises is raised. With a `lease`: raises `RunConflict` when it was lost.
        """

    async def finish(
        self,
        batch_id: str,
        change: Callable[[BatchRecord], BatchRecord],
        lease: Lease,
        outputs: Sequence[tuple[FileRecord, Incoming]] = (),
    ) -> BatchRecord:
        """Keep the output files, change the record and end the run, all or nothing; see `change`."""

    async def purge(self) -> None:
        """Forget batches that are too old."""


class Store(Protocol):
    """Everything that is kept."""

    @property
    def responses(self) -> ResponseStore:
        """The stored responses."""

    @property
    def conversations(self) -> ConversationStore:
        """Conversations."""

    @property
    def ledger(self) -> Ledger:
        """What was used."""

    @property
    def journal(self) -> Journal:
        """Durable runs."""

    @property
    def keys(self) -> KeyStore:
        """The API keys."""

    @property
    def files(self) -> FileStore:
        """Files and their contents."""

    @property
    def uploads(self) -> UploadStore:
        """Files that are given in parts."""

    @property
    def batches(self) -> BatchStore:
        """Batches of requests."""

    @property
    def vectors(self) -> VectorStores:
        """Vector stores."""

    @property
    def agent_tables(self) -> "AgentTables":
        """What sessions are made from: agents, templates, vaults, automations."""

    @property
    def sessions(self) -> "SessionStore":
        """Agent sessions."""

    async def close(self) -> None:
        """Finish what was accepted and release the database; idempotent."""
