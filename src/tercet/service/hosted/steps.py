"""What a response that runs tools has done so far, in the journal: answers of the model, and calls of tools."""

from collections.abc import Iterator, Sequence

import msgspec

from tercet.errors import TercetError
from tercet.events import Event, Finished, ItemDone, Started
from tercet.items import HostedItem, Item
from tercet.records import Receipt
from tercet.store.base import Journal, Lease, LedgerEntry, Step

MODEL = "model"
"""The kind of a step that asks the model."""


class Round(msgspec.Struct, frozen=True):
    """One answer of the model, whole."""

    model: str
    items: tuple[Item, ...]
    end: Finished
    entries: list[LedgerEntry]
    receipt: Receipt


_encode = msgspec.msgpack.Encoder().encode
_round = msgspec.msgpack.Decoder(Round).decode
_item = msgspec.msgpack.Decoder(HostedItem).decode


class AllIsTold(TercetError):
    """A closed notebook holds no further step."""

    code = "all_is_told"


class Notebook:
    """The steps of one run: what is known of them, and the writing of further ones under its lease."""

    def __init__(self, journal: Journal, lease: Lease, steps: Sequence[Step], *, is_closed: bool = False) -> None:
        """A closed notebook is only read: where a further step would begin, `AllIsTold` is raised."""
        self._journal = journal
        self._lease = lease
        self._is_closed = is_closed
        self._known = {step.number: step.outcome for step in steps if step.outcome is not None}
        self._begun = {step.number for step in steps}
        self._rounds = {step.number for step in steps if step.kind == MODEL}

    @property
    def run_id(self) -> str:
        """The run whose steps these are."""
        return self._lease.run_id

    @property
    def entries(self) -> list[LedgerEntry]:
        """What the answers used that are written down."""
        done = sorted(self._rounds & set(self._known))
        return [entry for number in done for entry in _round(self._known[number]).entries]

    def round(self, number: int) -> Round | None:
        """Return the answer that step `number` brought, if it is known."""
        known = self._known.get(number)
        return None if known is None else _round(known)

    def item(self, number: int) -> HostedItem | None:
        """Return what the tool of step `number` brought, if it is known."""
        known = self._known.get(number)
        return None if known is None else _item(known)

    def is_begun(self, number: int) -> bool:
        """Whether step `number` was begun, here or by whoever had the run before: its effect may be there."""
        return number in self._begun

    async def begin(self, number: int, kind: str, intent: object) -> None:
        """Write down what is about to be done. Raises `RunConflict`."""
        if self._is_closed:
            raise AllIsTold("there is no further step")
        await self._journal.begin(self._lease, number, kind, _encode(intent))
        self._begun.add(number)

    async def end_round(self, number: int, answer: Round) -> None:
        """Write down an answer. Raises `RunConflict`."""
        self._rounds.add(number)
        await self._end(number, _encode(answer))

    async def end_item(self, number: int, item: HostedItem) -> None:
        """Write down what a tool brought. Raises `RunConflict`."""
        await self._end(number, _encode(item))

    async def _end(self, number: int, outcome: bytes) -> None:
        if not self._is_closed:
            await self._journal.end(self._lease, number, outcome)
        self._known[number] = outcome


def round_events(answer: Round) -> Iterator[Event]:
    """Yield the events of an answer that is known, items only whole."""
    yield Started(answer.model)
    for index, item in enumerate(answer.items):
        yield ItemDone(index, item)
    yield answer.end
