"""Conversations as lists of items: their turns, what a compaction stands for, and what may be left out. Pure."""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import msgspec

from tercet.items import Compaction, Entry, FileSearch, Item, Message, Reasoning, TextPart, ToolCall, ToolResult
from tercet.tools.file_search import NAME as SEARCH_TOOL

SUMMARY_LEAD = "Summary of the conversation before this point:\n\n"
CHARACTERS_PER_TOKEN = 4
Turn = tuple[Item, ...]


def expanded(entries: Sequence[Entry]) -> tuple[Item, ...]:
    """Return what a model is shown of a conversation: the last compaction stands for what came before it.

    System and developer messages before a compaction stay, since it does not hold them.
    """
    entries = tuple(
        item for entry in entries for item in (read_as(entry) if isinstance(entry, FileSearch) else (entry,))
    )
    last = max((place for place, entry in enumerate(entries) if isinstance(entry, Compaction)), default=None)
    if last is None:
        return tuple(entry for entry in entries if not isinstance(entry, Compaction | FileSearch))
    compaction = entries[last]
    assert isinstance(compaction, Compaction)
    before = [entry for entry in entries[:last] if is_instruction(entry)]
    after = [entry for entry in entries[last + 1 :] if not isinstance(entry, Compaction | FileSearch)]
    return (*before, *shown_for(compaction), *after)


def read_as(search: FileSearch) -> tuple[Item, ...]:
    """Return a search as the model that asked for it reads it: its own call and the result."""
    arguments = msgspec.json.encode({"query": " ".join(search.queries)}).decode()
    call = ToolCall(search.call_id, SEARCH_TOOL, arguments)
    return call, ToolResult(search.call_id, (TextPart(search.shown),))


def shown_for(compaction: Compaction) -> tuple[Item, ...]:
    """Return the items in place of a compaction. The summary has a user's authority: it is made from users' words."""
    summary = Message("user", (TextPart(SUMMARY_LEAD + compaction.summary),), compaction.id)
    return (summary, *compaction.kept)


def is_instruction(entry: Entry) -> TypeGuard[Message]:
    """Whether this is a system or developer message, which is never left out."""
    return isinstance(entry, Message) and entry.role in ("system", "developer")


def parted(items: Sequence[Item]) -> tuple[tuple[Message, ...], list[Turn]]:
    """Return the instructions, and the turns: each from a user's words to the end of what came of them.

    A turn never ends between a call and its result.
    """
    instructions = tuple(item for item in items if is_instruction(item))
    turns: list[list[Item]] = []
    open_calls: set[str] = set()
    last: Item | None = None
    for item in items:
        if is_instruction(item):
            continue
        is_users = isinstance(item, Message) and item.role == "user"
        was_users = isinstance(last, Message) and last.role == "user"
        if not turns or (is_users and not was_users and not open_calls):
            turns.append([])
        turns[-1].append(item)
        if isinstance(item, ToolCall):
            open_calls.add(item.call_id)
        elif isinstance(item, ToolResult):
            open_calls.discard(item.call_id)
        last = item
    return instructions, [tuple(turn) for turn in turns]


def last_words(turns: Sequence[Turn], max_tokens: int) -> tuple[Message, ...]:
    """Return the latest user messages that together take about `max_tokens` at most, oldest first."""
    kept: list[Message] = []
    left = max_tokens * CHARACTERS_PER_TOKEN
    for item in reversed([item for turn in turns for item in turn]):
        if isinstance(item, Message) and item.role == "user":
            left -= len(item.text)
            if left < 0 or len(item.content) != len([part for part in item.content if isinstance(part, TextPart)]):
                break
            if not item.text.startswith(SUMMARY_LEAD):
                kept.append(item)
    return tuple(reversed(kept))


def transcript(turns: Sequence[Turn]) -> str:
    """Return the turns as text, to be read by whoever summarises them."""
    return "\n\n".join(line for turn in turns for item in turn for line in _lines(item))


def _lines(item: Item) -> Iterator[str]:
    match item:
        case Message():
            yield f"{item.role}: {item.text}"
        case ToolCall():
            yield f"assistant calls {item.name} with {item.arguments}"
        case ToolResult():
            yield f"tool result: {item.text}"
        case Reasoning():
            pass  # thoughts are not part of what was said
