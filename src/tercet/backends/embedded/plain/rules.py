"""The grammar of an answer to a message that offers no tools, and of one that no tool is called for."""

import msgspec

from tercet.backends.embedded.conversation import asked
from tercet.backends.embedded.plain.answers import answer, object_of
from tercet.backends.embedded.plain.courtesy import attention
from tercet.backends.embedded.plain.sums import written
from tercet.backends.embedded.telling.expressions import any_of
from tercet.items import Message, ModelRequest, OutputFormat

RULING = ("system", "developer")
"""Whose messages say how users are to be answered."""


def plain_rules(request: ModelRequest, model: str) -> str:
    """Return Lark rules that define `text` for an answer to a user who offers no tools; nothing for any other.

    `model`: what the model is called.
    """
    if request.offered_tools or not _is_asked(request, "text"):
        return ""
    return one_text(answer(request.items, model))


def with_object(request: ModelRequest, model: str) -> ModelRequest:
    """Return a request for any JSON object as one for the object that answers it; any other as it is."""
    if request.offered_tools or not _is_asked(request, "json_object"):
        return request
    found = object_of(request.items, model)
    fields = {name: {"enum": [value]} for name, value in found.items()}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return msgspec.structs.replace(request, output_format=OutputFormat("json_schema", schema=schema))


def one_text(text: str) -> str:
    """Return Lark rules that define `text` as just this one."""
    return f"text: {any_of([text])}\n"


def aside(request: ModelRequest, model: str) -> str:
    """Return what answers a message that asks nothing of the tools that it offers: a greeting, thanks, a sum that is
    written out; empty for any other."""
    requests = asked(request.items)
    if not _is_asked(request, "text") or request.tool_choice.mode != "auto" or len(requests[-1].turns) > 1:
        return ""
    last = request.items[-1]
    text = last.text if isinstance(last, Message) else ""
    rules = "\n".join(item.text for item in request.items if isinstance(item, Message) and item.role in RULING)
    if said := attention(text, rules, model, [tool.name for tool in request.offered_tools]):
        return said
    takes_sums = any("expression" in str(tool.parameters) or "calculat" in tool.name.lower() for tool in request.tools)
    found = None if takes_sums else written(text)
    return found.told if found else ""


def _is_asked(request: ModelRequest, kind: str) -> bool:
    """Say whether a user is to be answered, in the form of this kind."""
    last = request.items[-1] if request.items else None
    return isinstance(last, Message) and last.role == "user" and request.output_format.kind == kind
