"""The family's tokenizer for bulk work: the same tokens, five times faster on one core.

Plain ASCII is cut with the standard library's `re` by the same rule and the tokens of each piece are remembered; the
tokenizer itself reads the rest. It knows nothing of documents.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.tokenizer import QWEN2_PATTERN, SPECIAL_TOKENS

MAX_PIECES = 400_000
"""Pieces remembered; all are forgotten when there are more."""
ASCII_PIECE = re.compile(
    QWEN2_PATTERN.replace(r"\p{L}\p{N}]", "A-Za-z0-9]").replace(r"\p{L}", "[A-Za-z]").replace(r"\p{N}", "[0-9]"),
    re.ASCII,
)
SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIAL_TOKENS)) + ")")


class Encoder:
    """Token ids of texts, special tokens included, as `tokenizer.encode` gives them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.known: dict[str, bytes] = {name: packed([index]) for index, name in enumerate(SPECIAL_TOKENS)}

    def ids(self, text: str) -> NDArray[np.uint16]:
        """The tokens of `text`, which may hold special tokens."""
        parts: list[str] = []
        for part in SPECIAL.split(text):
            if part.isascii() and part not in self.known:
                parts.extend(ASCII_PIECE.findall(part))
            elif part:
                parts.append(part)
        known = self.known
        made = b"".join([known.get(part) or self.learn(part) for part in parts])
        return np.frombuffer(made, dtype=np.uint16)

    def learn(self, part: str) -> bytes:
        """Tokens of a piece, remembered where it is ASCII."""
        made = packed(self.tokenizer.encode(part, add_special_tokens=False).ids)
        if part.isascii():
            if len(self.known) >= MAX_PIECES:
                self.known = {name: packed([index]) for index, name in enumerate(SPECIAL_TOKENS)}
            self.known[part] = made
        return made


def packed(ids: list[int]) -> bytes:
    return np.array(ids, dtype=np.uint16).tobytes()
