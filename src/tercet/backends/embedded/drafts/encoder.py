"""A small transformer that reads a request together with a tool, both ways at once.

Layers as in Vaswani et al. (2017), each part behind a norm of the root mean square (Zhang and Sennrich, 2019), nothing
masked. Attention is told what words do not tell by themselves: how far apart two tokens of a segment stand (Shaw et
al., 2018), of which segments two are, whether they have the same stem, how alike they are in what they mean, and
whether they belong to one parameter. `training/stages/reranker.py` writes the weights.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tercet.backends.embedded import relevance
from tercet.backends.embedded.drafts.parameters import Parameter
from tercet.backends.embedded.drafts.sequences import IS_FUNCTION, Segment, Token

Matrix = NDArray[np.float32]
Numbers = NDArray[np.int64]

MAX_APART = 10
"""Tokens from which on two of a segment are as far apart as can be."""
NUM_APART = 2 * MAX_APART + 1
NUM_RELATIONS = NUM_APART + len(Segment) ** 2
NUM_POSITIONS = 128
MAX_KEPT_WORDS = 4096
KINDS = ("string", "number", "boolean", "any")
MAX_RANK = 5
EPSILON = float(np.finfo(np.float32).eps)
"""Of norms."""


class Layer(NamedTuple):
    """The weights of one layer; a matrix has a row for each number that it makes."""

    norm: Matrix
    attention: Matrix
    attention_bias: Matrix
    out: Matrix
    out_bias: Matrix
    relations: Matrix
    """[heads, NUM_RELATIONS]: what attention is given for where two tokens stand."""
    common: Matrix
    """[3, heads]: for the same stem, for what means alike, for the same parameter."""
    second_norm: Matrix
    up: Matrix
    up_bias: Matrix
    down: Matrix
    down_bias: Matrix


class Encoder:
    """Turns tokens into vectors that know of each other."""

    def __init__(self, weights: Mapping[str, Matrix], words: Sequence[str], shapes: Sequence[str]) -> None:
        self._words = {word: place for place, word in enumerate(words, 1)}
        self._shapes = {shape: place for place, shape in enumerate(shapes, 1)}
        self._weights = weights
        count = sum(name.endswith(".norm") for name in weights)
        layers = (Layer(*(weights[f"layers.{place}.{part}"] for part in Layer._fields)) for place in range(count))
        self._layers = [layer._replace(relations=np.ascontiguousarray(layer.relations.T)) for layer in layers]
        self._word = lru_cache(maxsize=MAX_KEPT_WORDS)(self._found)
        threadpool_limits(1, user_api="blas")  # matrices are small, and threads that wait for each other are not

    def states(self, tokens: Sequence[Token], offered: Sequence[Parameter]) -> Matrix:
        """Return a vector of each token, [T, d]; `offered`: the parameters that tokens belong to, in order."""
        pairs = [self._together(token.stems) for token in tokens]
        meanings = np.stack([meaning for meaning, _ in pairs])
        segments = np.array([token.segment for token in tokens])
        owners = np.array([token.owner for token in tokens])
        states = np.stack([own for _, own in pairs]) + self._placed(tokens, segments, offered)
        related = relations(segments, owners, np.array([token.position for token in tokens]))
        common = self._common(tokens, meanings, segments, owners)
        for layer in self._layers:
            states = states + _attended(layer, states, related, common)
            states = states + _widened(layer, states)
        return _normed(states, self._weights["norm"])

    def _found(self, stem: str) -> tuple[Matrix, Matrix]:
        """Return what a stem means, of length 1 or all zeros, and what that and the stem itself add to a token."""
        meaning = np.array(relevance.direction((stem,)), dtype=np.float32)
        own = self._weights["meanings"] @ meaning
        place = self._words.get(stem)
        return meaning, own if place is None else own + self._weights["words"][place]

    def _together(self, stems: Sequence[str]) -> tuple[Matrix, Matrix]:
        """Return the mean of what some stems mean, and of what they add to a token."""
        if len(stems) == 1:
            return self._word(stems[0])
        if not stems:
            return self._word("")
        found = [self._word(stem) for stem in stems]
        meaning: Matrix = np.mean([one for one, _ in found], axis=0, dtype=np.float32)
        own: Matrix = np.mean([other for _, other in found], axis=0, dtype=np.float32)
        return meaning, own

    def _placed(self, tokens: Sequence[Token], segments: Numbers, offered: Sequence[Parameter]) -> Matrix:
        """Return what segment, look and place add to each token, and to a parameter's what it takes."""
        known = self._weights
        shapes = [self._shapes.get(token.shape, len(self._shapes) + 1) if token.shape else 0 for token in tokens]
        places = np.minimum([token.position for token in tokens], NUM_POSITIONS - 1)
        found: Matrix = known["segments"][segments] + known["shapes"][shapes]
        found += known["flags"][[token.flags for token in tokens]]
        found += known["positions"][places] * (segments != Segment.REQUEST)[:, None]
        for place, token in enumerate(tokens):
            facts = facts_of(offered[token.owner]) if token.segment == Segment.PARAMETER else ()
            found[place] += sum(known[f"facts.{number}"][fact] for number, fact in enumerate(facts))
        return found

    @staticmethod
    def _common(tokens: Sequence[Token], meanings: Matrix, segments: Numbers, owners: Numbers) -> Matrix:
        """Return [3, T, T]: whether tokens of different segments have a stem in common that tells something, how alike
        they are in what they mean, and whether two belong to one parameter."""
        stems: dict[str, list[int]] = {}
        for place, token in enumerate(tokens):
            if not token.flags & IS_FUNCTION:
                for stem in token.stems:
                    stems.setdefault(stem, []).append(place)
        is_across = segments[:, None] != segments[None, :]
        lengths = np.maximum(np.linalg.norm(meanings, axis=1, keepdims=True), 1e-6)
        units = meanings / lengths
        found = np.zeros((3, len(tokens), len(tokens)), dtype=np.float32)
        for stem, places in stems.items():
            firsts = [place for place in places if tokens[place].stems[0] == stem]
            for place in places if len(places) > 1 else ():
                found[0, place, firsts] = found[0, firsts, place] = 1.0
        found[0] *= is_across
        found[1] = (units @ units.T) * is_across
        found[2] = (owners[:, None] == owners[None, :]) & (owners[:, None] >= 0)
        return found


