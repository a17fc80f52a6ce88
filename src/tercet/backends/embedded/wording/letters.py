"""What the layout of a text tells: `Label: value` lines, whom a letter greets, and who has signed it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tercet.backends.embedded.wording.imperatives import IMPERATIVE
from tercet.backends.embedded.wording.words import identifier_stems

MAX_LABEL = 5
"""Words of a label."""
_LABELLED = re.compile(
    r"^[ \t>*•-]*([^\W\d_][^\n:=|]{0,48}?)[ \t]?(?::[ \t]+|[ \t]=[ \t])([^\n]*[^\s.,;])[.,;]?[ \t]*$", re.MULTILINE
)
_NAME = r"[A-Z][\w'’-]*(?:\.? [A-Z][\w'’-]*){0,3}"
_GREETED = re.compile(
    rf"(?:\A|\n)[ \t]*(?i:hi|hello|hey|dear|hallo|good (?:morning|afternoon|evening))(?: there)?,?"
    rf" ({_NAME})[ \t]*[,!:.\n–-]"
)
_CLOSED = re.compile(
    r"\b(?i:regards|best|wishes|thanks|thank you|cheers|yours|sincerely|faithfully|greetings|bye|love|thx|grüßen)"
    r"[,.!]?\s+"
    rf"[-–—]? ?({_NAME})[ \t]*(?:\n|\Z)"
)
_LAST_LINE = re.compile(rf"\n[ \t]*[-–—]? ?({_NAME})[ \t]*\Z")
GREETED, SIGNED = "greeted", "signed"


class Labelled(NamedTuple):
    """A value behind a label: the stems of the label, and where label and value stand."""

    stems: tuple[str, ...]
    label: tuple[int, int]
    value: tuple[int, int]


def labelled_in(text: str) -> Iterator[Labelled]:
    """Yield the `Label: value` lines of `text`."""
    for match in _LABELLED.finditer(text):
        stems = identifier_stems(match[1].replace("-", " "))
        first, mark, _ = match[1].partition(" ")
        is_order = bool(mark) and IMPERATIVE.fullmatch(first) is not None
        if 0 < len(stems) <= MAX_LABEL and not is_order:
            yield Labelled(stems, match.span(1), match.span(2))


def roles_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the names whom `text` greets and who has signed it, as places and kinds."""
    if greeted := _GREETED.search(text):
        yield (*greeted.span(1), GREETED)
    if signed := _CLOSED.search(text) or _LAST_LINE.search(text.rstrip()):
        yield (*signed.span(1), SIGNED)
