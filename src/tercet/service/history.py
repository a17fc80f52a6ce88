"""Conversations as lists of items: their turns, what a compaction stands for, and what may be left out. Pure."""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

import msgspec

from tercet.items import (
    Compaction,
    Entry,
    FileSearch,
    HostedItem,
    Item,
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    McpList,
    Message,
    Reasoning,
    TextPart,
    ToolCall,
    ToolResult,
    WebSearch,
)
from tercet.tools.file_search import NAME as SEARCH_TOOL
from tercet.tools.web_search import WebSearch as WebSearchTool

WEB_TOOL = WebSearchTool.name
SUMMARY_LEAD = "Summary of the conversation before this point:\n\n"
CHARACTERS_PER_TOKEN = 4
Turn = tuple[Item, ...]


def expanded(entries: Sequence[Entry]) -> tuple[Item, ...]:
    """Return what a model is shown of a conversation: the last compaction stands for what came before it.

    System and developer messages before a compaction stay, since it does not hold them.
    """
    known: tuple[Item | Compaction, ...] = tuple(item for entry in entries for item in _read(entry, entries))
    last = max((place for place, entry in enumerate(known) if isinstance(entry, Compaction)), default=None)
    if last is None:
        return tuple(entry for entry in known if not isinstance(entry, Compaction))
    compaction = known[last]
    assert isinstance(compaction, Compaction)
    before = [entry for entry in known[:last] if is_instruction(entry)]
    after = [entry for entry in known[last + 1 :] if not isinstance(entry, Compaction)]
    return (*before, *shown_for(compaction), *after)


def _read(entry: Entry, entries: Sequence[Entry]) -> tuple[Item | Compaction, ...]:
    """Return what an entry stands for among all others."""
    match entry:
        case FileSearch() | WebSearch() | McpCall():
            return read_as(entry)
        case McpApprovalRequest():
            return _read_request(entry, entries)
        case McpList() | McpApprovalResponse():
            return ()
        case _:
            return (entry,)


def read_as(item: HostedItem) -> tuple[Item, ...]:
    """Return a call of a tool of the service as the model that made it reads it: its own call and the result."""
    match item:
        case FileSearch():
            return _pair(item.call_id, SEARCH_TOOL, _query(" ".join(item.queries)), item.shown)
        case WebSearch():
            return _pair(item.call_id, WEB_TOOL, _query(item.query), item.shown)
        case McpCall():
            said = item.fault.message if item.fault is not None else item.output or ""
            return _pair(item.call_id, item.tool, item.arguments, f"Error: {said}" if item.fault is not None else said)
        case _:
            return ()


def pending(entries: Sequence[Entry]) -> dict[str, McpApprovalRequest]:
    """Return the calls that wait for an approval, by the id of the request."""
    done = {entry.approval_id for entry in entries if isinstance(entry, McpCall)}
    done |= {entry.request_id for entry in entries if isinstance(entry, McpApprovalResponse)}
    return {entry.id: entry for entry in entries if isinstance(entry, McpApprovalRequest) and entry.id not in done}


def _read_request(request: McpApprovalRequest, entries: Sequence[Entry]) -> tuple[Item, ...]:
    """Return a call that waits, or was denied, with that as its result; one that is made speaks for itself."""
    if any(isinstance(entry, McpCall) and entry.approval_id == request.id for entry in entries):
        return ()
    answers = (entry for entry in entries if isinstance(entry, McpApprovalResponse) and entry.request_id == request.id)
    answer = next(answers, None)
    if answer is not None and answer.is_approved:
        return ()  # it is about to be made
    said = "The user denied this call." if answer is not None else "The user has not approved this call."
    if answer is not None and answer.reason:
        said = f"{said} Reason: {answer.reason}"
    return _pair(request.call_id, request.tool, request.arguments, said)


def _pair(call_id: str, name: str, arguments: str, result: str) -> tuple[ToolCall, ToolResult]:
    return ToolCall(call_id, name, arguments), ToolResult(call_id, (TextPart(result),))


def _query(query: str) -> str:
    return msgspec.json.encode({"query": query}).decode()


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
