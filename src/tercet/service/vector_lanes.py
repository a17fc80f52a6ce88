"""Exact search among vectors in plain Python: big integers as vector registers.

A vector is packed with a copy of itself in signed bytes and with the error of that copy. Of all vectors of a
collection, one integer holds one component, each in a lane of 32 bits; a query component times such an integer
multiplies all lanes in one step of C, so that the products of a query with ten thousand vectors cost a few hundred
such steps. Whatever is, within the error, among the best is compared again at full precision: what is found is
exactly what a slow search finds.
"""

import struct
import sys
from array import array
from collections.abc import Container, Sequence
from operator import mul

LANE_BYTES = 4
MAX_COMPONENTS = 65_536
"""So that a sum of products of two bytes fits a lane."""
_SHIFT = 128
_HEAD = struct.Struct("<ffi")
"""Scale, error, and sum of the components of the copy in bytes, which follow, before the components as floats."""


def packed(vector: Sequence[float]) -> bytes:
    """Return a vector of norm 1 as it is stored."""
    scale, codes, error = _rounded(vector)
    floats = array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return _HEAD.pack(scale, error, sum(codes)) + bytes(code + _SHIFT for code in codes) + floats.tobytes()


def size_of(vector: bytes) -> int:
    """Return how many components a packed vector has."""
    return (len(vector) - _HEAD.size) // 5


def floats_of(vector: bytes) -> "array[float]":
    """Return the components of a packed vector."""
    values = array("f", vector[_HEAD.size + size_of(vector) :])
    if sys.byteorder == "big":
        values.byteswap()
    return values


def product(query: Sequence[float], vector: bytes) -> float:
    """Return the product of a query with a packed vector."""
    return float(sum(map(mul, query, floats_of(vector))))


def normal(vector: Sequence[float]) -> list[float]:
    """Return the vector at norm 1; a zero one stays as it is."""
    length = sum(map(mul, vector, vector)) ** 0.5
    return [value / length for value in vector] if length else list(vector)


class Lanes:
    """The vectors of one collection, by number. Immutable; all have one length."""

    def __init__(self, numbers: Sequence[int], vectors: Sequence[bytes]) -> None:
        """Arrange packed vectors, in a few milliseconds per thousand."""
        self.numbers = numbers
        self._vectors = vectors
        self.size = size_of(vectors[0]) if vectors else 0
        heads = [_HEAD.unpack_from(vector) for vector in vectors]
        self._units = [1.0 / scale for scale, _, _ in heads]
        self._sums = [_SHIFT * total for _, _, total in heads]
        self._error = max((error for _, error, _ in heads), default=0.0)
        rows = b"".join(vector[_HEAD.size : _HEAD.size + self.size] for vector in vectors)
        self._components = [_lanes(rows[place :: self.size]) for place in range(self.size)]

    @property
    def num_bytes(self) -> int:
        """What it takes of the memory, about."""
        return len(self.numbers) * self.size * (LANE_BYTES + 5)

    def nearest(
        self, query: Sequence[float], limit: int, among: Container[int] | None = None
    ) -> list[tuple[int, float]]:
        """Return the numbers of the `limit` vectors with the largest product with `query`, and the products.

        `query` has norm 1; `among` leaves others out. Raises `ValueError` for a query of another length.
        """
        if not self.numbers:
            return []
        if len(query) != self.size:
            raise ValueError(f"the query has {len(query)} values, the vectors have {self.size}")
        rough, margin = self._rough(query)
        places = range(len(self.numbers))
        allowed = places if among is None else [place for place in places if self.numbers[place] in among]
        floor = min(sorted((rough[place] for place in allowed), reverse=True)[:limit], default=0.0) - 2 * margin
        exact = [
            (self.numbers[place], product(query, self._vectors[place])) for place in allowed if rough[place] >= floor
        ]
        return sorted(exact, key=lambda found: (-found[1], found[0]))[:limit]

    def _rough(self, query: Sequence[float]) -> tuple[list[float], float]:
        """Return the products of the copies in bytes, and how far any can be from the true one."""
        scale, codes, error = _rounded(query)
        total = 0
        for code, component in zip(codes, self._components, strict=True):
            total += (code + _SHIFT) * component
        sums = array("I", total.to_bytes(LANE_BYTES * len(self.numbers), "little"))
        if sys.byteorder == "big":
            sums.byteswap()
        fixed = _SHIFT * sum(codes) + _SHIFT * _SHIFT * self.size
        unit = 1.0 / scale
        lanes = zip(sums, self._sums, self._units, strict=True)
        rough = [(value - own - fixed) * (unit * mine) for value, own, mine in lanes]
        return rough, self._error + error * (1.0 + self._error) + 1e-5


def _rounded(vector: Sequence[float]) -> tuple[float, list[int], float]:
    """Return scale, signed bytes and the norm of what rounding took."""
    scale = struct.unpack("<f", struct.pack("<f", 127.0 / (max(map(abs, vector), default=0.0) or 1.0)))[0]
    codes = [max(-127, min(127, round(value * scale))) for value in vector]
    error = sum((value - code / scale) ** 2 for value, code in zip(vector, codes, strict=True)) ** 0.5
    return scale, codes, error


def _lanes(component: bytes) -> int:
    spread = bytearray(LANE_BYTES * len(component))
    spread[::LANE_BYTES] = component
    return int.from_bytes(spread, "little")
