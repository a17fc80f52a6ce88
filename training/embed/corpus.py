"""All pairs, split into those that train and those that measure, and packed as token ids.

What is held out is decided by passage or by tool, never by query, so that nothing measured was seen from the other
side either. Sentences cut from a passage find it (inverse cloze): most of the plain English comes in that way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training import tokenizer as family
from training.embed import passages, tools
from training.embed.pair import Pair

MAX_QUERY_TOKENS = 64
MAX_PASSAGE_TOKENS = 192
KEEP_IN_PASSAGE = 0.15
"""How often the sentence that is searched with stays in its passage."""
SENTENCES_EACH = 3


def collect(root: Path, seed: int = 1) -> tuple[list[Pair], list[Pair]]:
    """Training and held-out pairs of every source, each query and passage pair once."""
    rng = random.Random(seed)
    rows = passages.read(root)
    found = [
        *passages.questions(rows),
        *passages.summaries(rows),
        *tools.metatool(root),
        *tools.clinc(root, rng),
        *tools.seal_tools(root),
        *tools.gorilla(root),
        *tools.sgd(root, rng),
        *tools.catalog(rng),
        *tools.gsm8k(root),
    ]
    texts = passages.paragraphs(rows)
    for text in texts:
        found += cloze(text, rng)
    unique = list({(pair.query, pair.passage): pair for pair in found}.values())
    return [pair for pair in unique if not pair.is_held_out], [pair for pair in unique if pair.is_held_out]


def cloze(passage: str, rng: random.Random) -> list[Pair]:
    """Sentences of a passage, each with what is left of the passage without it."""
    said = passages.sentences(passage)
    if len(said) < 2:
        return []
    pairs = []
    for sentence in rng.sample(said, min(SENTENCES_EACH, len(said))):
        rest = passage if rng.random() < KEEP_IN_PASSAGE else passage.replace(sentence, " ")
        pairs.append(Pair(sentence, " ".join(rest.split()), "cloze", passages.key(passage)))
    return pairs


@dataclass(frozen=True, slots=True)
class Packed:
    """Pairs as token ids: row i of each table, padded with `PAD`, begins with `BOS`; `groups` are numbers."""

    queries: np.ndarray
    passages: np.ndarray
    groups: np.ndarray
    sources: list[str]


def pack(pairs: list[Pair], tokenizer: Tokenizer) -> Packed:
    names = {name: number for number, name in enumerate({pair.group or pair.passage: None for pair in pairs})}
    return Packed(
        _table([pair.query for pair in pairs], tokenizer, MAX_QUERY_TOKENS),
        _table([pair.passage for pair in pairs], tokenizer, MAX_PASSAGE_TOKENS),
        np.array([names[pair.group or pair.passage] for pair in pairs]),
        [pair.source for pair in pairs],
    )


def _table(texts: list[str], tokenizer: Tokenizer, width: int) -> np.ndarray:
    table = np.full((len(texts), width), family.PAD, dtype=np.int16)
    for row, encoded in zip(table, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True):
        ids = [family.BOS, *encoded.ids][:width]
        row[: len(ids)] = ids
    return table
