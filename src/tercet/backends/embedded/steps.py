"""Whether a task goes on behind a tool's result: which tool a request speaks of that was not called yet.

A small model tells whatever a result says. What is left to do shows in the request: the tool that it speaks of most was
not called, and all that it needs is known by now.
"""

from collections.abc import Sequence
from functools import cache

from tercet.backends.embedded.conversation import since_asked
from tercet.backends.embedded.drafts.narrowing import SURE
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.returned import asks
from tercet.backends.embedded.hints import Offered
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.telling.answers import Trust
from tercet.backends.embedded.wording.words import identifier_stems
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
_LOOKS = frozenset(
    stem
    for verb in "search find list get query read lookup look fetch browse retrieve show view resolve".split()
    for stem in identifier_stems(verb)
)
"""Stems of verbs in the names of tools that tell what others need."""
LEAST = 0.1
"""Likelihood below which no tool is what a request is after."""
SHARE = 0.55
"""Part of the likelihood of the likeliest tool that was called, from which another is what a request is after."""
CLEAR, BESIDE = 0.6, 0.8
"""Likelihood of a tool, and part of that of the likeliest that was called, from which a task surely goes on with it."""
ANOTHER, POSSIBLY = 0.3, 0.15
"""Likelihood from which another tool than those that were called may be wanted; where no answer stands out."""
INSTEAD = 0.6
"""Part of the likelihood of a tool that lacks a value, from which one that lacks none is meant instead."""


def next_tool(items: Sequence[Item], offered: Offered, said: Spoken, names: Sequence[str]) -> str | None:
    """Return the tool, one of `names`, that is surely to be called next; None where that is the model's to say.

    That is the tool that the request is after, once all that it needs is known; where it lacks what only tools know,
    the one that looks things up with what is known; behind a result also the tool that is clearly meant, if what it
    needs has some value each.
    """
    called, likely = _called(items), offered.chances(said)
    left = _left(said, names, called)
    goal = max(left, key=lambda name: likely[name], default=None)
    least = max([LEAST, *(SHARE * likely.get(name, 0.0) for name in called)])
    if goal is None or likely[goal] < least:
        return None
    needs = _Needs(offered, said)
    meant = [name for name in left if likely[name] >= INSTEAD * likely[goal] and needs.are_known(name)]
    best = max(meant, key=lambda name: likely[name], default=None)
    if best and called and needs.has_returned_key(best):
        return best
    if not best and needs.lack_key(goal):
        lookups = {name: needs.surest(name) for name in left if not is_deed(name) and needs.are_known(name)}
        if found := max(lookups, key=lambda name: (lookups[name], likely[name]), default=None):
            return found
    most = max((likely.get(name, 0.0) for name in called), default=1.0)
    is_clear = bool(called) and likely[goal] >= max(CLEAR, BESIDE * most)
    return goal if is_clear and needs.have_any(goal) else None


def may_go_on(items: Sequence[Item], offered: Offered, said: Spoken, names: Sequence[str], trust: Trust) -> bool:
    """Say whether a request may want another of the tools `names`, that was not called yet, although there is an answer
    of such trust: where that is likely the one that is asked for, only a tool that does something."""
    likely, left = offered.chances(said), _left(said, names, _called(items))
    least = ANOTHER if trust > Trust.WHOLE else POSSIBLY
    return any(likely[name] >= least for name in left if is_deed(name) or trust < Trust.LIKELY)


def _called(items: Sequence[Item]) -> set[str]:
    """Return the tools that were called since the user's last message."""
    return {item.name for item in items[since_asked(items) :] if isinstance(item, ToolCall)}


def _left(said: Spoken, names: Sequence[str], called: set[str]) -> list[str]:
    """Return the tools that were not called; to a question nothing is done."""
    is_question = asks(said.text)
    return [name for name in names if name not in called and not (is_question and is_deed(name))]


def lookup(offered: Offered, said: Spoken, names: Sequence[str]) -> str | None:
    """Return the likeliest of the tools `names` that look something up and may be called first: all that it needs is
    said, and another is what the request is after."""
    likely = offered.chances(said)
    found = [name for name in names if likely[name] >= LEAST and _is_lookup(name) and offered.says_all(said, name)]
    best = max(found, key=lambda name: likely[name], default=None)
    return best if best and likely[best] < max(likely.values()) else None


class _Needs:
    """What calls need, and what of it is known; a tool is drafted when it is asked about."""

    def __init__(self, offered: Offered, said: Spoken) -> None:
        self._offered, self._end = offered, len(said.text)
        self._fields = cache(lambda name: {field.name: field for field in offered.draft(said, name).fields})

    def are_known(self, name: str) -> bool:
        """Say whether all that a call of the tool needs is known, but for what the schema offers to choose from."""
        return all(each.choices or self._is_given(name, each) for each in self._needed(name))

    def have_any(self, name: str) -> bool:
        """Say whether all that a call of the tool needs has a value that may be meant, or is chosen."""
        fields = self._fields(name)
        return all(
            each.choices or (each.name in fields and fields[each.name].chance >= SURE) for each in self._needed(name)
        )

    def lack_key(self, name: str) -> bool:
        """Say whether a call of the tool lacks an id, a code or the like."""
        return any(each.is_key and not self._is_given(name, each) for each in self._needed(name))

    def has_returned_key(self, name: str) -> bool:
        """Say whether a call of the tool needs an id, a code or the like that a result has: what tools do with other
        values is the model's to say."""
        keys = [self._fields(name).get(each.name) for each in self._needed(name) if each.is_key]
        return any(field is not None and field.likeliest.start > self._end for field in keys)

    def surest(self, name: str) -> float:
        """Return how likely the least likely value is that a call of the tool needs; 0 where it needs none."""
        fields = self._fields(name)
        chances = [fields[each.name].chance for each in self._needed(name) if each.name in fields]
        return round(min(chances, default=0.0), 1)

    def _needed(self, name: str) -> list[Parameter]:
        return [each for each in self._offered.parameters(name) if each.is_needed]

    def _is_given(self, name: str, parameter: Parameter) -> bool:
        field = self._fields(name).get(parameter.name)
        return field is not None and field.chance >= SURE


def _is_lookup(name: str) -> bool:
    return not _LOOKS.isdisjoint(identifier_stems(name)) and not is_deed(name)


def is_deed(name: str) -> bool:
    """Say whether a tool, by the first two or the last word of its name, does something rather than look it up."""
    stems = identifier_stems(name)
    return not _DEEDS.isdisjoint((*stems[:2], *stems[-1:]))
