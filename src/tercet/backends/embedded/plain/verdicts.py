"""Whether a text says what a question asks: `Is the shop open on Sundays?`"""

import re

from tercet.backends.embedded.drafts.words import words
from tercet.backends.embedded.plain.choosing import heard
from tercet.backends.embedded.plain.sentences import sentences
from tercet.numerals import numbers_in

LEAST = 0.55
_NOT = re.compile(r"\b(?:not|no|never|nobody|none|nothing|without|cannot|can't|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|won't|wouldn't|couldn't|hasn't|haven't|neither|nor|refused?|closed|cancelled|except|unless|sold out|unavailable|out of)\b", re.IGNORECASE)
_GOOD = re.compile(r"\b(?:positive|happy|satisfied|good|like|liked|love|enjoy\w*|recommend\w*|pleased|praise|favou?rable)\b", re.IGNORECASE)
_BAD = re.compile(r"\b(?:negative|unhappy|dissatisfied|bad|angry|complain\w*|complaint|upset|disappoint\w*|hate)\b", re.IGNORECASE)


def verdict(question: str, text: str) -> bool:
    """Return whether a text likely says what a question asks."""
    about = [each.stem for each in words(question) if each.is_word and not each.is_function]
    found = sentences(text)
    if _GOOD.search(question) and len(about) < 7:
        return heard(text).polarity > 0
    if _BAD.search(question) and len(about) < 7:
        return heard(text).polarity < 0
    if not about or not found:
        return False
    best, share = "", 0.0
    for each in found:
        said = {word.stem for word in words(each.text) if word.is_word}
        covered = sum(stem in said for stem in about) / len(about)
        if covered > share:
            best, share = each.text, covered
    wanted = {number.value for number in numbers_in(question)}
    if wanted and not wanted & {number.value for number in numbers_in(text)}:
        return False
    is_denied = (_NOT.search(best) is not None) != (_NOT.search(question) is not None)
    return share >= LEAST and not is_denied
