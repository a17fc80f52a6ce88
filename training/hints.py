"""The hints that the service puts beside a request, for training and for measuring; noisy when a generator is given.

The scores are the product's own (`tercet.backends.embedded.relevance`), so that a model trains on what it is served.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tercet.backends.embedded import relevance
from tercet.backends.embedded.relevance import Hint
from training.data.sample import compact

WITHOUT = 0.05
"""Share of training conversations that carry no hints, so that tools are still read."""
SHIFTED, MISLED, SWAPPED = 0.06, 0.015, 0.01
"""Share of training requests whose levels are moved, whose best hint is a random tool, whose best two are swapped."""


def hinted(
    messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], rng: random.Random | None = None
) -> list[dict[str, Any]]:
    """The messages, each user's with its hints where tools are offered; `rng` makes some of the hints wrong."""
    if not tools or (rng is not None and rng.random() < WITHOUT):
        return list(messages)
    offered = relevance.Offered([compact(tool).encode() for tool in tools])
    names = [str(tool["name"]) for tool in tools]
    return [with_hints(message, offered, names, rng) if message["role"] == "user" else message for message in messages]


def levels(text: str, tools: Sequence[Mapping[str, object]]) -> list[int]:
    """How likely each tool is meant by the text, as the product's levels."""
    offered = relevance.Offered([compact(tool).encode() for tool in tools])
    return [relevance.level(chance) for chance in offered.chances(text)]


def with_hints(
    message: dict[str, Any], offered: relevance.Offered, names: list[str], rng: random.Random | None
) -> dict[str, Any]:
    found = list(offered.hints(str(message["content"])))
    if rng is not None:
        found = disturbed(found, names, rng)
    return {**message, "hints": [hint._asdict() for hint in found]}


def disturbed(found: list[Hint], names: list[str], rng: random.Random) -> list[Hint]:
    """Hints as a scorer that is sometimes wrong would give them."""
    draw = rng.random()
    if draw < SHIFTED:
        shift = rng.choice((-2, -1, -1, 1, 1, 2))
        return [Hint(max(0, min(len(relevance.LEVELS), hint.level + shift)), hint.name) for hint in found]
    draw -= SHIFTED
    if draw < MISLED:
        wrong = Hint(rng.randint(2, len(relevance.LEVELS)), rng.choice(names))
        return [wrong, *(hint for hint in found if hint.name != wrong.name)][: relevance.MAX_HINTS]
    draw -= MISLED
    if draw < SWAPPED and len(found) > 1:
        first, second, *rest = found
        return [Hint(first.level, second.name), Hint(second.level, first.name), *rest]
    return found
