"""The hints that the service puts beside a request, for training and for measuring; noisy when a generator is given.

They are the product's own (`tercet.backends.embedded.hints`), so that a model trains on what it is served.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tercet.backends.embedded import hints, relevance
from tercet.backends.embedded.hints import Field, Hint, Said
from tercet.backends.embedded.spoken import Speaker, Spoken, spoken
from training.data.sample import compact

WITHOUT = 0.05
"""Share of training conversations that carry no hints, so that tools are still read."""
SHIFTED, MISLED, SWAPPED = 0.06, 0.015, 0.01
"""Share of training requests whose levels are moved, whose best hint is a random tool, whose best two are swapped."""
FORGOTTEN, EXCHANGED, MOVED, UNDRAFTED = 0.06, 0.05, 0.08, 0.05
"""Share of drafted fields that are left out, that show another field's values, whose levels are moved; share of
hints without a draft. The table was learnt from the same sources, so that it is surer there than on what is new."""


def hinted(
    messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], rng: random.Random | None = None
) -> list[dict[str, Any]]:
    """The messages, each user's with its hints where tools are offered; `rng` makes some of the hints wrong."""
    if not tools or (rng is not None and rng.random() < WITHOUT):
        return list(messages)
    offered = hints.Offered([compact(tool).encode() for tool in tools])
    names = [str(tool["name"]) for tool in tools]
    requests = requests_of(messages)
    return [
        with_hints(message, next(requests), offered, names, rng) if message["role"] == "user" else message
        for message in messages
    ]


def requests_of(messages: Iterable[Mapping[str, Any]]) -> Iterator[Spoken]:
    """What each message of the user asks for, with what it answers a question about."""
    return iter(spoken([(speaker(message), str(message.get("content") or "")) for message in messages]))


def speaker(message: Mapping[str, Any]) -> Speaker:
    """Who says something; a call is no saying."""
    role = message["role"]
    return role if role in ("user", "assistant") and not message.get("tool_calls") else "other"


def levels(text: str, tools: Sequence[Mapping[str, object]]) -> list[int]:
    """How likely each tool is meant by the text, as the product's levels."""
    offered = relevance.Offered([compact(tool).encode() for tool in tools])
    return [relevance.level(chance) for chance in offered.chances(text)]


def with_hints(
    message: dict[str, Any], request: Spoken, offered: hints.Offered, names: list[str], rng: random.Random | None
) -> dict[str, Any]:
    found = list(offered.hints(request))
    if rng is not None:
        found = [blurred(hint, rng) for hint in disturbed(found, names, rng)]
    return {**message, "hints": [shown(hint) for hint in found]}


def shown(hint: Hint) -> dict[str, Any]:
    """The hint as the template reads it."""
    fields = [{"name": field.name, "said": [said._asdict() for said in field.said]} for field in hint.fields]
    return {"level": hint.level, "name": hint.name, "fields": fields}


def disturbed(found: list[Hint], names: list[str], rng: random.Random) -> list[Hint]:
    """Hints as a scorer that is sometimes wrong would give them."""
    draw = rng.random()
    if draw < SHIFTED:
        shift = rng.choice((-2, -1, -1, 1, 1, 2))
        return [hint._replace(level=moved(hint.level, shift)) for hint in found]
    draw -= SHIFTED
    if draw < MISLED:
        wrong = Hint(rng.randint(2, len(relevance.LEVELS)), rng.choice(names), ())
        return [wrong, *(hint for hint in found if hint.name != wrong.name)][: relevance.MAX_HINTS]
    draw -= MISLED
    if draw < SWAPPED and len(found) > 1:
        first, second, *rest = found
        return [second._replace(level=first.level), first._replace(level=second.level), *rest]
    return found


def blurred(hint: Hint, rng: random.Random) -> Hint:
    """The hint with its draft less sure, and sometimes wrong."""
    if rng.random() < UNDRAFTED:
        return hint._replace(fields=())
    return hint._replace(fields=tuple(blurred_fields(hint.fields, rng)))


def blurred_fields(fields: Sequence[Field], rng: random.Random) -> list[Field]:
    made = []
    for field in fields:
        draw = rng.random()
        if draw < FORGOTTEN:
            continue
        if draw < FORGOTTEN + EXCHANGED:
            field = field._replace(said=rng.choice(fields).said)
        elif draw < FORGOTTEN + EXCHANGED + MOVED:
            shift = rng.choice((-3, -2, -1, -1, 1))
            field = field._replace(said=tuple(Said(moved(said.level, shift), said.json) for said in field.said))
        made.append(field)
    return made


def moved(level: int, shift: int) -> int:
    return max(0, min(len(relevance.LEVELS), level + shift))
