"""Which of the options that an order names fits a text.

An option is described by how much of its name and of what it is about stands in the text, by how alike both are in what
they mean, and by the words that are known to speak for it (`cues.txt`). What that is worth was learnt
(`training/stages/plain.py`). Languages are told apart by their small words.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from operator import mul
from typing import NamedTuple

from tercet.backends.embedded.plain.cues import cues, languages
from tercet.backends.embedded.plain.learnt import learnt
from tercet.backends.embedded.plain.options import Option
from tercet.backends.embedded.plain.quoting import question_of, quoted
from tercet.backends.embedded.relevance import direction, likeness, stem
from tercet.backends.embedded.wording.kinds import code_of
from tercet.backends.embedded.wording.words import words

MAX_WORDS = 600
"""Words of a text that are looked at."""
IN_TEXT = 8.0
"""What the chance counts that an option which stands in the text answers the question."""
LEAST_ABOUT = 1.6
"""What speaks for an option from which it is taken before its denial."""
_OTHER = frozenset("other others none unknown misc miscellaneous else general unclear n/a neither".split())
_NEGATIONS = frozenset(
    (
        "not no never nothing without hardly barely isn't wasn't don't doesn't didn't won't can't couldn't"
        " cannot neither nor aren't weren't haven't hasn't isnt dont didnt doesnt"
    ).split()
)
_TURNS = frozenset("but however although though yet".split())
_SCRIPTS = (
    ("russian", re.compile(r"[а-яё]", re.IGNORECASE)),
    ("ukrainian", re.compile(r"[іїєґ]", re.IGNORECASE)),
    ("greek", re.compile(r"[α-ω]", re.IGNORECASE)),
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("japanese", re.compile(r"[\u3040-\u30ff]")),
    ("korean", re.compile(r"[\uac00-\ud7af]")),
    ("chinese", re.compile(r"[\u4e00-\u9fff]")),
    ("mandarin", re.compile(r"[\u4e00-\u9fff]")),
    ("hindi", re.compile(r"[\u0900-\u097f]")),
    ("thai", re.compile(r"[\u0e00-\u0e7f]")),
)


class Heard(NamedTuple):
    """A text as what options are compared with."""

    words: tuple[str, ...]
    """In lower case."""
    stems: tuple[str, ...]
    towards: tuple[float, ...]
    polarity: float
    """How favourable it is, about -1 to 1."""


def heard(text: str) -> Heard:
    """Return a text as what options are compared with."""
    lower, way = spoken(text), towards(text)
    stems = tuple(word.stem for word in words(text, most=MAX_WORDS) if word.is_word and not word.is_function)
    return Heard(lower, stems, way, 2 * learnt().polarity.likelihood((known_polarity(lower), *way)) - 1)


def spoken(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, question marks among them."""
    said = words(text, most=MAX_WORDS)
    return tuple(word.text.lower() for word in said if word.is_word or word.text == "?")


def towards(text: str) -> tuple[float, ...]:
    """Return the direction of a text's words of meaning, each counted once."""
    said = words(text, most=MAX_WORDS)
    return direction(tuple(dict.fromkeys(word.stem for word in said if word.is_word and not word.is_function)))


def known_polarity(lower: Sequence[str]) -> float:
    """Return how favourable the known ones of words are, about -3 to 3.

    Those behind a negation count the other way, those behind a `but` more.
    """
    good, bad = _sides()
    total, mass, turned, weight = 0.0, 0.0, 0, 1.0
    for word in lower:
        if word in _TURNS:
            weight, turned = 1.5, 0
        if word in _NEGATIONS:
            turned = 4
        value = good.get(word, 0.0) - bad.get(word, 0.0)
        if value and word not in _NEGATIONS:
            value *= weight * (-0.8 if turned > 0 else 1.0)
            total += value
            mass += abs(value)
        turned -= 1
    return 3 * total / (mass + 1.5) if mass else 0.0


