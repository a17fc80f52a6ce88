"""Items as the messages and tools that chat templates read, every untrusted text shielded on the way.

Beside each request stand, for the models that read them, the tools and values that it likely means (`hints`).
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from tercet.backends.embedded.conversation import asked
from tercet.backends.embedded.dialects.base import Dialect
from tercet.backends.embedded.hints import Hint, Offered
from tercet.backends.embedded.template import Shield
from tercet.errors import Unsupported
from tercet.items import (
    FilePart,
    ImagePart,
    Item,
    Message,
    ModelRequest,
    Part,
    Reasoning,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolDefinition,
    ToolResult,
)

JsonDict = dict[str, Any]

_TOOL_PROMPT = """# Tools

You may call one or more of these functions:
<tools>
{tools}
</tools>

For each call, answer with a JSON object inside <tool_call></tool_call>:
<tool_call>
{{"name": "the function's name", "arguments": {{"its": "arguments"}}}}
</tool_call>"""


class Tools(NamedTuple):
    """The tools that a request shows to its model."""

    encoded: list[bytes]
    """Each as JSON: name, description, parameters."""
    compared: Offered | None
    """The same, to be compared with what is said; None for models that read no hints."""


def shown_tools(request: ModelRequest, dialect: Dialect) -> Tools:
    """Return the tools that the model is shown; none where it may call none."""
    encoded = [_encoded(tool) for tool in request.tools] if request.tool_choice.mode != "none" else []
    return Tools(encoded, Offered(encoded) if encoded and dialect.has_hints else None)


def variables(request: ModelRequest, dialect: Dialect, shield: Shield, shown: Tools) -> JsonDict:
    """Return the template's variables for `request`. Raises `Unsupported` for images and files."""
    tools = [{"type": "function", "function": shield.function(tool)} for tool in shown.encoded]
    messages = _messages(in_call_order(request.items), dialect, shield, shown.compared)
    if tools and not dialect.has_tools:
        messages = _with_tool_prompt(messages, tools)
    schema = request.output_format.schema if request.output_format.kind == "json_schema" else None
    result: JsonDict = {
        "messages": messages,
        "add_generation_prompt": True,
        **dialect.template_variables(shield.value(schema)),
    }
    if tools and dialect.has_tools:
        result["tools"] = tools
    if request.reasoning_effort in ("none", "minimal"):
        result["enable_thinking"] = False
    return result


def in_call_order(items: Sequence[Item]) -> list[Item]:
    """Return `items` with the results after a run of calls in the order of those calls.

    Templates without call ids pair them by place.
    """
    ordered: list[Item] = []
    places: dict[str, int] = {}
    run: list[ToolResult] = []

    for item in items:
        if isinstance(item, ToolResult):
            run.append(item)
            continue
        ordered += _by_place(run, places)
        run = []
        if isinstance(item, ToolCall):
            places[item.call_id] = len(places)
        ordered.append(item)
    return [*ordered, *_by_place(run, places)]


def _by_place(results: Sequence[ToolResult], places: dict[str, int]) -> list[ToolResult]:
    return sorted(results, key=lambda result: places.get(result.call_id, len(places)))


def _messages(items: Sequence[Item], dialect: Dialect, shield: Shield, tools: Offered | None) -> list[JsonDict]:
    """`tools`: what each of the user's messages is compared with, if hints are wanted."""
    messages: list[JsonDict] = []
    names: dict[str, str] = {}
    requests = iter(asked(items) if tools is not None else ())
    for item in items:
        match item:
            case Message():
                role = "system" if item.role == "developer" else item.role
                text = _text(item.content)
                _add(messages, role, shield.text(text))
                if role == "user" and tools is not None:
                    found = tools.hints(next(requests))
                    messages[-1]["hints"] = [_hint(hint, shield, dialect.shows_needed) for hint in found]
            case ToolCall():
                names[item.call_id] = item.name
                _add_call(messages, item, dialect, shield)
            case ToolResult():
                _add_result(messages, item, names.get(item.call_id, ""), dialect, shield)
            case Reasoning():
                pass  # templates that want earlier thoughts take them from no API; models answer without
    return messages


def _hint(hint: Hint, shield: Shield, shows_needed: bool) -> JsonDict:
    fields = [
        {"name": shield.text(field.name), "said": [{"level": s.level, "json": shield.text(s.json)} for s in field.said]}
        for field in hint.fields
        if field.said or shows_needed
    ]
    return {"level": hint.level, "name": shield.text(hint.name), "fields": fields}


def _add(messages: list[JsonDict], role: str, text: str) -> None:
    """Append a message; the parts of one assistant turn become one message."""
    last = messages[-1] if messages else None
    if role == "assistant" and last is not None and last["role"] == "assistant" and "tool_calls" not in last:
        last["content"] = f"{last['content']}\n{text}" if last["content"] else text
        return
    messages.append({"role": role, "content": text})


def _add_call(messages: list[JsonDict], call: ToolCall, dialect: Dialect, shield: Shield) -> None:
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": ""})
    message = messages[-1]
    name = shield.text(call.name)
    if not dialect.has_tools:
        arguments = shield.text(call.arguments)
        lead = f"{message['content']}\n" if message["content"] else ""
        wrapped = f'<tool_call>\n{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n</tool_call>'
        message["content"] = lead + wrapped
        return
    arguments = shield.text(call.arguments) if dialect.takes_json_text else shield.value(_decoded(call.arguments))
    function = {"name": name, "arguments": arguments}
    message.setdefault("tool_calls", []).append({"id": call.call_id, "type": "function", "function": function})


def _add_result(messages: list[JsonDict], result: ToolResult, name: str, dialect: Dialect, shield: Shield) -> None:
    text = shield.text(_text(result.content))
    if dialect.has_tools:
        message = {"role": "tool", "content": text, "tool_call_id": result.call_id, "name": shield.text(name)}
        messages.append(message)
        return
    wrapped = f"<tool_response>\n{text}\n</tool_response>"
    if messages and messages[-1]["role"] == "user" and messages[-1]["content"].endswith("</tool_response>"):
        messages[-1]["content"] += "\n" + wrapped
    else:
        messages.append({"role": "user", "content": wrapped})


def _with_tool_prompt(messages: list[JsonDict], tools: Sequence[JsonDict]) -> list[JsonDict]:
    """Describe the tools in the system message, for templates that cannot."""
    text = _TOOL_PROMPT.format(tools="\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools))
    if messages and messages[0]["role"] == "system":
        return [{"role": "system", "content": f"{messages[0]['content']}\n\n{text}"}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def _encoded(tool: ToolDefinition) -> bytes:
    return msgspec.json.encode({"name": tool.name, "description": tool.description, "parameters": tool.parameters})


def _decoded(arguments: str) -> Any:
    """Templates iterate over arguments; text that is no JSON is shown as it is."""
    try:
        return msgspec.json.decode(arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        return arguments


def _text(content: Sequence[Part]) -> str:
    texts = []
    for part in content:
        match part:
            case TextPart() | RefusalPart():
                texts.append(part.text)
            case ImagePart():
                raise Unsupported("the embedded engine's models do not read images", param="image")
            case FilePart():
                raise Unsupported("the embedded engine's models do not read files; send their text", param="file")
    return "".join(texts)
