"""What a case is: what is asked, what is offered, and how an answer is judged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import bfcl
from evals.checks import are_met


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said and called. `confidence` is the service's, where it gives one; `seconds` of wall time."""

    text: str
    calls: list[bfcl.Call]
    confidence: dict[str, Any] | None = None
    seconds: float = 0.0
    output_tokens: int = 0


Judge = Callable[[Answer], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `expected` is None where no call is right and the text decides."""

    set_name: str
    id: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    expected: Sequence[bfcl.Accepted]
    judge: Judge
    schema: dict[str, Any] | None = None
    """What the answer has to satisfy as JSON, if anything."""

    def is_right(self, answer: Answer) -> bool:
        return self.judge(answer)

    def has_right_tools(self, answer: Answer) -> bool:
        """Whether the right tools were called, whatever their arguments; none where none is wanted."""
        made = sorted(bfcl.plain_name(name) for name, _ in answer.calls)
        return made == sorted(bfcl.plain_name(name) for wanted in self.expected for name in wanted)


def calls_case(
    set_name: str,
    case_id: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    expected: Sequence[bfcl.Accepted],
) -> Case:
    """A case whose calls decide; without any expected, that nothing is called."""
    return Case(
        set_name, case_id, messages, tools, expected, lambda answer: bfcl.are_calls_accepted(answer.calls, expected)
    )


def asking_case(set_name: str, case_id: str, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Case:
    """A case in which something is missing: right is a question and no call."""
    return Case(set_name, case_id, messages, tools, (), lambda answer: not answer.calls and "?" in answer.text)


def telling_case(
    set_name: str, case_id: str, messages: list[dict[str, Any]], tools: list[dict[str, Any]], facts: Sequence[str]
) -> Case:
    """A case in which a result is there: right is a text with every fact in it, and no call."""

    def judge(answer: Answer) -> bool:
        said = plain(answer.text)
        return not answer.calls and all(plain(fact) in said for fact in facts)

    return Case(set_name, case_id, messages, tools, (), judge)


def reading_case(
    set_name: str,
    case_id: str,
    messages: list[dict[str, Any]],
    schema: dict[str, Any],
    accepted: Mapping[str, list[Any]],
) -> Case:
    """A case of a text that is to be read into a schema: right is JSON whose fields all have an accepted value."""

    def judge(answer: Answer) -> bool:
        try:
            value = json.loads(answer.text)
        except ValueError:
            return False
        return isinstance(value, dict) and bfcl.are_fields_accepted(value, accepted)

    return Case(set_name, case_id, messages, [], (), judge, schema)


def plain_case(
    set_name: str, case_id: str, messages: list[dict[str, Any]], checks: Sequence[Mapping[str, Any]]
) -> Case:
    """A case without tools: right is a text that meets every check."""
    return Case(set_name, case_id, messages, [], (), lambda answer: are_met(answer.text, checks))


def plain(text: str) -> str:
    """Lower case, single spaces, without the punctuation that may stand in or around a value."""
    return " ".join(re.sub(r"[^\w.%$€£:/-]+", " ", text.lower()).replace(". ", " ").split()).rstrip(".")
