"""One tool asked for several times in a message: `Celtic in 1966-67, and Ajax in 1971-72`.

Where several values of one parameter are likely, they may tell several calls apart. The message is read anew for each
of them, with its words and those of the others marked, so that what else is said of that call is found wherever it
stands; and within such a reading, for what is still said several times. It knows nothing of other tools, nor how likely
a message is meant so.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import NamedTuple, Protocol

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.assignment import Field
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.scorer import Value, share_words
from tercet.backends.embedded.drafts.sequences import Focus, Mark

MAX_CALLS = 8
"""Calls that a message is read as."""
SAID = 0.3
"""Chance from which a value may tell a call from others."""
WITHIN = 0.5
"""The same where a message is read for one of several calls."""
WORTH = 0.2
"""Chance from which a value speaks for its parameter as the one that tells calls apart."""
UNLIKELY = 0.02
"""Chance of a value that a call's own reading does not have."""
MAX_ORDERED = 5
"""Calls up to which all orders of values are weighed."""
REWORDED = 0.6
"""How likely a text is said as it is below which two of it are no two requests."""


OF_ALL = re.compile(r"\b(?:each|both|all|every|everything|everyone|them|those|these)\b", re.IGNORECASE)
"""Words that say that what is enumerated is meant of all."""


class Reading(Protocol):
    """A message that is read for a tool, as a whole or with words marked as of some of its calls."""

    @property
    def text(self) -> str: ...

    def fields(self, marks: Sequence[Mark]) -> Sequence[Field]:
        """Return the parameters for which it has likely values."""

    def settled(self, marks: Sequence[Mark]) -> Sequence[Field]:
        """Return the same with one value each, chosen together."""

    def several(self, marks: Sequence[Mark]) -> float:
        """Return the logarithm of the odds that it asks for several calls."""


class Call(NamedTuple):
    """One of several calls: the words that tell it from others, and what it is given."""

    marks: tuple[Mark, ...]
    told_by: dict[str, Value]
    """By parameter, the values that tell it from others."""
    fields: Sequence[Field]
    """Its parameters with one value each."""
    possible: Sequence[Field] = ()
    """Its parameters with all that they likely have."""
    shared: Mapping[str, Value] = {}
    """What it is given of values of which each call has one."""

    @property
    def given(self) -> list[Field]:
        """What it is given: what tells it from others for certain, and no words of those."""
        others = [mark for mark in self.marks if mark.focus is Focus.OTHER]
        known = self.told_by.keys() | self.shared.keys()
        kept = {field.name: _without(field, others) for field in self.fields if field.name not in known}
        told = {name: Field(name, (value,)) for name, value in {**self.shared, **self.told_by}.items()}
        by_name = {field.name: field for field in self.fields}
        lists = {name: told[name]._replace(is_list=by_name[name].is_list) for name in told if name in by_name}
        return [field for field in (told | lists | kept).values() if field is not None]


def anchors(
    fields: Sequence[Field], offered: Sequence[Parameter], known: Sequence[str] = (), least: float = SAID
) -> tuple[str, Sequence[Value]]:
    """Return the parameter whose values most likely tell calls apart, and those values; none where no parameter has
    two. `known`: parameters that tell them apart already."""
    found = ("", list[Value]())
    best = 0.0
    by_name = {each.name: each for each in offered}
    for field in fields:
        if field.name in known or field.row or not tells_apart(by_name[field.name]):
            continue
        values = [value for value in field.values if value.end and value.chance >= least]
        if field.is_list:
            values = [value for value in values if isinstance(value.value, list)]
        worth = sum(value.chance - WORTH for value in values)
        if len(values) > 1 and worth > best:
            found, best = (field.name, values[:MAX_CALLS]), worth
    return found


def tells_apart(parameter: Parameter) -> bool:
    """Say whether two values of a parameter make two requests."""
    return not scorer.is_open_text(parameter) or scorer.quotable(parameter) >= REWORDED


def calls(reading: Reading, offered: Sequence[Parameter], marks: Sequence[Mark] = ()) -> list[Call]:
    """Return the calls that a message can be read as, at least two in the order of what tells them apart; none where it
    cannot. `marks`: the part of the message that is read."""
    fields = reading.fields(marks)
    name, values = anchors(fields, offered)
    rows = [{name: value} for value in values]
    for other, more in _in_turn(fields, offered, name, values) if not OF_ALL.search(reading.text) else ():
        rows = [{**row, other: value} for row, value in zip(rows, more, strict=True)]
    found = _shared_out(list(_told_apart(reading, offered, tuple(marks), {}, rows)), fields, offered)
    distinct = [call for at, call in enumerate(found) if not any(_are_same(call, other) for other in found[:at])]
    return distinct[:MAX_CALLS] if len(distinct) > 1 else []


