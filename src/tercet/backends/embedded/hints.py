"""What the service tells a small model beside a request: the tools that it likely means, and what likely fills them.

Computed without the model (`relevance`, `drafts`) and the same in training and in service. It knows nothing of prompts.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from tercet.backends.embedded import relevance
from tercet.backends.embedded.drafts import scorer
from tercet.backends.embedded.drafts.candidates import Request, read
from tercet.backends.embedded.drafts.narrowing import narrowed
from tercet.backends.embedded.drafts.parameters import Parameter, parameters
from tercet.backends.embedded.relevance import Kept, level
from tercet.grounding import is_marked
from tercet.items import Message, ModelRequest

MAX_DRAFTS = 3
"""Tools whose arguments are drafted."""
MAX_REQUEST = 4000
"""Characters of a request that are searched for values."""
MAX_VALUE = 300
"""Characters of a value that is told; longer ones are left to the model."""


class Said(NamedTuple):
    """A likely value as JSON, and how likely it is: a level as `relevance.level` counts them."""

    level: int
    json: str


class Field(NamedTuple):
    """A parameter's name and its likely values, in the order in which they are said."""

    name: str
    said: tuple[Said, ...]


class Hint(NamedTuple):
    """A tool's name, how likely it is meant, and what of its arguments can be told."""

    level: int
    name: str
    fields: tuple[Field, ...]


class Offered:
    """The tools of one request, each given as JSON: name, description, parameters."""

    def __init__(self, tools: Sequence[bytes]) -> None:
        self._relevance = relevance.Offered(tools)
        self._tools = {known.name: tool for known, tool in zip(self._relevance.profiles, tools, strict=True)}

    def hints(self, text: str) -> tuple[Hint, ...]:
        """Return the tools that `text` likely means, the likeliest first, with drafts of their arguments."""
        digest = _digest(text) + self._relevance.digest
        return _HINTS.get(digest, partial(self._hints, text))

    def _hints(self, text: str) -> tuple[Hint, ...]:
        drafts = self.drafts(text)
        return tuple(
            Hint(hint.level, hint.name, tuple(filter(None, map(_told, drafts.get(hint.name, ())))))
            for hint in self._relevance.hints(text)
        )

    def drafts(self, text: str) -> dict[str, list[scorer.Field]]:
        """Return what of the likeliest tools' arguments can be found in `text`, by the tool's name."""
        found = self._relevance.hints(text)[:MAX_DRAFTS]
        if not found:
            return {}
        request = _REQUESTS.get(_digest(text[:MAX_REQUEST]), partial(read, text[:MAX_REQUEST]))
        return {hint.name: scorer.fields(request, self._parameters(hint.name)) for hint in found}

    def _parameters(self, name: str) -> tuple[Parameter, ...]:
        tool = self._tools[name]
        return _PARAMETERS.get(hashlib.blake2b(tool, digest_size=16).digest(), partial(parameters, tool))


_HINTS: Kept[tuple[Hint, ...]] = Kept(1024)
_REQUESTS: Kept[Request] = Kept(256)
_PARAMETERS: Kept[tuple[Parameter, ...]] = Kept(relevance.MAX_KEPT_TOOLS)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _told(field: scorer.Field) -> Field | None:
    said = [Said(level(value.chance), compact(value.value)) for value in field.values]
    kept = tuple(each for each in said if len(each.json) <= MAX_VALUE)
    return Field(field.name, kept) if kept else None


def held(request: ModelRequest, offered: Offered) -> ModelRequest:
    """Return `request` with tools that take nothing but drafted values where those are nearly sure.

    Only where a user has just spoken: behind a tool's result, values come from that. What is to be grounded is left to
    grounding.
    """
    last = request.items[-1] if request.items else None
    if not (isinstance(last, Message) and last.role == "user") or request.grounding == "strict":
        return request
    drafts = offered.drafts(last.text)
    tools = tuple(
        tool
        if is_marked(tool.parameters) or tool.name not in drafts
        else msgspec.structs.replace(tool, parameters=narrowed(tool.parameters, drafts[tool.name]))
        for tool in request.tools
    )
    return msgspec.structs.replace(request, tools=tools)


def compact(value: Any) -> str:
    """Return `value` as JSON without spaces, as the family writes its arguments."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
