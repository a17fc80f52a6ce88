"""The line of a text that answers a question: the one that has most of its words. It knows nothing of fields."""

import json
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from tercet.backends.embedded.drafts.rows import Described
from tercet.backends.embedded.spoken import Spoken
from tercet.backends.embedded.wording.words import stems_of

MAX_VALUE, MAX_LINES, MAX_LINE = 80, 400, 300
"""Characters up to which a text is a value; lines of a longer one that are read, and characters of a line."""
MIN_WORTH = 0.3
"""What the words of a question must be worth that a line has: the log of how rare each is among all lines."""
_LAST = re.compile(r"\b(?:last|latest|newest|most recent|final)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")


class Line(NamedTuple):
    """A line of a text, empty where none is one, and what its words are worth that a question has."""

    text: str = ""
    worth: float = 0.0


def line_of(said: Spoken) -> Line:
    """Return the line, or the sentence, that has most of a request's words, of a text that was returned last: the first
    of several, unless the last is asked for. One that says nothing else is no answer."""
    last = said.known[-1]
    lines = [line for text in texts(last.text) for line in _lines(text)]
    if last.is_call or len(lines) < 2:
        return Line()
    stems = Described(said.text).stems
    shared = [stems.intersection(stems_of(line)) for line in lines]
    rarity = {each: math.log(len(lines) / sum(each in of for of in shared)) for each in frozenset().union(*shared)}
    worth = [sum(map(rarity.__getitem__, of)) for of in shared]
    if max(worth) < MIN_WORTH:
        return Line()
    best = [line for line, its in zip(lines, worth, strict=True) if its == max(worth)]
    line = best[-1 if _LAST.search(said.text) else 0]
    return Line(line, max(worth)) if any(each not in stems for each in stems_of(line)) else Line()


def texts(result: str) -> Iterator[str]:
    """Yield the texts of a result, JSON or any other, that are more than a value and no JSON themselves."""
    try:
        waiting = [json.loads(result)]
    except (ValueError, RecursionError):
        waiting = [result]
    while waiting:
        match waiting.pop():
            case dict() as row:
                waiting += reversed(row.values())
            case list() as rows:
                waiting += reversed(rows)
            case str() as text if ("\n" in text or len(text) > MAX_VALUE) and text.lstrip()[:1] not in ("{", "["):
                yield text


def _lines(text: str) -> list[str]:
    """Return the lines of a text, of one that has but one its sentences, which are short enough to be told."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = lines if len(lines) > 1 else _SENTENCES.split(text.strip())
    return [line for line in found[:MAX_LINES] if len(line) <= MAX_LINE]
