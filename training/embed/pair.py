"""A pair to learn from: a text that is searched with and the text that should be found."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

HELD_OUT_OF_TEN = 1


@dataclass(frozen=True, slots=True)
class Pair:
    query: str
    passage: str
    source: str
    group: str = ""
    """Pairs of one group answer each other's queries, so they are no negatives of each other."""

    @property
    def is_held_out(self) -> bool:
        """Whether the pair measures and never trains: decided by its group, else by its passage."""
        text = self.group or self.passage[:200]
        return zlib.crc32(text.encode()) % 10 < HELD_OUT_OF_TEN
