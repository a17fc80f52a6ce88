"""What was said, in the JSON that GenAI spans hold it in: messages of parts. Only for those who ask for it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tercet.items import Item, Message, Part, RefusalPart, TextPart, ToolCall, ToolResult


def messages_of(items: Iterable[Item]) -> str:
    """Return the items as JSON text; pictures and files are named by their kind only."""
    return msgspec.json.encode([_message(item) for item in items]).decode()


def _message(item: Item) -> dict[str, Any]:
    match item:
        case Message():
            return {"role": item.role, "parts": [_part(part) for part in item.content]}
        case ToolCall():
            call = {"type": "tool_call", "id": item.call_id, "name": item.name, "arguments": item.arguments}
            return {"role": "assistant", "parts": [call]}
        case ToolResult():
            return {"role": "tool", "parts": [{"type": "tool_call_response", "id": item.call_id, "result": item.text}]}
        case _:
            return {"role": "assistant", "parts": [{"type": "reasoning", "content": item.text}]}


def _part(part: Part) -> dict[str, str]:
    if isinstance(part, TextPart | RefusalPart):
        return {"type": "text", "content": part.text}
    return {"type": str(part.__struct_config__.tag)}
