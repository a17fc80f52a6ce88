"""Responses that are made in the background: queued in the journal before they are acknowledged, worked on under a
lease, finished after any crash without asking the model again for what it had already answered.

A worker in any process that shares the store may finish a run. What a step brought about is journaled before the
run ends, and the final record, its use and the run's end are one transaction.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from tercet.errors import EngineCrashed, Overloaded, TercetError
from tercet.hosted import Carried, Credentials
from tercet.items import ModelRequest
from tercet.records import Failure, Receipt, ResponseRecord
from tercet.service.asks import Ask
from tercet.service.dispatch import POLL_S
from tercet.service.fitting import Fitter
from tercet.service.fold import ResponseFold
from tercet.service.hosted import HostedTools, Notebook, ToolsNotListed
from tercet.service.making import Making
from tercet.service.run import Run
from tercet.service.workers import Workers
from tercet.store.base import Lease, LedgerEntry, Store

log = logging.getLogger(__name__)

KIND = "response"
MAX_AT_ONCE = 16
MAX_ATTEMPTS = 5
FIRST_RETRY_S = 0.5


class Spec(msgspec.Struct, frozen=True):
    """What a worker needs to know: the record to fill in and the whole request, earlier turns included."""

    record: ResponseRecord
    request: ModelRequest
    carried: Carried = Carried()
    sealed: bytes | None = None
    """The credentials of its MCP servers, sealed for the record's id."""


class Outcome(msgspec.Struct, frozen=True):
    """What the model's step brought about."""

    record: ResponseRecord
    entries: list[LedgerEntry]


_encode = msgspec.msgpack.Encoder().encode
_read_spec = msgspec.msgpack.Decoder(Spec).decode
_read_credentials = msgspec.msgpack.Decoder(dict[str, Credentials]).decode
_read_outcome = msgspec.msgpack.Decoder(Outcome).decode


class Background:
    """The queue of background responses and the workers of this process."""

    def __init__(self, store: Store, begin: Callable[[Ask], Run], fitter: Fitter, tools: HostedTools) -> None:
        """`begin` starts a request, `fitter` makes it fit; nothing is worked on before `start`."""
        self._store = store
        self._tools = tools
        self._begin = begin
        self._fitter = fitter
        self._workers = Workers(store.journal, KIND, self._finish, self._end_cancelled, max_at_once=MAX_AT_ONCE)

    async def start(self) -> None:
        """Work on what is queued and on what others left behind."""
        await self._workers.start()

    async def close(self) -> None:
        """Stop working; runs under way are given back and go on at the next start, or elsewhere at once."""
        await self._workers.close()

    async def queue(
        self,
        record: ResponseRecord,
        request: ModelRequest,
        carried: Carried | None = None,
        credentials: Mapping[str, Credentials] | None = None,
    ) -> None:
        """Accept a response; when this returns it will be finished whatever happens.

        Raises `StoreFailed`, and `ConfigInvalid` where credentials cannot be sealed.
        """
        sealed = await self._store.agent_tables.seal(_encode(credentials), record.id) if credentials else None
        spec = Spec(record, request, carried or Carried(), sealed)
        await self._store.responses.put(record, run=(KIND, _encode(spec)))
        self._workers.wake()

    async def cancel(self, record: ResponseRecord) -> None:
        """Ask for the end of a run; one that this process works on stops at once."""
        await self._workers.cancel(record.id, record.owner)

    @property
    def num_changes(self) -> int:
        """How often a run of this process began or ended; to be read before what `changed` is to wait for."""
        return self._workers.num_changes

    async def changed(self, timeout_s: float = POLL_S, seen: int | None = None) -> None:
        """Return when a run of this process has begun or ended since `seen`, or after `timeout_s`, as others may."""
        await self._workers.changed(timeout_s, seen)

    async def is_under_way(self, response_id: str, owner: str) -> bool:
        """Say whether somebody works on a response that is queued."""
        run = await self._store.journal.get(response_id, owner)
        return run is not None and run.status == "running"

    async def _finish(self, lease: Lease) -> None:
        spec = _read_spec(lease.spec)
        journal = self._store.journal
        steps = await journal.steps(lease.run_id)
        if spec.record.hosted is not None:
            notebook = Notebook(journal, lease, steps)
            outcome = await self._ask(spec, notebook)
            await self._end(lease, Outcome(outcome.record, [*outcome.entries, *notebook.entries]))
            return
        if steps and steps[0].outcome is not None:
            await self._end(lease, _read_outcome(steps[0].outcome))
            return
        await journal.begin(lease, 0, "model", _encode(spec.request))
        outcome = await self._ask(spec)
        await journal.end(lease, 0, _encode(outcome))
        await self._end(lease, outcome)

    async def _ask(self, spec: Spec, notebook: Notebook | None = None) -> Outcome:
        """Ask the model, patiently where waiting helps; a failure is an outcome too."""
        entries: list[LedgerEntry] = []
        for attempt in range(1, MAX_ATTEMPTS + 1):
            making = self._making(spec, notebook)
            try:
                async for _ in making.events():
                    pass
                return Outcome(await making.finished(), entries + making.take_entries())
            except TercetError as error:
                entries += making.take_entries()
                if attempt == MAX_ATTEMPTS or not isinstance(error, Overloaded | EngineCrashed | ToolsNotListed):
                    log.log(error.log_level, "response %s failed: %s", spec.record.id, error.message)
                    return Outcome(await making.ended("failed", Failure.of(error)), entries)
                await asyncio.sleep(max(error.retry_after_s or 0.0, FIRST_RETRY_S * 2**attempt))
        raise AssertionError("the last attempt returns")

    async def _end(self, lease: Lease, outcome: Outcome) -> None:
        await self._store.responses.put(outcome.record, outcome.entries, lease=lease)

    def _making(self, spec: Spec, notebook: Notebook | None) -> Making:
        credentials: Mapping[str, Credentials] = {}
        if spec.sealed is not None:
            credentials = _read_credentials(self._store.agent_tables.unseal(spec.sealed, spec.record.id))
        return Making(
            spec.record,
            spec.request,
            self._begin,
            self._fitter,
            self._tools,
            notebook,
            carried=spec.carried,
            credentials=credentials,
        )

    async def _end_cancelled(self, lease: Lease) -> None:
        """End a run with what is written down of it: calls that were made are told, and nothing else is done."""
        spec = _read_spec(lease.spec)
        if spec.record.hosted is None:
            await self._end(lease, Outcome(_cancelled(spec.record), []))
            return
        notebook = Notebook(self._store.journal, lease, await self._store.journal.steps(lease.run_id), is_closed=True)
        record = msgspec.structs.replace(spec.record, can_truncate=False, compact_above=None)  # asks no model
        making = self._making(msgspec.structs.replace(spec, record=record), notebook)
        with suppress(TercetError):
            async for _ in making.events():
                pass
        told = await making.ended("cancelled")
        ended = msgspec.structs.replace(_cancelled(spec.record), output=told.output)
        await self._end(lease, Outcome(ended, notebook.entries))


def _cancelled(record: ResponseRecord) -> ResponseRecord:
    return ResponseFold(record).ended("cancelled", Receipt())
