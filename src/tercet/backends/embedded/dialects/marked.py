"""Calls that begin with a control token: `MARK name {json}`, repeated. Tercet's own models, and Mistral's since v11.

The token cannot be spelt by text, so an answer is either text without it or calls with it; nothing is ambiguous.
"""

import re
from collections.abc import Sequence
from typing import Any

from tercet.backends.embedded.dialects.base import literal, repeated, token_rule
from tercet.backends.embedded.pieces import CallParser, Parser
from tercet.backends.embedded.schemas import COMPACT, SPACED, Spacing, closed_parameters, json_rule
from tercet.engine.gguf import ModelFacts
from tercet.items import ToolDefinition

_CALL_IN_TEMPLATE = re.compile(r"(<\|\w+\|>)\{\{ ?c\.name")
_NAME = r"([^{\s\[\]<>]+)"


class MarkedDialect:
    """`mark`, the tool's name, `separator`, the arguments."""

    has_tools = True

    def __init__(
        self,
        facts: ModelFacts,
        mark: str,
        *,
        separator: str = "",
        spacing: Spacing = COMPACT,
        temperature: float | None = None,
        has_hints: bool = False,
        shows_needed: bool = False,
    ) -> None:
        self._mark_rule = token_rule(facts, mark)
        self._separator_rule = token_rule(facts, separator) if separator else ""
        self._mark = mark
        self._head = re.compile(_NAME + re.escape(separator) + r"\s*(?=\{)")
        self.spacing = spacing
        self.default_temperature = temperature
        self.visible_tokens: tuple[str, ...] = (mark, separator) if separator else (mark,)
        self.takes_json_text = not separator
        self.has_hints = has_hints
        self.shows_needed = shows_needed

    def text_rules(self) -> str:
        """Any text: the control tokens are not text."""
        return "text: TEXT\nTEXT: /(?s:.+)/\n"

    def call_rules(self, tools: Sequence[ToolDefinition], *, is_parallel: bool) -> str:
        """Calls and nothing else."""
        rules = [f"calls: {repeated('call', '', is_parallel=is_parallel)}"]
        rules.append("said_calls: calls")
        rules.append("call: " + " | ".join(f"call_{index}" for index in range(len(tools))))
        for index, tool in enumerate(tools):
            arguments = json_rule(closed_parameters(tool.parameters), self.spacing)
            rules.append(f"call_{index}: {self._mark_rule} {literal(tool.name)} {self._separator_rule} args_{index}")
            rules.append(f"args_{index}: {arguments}")
        return "\n".join(rules) + "\n"

    def parser(self) -> Parser:
        """Return a parser for one answer."""
        return CallParser(self._mark, self._head, re.compile(r"\s*(?=\S)|\s+"))

    def template_variables(self, schema: dict[str, Any] | None) -> dict[str, Any]:
        """Tercet's template shows the output schema, too."""
        return {"schema": schema} if schema is not None else {}


def tercet(facts: ModelFacts) -> MarkedDialect | None:
    """Return the dialect of Tercet's own models, if `facts` are of one. They are small: their best guess is asked."""
    template = facts.chat_template or ""
    found = _CALL_IN_TEMPLATE.search(template)
    if found is None or "<|tools|>" not in template:
        return None
    return MarkedDialect(
        facts,
        found[1],
        temperature=0.0,
        has_hints="m.hints" in template,
        shows_needed="{%- else -%}?{%- endfor -%}" in template,
    )


def mistral_marked(facts: ModelFacts) -> MarkedDialect | None:
    """Return the dialect of Mistral's models whose calls read `[TOOL_CALLS]name[ARGS]{…}`."""
    template = facts.chat_template or ""
    if "[TOOL_CALLS]" not in template or "[ARGS]" not in template:
        return None
    return MarkedDialect(facts, "[TOOL_CALLS]", separator="[ARGS]", spacing=SPACED)
