"""What a response that searches files has done so far, in the journal: answers of the model, and searches."""

from collections.abc import Iterator, Sequence

import msgspec

from tercet.events import Event, Finished, ItemDone, Started
from tercet.items import FileSearch, Item
from tercet.records import Receipt
from tercet.store.base import Journal, Lease, LedgerEntry, Step


class Round(msgspec.Struct, frozen=True):
    """One answer of the model, whole."""

    model: str
    items: tuple[Item, ...]
    end: Finished
    entries: list[LedgerEntry]
    receipt: Receipt


_encode = msgspec.msgpack.Encoder().encode
_round = msgspec.msgpack.Decoder(Round).decode
_search = msgspec.msgpack.Decoder(FileSearch).decode


class Notebook:
    """The steps of one run: what is known of them, and the writing of further ones under its lease."""

    def __init__(self, journal: Journal, lease: Lease, steps: Sequence[Step]) -> None:
        self._journal = journal
        self._lease = lease
        self._known = {step.number: step.outcome for step in steps if step.outcome is not None}
        self._rounds = {step.number for step in steps if step.kind == "model"}

    @property
    def entries(self) -> list[LedgerEntry]:
        """What the answers used that are written down."""
        done = sorted(self._rounds & set(self._known))
        return [entry for number in done for entry in _round(self._known[number]).entries]

    def round(self, number: int) -> Round | None:
        """Return the answer that step `number` brought, if it is known."""
        known = self._known.get(number)
        return None if known is None else _round(known)

    def search(self, number: int) -> FileSearch | None:
        """Return the search that step `number` made, if it is known."""
        known = self._known.get(number)
        return None if known is None else _search(known)

    async def begin(self, number: int, kind: str, intent: object) -> None:
        """Write down what is about to be done. Raises `RunConflict`."""
        await self._journal.begin(self._lease, number, kind, _encode(intent))

    async def end_round(self, number: int, answer: Round) -> None:
        """Write down an answer. Raises `RunConflict`."""
        self._rounds.add(number)
        await self._end(number, _encode(answer))

    async def end_search(self, number: int, search: FileSearch) -> None:
        """Write down what a search found. Raises `RunConflict`."""
        await self._end(number, _encode(search))

    async def _end(self, number: int, outcome: bytes) -> None:
        await self._journal.end(self._lease, number, outcome)
        self._known[number] = outcome


def round_events(answer: Round) -> Iterator[Event]:
    """Yield the events of an answer that is known, items only whole."""
    yield Started(answer.model)
    for index, item in enumerate(answer.items):
        yield ItemDone(index, item)
    yield answer.end
