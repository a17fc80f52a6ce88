"""What a family of models has of its own: notation of calls, spacing of JSON, form of the messages.

A dialect is a value made for one model. It writes grammar rules and makes parsers; it runs nothing.
"""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from tercet.backends.embedded.pieces import Parser
from tercet.backends.embedded.schemas import Spacing
from tercet.engine.gguf import ModelFacts
from tercet.items import ToolDefinition

MAX_CALLS = 32
"""Calls that one answer may make; without an end a weak model might go on until its window is full."""


class Dialect(Protocol):
    """One family's notation."""

    spacing: Spacing
    """How the family writes JSON."""
    visible_tokens: tuple[str, ...]
    """Control tokens that the parser needs to see in the text."""
    default_temperature: float | None
    """For requests that name none; None leaves it to the model file."""
    has_tools: bool
    """The template shows tools itself; otherwise they are described in the system message."""
    has_hints: bool
    """The template shows beside a request which tools it likely means; `call_rules` name the call of each tool, by its
    number, `call_0` and so on."""
    shows_needed: bool
    """The template shows in such a hint also what the tool needs and nobody said."""
    takes_json_text: bool
    """The template wants a call's arguments as JSON text; otherwise as an object."""

    def text_rules(self) -> str:
        """Return Lark rules that define `text`: an answer that makes no call."""

    def call_rules(self, tools: Sequence[ToolDefinition], *, is_parallel: bool) -> str:
        """Return Lark rules that define `calls`: one or more calls of `tools` (one, unless `is_parallel`), and
        `said_calls`: the same after whatever text the family lets precede them. `text_rules` are there, too."""

    def parser(self) -> Parser:
        """Return a parser for one answer."""

    def template_variables(self, schema: dict[str, Any] | None) -> dict[str, Any]:
        """Return what the template wants to know besides messages and tools."""


def literal(text: str) -> str:
    """Return `text` as a Lark string."""
    return json.dumps(text, ensure_ascii=False)


def token_rule(facts: ModelFacts, text: str) -> str:
    """Return a Lark expression for a tag: the control token if it is one in this vocabulary, else its text."""
    token = facts.special(text)
    return f"<[{token.id}]>" if token is not None and token.is_control else literal(text)


def is_control(facts: ModelFacts, text: str) -> bool:
    """Return whether the model writes `text` as one token that has no text of its own."""
    token = facts.special(text)
    return token is not None and token.is_control


def repeated(rule: str, separator: str, *, is_parallel: bool) -> str:
    """Return a Lark expression for one or, if `is_parallel`, several of `rule`."""
    if not is_parallel:
        return rule
    between = f"{separator} " if separator else ""
    return f"{rule} ({between}{rule}){{0,{MAX_CALLS - 1}}}"
