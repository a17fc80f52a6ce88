"""What was said to an agent, and what went wrong with a call, in words."""

import msgspec

from tercet.items import Item, Message, Reasoning, TextPart
from tercet.sessions.turns import AgentMessage


def shown(content: object) -> Item:
    """Return what was said as the model reads it."""
    if isinstance(content, AgentMessage):
        return Message("user", (TextPart(f"Message from agent {content.sender}:\n{content.text}"),))
    assert isinstance(content, Message | Reasoning)
    return content


def error_text(content: str) -> str:
    """Return the words of a failed call's result."""
    try:
        value = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content
    return str(value["error"]) if isinstance(value, dict) and "error" in value else content
