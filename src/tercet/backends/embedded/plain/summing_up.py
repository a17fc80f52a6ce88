"""A text in fewer words: the sentence that says most of what it says; shorter, its beginning without asides."""

import re

from tercet.backends.embedded.plain.sentences import sentences
from tercet.backends.embedded.plain.shapes import count_of
from tercet.backends.embedded.relevance import direction, likeness
from tercet.backends.embedded.wording.words import stems_of

_ASIDES = re.compile(r"\s*\([^()]*\)|, (?:which|who|where)\b[^,.]*,?")
_HELLO = re.compile(r"^(?:dear|hi|hello|hey|good (?:morning|afternoon|day))\b[^.!?\n]{0,40}?,\s*", re.IGNORECASE)
_COUNT = re.compile(
    r"\b(one|two|three|four|five|1|2|3|4|5|a|single)\b(?: or \w+)?(?: \w+)? sentences?\b", re.IGNORECASE
)
_HANGING = frozenset("the a an of in on at to for and or with by is was from because that".split())
"""Words that no shortened sentence ends with."""


_DETAILS = re.compile(
    r"\b(?:conversation|in detail|detailed|exact names|key facts|everything important)\b", re.IGNORECASE
)
EXACT = 0.15
"""What a number adds to a sentence where several are told."""
MAX_TOLD, MANY = 20, 8
"""Sentences of a summary; of a text from which more than one is told."""


def summary(text: str, max_words: int | None = None, asked: str = "") -> str:
    """Return the sentences of a text that are most like the whole, in their order, of at most `max_words`; how many, if
    nobody says, by how long it is."""
    found = [each.text for each in sentences(text)]
    if not found:
        return ""
    match = _COUNT.search(asked)
    number = (match and count_of(match[1])) or _worth_telling(len(found), asked)
    whole = direction(tuple(dict.fromkeys(stems_of(text))))
    worth = [
        likeness(whole, direction(tuple(stems_of(each))))
        + 0.25 / (1 + place)
        - 0.3 * (len(each.split()) < 5)
        + EXACT * (any(map(str.isdigit, each)) and number > 1)
        for place, each in enumerate(found)
    ]
    best = sorted(sorted(range(len(found)), key=lambda place: -worth[place])[:number])
    told = " ".join(_HELLO.sub("", found[place]) for place in best)
    told = told[:1].upper() + told[1:]
    if max_words is None or len(told.split()) <= max_words:
        return told
    short = _ASIDES.sub("", told)
    words = short.split()[:max_words]
    while len(words) > 2 and words[-1].lower().strip(",") in _HANGING:
        words.pop()
    return " ".join(words).rstrip(",;:")


def _worth_telling(num_sentences: int, asked: str) -> int:
    """Return how many sentences tell a text where nobody says: one of a short one, half where details are wanted."""
    if _DETAILS.search(asked):
        return min(MAX_TOLD, max(2, num_sentences // 2))
    return 1 if num_sentences <= MANY else min(MAX_TOLD, 1 + num_sentences // MANY)
