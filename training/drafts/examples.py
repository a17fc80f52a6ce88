"""Requests with the calls that answer them, as sequences of numbers that the reranker learns from.

Sequences and overlaps are the product's own. It knows nothing of learning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.encoder import facts_of
from tercet.backends.embedded.drafts.overlaps import NUM_OVERLAPS
from tercet.backends.embedded.drafts.parameters import Heading, Parameter
from tercet.backends.embedded.drafts.sequences import MAX_STEMS, Segment, TokenSequence, sequence
from training.drafts.turns import Asked, is_equal, normal, padded


class Names:
    """Numbers for names, from 1, given as they come; 0 is for none."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers) + 1) if name else 0


@dataclass(frozen=True, slots=True)
class Example:
    """One request and one tool called for it; T tokens, P pairs of a parameter and a possible value."""

    stems: NDArray[np.int32]
    """[T, MAX_STEMS]"""
    tokens: NDArray[np.int16]
    """[T, 5]: segment, position, flags, shape, owner."""
    facts: NDArray[np.int8]
    """[T, 4]: of parameters; 0 for other tokens."""
    pairs: NDArray[np.int16]
    """[P, 4]: the tokens of a parameter, of a choice, of the first and the last word; below 0 for none."""
    overlaps: NDArray[np.float16]
    """[P, NUM_OVERLAPS]"""
    labels: NDArray[np.bool_]
    scores: NDArray[np.float32]
    """[P]: by the table; empty where the table was learnt from the tool."""
    name: str
    is_meant: bool = True
    """Whether the request is answered by a call of the tool."""

    @property
    def length(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class Read:
    """Examples, and the stems and shapes that their numbers, from 1, stand for."""

    examples: list[Example]
    stems: list[str]
    shapes: list[str]


def examples(asked: Iterable[Asked], is_held_out: Callable[[str], bool]) -> Read:
    """What is asked, as examples; what is too long or has no possible values is left out."""
    stems, shapes = Names(), Names()
    found = [_example(each, is_held_out(each.name), stems, shapes) for each in asked]
    return Read([each for each in found if each is not None], list(stems.numbers), list(shapes.numbers))


def _example(asked: Asked, is_held_out: bool, stems: Names, shapes: Names) -> Example | None:
    made = sequence(asked.request, asked.tool, asked.offered)
    if made is None:
        return None
    pairs, overlaps, labels, scores = [], [], list[bool](), list[float]()
    for place, parameter in enumerate(asked.offered):
        gold = asked.wanted.get(parameter.name, [])
        options = list(scorer.options(asked.request, parameter))
        scores += scorer.table_scores(options, parameter) if is_held_out else ()
        for option in options:
            pairs.append(made.pair(place, option.nth, option.start, option.end))
            overlaps.append(padded(option.overlap))
            labels.append(any(is_equal(normal(form), value) for form in option.forms(parameter) for value in gold))
    if not labels:
        return None
    return Example(
        *numbers(made, asked.offered, stems, shapes), np.array(pairs, dtype=np.int16),
        np.array(overlaps, dtype=np.float16), np.array(labels), np.array(scores, dtype=np.float32), asked.name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A request, a tool that is offered for it, and whether it is called."""

    request: Request
    name: str
    tool: Heading
    offered: tuple[Parameter, ...]
    is_meant: bool


def offers(made: Iterable[Offer]) -> Read:
    """Offers as examples without possible values; what is too long is left out."""
    stems, shapes = Names(), Names()
    found = []
    for each in made:
        if tokens := sequence(each.request, each.tool, each.offered):
            none = np.zeros((0, NUM_OVERLAPS), dtype=np.float16)
            pairs, labels, scores = np.zeros((0, 4), np.int16), np.zeros(0, np.bool_), np.zeros(0, np.float32)
            own = numbers(tokens, each.offered, stems, shapes)
            found.append(Example(*own, pairs, none, labels, scores, each.name, each.is_meant))
    return Read(found, list(stems.numbers), list(shapes.numbers))


def numbers(
    made: TokenSequence, offered: Sequence[Parameter], stems: Names, shapes: Names
) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int8]]:
    """Stems, tokens and facts of a sequence."""
    of_stems = np.zeros((len(made.tokens), MAX_STEMS), dtype=np.int32)
    facts = np.zeros((len(made.tokens), 4), dtype=np.int8)
    for place, token in enumerate(made.tokens):
        of_stems[place, : len(token.stems)] = [stems.number(stem) for stem in token.stems]
        if token.segment == Segment.PARAMETER:
            facts[place] = facts_of(offered[token.owner])
    tokens = [(t.segment, t.position, t.flags, shapes.number(t.shape), t.owner) for t in made.tokens]
    return of_stems, np.array(tokens, dtype=np.int16), facts


def joined(parts: Sequence[Read]) -> Read:
    """All examples of several parts, each once, with numbers of their own; those of the parts hold no longer."""
    stems, shapes = Names(), Names()
    seen: set[tuple[str, bytes, bytes]] = set()
    kept: list[Example] = []
    for part in parts:
        of_stems = np.array([0, *map(stems.number, part.stems)], dtype=np.int32)
        of_shapes = np.array([0, *map(shapes.number, part.shapes)], dtype=np.int16)
        for each in part.examples:
            each.stems[:] = of_stems[each.stems]
            each.tokens[:, 3] = of_shapes[each.tokens[:, 3]]
            key = (each.name, each.stems.tobytes(), bytes([each.is_meant]) + each.labels.tobytes())
            if key not in seen:
                seen.add(key)
                kept.append(each)
    return Read(kept, list(stems.numbers), list(shapes.numbers))
