"""What a text asks for: a tool with what is said of its arguments, and whether another text asks for the same."""

from typing import NamedTuple

from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.spoken import Spoken


class Meant(NamedTuple):
    """A tool that a text asks for, what of its arguments is found, and the text."""

    level: int
    name: str
    fields: list[assignment.Field]
    said: Spoken
    is_one_of_several: bool = False


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


def sure(meant: Meant) -> dict[str, set[str]]:
    """Return the values of each parameter that are likely, as they are written."""
    found: dict[str, set[str]] = {}
    for field in meant.fields:
        for value in likely(field):
            found.setdefault(field.name, set()).add(repr(value.value))
    return found


def likely(field: assignment.Field) -> list[scorer.Value]:
    """Return the values of a field from which two are taken for two requests."""
    return [value for value in field.values if value.chance >= assignment.LIKELY]