def described(option: Option, text: Heard) -> tuple[float, ...]:
    """Return the description of an option."""
    name = tuple(each.stem for each in words(option.name.replace("_", " ").replace("-", " ")) if each.is_word)
    about = tuple(each.stem for each in words(option.about) if each.is_word and not each.is_function)
    said = frozenset(text.stems)
    of_name = sum(each in said for each in name) / (len(name) or 1)
    of_about = sum(each in said for each in about) / (len(about) or 1)
    known = cues().of(name)
    counted = {word: known.get(word) or known.get(stem(word), 0.0) for word in set(text.words)}
    total = sum(counted.values())
    way = direction(name)
    nearest = sorted((likeness(way, direction((each,))) for each in said if each not in name), reverse=True)[:3]
    alike = likeness(way, text.towards)
    whole = likeness(direction((*name, *about)), text.towards) if about else alike
    return (
        of_name,
        min(1.0, 3 * of_about),
        max(0.0, alike),
        max(0.0, whole),
        sum(nearest) / 3 if nearest else 0.0,
        math.log1p(total),
        total / (4 + sum(counted[word] > 0 for word in counted) + math.sqrt(len(text.words))),
        _lean(name) * text.polarity,
        1.0 if not _OTHER.isdisjoint(name) else 0.0,
        _evenness(option.name.lower(), text),
        1.0 if option.about else 0.0,
    )


def _evenness(name: str, text: Heard) -> float:
    """Return what speaks for a text being neither favourable nor not, of options that are called so: for `mixed` that
    it has words of both sides."""
    if name not in ("neutral", "mixed"):
        return 0.0
    good, bad = (any(word in side for word in text.words) for side in _sides())
    if name == "mixed":
        return 1.5 if good and bad else 0.0
    return (1.0 - abs(text.polarity)) * (0.5 if good or bad else 1.5)


def _lean(name: Sequence[str]) -> int:
    """Return whether a name belongs to the favourable side, 1, the other, -1, or to both or none, 0."""
    good, bad = (any(cues().words.get(each) == side for each in name) for side in _sides())
    return good - bad


def _sides() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return the words that speak for what is called positive, and for what is called negative."""
    known = cues().words
    return known[stem("positive")], known[stem("negative")]


@cache
def _codes() -> Mapping[str, str]:
    """Return the languages that are known by their codes."""
    return {code: name for name in languages() if (code := code_of(name, "language"))}


def language_of(text: str, among: Sequence[str]) -> str:
    """Return which of some languages a text is in; empty where none of them shows or they are no languages."""
    lower = [word.text.lower() for word in words(text, most=MAX_WORDS)]
    scores = {}
    for name in among:
        plain = _codes().get(name.lower(), name.lower())
        pattern = next((pattern for script, pattern in _SCRIPTS if script == plain), None)
        if pattern:
            scores[name] = 0.5 * len(pattern.findall(text)) + (0.2 if plain == "ukrainian" else 0.0)
        elif plain in languages():
            scores[name] = sum(word in languages()[plain] for word in lower)
    if len(scores) < max(2, len(among) - 2):
        return ""
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] else ""


def chosen(question: str, text: str, choices: Sequence[Option]) -> Option:
    """Return the option that fits a text best."""
    names = [each.name for each in choices]
    if language := language_of(text, names):
        return next(each for each in choices if each.name == language)
    if denied := _denied(choices):
        plain, other = denied
        return plain if _is_about(plain, heard(text)) else other
    known = heard(text)
    worth = {each.name: sum(map(mul, learnt().choosing, described(each, known))) for each in choices}
    lower = text.lower()
    if question and sum(each.name.lower() in lower for each in choices) >= max(2, len(choices) - 1):
        for chance, stretch in quoted(question_of(question), text):
            for each in choices:
                if each.name.lower() in stretch.text.lower() or stretch.text.lower() in each.name.lower():
                    worth[each.name] += IN_TEXT * chance
    return max(choices, key=lambda each: worth[each.name])


def _denied(choices: Sequence[Option]) -> tuple[Option, Option] | None:
    """Return an option and its denial, where there are just these: `spam` and `not spam`."""
    if len(choices) != 2:
        return None
    for plain, other in (choices, choices[::-1]):
        if re.fullmatch(rf"(?:not|no|non)[ -]?(?:an? )?{re.escape(plain.name)}", other.name, re.IGNORECASE):
            return plain, other
    return None


def _is_about(option: Option, text: Heard) -> bool:
    found = described(option, text)
    return math.fsum(map(mul, learnt().choosing, found)) > LEAST_ABOUT
