"""The grammar that holds one answer to what was asked for: text, calls of the offered tools, JSON of a schema."""

from collections.abc import Sequence
from functools import lru_cache

from tercet.backends.embedded.dialects.base import Dialect, token_rule
from tercet.backends.embedded.schemas import ANY_OBJECT, grammar_error, json_rule
from tercet.engine.gguf import ModelFacts
from tercet.errors import InvalidRequest
from tercet.items import ModelRequest, ToolDefinition


class ThinkTags:
    """How a reasoning model marks its thoughts. `is_open`: the prompt ends inside them already."""

    def __init__(self, facts: ModelFacts, opening: str, closing: str, *, is_open: bool) -> None:
        self.opening, self.closing, self.is_open = opening, closing, is_open
        self._opening_rule = token_rule(facts, opening)
        self._closing_token = token_rule(facts, closing)

    def rules(self) -> str:
        """Return Lark rules that define `think`: the thoughts, with their tags."""
        opening = "" if self.is_open else self._opening_rule
        if self._closing_token.startswith("<["):
            return f"think: {opening} THOUGHT {self._closing_token} GAP\nTHOUGHT: /(?s:.*)/\nGAP: /\\n{{0,2}}/\n"
        suffix = f"thought[suffix={self._closing_token}]: /(?s:.*)/"
        return f"think: {opening} thought GAP\n{suffix}\nGAP: /\\n{{0,2}}/\n"


def build(
    dialect: Dialect,
    request: ModelRequest,
    think: ThinkTags | None,
    plan: Sequence[ToolDefinition] = (),
    telling: str = "",
) -> str:
    """Return a Lark grammar, or nothing where any text will do. Raises `InvalidRequest` for tools that have none.

    An answer that calls at all makes the calls of `plan`, in order, if there is one (only of dialects with hints).
    `telling`: rules that define `text`, instead of the dialect's.
    """
    tools = tuple(plan) or request.offered_tools
    answer = _answer_rule(dialect, request)
    if not (tools or answer or telling):
        return ""
    rules = []
    alternatives = []
    if tools:
        rules.append(dialect.call_rules(tools, is_parallel=request.parallel_tool_calls))
        is_free = request.tool_choice.mode == "auto" and not answer
        alternatives.append("planned" if plan else "said_calls" if is_free else "calls")
        if plan:
            rules.append(f"planned: {' '.join(f'call_{number}' for number in range(len(plan)))}\n")
    if not tools or request.tool_choice.mode == "auto":
        alternatives.append("answer" if answer else "text")
    if "said_calls" in alternatives or "text" in alternatives or tools:
        rules.append(telling or dialect.text_rules())
    if answer:
        rules.append(answer)
    body = " | ".join(alternatives)
    if think is None:
        start = f"start: {body}\n"
    else:
        rules.append(think.rules())
        thoughts = "think" if think.is_open else "think?"
        start = f"start: {thoughts} ({body})\n"
    grammar = start + "".join(rules)
    if error := _error(grammar):
        if telling:
            return build(dialect, request, think, plan)
        raise InvalidRequest(f"the tools and output format are too much for one grammar: {error}", param="tools")
    return grammar


def text_only(dialect: Dialect) -> str:
    """Return a Lark grammar for an answer that calls nothing, though the model was shown tools."""
    return f"start: text\n{dialect.text_rules()}"


@lru_cache(maxsize=128)
def _error(grammar: str) -> str:
    return grammar_error(grammar)


def _answer_rule(dialect: Dialect, request: ModelRequest) -> str:
    match request.output_format.kind:
        case "json_schema":
            return f"answer: {json_rule(request.output_format.schema or {}, dialect.spacing)}\n"
        case "json_object":
            return f"answer: {json_rule(ANY_OBJECT, dialect.spacing)}\n"
        case _:
            return ""
