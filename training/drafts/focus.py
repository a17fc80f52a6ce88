"""Requests for several calls, read for one of them: which words tell it from the others, and what it is given.

It knows nothing of numbers, nor of learning.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.scorer import Option
from tercet.backends.embedded.drafts.sequences import Focus, Mark
from training.drafts.turns import Asked, is_equal, leaf_values, normal

MAX_FOCUSED = 4
"""Readings of one request that are learnt from."""
MAX_CALLS = 8
_SENTENCE, _CLAUSE = re.compile(r"[.?!]\s+"), re.compile(r"[,;:]\s+|\s+(?:and|then|also|plus)\s+")

Calls = Sequence[Mapping[str, Any]]
Options = Sequence[Sequence[Option]]
"""By parameter, what could be its value."""


class Focused(NamedTuple):
    """A request read for some of its calls."""

    marks: tuple[Mark, ...]
    calls: Calls


def focused(asked: Asked, options: Options) -> list[Focused]:
    """The readings of a request for some of its calls, a few of them; none where it asks for one."""
    rng = random.Random(zlib.crc32(asked.request.lower.encode()))
    parts = _part(asked, options)
    found = [Focused(parts, asked.calls)] if parts else []
    if 1 < len(asked.calls) <= MAX_CALLS:
        found += _apart(asked.calls, parts, asked.offered, options, rng)
    return found if len(found) <= MAX_FOCUSED else rng.sample(found, MAX_FOCUSED)


def _apart(
    calls: Calls, marks: tuple[Mark, ...], offered: Sequence[Parameter], options: Options, rng: random.Random
) -> Iterator[Focused]:
    """Yield the readings for the calls that share a value of a parameter which tells calls apart, and within those."""
    for place in rng.sample(range(len(offered)), len(offered)):
        name = offered[place].name
        values = [normal(call[name]) for call in calls if name in call]
        distinct = [one for at, one in enumerate(values) if not any(is_equal(one, other) for other in values[:at])]
        if len(values) < len(calls) or len(distinct) < 2:
            continue
        at = [mention(options[place], offered[place], value) for value in distinct]
        if any(one is None for one in at):
            continue
        for value, own in zip(distinct, at, strict=True):
            others = [Mark(*other, Focus.OTHER) for other in at if other is not own and other]
            inside = (*marks, *others, Mark(*own, Focus.OWN)) if own else marks
            some = [call for call in calls if is_equal(normal(call[name]), value)]
            yield Focused(inside, some)
            if len(some) > 1:
                yield from _apart(some, inside, offered, options, rng)
        return


def mention(options: Sequence[Option], parameter: Parameter, value: Any) -> tuple[int, int] | None:
    """Where a value is said, if at one place only."""
    found = sorted(
        (option.start, option.end)
        for option in options
        if option.end and any(is_equal(normal(form), value) for form in option.forms(parameter))
    )
    if not found or any(start >= found[0][1] for start, _ in found):
        return None
    return max(found, key=lambda each: each[1] - each[0])


def _part(asked: Asked, options: Options) -> tuple[Mark, ...]:
    """The part of a request that asks for a tool beside others, marked; nothing where it has no part of its own."""
    if not asked.beside:
        return ()
    own = [each for call in asked.calls for each in _places(call, asked.offered, options)]
    others = [
        each
        for offered, call in asked.beside
        for each in _places(call, offered, [list(scorer.options(asked.request, parameter)) for parameter in offered])
    ]
    if not own or not others:
        return ()
    start, end = min(one for one, _ in own), max(other for _, other in own)
    if any(one < end and start < other for one, other in others):
        return ()
    text = asked.request.lower
    before = max((other for _, other in others if other <= start), default=None)
    behind = min((one for one, _ in others if one >= end), default=None)
    first = 0 if before is None else _cut(text, before, start)
    last = len(text) if behind is None else _cut(text, end, behind)
    outside = [Mark(one, other, Focus.OUTSIDE) for one, other in ((0, first), (last, len(text))) if one < other]
    return (*outside, Mark(first, last, Focus.WITHIN))


def _places(call: Mapping[str, Any], offered: Sequence[Parameter], options: Options) -> list[tuple[int, int]]:
    values = dict(leaf_values(call))
    found = (
        mention(of, parameter, normal(values[parameter.name]))
        for parameter, of in zip(offered, options, strict=True)
        if parameter.name in values
    )
    return [each for each in found if each]


def _cut(text: str, start: int, end: int) -> int:
    """Where a text between two values is cut: behind the first sentence, or else clause, or in the middle."""
    for ending in (_SENTENCE, _CLAUSE):
        if match := ending.search(text, start, end):
            return match.end()
    return (start + end) // 2
