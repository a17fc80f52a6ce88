"""Cutting texts into overlapping chunks, the same way every time, at the best places near the end of each.

Sizes are in tokens of four bytes of UTF-8, a rule of thumb that needs no model: where the cuts fall must not change
when another model embeds the chunks, and a work that was interrupted goes on by counting what is there.
"""

import re
from collections.abc import Iterator
from itertools import accumulate

BYTES_PER_TOKEN = 4
MIN_CHUNK_TOKENS = 100
MAX_CHUNK_TOKENS = 4096
_CUTS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"[.!?]\s+"), re.compile(r"\s+"))
"""Where a chunk may end, the best first: paragraphs, lines, sentences, words."""


def chunks_of(text: str, max_tokens: int, overlap_tokens: int) -> Iterator[str]:
    """Yield the chunks of a text in order; each but the last has between half of and all of `max_tokens`.

    Consecutive chunks share about `overlap_tokens`, which is at most half of `max_tokens`. Blank ones are left out.
    """
    ends = Ends(text)
    start = 0
    while start < len(text):
        most = ends.reach(start, max_tokens * BYTES_PER_TOKEN)
        end = len(text) if most >= len(text) else _cut(text, (start + most) // 2, most)
        if chunk := text[start:end].strip():
            yield chunk
        if end >= len(text):
            return
        back = max(start + 1, ends.reach_back(end, overlap_tokens * BYTES_PER_TOKEN))
        start = _word_begin(text, back, end)


class Ends:
    """How far a number of bytes reaches in a text, from any character."""

    def __init__(self, text: str) -> None:
        self._size = len(text)
        self._sums = None if text.isascii() else [0, *accumulate(map(_num_bytes, text))]

    def reach(self, start: int, num_bytes: int) -> int:
        """Return the first place behind `start` that is `num_bytes` away, or the end."""
        if self._sums is None:
            return min(self._size, start + num_bytes)
        low, high = start, self._size
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._sums[middle] - self._sums[start] <= num_bytes else (low, middle - 1)
        return max(low, min(start + 1, self._size))

    def reach_back(self, end: int, num_bytes: int) -> int:
        """Return the place that is `num_bytes` before `end`."""
        if self._sums is None:
            return max(0, end - num_bytes)
        low, high = 0, end
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._sums[end] - self._sums[middle] <= num_bytes else (middle + 1, high)
        return low


def windows_of(text: str, max_bytes: int) -> list[str]:
    """Return a text in pieces of at most `max_bytes`, cut at words where that is possible."""
    ends = Ends(text)
    pieces = []
    start = 0
    while start < len(text):
        most = ends.reach(start, max_bytes)
        end = len(text) if most >= len(text) else _cut(text, (start + most) // 2, most)
        pieces.append(text[start:end])
        start = end
    return pieces


def _num_bytes(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _cut(text: str, least: int, most: int) -> int:
    """Return the best place to cut between the two, the last of its kind."""
    for pattern in _CUTS:
        last = 0
        for found in pattern.finditer(text, least, most):
            last = found.end()
        if last > least:
            return last
    return most


def _word_begin(text: str, place: int, end: int) -> int:
    """Return the next beginning of a word, if there is one before `end`."""
    found = re.compile(r"\s\S").search(text, place - 1, end)
    return found.start() + 1 if found else place
