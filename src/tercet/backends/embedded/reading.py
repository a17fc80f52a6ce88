"""Reading a text into a schema: each field of the answer is drafted like an argument, and the likeliest is taken.

A small model copies badly and puts values into the wrong fields; which words fill which field is computed for calls
anyhow. What nothing in the text speaks of is the model's.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from tercet.backends.embedded.drafts import assignment, scorer
from tercet.backends.embedded.drafts.candidates import Request
from tercet.backends.embedded.drafts.finding import Reach
from tercet.backends.embedded.drafts.narrowing import SURE, Draft, narrowed
from tercet.backends.embedded.drafts.parameters import Parameter, parameters
from tercet.backends.embedded.drafts.requests import read
from tercet.backends.embedded.drafts.scorer import Value
from tercet.backends.embedded.drafts.segments import listed
from tercet.backends.embedded.hints import REWORDED
from tercet.backends.embedded.spoken import Spoken
from tercet.items import JsonSchema

LEAST, LEAST_UNLESS_NULL = 0.02, 0.15
"""Chance from which the likeliest value of a field is taken, since what a small model writes there itself is seldom
better; where null will do, chance below which that is taken."""
MAX_TEXT = 6000
"""Characters of a text that are looked at."""
REACH = Reach(words=600, candidates=900)
"""How much of a text is read; what stands behind that is the model's."""
_PARAGRAPHS = re.compile(r"\n\s*\n")
_ASKS = re.compile(
    r"(?:please |kindly |can you |could you |now |then )*(?:extract|parse|return|get|list|read|fill|turn|classify|"
    r"structure|convert|analy[sz]e|pull|find|identify|summari[sz]e|give|transform|map|capture|populate|describe|output|"
    r"answer|tell|label|categori[sz]e|process|review|look at|take|put|make|note|what|who|which|when|where|"
    r"here(?:'s| is|'re| are)|=>|you extract)\b",
    re.IGNORECASE,
)
"""What a paragraph or a line begins with that says what to do with the others."""
_SENTENCE = re.compile(r"[^\n.:?!]{4,160}[.:?!]\s+")
MAX_ASKED = 200
"""Characters of what says what to do."""


def source(text: str) -> str:
    """Return what is to be read: `text` without what says what to do with it, if that stands apart."""
    parts = [part for part in _PARAGRAPHS.split(text) if part.strip()]
    told = [part for part in parts if not _is_asking(part)]
    if 0 < len(told) < len(parts):
        return "\n\n".join(told)
    head, mark, rest = text.partition("\n")
    if mark and _is_asking(head):
        return rest
    sentence = _SENTENCE.match(text)
    return text[sentence.end() :] if sentence and _is_asking(sentence[0]) and len(text) > 2 * sentence.end() else text


def _is_asking(part: str) -> bool:
    return len(part) < MAX_ASKED and _ASKS.match(part.strip()) is not None


def read_out(name: str, schema: JsonSchema, said: Spoken) -> JsonSchema:
    """Return `schema`, called `name`, with only what is said and known, where that is likely."""
    fields, given = parameters(described(name, schema)), _given(said)
    found = _drafted(fields, read(given, REACH))
    return narrowed(schema, Draft(found, rows=listed(given.text, fields), is_settled=True, least=LEAST))


def drafted(name: str, schema: JsonSchema, said: Spoken) -> list[assignment.Field]:
    """Return the likely values of each field; none where nothing is likely: then the answer is not read from a text."""
    return _drafted(parameters(described(name, schema)), request(said))


def _drafted(fields: Sequence[Parameter], asked: Request) -> list[assignment.Field]:
    found = {field.name: field for field in assignment.record(asked, fields)}
    chances = {field.name: field.chance for field in found.values()}
    if not any(chances.get(each.name, 0.0) >= SURE for each in fields if not each.choices):
        return []
    for each in fields:
        chance = chances.get(each.name, 0.0)
        is_reworded = scorer.is_open_text(each) and scorer.quotable(each) < REWORDED
        if chance < SURE and (each.choices or is_reworded):
            found.pop(each.name, None)
        elif not (each.choices or each.is_needed or each.row) and chance < LEAST_UNLESS_NULL:
            found[each.name] = assignment.Field(each.name, (Value(1.0, (None,), 0, 0),))
        elif each.is_list and not (each.choices or each.row) and each.name in found:
            found[each.name] = found[each.name]._replace(values=_side_by_side(found[each.name], asked.lower))
    return list(found.values())


def _side_by_side(field: assignment.Field, text: str) -> tuple[Value, ...]:
    """Return the values that are enumerated with the likeliest one, if it is enumerated with any; else all."""
    run: list[Value] = []
    for value in sorted(field.values, key=lambda value: value.start):
        if run and not assignment.are_enumerated((run[-1], value), text):
            if field.likeliest in run:
                break
            run = []
        run.append(value)
    return tuple(run) if len(run) > 1 and field.likeliest in run else field.values


def request(said: Spoken) -> Request:
    """Return what was found in a text that is to be read, and in what is known besides."""
    return read(_given(said), REACH)


def _given(said: Spoken) -> Spoken:
    """Return the text that is to be read, with what is known besides."""
    return Spoken(source(said.text[:MAX_TEXT]), known=said.known)


def described(name: str, schema: Any) -> bytes:
    """Return a schema as a tool that takes what it demands."""
    return json.dumps({"name": name, "description": "", "parameters": schema}).encode()
