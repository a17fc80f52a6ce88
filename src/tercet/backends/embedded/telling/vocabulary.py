"""The words that an answer may take up: plain ones, and what the conversation has said."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from tercet.backends.embedded.telling.facts import Fact, Told
from tercet.backends.embedded.telling.forms import NUMBER

MAX_WORDS = 400
"""Words of a conversation that answers to it may take up."""
COPULAS = ("is", "are", "was", "were")
"""Behind these comes news: words, or values that were not said before."""
_SAID = re.compile(r"[^\s\"“”\[\]{}<>,;!?]+")
_PLAIN = re.compile(r"(?<!\w)[a-z]+(?:['’-][a-z]+)*(?!\w)")
_EDGES = "'‘’().:"
_FUNCTION = frozenset("a an and are as at by for from has have in is it no not of on or the there to was with".split())


@lru_cache(maxsize=1)
def plain_words() -> tuple[str, ...]:
    """Return the words that any answer may take up."""
    lines = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def spoken_words(said: Iterable[str]) -> list[str]:
    """Return the plain words of what was said."""
    found = (word for text in said for word in _PLAIN.findall(text.replace("_", " ")) if len(word) > 1)
    return list(dict.fromkeys(found))[:MAX_WORDS]


def labelling(facts: Iterable[Fact]) -> list[str]:
    """Return the words that only end what a field is called, or follow its value: `city`, `3 baths`."""
    last = (fact.labels[0].rpartition(" ")[2] for fact in facts if fact.has_value and " of " not in fact.labels[0])
    return sorted({word for word in last if _PLAIN.fullmatch(word) and word not in _FUNCTION})


def is_echo(value: str, said: Sequence[str]) -> bool:
    """Say whether a value, other than a number, only says again what was said before the result."""
    return not NUMBER.fullmatch(value) and any(value.lower() in text.lower() for text in said)


def torn_words(found: Told) -> set[str]:
    """Return the words that begin no sentence alone since a name begins with them."""
    rows = (form for row in found.rows for fact in row for form in fact.said)
    return {form.split()[0] for form in [*rows, *found.values] if " " in form}


def numbers(said: Sequence[str]) -> list[str]:
    """Return the numbers in digits of what was said."""
    found = (match for text in said for match in NUMBER.findall(text))
    return list(dict.fromkeys(one.rstrip(",") for one in found))


def names(said: Sequence[str]) -> list[str]:
    """Return the words of a conversation that are no plain words: names, codes, paths."""
    return list(dict.fromkeys(_unplain(said)))


def _unplain(said: Sequence[str]) -> Iterator[str]:
    for text in said:
        for match in _SAID.finditer(text):
            word = match[0].strip(_EDGES)
            if word and not _PLAIN.fullmatch(word) and not word.isdigit():
                yield word
