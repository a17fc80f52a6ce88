"""Whether a text says what a question asks: `Is the shop open on Sundays?`

The sentence that has most of a question's words is compared with it: what it lacks, whether one of both denies, whether
numbers and names differ. What that is worth was learnt (`training/stages/plain.py`).
"""

import re
from collections.abc import Sequence

from tercet.backends.embedded.plain.choosing import heard
from tercet.backends.embedded.plain.learnt import learnt
from tercet.backends.embedded.plain.sentences import sentences
from tercet.backends.embedded.relevance import alike
from tercet.backends.embedded.wording.words import Word, words
from tercet.numerals import numbers_in

NUM_FEATURES = 14
MAX_SENTENCES = 60
"""Sentences of a text that are compared."""
NEAR = 24
"""Characters up to which a denial is near a word."""
_NOT = re.compile(
    r"\b(?:not|no|never|nobody|none|nothing|without|cannot|can't|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|won't"
    r"|wouldn't|couldn't|hasn't|haven't|neither|nor|refus\w+|declin\w+|closed|cancel\w+|except|unless"
    r"|sold out|unavailable"
    r"|out of|fail\w*|broken|missing|lost|instead of|rather than|too late|stopped|empty|free of|lack\w*)\b|n't\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"\b(?:mention\w*|say\w*|state\w*|contain\w*|include\w*|given?|name[ds]?|there)\b", re.IGNORECASE)
_GOOD = re.compile(
    r"\b(?:positive|happy|satisfied|good|like[sd]?|loved?|enjoy\w*|recommend\w*|pleased|praise|favou?rable)\b",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\b(?:negative|unhappy|dissatisfied|bad|angry|complain\w*|complaint|upset|disappoint\w*|hate[sd]?)\b",
    re.IGNORECASE,
)
_ASKED = frozenset("text message mail review note true false statement yes no email article passage ticket".split())


def verdict(question: str, text: str) -> bool:
    """Return whether a text likely says what a question asks."""
    return learnt().verdict.likelihood(compared(question, text)) >= 0.5


def compared(question: str, text: str) -> tuple[float, ...]:
    """Return the description of a question beside a text, `NUM_FEATURES` numbers."""
    about = [
        each for each in words(question) if each.is_word and not each.is_function and each.text.lower() not in _ASKED
    ]
    found = [
        (each.text, [word for word in words(each.text) if word.is_word]) for each in sentences(text)[:MAX_SENTENCES]
    ]
    if not about or not found:
        return (0.0,) * NUM_FEATURES
    best, said = max(found, key=lambda each: _shared(about, each[1]))
    share = _shared(about, said)
    everywhere = frozenset(word.stem for _, spoken in found for word in spoken)
    lacking = [each for each in about if each.stem not in everywhere]
    near = [_alike(each, [word for _, spoken in found for word in spoken]) for each in lacking]
    wanted = {number.value for number in numbers_in(question)}
    given = {number.value for number in numbers_in(text)}
    names = [each for each in about[1:] if each.is_capital]
    num_denied = _is_denied(best, about), _NOT.search(question) is not None
    polarity = heard(text).polarity
    return (
        share,
        1.0 if share >= 0.99 else 0.0,
        len(lacking) / len(about),
        sum(how > 0.4 for how in near) / len(about),
        max(near, default=0.0),
        1.0 if num_denied[0] and not num_denied[1] else 0.0,
        1.0 if num_denied[1] and not num_denied[0] else 0.0,
        1.0 if all(num_denied) else 0.0,
        1.0 if wanted and not wanted <= given else 0.0,
        1.0 if wanted and wanted <= given else 0.0,
        1.0 if names and any(each.stem not in everywhere for each in names) else 0.0,
        1.0 if _ABSENT.search(question) else 0.0,
        polarity if _GOOD.search(question) else -polarity if _BAD.search(question) else 0.0,
        1.0 if _GOOD.search(question) or _BAD.search(question) else 0.0,
    )


def _is_denied(sentence: str, about: Sequence[Word]) -> bool:
    """Say whether a sentence denies what it shares with a question: a denial stands near one of those words."""
    stems = {each.stem for each in about}
    places = [each.start for each in words(sentence) if each.stem in stems]
    return any(
        min((abs(place - match.start()) for place in places), default=NEAR) < NEAR for match in _NOT.finditer(sentence)
    )


def _shared(about: Sequence[Word], said: Sequence[Word]) -> float:
    stems = {word.stem for word in said}
    return sum(each.stem in stems for each in about) / len(about)


def _alike(word: Word, others: Sequence[Word]) -> float:
    return max((alike(word.stem, other.stem) for other in others if not other.is_function), default=0.0)
