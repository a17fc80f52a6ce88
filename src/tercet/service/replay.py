"""The events of a response as a pure function of its final record.

A background response is watched through these alone, whether it is still being made, was made before a restart or
long ago: every watcher at every time sees the same events under the same numbers. Deltas are words.
"""

import re
from collections.abc import Iterator

import msgspec

from tercet.events import (
    Begun,
    CallDelta,
    CallStarted,
    Compacted,
    Done,
    Event,
    Finished,
    ItemDone,
    ReasoningDelta,
    ServiceEvent,
    Started,
    TextDelta,
)
from tercet.items import Compaction, HostedItem, Item, McpApprovalResponse, Message, Reasoning, RefusalPart, ToolCall
from tercet.records import Receipt, ResponseRecord
from tercet.usage import Usage

_PIECES = re.compile(r"\s*\S+|\s+")


def as_queued(record: ResponseRecord) -> ResponseRecord:
    """Return the record as it was accepted."""
    return msgspec.structs.replace(as_begun(record), status="queued")


def as_begun(record: ResponseRecord) -> ResponseRecord:
    """Return the record as it was when work on it began."""
    return msgspec.structs.replace(
        record,
        status="in_progress",
        completed_at=None,
        output=(),
        logprobs=(),
        reason=None,
        usage=None,
        failure=None,
        receipt=Receipt(),
        fittings=(),
    )


def events_of(record: ResponseRecord) -> Iterator[Event | ServiceEvent]:
    """Yield the events that lead to an ended record; the record itself says how it ended."""
    yield Started(record.receipt.model)
    for index, item in enumerate(record.output):
        if isinstance(item, Compaction):
            yield Compacted(index, item)
        elif isinstance(item, HostedItem):
            yield Begun(index, item)
            yield Done(index, item)
        elif not isinstance(item, McpApprovalResponse):  # which no model and no tool brings about
            yield from _events_of_item(index, item, record)
            yield ItemDone(index, item)
    if record.reason is not None:
        yield Finished(record.reason, record.usage or Usage())


def _events_of_item(index: int, item: Item, record: ResponseRecord) -> Iterator[Event]:
    match item:
        case Message() if record.logprobs:
            for entry in record.logprobs:
                yield TextDelta(index, entry.token, (entry,))
        case Message() if not any(isinstance(part, RefusalPart) for part in item.content):
            for piece in _PIECES.findall(item.text):
                yield TextDelta(index, piece)
        case Reasoning():
            for piece in _PIECES.findall(item.text):
                yield ReasoningDelta(index, piece)
        case ToolCall():
            yield CallStarted(index, item.call_id, item.name)
            for piece in _PIECES.findall(item.arguments):
                yield CallDelta(index, piece)
        case _:
            pass
