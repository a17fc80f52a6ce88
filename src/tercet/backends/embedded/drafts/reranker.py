"""How likely a candidate fills a parameter where the whole request is read: `2 of 5` beside what asks for either.

The table of features weighs a candidate by what stands in it and around it; an encoder (`encoder`) reads request and
tool together, and what it makes of candidate and parameter is weighed once more, beside the same overlaps. Both scores
are added. What is too long is left as the table has it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.encoder import Encoder, Matrix
from tercet.backends.embedded.drafts.overlaps import NUM_OVERLAPS
from tercet.backends.embedded.drafts.parameters import Heading, Parameter
from tercet.backends.embedded.drafts.sequences import Segment, TokenSequence, sequence

SEPARATOR = "\t"


class Shares(NamedTuple):
    """How the two scores are added."""

    of_table: float
    of_reader: float
    bias: float


class Place(NamedTuple):
    """A possible value of a parameter: the characters from `start` until before `end`, a choice by its place, what it
    has in common with the parameter, and its score by the table."""

    start: int
    end: int
    choice: int
    overlap: Sequence[float]
    score: float


class Reranker:
    """One encoder, and what is made of its vectors."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._weights = known = unpacked(written)
        words, shapes = (bytes(written[name]).decode().split(SEPARATOR) for name in ("names", "looks"))
        self._encoder = Encoder(known, words, shapes)
        self._shares = Shares(*map(float, written["shares"]))

    def read(self, request: Request, tool: Heading, offered: Sequence[Parameter]) -> "Read | None":
        """Return a request read together with a tool and its parameters; None where that is too much."""
        tokens = sequence(request, tool, offered)
        return None if tokens is None else Read(self, tokens, self._encoder.states(tokens.tokens, offered))

    def scores(self, read: "Read", parameter: int, places: Sequence[Place]) -> list[float]:
        """Return the scores of possible values of a parameter, by its place."""
        known, states = self._weights, read.states
        pairs = np.array([read.tokens.pair(parameter, each.choice, each.start, each.end) for each in places])
        overlaps = np.zeros((len(places), NUM_OVERLAPS), dtype=np.float32)
        for row, each in zip(overlaps, places, strict=True):
            row[: len(each.overlap)] = each.overlap
        head = states[read.tokens.parameters[parameter]]
        first, last, is_said = pairs[:, 2], pairs[:, 3], (pairs[:, 2] >= 0)[:, None]
        ends = [np.where(is_said, states[np.maximum(place, 0)], known["none"]) for place in (first, last)]
        sums = (read.sums[np.maximum(last, 0) + 1] - read.sums[np.maximum(first, 0)]) * is_said
        choices = states[np.maximum(pairs[:, 1], 0)] * (pairs[:, 1] >= 0)[:, None]
        found = np.concatenate([*ends, sums / (last - first + 1)[:, None], choices], axis=1, dtype=np.float32)
        hidden = head @ known["of_parameter"].T + known["of_parameter_bias"]
        hidden = np.maximum(hidden + found @ known["of_candidate"].T + overlaps @ known["of_overlaps"].T, 0)
        towards = head @ known["towards"].T + known["towards_bias"]
        product = (found @ known["opposite"].T + known["opposite_bias"]) @ towards / 8
        scores = hidden @ known["out"][0] + known["out_bias"] + overlaps @ known["overlaps"][0] + product
        of_table, of_reader, bias = self._shares
        return [of_table * each.score + of_reader * float(own) + bias for each, own in zip(places, scores, strict=True)]

    def tool_score(self, read: "Read") -> float:
        """Return the score of the tool itself: the logarithm of the odds that the request is answered by a call of
        it."""
        known, segments = self._weights, np.array([token.segment for token in read.tokens.tokens])
        of_tool = (segments == Segment.TOOL_NAME) | (segments == Segment.TOOL_ABOUT)
        means = [_mean(read.states[of]) for of in (segments == Segment.REQUEST, of_tool, segments == Segment.PARAMETER)]
        found = np.concatenate([*means, means[0] * means[1]])
        hidden = np.maximum(known["of_tool"] @ found + known["of_tool_bias"], 0)
        return float(known["tool"][0] @ hidden + known["tool_bias"][0])


def _mean(states: Matrix) -> Matrix:
    found: Matrix = states.sum(axis=0) / max(1, len(states))
    return found


class Read:
    """A request read together with a tool."""

    def __init__(self, reranker: Reranker, tokens: TokenSequence, states: Matrix) -> None:
        self._reranker = reranker
        self.tokens, self.states = tokens, states
        self.sums: Matrix = np.concatenate([np.zeros_like(states[:1]), np.cumsum(states, axis=0)])
        """Of the vectors of all tokens before each."""

    def scores(self, parameter: int, places: Sequence[Place]) -> list[float]:
        """Return the scores of possible values of a parameter, by its place."""
        return self._reranker.scores(self, parameter, places) if places else []

    @property
    def tool_score(self) -> float:
        """The logarithm of the odds that the request is answered by a call of the tool."""
        return self._reranker.tool_score(self)


def unpacked(written: Mapping[str, Any]) -> dict[str, Matrix]:
    """Return weights of their written form: signed bytes, with what one step of each row is worth."""
    return {
        name: rows.astype(np.float32) * written[f"{name}/step"][:, None] if f"{name}/step" in written else rows
        for name, rows in written.items()
        if not name.endswith("/step")
    }


@cache
def reranker() -> Reranker:
    """Read the weights that the package brings."""
    with resources.files(__package__).joinpath("reranker.npz").open("rb") as file, np.load(file) as written:
        return Reranker({name: written[name] for name in written.files})
