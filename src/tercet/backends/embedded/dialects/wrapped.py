"""Calls as JSON objects that hold name and arguments: in tags (Hermes, Qwen), in a list (Mistral), bare (Llama 3).

One class, described by what stands around and between the objects.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tercet.backends.embedded.dialects.base import MAX_CALLS, is_control, literal, repeated, token_rule
from tercet.backends.embedded.pieces import CallParser, Parser
from tercet.backends.embedded.schemas import SPACED, closed_parameters, json_rule
from tercet.engine.gguf import ModelFacts
from tercet.items import ToolDefinition


class Form(msgspec.Struct, frozen=True):
    """What a family writes around its calls."""

    opening: str
    """A tag before the first call (and, unless `between` is set, before each); empty: a call starts the answer."""
    before: str = ""
    """Text between the tag and an object."""
    after: str = ""
    """Text that closes a call, or the list of calls."""
    between: str = ""
    """Text between two calls of one list."""
    arguments_key: str = "arguments"
    is_single: bool = False
    """The family cannot make several calls in one answer."""


HERMES = Form("<tool_call>", before="\n", after="\n</tool_call>")
MISTRAL = Form("[TOOL_CALLS]", before="[", after="]", between=", ")
LLAMA3 = Form("", arguments_key="parameters", is_single=True)


class WrappedDialect:
    """`{"name": …, "arguments": …}` in whatever `form` says."""

    spacing = SPACED
    default_temperature: float | None = None
    takes_json_text = False
    has_hints = False
    shows_needed = False

    def __init__(self, facts: ModelFacts, form: Form, *, has_tools: bool = True) -> None:
        self.has_tools = has_tools
        self._form = form
        self._facts = facts
        tags = (form.opening, form.after.strip())
        self.visible_tokens = tuple(tag for tag in tags if tag and is_control(facts, tag))
        key = re.escape(form.arguments_key)
        self._head = re.compile(rf'\s*\[?\s*\{{\s*"name"\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"{key}"\s*:\s*(?=\{{)')
        closing = re.escape(form.after.strip()) or r"\Z"
        self._tail = re.compile(rf"\s*\}}\s*(?:{closing}|,)" if form.after else r"\s*\}")

    def text_rules(self) -> str:
        """Text that cannot be taken for a call."""
        if not self._form.opening:
            return "text: TEXT | \nTEXT: /[^{\\s](?s:.*)/\n"
        if is_control(self._facts, self._form.opening):
            return "text: TEXT\nTEXT: /(?s:.*)/\n"
        tag = re.escape(self._form.opening).replace("/", "\\/")
        return f"text: TEXT\nTEXT: /(?s:.*)/ & ~/(?s:.*){tag}(?s:.*)/\n"

    def call_rules(self, tools: Sequence[ToolDefinition], *, is_parallel: bool) -> str:
        """Calls; `said_calls` lets text precede them, where the family does that."""
        form = self._form
        is_parallel = is_parallel and not form.is_single
        opening = token_rule(self._facts, form.opening) if form.opening else ""
        before, after = (literal(text) if text else "" for text in (form.before, form.after))
        if form.between:
            body = f"{before} {repeated('object', literal(form.between), is_parallel=is_parallel)} {after}"
        else:
            more = f'("\\n" {opening} wrapped){{0,{MAX_CALLS - 1}}}' if is_parallel else ""
            body = f"wrapped {more}"
        rules = [
            f"calls: {opening} body",
            f"body: {body}",
            f"wrapped: {before} object {self._closing_rule()}",
            self._said_rule(),
            "object: " + " | ".join(f"object_{index}" for index in range(len(tools))),
        ]
        for index, tool in enumerate(tools):
            start = f'{{"name": {msgspec.json.encode(tool.name).decode()}, "{form.arguments_key}": '
            rules.append(f'object_{index}: {literal(start)} args_{index} "}}"')
            rules.append(f"args_{index}: {json_rule(closed_parameters(tool.parameters), self.spacing)}")
        return "\n".join(rules) + "\n"

    def _said_rule(self) -> str:
        if not self._form.opening:
            return "said_calls: calls"
        if is_control(self._facts, self._form.opening):
            return "said_calls: TEXT calls | calls"
        return f"said_calls: said body\nsaid[suffix={literal(self._form.opening)}]: /(?s:.*)/"

    def _closing_rule(self) -> str:
        """The closing tag may be a control token after a newline that is text."""
        tag = self._form.after.strip()
        if not is_control(self._facts, tag):
            return literal(self._form.after) if self._form.after else ""
        lead = self._form.after[: -len(tag)]
        return f"{literal(lead)} {token_rule(self._facts, tag)}" if lead else token_rule(self._facts, tag)

    def parser(self) -> Parser:
        """Return a parser for one answer."""
        return CallParser(self._form.opening, self._head, self._tail, again=bool(self._form.between))

    def template_variables(self, schema: dict[str, Any] | None) -> dict[str, Any]:
        """These templates know no output schema."""
        return {}
