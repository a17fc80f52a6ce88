"""What a text asks for: a tool with what is said of its arguments."""

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


def likely(field: assignment.Field) -> list[scorer.Value]:
    """Return the values of a field that are likely."""
    return [value for value in field.values if value.chance >= assignment.LIKELY]
