"""The grammar of an answer to a message that offers no tools."""

from tercet.backends.embedded.plain.answers import answer
from tercet.backends.embedded.telling.expressions import any_of
from tercet.items import Message, ModelRequest


def plain_rules(request: ModelRequest, model: str) -> str:
    """Return Lark rules that define `text` for an answer to a user who offers no tools; nothing for any other.

    `model`: what the model is called.
    """
    last = request.items[-1] if request.items else None
    is_asked = isinstance(last, Message) and last.role == "user"
    if not is_asked or request.tools or request.output_format.kind != "text":
        return ""
    return f"text: {any_of([answer(request.items, model)])}\n"
