"""What in a request could be the value of some parameter: runs of words, quotations, numbers, dates, lists.

Each candidate carries what it looks like and what stands around it, as names of features. It knows nothing of tools.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tercet.backends.embedded.drafts.returned import Leaf
from tercet.backends.embedded.wording.crons import Repeated
from tercet.backends.embedded.wording.dates import Dated
from tercet.backends.embedded.wording.periods import Counted, Period
from tercet.backends.embedded.wording.words import Word


class Candidate(NamedTuple):
    """A possible value. `others` are further forms that mean the same, such as a date in ISO form."""

    value: Any
    others: tuple[Any, ...]
    start: int
    end: int
    features: tuple[str, ...]
    near: frozenset[str]
    """Stems within three words before and two after."""
    before: frozenset[str]
    inside: frozenset[str]
    previous: tuple[str, ...]
    """Stems of the two words of meaning before it in its sentence, the nearer first."""
    following: tuple[str, ...]
    """The same behind it."""
    left: frozenset[str]
    """Stems of the words of meaning before it, up to a mark or another number."""
    right: frozenset[str]
    """The same behind it."""
    ends: tuple[str, str]
    """Stems of its own first and last word."""
    is_adjacent: bool
    """Whether nothing but marks stands between it and the word behind it."""
    rank: int
    """Place among the candidates of its kind."""
    kinds: frozenset[str] = frozenset()
    """Of what it is known to be: `city`, `email`."""
    assigned: tuple[str, ...] = ()
    """Stems of the words that it is said to be the value of: `alpha` of `with alpha = 0.05`."""
    nth: int = 0
    """Which it is of the numbers, lists or quotations before the same word: 1 of `400` in `at 300 K and at 400 K`."""
    is_torn: bool = False
    """Whether it is a part of a name or quotation, or begins with what a sentence begins with: seldom a value."""
    asked: frozenset[str] = frozenset()
    """Stems of the question that its message answers."""
    is_answer: bool = False
    """Whether it is most of what answers a question."""
    unit: str = ""
    """The unit that it counts: of time, length, weight, money…"""
    leaf: Leaf | None = None
    """Where it comes from if nobody said it: a tool's result, or a call."""


class Answer(NamedTuple):
    """One message of a request: where it begins, the stems of the question that it answers, and whether it says yes."""

    start: int
    asked: frozenset[str]
    is_yes: bool


class Request(NamedTuple):
    """A request's candidates by what they can fill, and its stems."""

    texts: tuple[Candidate, ...]
    numbers: tuple[Candidate, ...]
    lists: tuple[Candidate, ...]
    stems: tuple[str, ...]
    lower: str
    words: tuple[str, ...] = ()
    """Stems of all its words, with those that identifiers consist of."""
    spoken: tuple[Word, ...] = ()
    """All its words and marks, in order."""
    answers: tuple[Answer, ...] = ()
    called: Mapping[str, frozenset[tuple[str, ...]]] = {}
    """By value in lower case that earlier calls took, the stems of the names under which they did."""
    returned: Mapping[str, frozenset[str]] = {}
    """By value in lower case that results have, the last stems of its names there."""
    dated: tuple[Dated, ...] = ()
    periods: tuple[Period, ...] = ()
    months: tuple[Counted, ...] = ()
    quarters: tuple[Counted, ...] = ()
    repeated: tuple[Repeated, ...] = ()

    def turn(self, start: int) -> int:
        """Return which message the character `start` belongs to."""
        return turn_of(self.answers, start)


def turn_of(answers: Sequence[Answer], start: int) -> int:
    return bisect_right(answers, start, key=lambda answer: answer.start) - 1
