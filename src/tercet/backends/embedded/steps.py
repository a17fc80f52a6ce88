"""Whether a task goes on behind a tool's result: which tool a request speaks of that was not called yet.

A small model tells whatever a result says. What is left to do shows in the request: the tool that it speaks of most was
not called, and all that it needs is known by now.
"""

from collections.abc import Mapping, Sequence

from tercet.backends.embedded.drafts.narrowing import SURE, Draft
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.items import Item, Message, ToolCall

LEAST = 0.05
"""Likelihood below which no tool is the next."""
SHARE = 0.55
"""Part of the likelihood of the likeliest tool that was called, from which another is the next."""


def next_tool(items: Sequence[Item], offered: Offered, said: Spoken, drafts: Mapping[str, Draft]) -> str | None:
    """Return the tool that is surely to be called next, given what all of them can be given; None where that is the
    model's to say."""
    called = set(called_since(items))
    likely = offered.chances(said)
    least = max([LEAST, *(SHARE * likely.get(name, 0.0) for name in called)])
    ready = [name for name in drafts if name not in called and is_ready(offered, name, drafts[name])]
    best = max(ready, key=lambda name: likely[name], default=None)
    return best if best is not None and likely[best] >= least else None


def is_ready(offered: Offered, name: str, draft: Draft) -> bool:
    """Say whether all that a call of the tool needs is known, but for what the schema offers to choose from."""
    given = {field.name for field in draft.fields if max(value.chance for value in field.values) >= SURE}
    return all(each.choices or each.name in given for each in offered.parameters(name) if each.is_needed)


def called_since(items: Sequence[Item]) -> list[str]:
    """Return the tools that were called since the user's last message."""
    found: list[str] = []
    for item in reversed(items):
        if isinstance(item, Message) and item.role == "user":
            break
        if isinstance(item, ToolCall):
            found.append(item.name)
    return found