def _in_turn(
    fields: Sequence[Field], offered: Sequence[Parameter], name: str, values: Sequence[Value]
) -> Iterator[tuple[str, Sequence[Value]]]:
    """Yield other parameters with as many values, all before or all behind those: `rates of 0.2 and 0.5 for 3 and 6
    hours`."""
    for field in fields:
        other, more = anchors([field], offered, [name])
        if other and len(more) == len(values):
            is_before, is_behind = more[-1].end <= values[0].start, values[-1].end <= more[0].start
            if is_before or is_behind:
                yield other, more


def _told_apart(
    reading: Reading,
    offered: Sequence[Parameter],
    marks: tuple[Mark, ...],
    known: dict[str, Value],
    rows: Sequence[Mapping[str, Value]],
) -> Iterator[Call]:
    """Yield a call, or several, for each row of values that tell them apart."""
    for row in rows:
        others = (value for each in rows if each is not row for value in each.values())
        own = (
            *marks,
            *(Mark(value.start, value.end, Focus.OTHER) for value in others),
            *(Mark(value.start, value.end, Focus.OWN) for value in row.values()),
        )
        fields, told = reading.fields(own), {**known, **row}
        name, values = anchors(fields, offered, list(told), WITHIN)
        if name and reading.several(own) > 0:
            yield from _told_apart(reading, offered, own, told, [{name: value} for value in values])
        else:
            yield Call(own, told, reading.settled(own), fields)


def _shared_out(found: Sequence[Call], fields: Sequence[Field], offered: Sequence[Parameter]) -> list[Call]:
    """Return the calls, each with one of the values of every parameter that has no more of them than there are calls,
    and at least two: all are given to some call, in the way that is likeliest by the calls' own readings."""
    by_name = {each.name: each for each in offered}
    shared: list[dict[str, Value]] = [{} for _ in found]
    told = {name for call in found for name in call.told_by}
    for field in fields:
        values = [value for value in field.values if value.end]
        is_one = not (field.is_list or field.row or field.name in told) and tells_apart(by_name[field.name])
        num_said = sum(value.chance >= SAID for value in values)
        if is_one and 2 <= len(values) <= len(found) and num_said >= (1 if len(values) == len(found) else 2):
            ways = [[_likelihood(call, field.name, value) for value in values] for call in found]
            for call, own, place in zip(shared, ways, _places(ways), strict=True):
                call[field.name] = values[place]._replace(chance=max(own[place], values[place].chance))
    return [call._replace(shared=own) for call, own in zip(found, shared, strict=True)]


def _places(ways: Sequence[Sequence[float]]) -> Sequence[int]:
    """Return which value each call has, by how likely each is: where there are as many, each another one, in order or
    in the likeliest of all orders; else all in order."""
    count, most = len(ways), len(ways[0])
    if count == most:
        orders: Iterable[Sequence[int]] = permutations(range(count)) if count <= MAX_ORDERED else [range(count)]
    else:
        cuts = combinations(range(1, count), most - 1)
        orders = ([bisect_right(cut, at) for at in range(count)] for cut in cuts)
    return max(orders, key=lambda order: sum(math.log(own[place]) for own, place in zip(ways, order, strict=True)))


def _likelihood(call: Call, name: str, value: Value) -> float:
    """Return how likely a call's own reading has a value for a parameter."""
    values = next((field.values for field in call.possible if field.name == name), ())
    return max((each.chance for each in values if share_words(each, value)), default=UNLIKELY)


def _are_same(one: Call, other: Call) -> bool:
    """Say whether two calls are given the same, as it is written."""
    return _written(one) == _written(other)


def _written(call: Call) -> dict[str, str]:
    return {field.name: str(field.likeliest.value).lower() for field in call.given}


def _without(field: Field, marks: Sequence[Mark]) -> Field | None:
    """Return a field without the values that share words with what is marked; None where it has no others."""
    kept = tuple(
        value
        for value in field.values
        if not value.end or not any(value.start < mark.end and mark.start < value.end for mark in marks)
    )
    return field._replace(values=kept) if kept else None
