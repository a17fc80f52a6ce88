"""From samples to arrays: rendering with the shared template, tokenising, marking what is learnt, batching by length.

A document is one row among others of its length: attention never crosses documents and little is padding. It does
not know how samples are made or how the model is trained.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, Template
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.tokenizer import ASSISTANT, BOS, END

TEMPLATE_FILE = Path(__file__).with_name("template.jinja")
MAX_LENGTH = 2048
"""Longer documents are left out."""
WIDTH_STEP = 16
"""Rows are as wide as their longest document, rounded up to this."""

Ids = NDArray[np.uint16]
Mask = NDArray[np.bool_]


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


DICT_METHODS = frozenset(dir(dict))


class QuickEnvironment(Environment):
    """Looks a name up in a dict as an item at once; the result is that of any other environment."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute not in DICT_METHODS:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


@cache
def template() -> Template:
    """The shared template. It is our own, so it runs without a sandbox, twice as fast."""
    environment = QuickEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = compact
    return environment.from_string(TEMPLATE_FILE.read_text())


def render(
    messages: Iterable[object], tools: Iterable[object] = (), schema: object = None, *, is_open: bool = False
) -> str:
    """The prompt text of a conversation; `is_open` ends it where the assistant is to speak."""
    return template().render(messages=list(messages), tools=list(tools), schema=schema, add_generation_prompt=is_open)


@dataclass(frozen=True, slots=True)
class Document:
    """Token ids, beginning with <|bos|>, and which of them are learnt."""

    ids: Ids
    learnt: Mask


def document(text: str, tokenizer: Tokenizer) -> Document:
    return marked(np.array(tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.uint16))


def marked(ids: Ids) -> Document:
    """The document of a text's tokens."""
    ids = np.concatenate((np.array([BOS], dtype=np.uint16), ids))
    return Document(ids, learnt_mask(ids))


def learnt_mask(ids: Ids) -> Mask:
    """True from after each <|assistant|> up to and including its <|end|>."""
    learnt = np.zeros(len(ids), dtype=np.bool_)
    ends = np.flatnonzero(ids == END)
    for start in np.flatnonzero(ids == ASSISTANT):
        later = ends[ends > start]
        learnt[start + 1 : (later[0] + 1 if len(later) else len(ids))] = True
    return learnt


@dataclass(frozen=True, slots=True)
class Shard:
    """Documents laid end to end; document i is ids[starts[i]:starts[i + 1]]."""

    ids: Ids
    learnt: Mask
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, documents: list[Document]) -> Shard:
        starts = np.cumsum([0, *(len(d.ids) for d in documents)], dtype=np.int64)
        ids = np.concatenate([d.ids for d in documents])
        return cls(ids, np.concatenate([d.learnt for d in documents]), starts)

    def write(self, path: Path) -> None:
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, ids=self.ids, learnt=np.packbits(self.learnt), starts=self.starts)
        partial.replace(path)

    @staticmethod
    def num_tokens(path: Path) -> int:
        """How many tokens a written shard holds."""
        with np.load(path) as arrays:
            return int(arrays["starts"][-1])

    @classmethod
    def read(cls, path: Path) -> Shard:
        with np.load(path) as arrays:
            ids = arrays["ids"]
            learnt = np.unpackbits(arrays["learnt"], count=len(ids)).astype(np.bool_)
            return cls(ids, learnt, arrays["starts"])


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one width, padded with 0, and the learnt mask of their tokens."""

    ids: Ids
    learnt: Mask

    def num_tokens(self) -> int:
        return int((self.ids != 0).sum())


def batches(shard: Shard, tokens_per_batch: int, rng: np.random.Generator) -> Iterator[Batch]:
    """All batches of a shard in random order; each holds documents of about one length."""
    lengths = np.diff(shard.starts)
    order = rng.permutation(len(lengths))
    planned: list[list[int]] = [[]]
    for member in order[np.argsort(lengths[order], kind="stable")].tolist():
        if (len(planned[-1]) + 1) * round_up(int(lengths[member])) > tokens_per_batch:
            planned.append([])
        planned[-1].append(member)
    for index in rng.permutation(len(planned)):
        yield pad(shard, planned[index], round_up(int(lengths[planned[index][-1]])))


def round_up(length: int) -> int:
    return -(-length // WIDTH_STEP) * WIDTH_STEP


def pad(shard: Shard, members: list[int], width: int) -> Batch:
    ids = np.zeros((len(members), width), dtype=np.uint16)
    learnt = np.zeros((len(members), width), dtype=np.bool_)
    for row, member in enumerate(members):
        span = slice(shard.starts[member], shard.starts[member + 1])
        length = span.stop - span.start
        ids[row, :length] = shard.ids[span]
        learnt[row, :length] = shard.learnt[span]
    return Batch(ids, learnt)
