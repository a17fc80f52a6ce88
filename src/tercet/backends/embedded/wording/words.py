"""A request as words with their places, and what is known of a word without a dictionary of meanings."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from tercet.backends.embedded.relevance import PART, stem

MAX_WORDS = 160
"""Words and marks that are read of a request; the rest is not looked at."""
_TOKEN = re.compile(
    r"[a-z]{2,12}://[^\s\"”<>)\]}]*[\w/=]"
    r"|(?<![\w/.~*])(?:[~.]{0,2}/(?=\w[\w.-]*/|\w\w)|\*{1,2}[./])[\w*](?:[\w./*@+-]*[\w/*])?"
    r"|\b[A-Za-z0-9+/]{8,}={1,2}(?![\w=])"
    r"|\w+(?:\(\w+\)\w*)+"
    r"|[+#@$€£-]?\w+(?:[^\s\w\"”(\])}=]+\w+)*%?|[^\s]|\n+"
)
"""A link, a path from its root or with wild cards, what ends in `=` as Base64 does, a word with brackets in it
(`Ca3(PO4)2`), a word, a mark."""
FUNCTION_WORDS = frozenset(
    """a about above across after again against all also am an and any are around as ask at be because been before being
    below between both but by can could did do does doing down during each every find for from get give had has have he
    help her here his how i i'd i'm i've if in into is it it's its just let let's like look make me more my need of off
    on or our out over please set she should show so some tell than that the their them then there these they this
    those through to too under until up us use using want was we were what what's when where which while who whom whose
    why will with within would you your him himself herself hers myself yourself themselves someone somebody anyone
    something anything everything""".split()
)


_MIN_PLURAL = 3
"""Letters from which a word may end in the `s` of several."""
UNITS = frozenset(
    "c f k celsius fahrenheit kmh kph mph ms s sec min h hrs km m cm mm mi ft in kg g mg lb lbs l ml pct percent"
    " usd eur gbp kb mb gb tb kwh kw hpa mbar".split()
)
"""Last parts of the names of fields that say what is counted in: `distance_km`."""


class Word(NamedTuple):
    """A word or a mark: its text, its stem, the characters from `start` until before `end`."""

    text: str
    stem: str
    start: int
    end: int
    is_word: bool
    is_function: bool
    is_capital: bool


def words(text: str, start: int = 0, most: int = MAX_WORDS) -> list[Word]:
    """Return the first `most` words and marks of `text` from the character `start`."""
    found: list[Word] = []
    for match in _TOKEN.finditer(text, start):
        part = match[0] if match[0][0] != "\n" else "\n"
        is_word = any(map(str.isalnum, part))
        lower = part.lower()
        is_function = lower in FUNCTION_WORDS
        found.append(Word(part, _stem(lower), match.start(), match.end(), is_word, is_function, part[0].isupper()))
        if len(found) >= most:
            break
    return found


def stems_of(text: str) -> Iterator[str]:
    """Yield the stems of a text's words of meaning."""
    yield from (word.stem for word in words(text) if word.is_word and not word.is_function)


@lru_cache(maxsize=16384)
def _stem(word: str) -> str:
    return stem(word[:32])


@lru_cache(maxsize=16384)
def identifier_stems(name: str) -> tuple[str, ...]:
    """Return the stems of the words that an identifier consists of."""
    return tuple(stem(part.lower()) for part in PART.findall(name)[:8])


@lru_cache(maxsize=16384)
def shape(word: str) -> str:
    """Return how a word looks: `Xx`, `XX`, `xx`, `99`, or a mixture of those and marks, runs as one."""
    made: list[str] = []
    for character in word[:24]:
        if character.isdigit():
            kind = "9"
        elif character.isupper():
            kind = "X"
        elif character.isalpha():
            kind = "x"
        else:
            kind = character
        if not made or made[-1] != kind:
            made.append(kind)
    return "".join(made[:6])


def singular(text: str) -> str:
    """Return words for several things as words for one: `oat milk` for `oat milks`."""
    lower = text.lower()
    for ending, instead in (("ies", "y"), ("oes", "o"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss")):
        if lower.endswith(ending) and len(text) > len(ending) + 1:
            return text[: -len(ending)] + instead
    is_plural = lower.endswith("s") and not lower.endswith(("ss", "us", "is")) and len(text) > _MIN_PLURAL
    return text[:-1] if is_plural else text
