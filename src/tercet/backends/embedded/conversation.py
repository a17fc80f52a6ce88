"""A conversation as what its user asks for and what its tools were called with and returned.

It knows neither tools nor hints.
"""

from collections.abc import Sequence

from tercet.backends.embedded.spoken import MAX_SPOKEN, Known, Speaker, Spoken, spoken
from tercet.items import Item, Message, ToolCall, ToolResult

MAX_KNOWN = 20_000
"""Characters of calls and results that are looked through, the latest first."""


def asked(items: Sequence[Item]) -> list[Spoken]:
    """Return for each of the user's messages what it asks for, with what it answers a question about."""
    return spoken([(_speaker(item), item.text if isinstance(item, Message) else "") for item in items])


def transcript(items: Sequence[Item]) -> Spoken:
    """Return what user and assistant have said to each other as one text: the latest messages that have no more than
    `MAX_SPOKEN` characters."""
    kept: list[str] = []
    size = 0
    for item in reversed(items):
        if _speaker(item) == "other" or not isinstance(item, Message):
            continue
        size += len(item.text) + 1
        if size > MAX_SPOKEN:
            break
        kept.append(item.text)
    return Spoken("\n".join(reversed(kept)))


def _speaker(item: Item) -> Speaker:
    return item.role if isinstance(item, Message) and item.role in ("user", "assistant") else "other"


def known(items: Sequence[Item]) -> tuple[Known, ...]:
    """Return what tools were called with and what they returned, in order."""
    found: list[Known] = []
    names: dict[str, str] = {}
    for item in items:
        if isinstance(item, ToolCall):
            names[item.call_id] = item.name
            found.append(Known(item.name, item.arguments, is_call=True))
        elif isinstance(item, ToolResult):
            found.append(Known(names.get(item.call_id, ""), item.text, is_call=False))
    size = 0
    for place in reversed(range(len(found))):
        size += len(found[place].text)
        if size > MAX_KNOWN:
            return tuple(found[place + 1 :])
    return tuple(found)


def since_asked(items: Sequence[Item]) -> int:
    """Return the place of the user's last message; 0 without one."""
    places = (place for place in reversed(range(len(items))) if _is_users(items[place]))
    return next(places, 0)


def _is_users(item: Item) -> bool:
    return isinstance(item, Message) and item.role == "user"
