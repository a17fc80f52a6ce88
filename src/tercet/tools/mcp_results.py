"""From what an MCP tool answers to what the model reads."""

from typing import TYPE_CHECKING

import msgspec

from tercet.errors import ToolFailed
from tercet.tools.base import JsonValue
from tercet.tools.pages import cut

if TYPE_CHECKING:
    from mcp.types import CallToolResult

MAX_CHARS = 50_000


def result_value(result: "CallToolResult") -> JsonValue:
    """Return the structured result where there is one, else the text. Raises `ToolFailed` for an error."""
    text = "\n".join(_shown(block) for block in result.content)
    if result.is_error:
        raise ToolFailed(text[:2000] or "the tool failed and said nothing")
    structured = result.structured_content
    if structured is not None and len(msgspec.json.encode(structured)) <= MAX_CHARS:
        return structured
    part = cut(text, 0, MAX_CHARS)
    return {"text": part.text, "cut": part.note.partition(";")[0]} if part.note else {"text": part.text}


def result_text(result: "CallToolResult") -> str:
    """Return the text that a tool answered, or its structured result where there is none. Raises `ToolFailed`."""
    text = "\n".join(_shown(block) for block in result.content)
    if result.is_error:
        raise ToolFailed(text[:2000] or "the tool failed and said nothing")
    structured = result.structured_content
    return text if text or structured is None else msgspec.json.encode(structured).decode()


def _shown(block: object) -> str:
    """Return a block's text, or what it is where it is not text."""
    from mcp.types import AudioContent, EmbeddedResource, ImageContent, ResourceLink, TextContent, TextResourceContents

    match block:
        case TextContent():
            return block.text
        case ImageContent() | AudioContent():
            return f"[{block.type}, {block.mime_type}, {len(block.data) * 3 // 4} bytes, not shown]"
        case ResourceLink():
            return f"[resource {block.uri}]"
        case EmbeddedResource() if isinstance(block.resource, TextResourceContents):
            return block.resource.text
        case EmbeddedResource():
            return f"[resource {block.resource.uri}, not shown]"
        case _:
            return f"[{type(block).__name__}, not shown]"
