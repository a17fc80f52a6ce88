"""Whether a task goes on behind a tool's result: which tool a request speaks of that was not called yet.

A small model tells whatever a result says. What is left to do shows in the request: the tool that it speaks of most was
not called, and all that it needs is known by now.
"""

from collections.abc import Mapping, Sequence

from tercet.backends.embedded.conversation import since_asked
from tercet.backends.embedded.drafts.narrowing import SURE, Draft
from tercet.backends.embedded.drafts.returned import asked_leaves, asks
from tercet.backends.embedded.drafts.words import identifier_stems
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.items import Item, ToolCall

_DEEDS = frozenset(
    stem
    for verb in (
        "add apply approve archive assign block book buy cancel change charge close confirm create"
        " decide decline deduct delete deploy disable dispute edit enable enroll escalate issue log"
        " mark merge move open order pay place post publish purchase push raise rebook refund register"
        " reject release remove rename reopen request reschedule reserve reset resolve restart revoke"
        " rollback schedule send set share start stop submit terminate transfer turn unblock update"
        " upgrade upload write"
    ).split()
    for stem in identifier_stems(verb)
)
"""Stems of verbs in the names of tools that do something, and do not only look."""
LEAST = 0.1
"""Likelihood below which no tool is what a request is after."""
SHARE = 0.55
"""Part of the likelihood of the likeliest tool that was called, from which another is what a request is after."""
INSTEAD = 0.6
"""Part of the likelihood of a tool that lacks a value, from which one that lacks none is meant instead."""
_KEYS = frozenset(
    stem
    for word in "id code ref number no key uid uuid sku serial handle token slug".split()
    for stem in identifier_stems(word)
)
"""Stems of what a parameter's name ends with that users seldom know and tools return."""


def next_tool(items: Sequence[Item], offered: Offered, said: Spoken, drafts: Mapping[str, Draft]) -> str | None:
    """Return the tool that is surely to be called next, given what all of them can be given; None where that is the
    model's to say.

    That is the tool that the request is after, once all that it needs is known; where it lacks what only tools know,
    the one that looks things up with what is known.
    """
    called = {item.name for item in items[since_asked(items) :] if isinstance(item, ToolCall)}
    is_question = asks(said.text)
    if called and is_question and asked_leaves(said):
        return None
    likely = offered.chances(said)
    left = [name for name in drafts if name not in called and not (is_question and is_deed(name))]
    goal = max(left, key=lambda name: likely[name], default=None)
    least = max([LEAST, *(SHARE * likely.get(name, 0.0) for name in called)])
    if goal is None or likely[goal] < least:
        return None
    ready = {name: is_ready(offered, name, drafts[name]) for name in left}
    meant = [name for name in left if ready[name] and likely[name] >= INSTEAD * likely[goal]]
    if meant:
        best = max(meant, key=lambda name: likely[name])
        return best if called and takes_key(offered, best, drafts[best], said) else None
    if not lacks_key(offered, goal, drafts[goal]):
        return None
    lookups = {name: surest(offered, name, drafts[name]) for name in left if ready[name] and not is_deed(name)}
    return max(lookups, key=lambda name: (lookups[name], likely[name]), default=None)


def takes_key(offered: Offered, name: str, draft: Draft, said: Spoken) -> bool:
    """Say whether a call of the tool needs an id, a code or the like that a result has: what tools do with other
    values is the model's to say."""
    keys = {each.name for each in offered.parameters(name) if each.is_needed and not _KEYS.isdisjoint(each.parts[-1:])}
    best = {field.name: max(field.values, key=lambda value: value.chance) for field in draft.fields if field.values}
    return any(best[key].start > len(said.text) for key in keys & best.keys())


def lacks_key(offered: Offered, name: str, draft: Draft) -> bool:
    """Say whether a call of the tool lacks an id, a code or the like."""
    given = _given(draft)
    return any(
        each.is_needed and each.name not in given and not _KEYS.isdisjoint(each.parts[-1:])
        for each in offered.parameters(name)
    )


def surest(offered: Offered, name: str, draft: Draft) -> float:
    """Return how likely the least likely value is that a call of the tool needs; 0 where it needs none."""
    chances = {field.name: max(value.chance for value in field.values) for field in draft.fields}
    needed = [chances[each.name] for each in offered.parameters(name) if each.is_needed and each.name in chances]
    return round(min(needed, default=0.0), 1)


def is_ready(offered: Offered, name: str, draft: Draft) -> bool:
    """Say whether all that a call of the tool needs is known, but for what the schema offers to choose from."""
    given = _given(draft)
    return all(each.choices or each.name in given for each in offered.parameters(name) if each.is_needed)


def is_deed(name: str) -> bool:
    """Say whether a tool, by the first two or the last word of its name, does something rather than look it up."""
    stems = identifier_stems(name)
    return not _DEEDS.isdisjoint((*stems[:2], *stems[-1:]))


def _given(draft: Draft) -> set[str]:
    """Return the parameters that have a likely value."""
    return {field.name for field in draft.fields if max(value.chance for value in field.values) >= SURE}
