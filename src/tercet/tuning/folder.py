"""Examples as the chat template of a Hugging Face tokenizer shows them."""

import json
from typing import Any

from tercet.errors import InvalidRequest
from tercet.items import Item, Message, ToolCall, ToolResult
from tercet.tuning.examples import Example
from tercet.tuning.rendering import Document


def rendered(tokenizer: Any, example: Example, max_tokens: int) -> Document:
    """Return `example` as tokens. Raises `InvalidRequest` where the template cannot show it, or it does not fit."""
    tools = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in example.tools
    ]
    try:
        asked = _text(tokenizer, example.before, tools, is_asked=True)
        whole = _text(tokenizer, example.before + example.answer, tools, is_asked=False)
    except Exception as error:  # a template may raise anything
        raise InvalidRequest(f"line {example.line}: the model's chat template fails on it: {error}") from error
    if not whole.startswith(asked):
        raise InvalidRequest(f"line {example.line}: this model's template does not show an answer as it is asked for")
    before = tokenizer(asked, add_special_tokens=False).input_ids
    ids = (*before, *tokenizer(whole[len(asked) :], add_special_tokens=False).input_ids)
    if len(ids) > max_tokens:
        raise InvalidRequest(f"line {example.line}: {len(ids)} tokens, and the limit is {max_tokens}")
    return Document(ids, len(before))


def _text(tokenizer: Any, items: tuple[Item, ...], tools: list[dict[str, Any]], *, is_asked: bool) -> str:
    text: str = tokenizer.apply_chat_template(
        _messages(items), tools=tools or None, add_generation_prompt=is_asked, tokenize=False
    )
    return text


def _messages(items: tuple[Item, ...]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for item in items:
        match item:
            case Message():
                role = "system" if item.role == "developer" else item.role
                messages.append({"role": role, "content": item.text})
            case ToolCall():
                if not messages or messages[-1]["role"] != "assistant":
                    messages.append({"role": "assistant", "content": ""})
                function = {"name": item.name, "arguments": json.loads(item.arguments)}
                messages[-1].setdefault("tool_calls", []).append({"type": "function", "function": function})
            case ToolResult():
                messages.append({"role": "tool", "content": item.text})
            case _:
                pass
    return messages
