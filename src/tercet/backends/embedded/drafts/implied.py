"""Which of a parameter's options is meant by words that do not name it: "the one that pinches" is a wrong size.

An option is as likely as the words of a request are near it, each by its vector and by how much it tells, softly the
nearest ones; that none is meant is as likely as a constant. Vectors were learnt from what people say when they mean an
option (`training/stages/implied.py` writes the table). Pure and deterministic.
"""

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

from tercet.backends.embedded.relevance import likeness

WIDTH = 64
"""Numbers of a word's vector."""
MAX_SAID, MAX_OPTIONS = 96, 24
"""Words of a request that are read, and options that are told apart; of more, none is implied."""
TRUE, FALSE = "<true>", "<false>"
"""What stands for the two options of a boolean, beside its name."""
MAX_KEPT, MAX_KEPT_WORDS = 2048, 16384
"""Answers, and vectors, that are kept."""
_ROW = struct.Struct(f"<{WIDTH}b")

Stems = tuple[str, ...]


class Member(NamedTuple):
    """What was learnt once: of each word its vector, as bytes, and how much it tells; what sums are weighed with."""

    vectors: bytes
    gates: tuple[float, ...]
    sharpness: float
    of_name: float
    """How much a parameter's name counts beside the option."""
    none: float


class Table(NamedTuple):
    """The places of words, and what was learnt several times over: chances are the means of theirs."""

    places: Mapping[str, int]
    members: tuple[Member, ...]


class Implied:
    """What one table tells."""

    def __init__(self, known: Table) -> None:
        self._members = [_Told(known.places, member) for member in known.members]
        self.chances = lru_cache(maxsize=MAX_KEPT)(self._chances)

    def _chances(self, options: tuple[Stems, ...], name: Stems, said: Stems) -> tuple[float, ...]:
        """Return how likely each of at most `MAX_OPTIONS` options is meant, and last how likely none of them is."""
        told = [member.chances(options, name, said[:MAX_SAID]) for member in self._members]
        return tuple([sum(column) / len(told) for column in zip(*told, strict=True)])


class _Told:
    """What one member of a table tells."""

    def __init__(self, places: Mapping[str, int], known: Member) -> None:
        self._places, self._known = places, known
        self._unit = lru_cache(maxsize=MAX_KEPT_WORDS)(self._found)

    def chances(self, options: tuple[Stems, ...], name: Stems, said: Stems) -> list[float]:
        known = self._known
        units = [(word, self._unit((word,), ())) for word in said]
        heard = [(vector, known.gates[self._places[word]]) for word, vector in units if vector]
        scores = [*(self._score(self._unit(option, name), heard) for option in options), known.none]
        most = max(scores)
        shares = [math.exp(score - most) for score in scores]
        total = math.fsum(shares)
        return [share / total for share in shares]

    def _score(self, towards: Sequence[float], heard: Sequence[tuple[Sequence[float], float]]) -> float:
        """Return the logarithm of the sum over the words heard of how near each is to an option."""
        if not towards or not heard:
            return -math.inf
        near = [self._known.sharpness * likeness(towards, vector) + gate for vector, gate in heard]
        most = max(near)
        return most + math.log(math.fsum([math.exp(each - most) for each in near]))

    def _found(self, words: Stems, name: Stems) -> tuple[float, ...]:
        """Return the mean vector of the known of some words, with a share of a name's, at length 1; empty where none is
        known."""
        total = self._mean(words)
        if not total:
            return ()
        if beside := self._mean(name):
            total = [own + self._known.of_name * other for own, other in zip(total, beside, strict=True)]
        length = math.hypot(*total) or 1.0
        return tuple([number / length for number in total])

    def _mean(self, words: Stems) -> list[float]:
        places = [self._places[word] for word in words if word in self._places]
        rows = [_ROW.unpack_from(self._known.vectors, _ROW.size * place) for place in places]
        return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


@cache
def implied() -> Implied:
    """Return what the table tells that the package brings."""
    text = resources.files(__package__).joinpath("implied.json").read_text(encoding="utf-8")
    return Implied(read_table(json.loads(text)))


def read_table(written: Mapping[str, Any]) -> Table:
    """Return the table of its written form."""
    places = {word: place for place, word in enumerate(written["words"].split())}
    return Table(places, tuple(map(_member, written["members"])))


def _member(written: Mapping[str, Any]) -> Member:
    gates = memoryview(base64.b64decode(written["gates"])).cast("b")
    return Member(
        base64.b64decode(written["vectors"]),
        tuple([written["step"] * gate for gate in gates]),
        float(written["sharpness"]),
        float(written["of_name"]),
        float(written["none"]),
    )
