"""From a session's items to the protocol's. Arguments are JSON values there; text of a model that is none is text."""

from typing import Any

import msgspec

from tercet.api.openai.agents.session_out import usage_out
from tercet.api.wire import JsonObject
from tercet.items import ImagePart, Message, Part, Reasoning, RefusalPart, TextPart, ToolResult
from tercet.sessions.turns import AgentMessage, Call, SessionItem

BUILTIN_LABEL = "tercet"
"""The `server_label` under which the tools that come with Tercet are shown, since the protocol has no item for them."""
_SUBAGENT_CALLS = {
    "create_subagent": "create_subagent_call",
    "send_subagent_input": "send_subagent_input_call",
    "resume_subagent": "resume_subagent_call",
    "wait_for_subagents": "wait_for_subagents_call",
    "interrupt_subagent": "interrupt_subagent_call",
    "close_subagent": "close_subagent_call",
}


def item_out(item: SessionItem, *, shows_summary: bool = True) -> JsonObject:
    """Return an item. Without `shows_summary` thoughts are left out, as the agent's settings have it."""
    shown: JsonObject = {"id": item.id, "turn_id": item.turn_id}
    match item.content:
        case Message():
            shown |= _message(item.content, item.status)
        case Reasoning():
            texts = item.content.summary or ((item.content.text,) if item.content.text else ())
            summary = [{"type": "summary_text", "text": text} for text in texts] if shows_summary else []
            shown |= {"type": "reasoning", "summary": summary, "status": _output_status(item.status)}
        case Call():
            shown |= call_out(item.content, item)
        case ToolResult():
            shown |= _result(item.content, item.status)
        case AgentMessage():
            shown |= {
                "type": "agent_message",
                "content": [{"type": "output_text", "text": item.content.text}],
                "recipient_agent_id": item.content.recipient,
                "sender_agent_id": item.content.sender,
            }
    shown["tercet"] = _facts(item)
    return shown


def call_out(call: Call, item: SessionItem) -> JsonObject:
    """Return a call as the kind of item that its tool has."""
    match call.kind:
        case "function":
            return {
                "type": "function_call",
                "call_id": call.call_id,
                "name": call.name,
                "arguments": json_of(call.arguments),
                "status": item.status,
            }
        case "command":
            return _command(call, item)
        case "web_search":
            query = _argument(call, "query")
            action = {"type": "search", "query": query, "queries": None} if query else {"type": "other"}
            return {"type": "web_search_call", "action": action, "status": _output_status(item.status)}
        case "browser":
            return {
                "type": "computer_use_call",
                "output": _screenshot(call),
                "status": item.status,
                "title": " ".join((call.name.replace("_", " "), str(_argument(call, "url") or ""))).strip(),
            }
        case "subagent" if call.name in _SUBAGENT_CALLS:
            return _subagent_call(call, item)
        case _:
            return {
                "type": "mcp_call",
                "name": call.name,
                "server_label": call.server_label or BUILTIN_LABEL,
                "arguments": json_of(call.arguments),
                "output": None if call.output is None or call.error is not None else json_of(call.output),
                "error": call.error,
                "status": item.status,
            }


def json_of(text: str) -> Any:
    """Return the JSON value that `text` is, or the text itself."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text


def part_out(part: Part) -> JsonObject:
    """Return a part of what was given to the agent."""
    if isinstance(part, ImagePart):
        return {"type": "input_image", "image_url": part.url}
    return {"type": "input_text", "text": part.text if isinstance(part, TextPart) else ""}


def _message(message: Message, status: str) -> JsonObject:
    is_agents = message.role == "assistant"
    parts = (
        [
            {"type": "output_text", "text": part.text}
            for part in message.content
            if isinstance(part, TextPart | RefusalPart)
        ]
        if is_agents
        else [part_out(part) for part in message.content]
    )
    return {
        "type": "message",
        "role": "assistant" if is_agents else "user",
        "content": parts,
        "phase": message.phase,
        "status": _output_status(status),
    }


def _result(result: ToolResult, status: str) -> JsonObject:
    is_error = status == "failed"
    is_text = all(isinstance(part, TextPart) for part in result.content)
    output: object = result.text if is_text else [part_out(part) for part in result.content]
    return {
        "type": "function_call_output",
        "call_id": result.call_id,
        "error": result.text if is_error else None,
        "output": None if is_error else output,
        "status": status,
    }


def _command(call: Call, item: SessionItem) -> JsonObject:
    command = _argument(call, "command") or _argument(call, "code") or call.arguments
    duration_ms = item.duration_ms if item.status != "in_progress" else None
    return {
        "type": "command_execution",
        "command": command if isinstance(command, str) else msgspec.json.encode(command).decode(),
        "cwd": _text(call.data.get("cwd")),
        "duration_ms": None if duration_ms is None else round(duration_ms),
        "exit_code": code if isinstance(code := call.data.get("exit_code"), int) else None,
        "output": call.output if call.error is None else call.error,
        "status": item.status,
    }


def _subagent_call(call: Call, item: SessionItem) -> JsonObject:
    """Return a call by which an agent deals with its subagents."""
    kind = _SUBAGENT_CALLS[call.name]
    given = json_of(call.arguments)
    given = given if isinstance(given, dict) else {}
    known = call.data.get("agent_id") or given.get("agent_id") or given.get("subagent_id") or ""
    text = given.get("task") or given.get("input") or given.get("message") or ""
    content = [{"type": "output_text", "text": str(text)}]
    sender = _text(call.data.get("sender_id")) or item.subagent_id or ""
    shown: JsonObject = {"type": kind, "status": item.status}
    match call.name:
        case "create_subagent":
            return shown | {
                "agent_id": str(known),
                "content": content,
                "model": _text(given.get("model") or given.get("tier")),
                "reasoning_effort": _text(given.get("reasoning_effort")),
            }
        case "send_subagent_input":
            return shown | {"content": content, "recipient_agent_id": str(known), "sender_agent_id": sender}
        case "wait_for_subagents":
            ids = call.data.get("agent_ids") or given.get("agent_ids") or given.get("subagent_ids") or []
            return shown | {"recipient_agent_ids": [str(each) for each in ids], "sender_agent_id": sender}
        case _:
            return shown | {"recipient_agent_id": str(known), "sender_agent_id": sender}


def _screenshot(call: Call) -> JsonObject | None:
    image = call.data.get("screenshot")
    if isinstance(image, str) and image.startswith("data:image/"):
        return {"type": "computer_screenshot", "image_url": image}
    return None


def _facts(item: SessionItem) -> JsonObject:
    """Return what Tercet says of an item beyond the protocol."""
    facts: JsonObject = {
        "number": item.number,
        "created_at": item.created_at,
        "subagent_id": item.subagent_id,
        "step": item.step,
        "tier": item.tier,
        "cost_usd": round(item.cost_usd, 9),
        "duration_ms": round(item.duration_ms, 3),
        "usage": None if item.usage is None else usage_out(item.usage),
    }
    content = item.content
    if isinstance(content, Call):
        facts |= {
            "kind": content.kind,
            "effect": content.effect,
            "name": content.name,
            "call_id": content.call_id,
            "arguments": json_of(content.arguments),
            "output": content.output,
            "error": content.error,
            "data": content.data,
        }
    return facts


def _argument(call: Call, name: str) -> Any:
    given = json_of(call.arguments)
    return given.get(name) if isinstance(given, dict) else None


def _output_status(status: str) -> str:
    return "incomplete" if status == "failed" else status


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
