"""From the events of a response to its final record."""

from typing import TypeVar

import msgspec

from tercet.clock import now_s
from tercet.errors import BackendFailed
from tercet.events import Compacted, Done, Event, Finished, ItemDone, ServiceEvent, TextDelta, TokenLogprob
from tercet.ids import item_id
from tercet.items import Entry
from tercet.records import Failure, Receipt, ResponseRecord, Status

E = TypeVar("E", bound=Entry)


class ResponseFold:
    """Gathers the events of one response into its final record."""

    def __init__(self, record: ResponseRecord) -> None:
        self._record = record
        self._output: list[Entry] = []
        self._logprobs: list[TokenLogprob] = []
        self._end: Finished | None = None

    def take(self, event: Event | ServiceEvent) -> None:
        """Add one event."""
        match event:
            case TextDelta():
                self._logprobs.extend(event.logprobs)
            case ItemDone() | Compacted() | Done():
                self._output.append(with_id(event.item, self._record.id, event.index))
            case Finished():
                self._end = event
            case _:
                pass

    def finished(self, receipt: Receipt) -> ResponseRecord:
        """Return the completed or incomplete record. Raises `BackendFailed` when the stream had no end."""
        if self._end is None:
            raise BackendFailed("the backend's stream ended before its answer did")
        return self.ended("completed" if self._end.reason == "stop" else "incomplete", receipt)

    def ended(self, status: Status, receipt: Receipt, failure: Failure | None = None) -> ResponseRecord:
        """Return the record as it stands, ended with `status`."""
        return msgspec.structs.replace(
            self._record,
            status=status,
            completed_at=now_s(),
            output=tuple(self._output),
            logprobs=tuple(self._logprobs),
            reason=self._end.reason if self._end else None,
            usage=self._end.usage if self._end else None,
            failure=failure,
            receipt=receipt,
        )


def with_id(item: E, response_id: str, index: int) -> E:
    """Return the output item with its id in the response."""
    return msgspec.structs.replace(item, id=item_id(response_id, index, str(item.__struct_config__.tag)))
