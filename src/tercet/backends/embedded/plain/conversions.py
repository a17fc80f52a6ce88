"""A text in other letters or another order: a slug, snake case, without what stands in it twice."""

import re
from collections.abc import Callable, Sequence

from tercet.backends.embedded.plain.listing import items

_WORD = re.compile(r"[^\W_]+")


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:].lower()


def _once(text: str) -> str:
    """Return a list with each of its items once."""
    found = items(text)
    if len(found) < 2 or max(len(each.split()) for each in found) > 6:
        return " ".join(dict.fromkeys(text.split()))
    return ", ".join(dict.fromkeys(found))


_WAYS: Sequence[tuple[re.Pattern[str], Callable[[str], str]]] = (
    (re.compile(r"\bsnake[_ ]?case\b", re.IGNORECASE), lambda text: "_".join(_words(text)).lower()),
    (re.compile(r"\b(?:slug|kebab[- ]?case)\b", re.IGNORECASE), lambda text: "-".join(_words(text)).lower()),
    (
        re.compile(r"\bcamel ?case\b", re.IGNORECASE),
        lambda text: "".join(word.lower() if not place else _capital(word) for place, word in enumerate(_words(text))),
    ),
    (re.compile(r"\bpascal ?case\b", re.IGNORECASE), lambda text: "".join(map(_capital, _words(text)))),
    (re.compile(r"\b(?:duplicates?|dedup\w*|each (?:word|item)? ?only once)\b", re.IGNORECASE), _once),
    (
        re.compile(
            r"\b(?:words? (?:in )?(?:reverse|backwards)|reverse the (?:words?|order of the words))\b", re.IGNORECASE
        ),
        lambda text: " ".join(reversed(text.split())),
    ),
    (
        re.compile(r"\b(?:revers\w+|backwards?)\b(?! (?:alphabetical|order|chronological))", re.IGNORECASE),
        lambda text: text[::-1],
    ),
)


def converted(asked: str, text: str) -> str:
    """Return a text as an order wants it; empty where it wants none of these."""
    way = next((way for pattern, way in _WAYS if pattern.search(asked)), None)
    return way(text.strip().strip('"“”')) if way else ""
