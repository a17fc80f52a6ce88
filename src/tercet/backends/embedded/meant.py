"""What a text asks for: a tool with what is said of its arguments, and several requests for one tool told apart."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.spoken import Spoken

_JOINT = re.compile(
    r"^(?:\W*(?:(?:and|or|plus|then|also|as well as|vs\.?|versus)\b|[,;&])\W*(?:\w+\W+){0,4}$)"
    r"|\b(?:then|also|next|finally|lastly|afterwards?|same|again|another)\b|[.?!]\s+(?:$|(?-i:[A-Z]))",
    re.IGNORECASE,
)
"""What stands between two values of a parameter where they are those of two requests."""
IN_TURN = 0.6
"""Chance from which values count where those of several parameters are said in turn."""


class Meant(NamedTuple):
    """A tool that a text asks for, what of its arguments is found, and the text."""

    level: int
    name: str
    fields: list[assignment.Field]
    said: Spoken
    is_one_of_several: bool = False


def apart(meant: Meant) -> list[Meant]:
    """Return the request as one for each of the values of a parameter that takes one: `in Paris and in Oslo`."""
    several = {field.name: likely(field) for field in meant.fields if not field.is_list}
    repeated = {name: values for name, values in several.items() if len(values) > 1}
    joined = {name: values for name, values in repeated.items() if are_joined(meant.said.text, values)}
    count = max(map(len, joined.values()), default=0)
    in_turn = {field.name: likely(field, IN_TURN) for field in meant.fields if not field.is_list}
    turns = [values for values in joined.values() if len(values) == count] if joined else _in_turn(in_turn)
    if not turns:
        return [meant]
    places = [(min(one.start for one in turn), max(one.end for one in turn)) for turn in zip(*turns, strict=True)]
    shares = [_shares(field, places) for field in meant.fields]
    return [meant._replace(fields=[share[place] for share in shares]) for place in range(len(places))]


def _in_turn(several: Mapping[str, list[scorer.Value]]) -> list[list[scorer.Value]]:
    """Return the values of parameters that are said in turn, each once before one is said again: `from Oslo to Rome,
    from Rome to Bern`; nothing unless two are."""
    count = max(map(len, several.values()), default=0)
    turns = [values for values in several.values() if len(values) == count]
    if count < 2 or len(turns) < 2:
        return []
    said = sorted((value.start, place) for place, values in enumerate(turns) for value in values)
    rounds = [said[start : start + len(turns)] for start in range(0, len(said), len(turns))]
    is_even = all({place for _, place in each} == set(range(len(turns))) for each in rounds)
    return turns if is_even else []


def _shares(field: assignment.Field, places: Sequence[tuple[int, int]]) -> list[assignment.Field]:
    """Return what each of several requests, said at `places`, has of a field: as many values are one each, others
    belong to the request that they are said behind, or before; what cannot be told apart is every request's."""
    values = likely(field, IN_TURN)
    if not field.is_list and len(values) == len(places):
        return [field._replace(values=(value,)) for value in values]
    behind = [[value for value in values if _last(places, value.start) == place] for place in range(len(places))]
    before = [[value for value in values if _first(places, value.end) == place] for place in range(len(places))]
    for shares in (behind, before):
        if len(values) > 1 and all(shares) and sum(map(len, shares)) == len(values):
            return [field._replace(values=tuple(share)) for share in shares]
    return [field] * len(places)


def _last(places: Sequence[tuple[int, int]], start: int) -> int:
    return sum(first <= start for first, _ in places) - 1


def _first(places: Sequence[tuple[int, int]], end: int) -> int:
    return sum(last < end for _, last in places)


def differ(one: Meant, other: Meant) -> bool:
    """Say whether two requests for a tool give one of its parameters different values."""
    known, said = sure(one), sure(other)
    return any(known[name].isdisjoint(said[name]) for name in known.keys() & said.keys())


def says_again(known: Meant, meant: Meant) -> bool:
    """Say whether a request has values, and those of another are all that are found in it."""
    of_known = {field.name: {repr(value.value) for value in field.values} for field in known.fields}
    found = {field.name: {repr(value.value) for value in field.values} for field in meant.fields}
    return bool(found) and all(values <= of_known.get(name, set()) for name, values in found.items())


def is_crowded(meant: Meant) -> bool:
    """Say whether a parameter that takes one value likely has several."""
    return any(not field.is_list and len(likely(field)) > 1 for field in meant.fields)


def are_joined(text: str, values: Sequence[scorer.Value]) -> bool:
    """Say whether values are said one after another, as those of several requests: `Paris and Oslo`, `then Oslo`."""
    return all(_JOINT.search(text[one.end : other.start]) for one, other in pairwise(values))


def sure(meant: Meant) -> dict[str, set[str]]:
    """Return the values of each parameter that are likely, as they are written."""
    found: dict[str, set[str]] = {}
    for field in meant.fields:
        for value in likely(field):
            found.setdefault(field.name, set()).add(repr(value.value))
    return found


def likely(field: assignment.Field, least: float = assignment.LIKELY) -> list[scorer.Value]:
    """Return the values of a field from which two are taken for two requests."""
    return [value for value in field.values if value.chance >= least]
