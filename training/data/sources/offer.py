"""Which tools stand beside the right one, and what is said when none is right.

Owns the index that finds resembling tools. It knows tools only as schemas with names and descriptions.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

from training.data.language import phrases
from training.data.sample import Schema
from training.data.sources.common import properties_of, words

_COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "by",
        "for",
        "from",
        "get",
        "given",
        "in",
        "information",
        "is",
        "it",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "with",
        "you",
        "your",
        "retrieve",
        "specific",
        "based",
        "details",
        "user",
        "use",
        "using",
        "data",
        "which",
        "be",
        "as",
        "can",
    ]
)
_NAMING = (
    "I only have {names}, which can't do that.",
    "I can only use {names}, so I can't help with this one.",
)


def refusal(rng: random.Random, tools: Sequence[Schema]) -> str:
    """A short text that says no offered tool applies."""
    if tools and len(tools) <= 2 and rng.random() < 0.15:
        return rng.choice(_NAMING).format(names=" and ".join(str(tool["name"]) for tool in tools))
    return rng.choice(phrases.REFUSALS)


def weight(tool: Schema) -> int:
    """About how many characters the tool takes in a prompt."""
    fields = properties_of(tool)
    return (
        len(str(tool["name"]))
        + len(str(tool["description"]))
        + sum(len(name) + len(str(field.get("description", ""))) + 24 for name, field in fields.items())
    )


def keywords(tool: Schema) -> set[str]:
    """The telling words of a tool's name and description."""
    return set(_telling(f"{tool['name']} {tool['description']}"))


@lru_cache(maxsize=32768)
def _telling(text: str) -> tuple[str, ...]:
    return tuple(sorted({word for word in words(text) if len(word) > 2 and word not in _COMMON}))


def twins(one: Schema, other: Schema) -> bool:
    """Whether two tools are so alike that a request could mean either."""
    first, second = keywords(one), keywords(other)
    return len(first & second) * 2 > min(len(first), len(second))


class Shelf:
    """All tools of a set, with an index by word; read only after it is built."""

    def __init__(self, tools: Sequence[Schema]) -> None:
        self._tools = list(tools)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for index, tool in enumerate(self._tools):
            for word in sorted(keywords(tool)):
                self._by_word[word].append(index)
                counts[word] += 1
        self._counts = counts

    def near(self, tool: Schema, rng: random.Random) -> Schema | None:
        """Another tool that shares a telling word, the rarer the likelier."""
        shared = [word for word in sorted(keywords(tool)) if self._counts[word] > 1]
        if not shared:
            return None
        chosen = rng.choices(shared, [1 / self._counts[word] ** 0.5 for word in shared])[0]
        return self._tools[rng.choice(self._by_word[chosen])]

    def any(self, rng: random.Random) -> Schema:
        return rng.choice(self._tools)

    def distractors(
        self,
        right: Sequence[Schema],
        count: int,
        rng: random.Random,
        *,
        like: float = 0.5,
        budget: int = 1400,
        allowed: Callable[[Schema], bool] = lambda _: True,
    ) -> list[Schema]:
        """Up to `count` other tools, a share of them resembling the right ones, within a size in characters."""
        taken = {str(tool["name"]) for tool in right}
        found: list[Schema] = []
        for _ in range(3 * count):
            if len(found) == count:
                break
            near = self.near(rng.choice(right), rng) if right and rng.random() < like else None
            tool = near or self.any(rng)
            size = weight(tool)
            if str(tool["name"]) in taken or size > budget or not allowed(tool):
                continue
            if any(twins(tool, wanted) for wanted in right):
                continue
            budget -= size
            taken.add(str(tool["name"]))
            found.append(tool)
        return found


def how_many(rng: random.Random) -> int:
    """How many distractors a sample gets: often none, often a few, at times a shelf full."""
    return rng.choices((0, 1, 2, 3, 4, 5, 6, 7), (20, 18, 16, 14, 12, 8, 7, 5))[0]


def mixed(tools: Sequence[Schema], rng: random.Random) -> tuple[Schema, ...]:
    shuffled = list(tools)
    rng.shuffle(shuffled)
    return tuple(shuffled)