def facts_of(parameter: Parameter) -> tuple[int, int, int, int]:
    """Return what is told of a parameter beside its words, as numbers from 1."""
    rank = min(parameter.rank, MAX_RANK)
    return KINDS.index(parameter.kind) + 1, int(parameter.is_list) + 1, int(parameter.is_needed) + 1, rank + 1


def relations(segments: Numbers, owners: Numbers, positions: Numbers) -> Numbers:
    """Return [..., T, T]: how far apart two tokens of one segment are, or else of which segments they are."""
    places = segments * 64 + owners
    apart = np.clip(positions[..., None, :] - positions[..., :, None], -MAX_APART, MAX_APART) + MAX_APART
    across = NUM_APART + segments[..., :, None] * len(Segment) + segments[..., None, :]
    found: Numbers = np.where(places[..., :, None] == places[..., None, :], apart, across)
    return found


def _normed(states: Matrix, weight: Matrix) -> Matrix:
    found: Matrix = states / np.sqrt(np.mean(states * states, axis=-1, keepdims=True) + EPSILON) * weight
    return found


def _attended(layer: Layer, states: Matrix, related: Numbers, common: Matrix) -> Matrix:
    count, width = states.shape
    heads = layer.common.shape[1]
    inner = (_normed(states, layer.norm) @ layer.attention.T + layer.attention_bias).reshape(count, 3, heads, -1)
    asks, keys, values = inner.transpose(1, 2, 0, 3)
    scores = asks @ keys.transpose(0, 2, 1) / math.sqrt(width // heads)
    scores += np.take(layer.relations, related, axis=1) + np.tensordot(layer.common.T, common, axes=1)
    scores -= scores.max(axis=-1, keepdims=True)
    shares = np.exp(scores)
    shares /= shares.sum(axis=-1, keepdims=True)
    found: Matrix = (shares @ values).transpose(1, 0, 2).reshape(count, width) @ layer.out.T + layer.out_bias
    return found


def _widened(layer: Layer, states: Matrix) -> Matrix:
    inner = _normed(states, layer.second_norm) @ layer.up.T + layer.up_bias
    cubed = inner * inner * inner
    active = 0.5 * inner * (1.0 + np.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * cubed)))
    found: Matrix = active @ layer.down.T + layer.down_bias
    return found
