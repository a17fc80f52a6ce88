"""Examples to learn from: conversations in OpenAI's fine-tuning format, one JSON object per line.

`{"messages": [...], "tools": [...]}`; every assistant message is learnt but those with `"weight": 0`. What is wrong
with a line is said with its number and field, before anything is loaded.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from tercet.errors import InvalidRequest
from tercet.items import Item, JsonSchema, Message, TextPart, ToolCall, ToolDefinition, ToolResult
from tercet.schema import check_schema, violation


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""
    description: str = ""
    parameters: JsonSchema = {}
    strict: bool | None = False


class _Tool(msgspec.Struct):
    function: _Function
    type: Literal["function"] = "function"


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""
    type: Literal["function"] = "function"


class _Message(msgspec.Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: list[_Call] = []
    tool_call_id: str = ""
    weight: Literal[0, 1] = 1
    name: str = ""


class _Line(msgspec.Struct):
    messages: list[_Message]
    tools: list[_Tool] = []
    parallel_tool_calls: bool = True


class Example(msgspec.Struct, frozen=True):
    """One answer to learn: what stands before it, what was offered, what is to be said."""

    line: int
    """Counted from 1."""
    before: tuple[Item, ...]
    tools: tuple[ToolDefinition, ...]
    answer: tuple[Item, ...]

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls of the answer."""
        return tuple(item for item in self.answer if isinstance(item, ToolCall))


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a file, in order. Raises `InvalidRequest` that names the first bad line and field."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InvalidRequest(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    decoder = msgspec.json.Decoder(_Line)
    examples: list[Example] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                examples += _examples(number, decoder.decode(line))
            except (msgspec.DecodeError, InvalidRequest) as error:
                raise InvalidRequest(f"{path.name}, line {number}: {error}") from error
    if not examples:
        raise InvalidRequest(f"{path.name} holds no assistant message to learn from")
    return examples


def _examples(number: int, line: _Line) -> Iterator[Example]:
    tools = tuple(_definition(index, tool) for index, tool in enumerate(line.tools))
    items: list[Item] = []
    for index, message in enumerate(line.messages):
        made = list(_items(f"messages[{index}]", message, {tool.name: tool for tool in tools}))
        if message.role == "assistant" and message.weight and items:
            yield Example(number, tuple(items), tools, tuple(made))
        items += made


def _definition(index: int, tool: _Tool) -> ToolDefinition:
    function = tool.function
    check_schema(function.parameters, f"tools[{index}].function.parameters")
    return ToolDefinition(function.name, function.description, function.parameters, bool(function.strict))


def _items(field: str, message: _Message, tools: dict[str, ToolDefinition]) -> Iterator[Item]:
    if message.role == "tool":
        if not message.tool_call_id:
            raise InvalidRequest(f"{field}.tool_call_id is missing")
        yield ToolResult(message.tool_call_id, (TextPart(message.content or ""),))
        return
    if message.content or not message.tool_calls:
        if message.content is None:
            raise InvalidRequest(f"{field}.content is missing")
        yield Message(message.role, (TextPart(message.content),))
    for place, call in enumerate(message.tool_calls):
        where = f"{field}.tool_calls[{place}].function"
        tool = tools.get(call.function.name)
        if tool is None:
            raise InvalidRequest(f"{where}.name: {call.function.name!r} is not one of the line's tools")
        wrong = violation(tool.parameters or {"type": "object"}, call.function.arguments)
        if wrong is not None:
            raise InvalidRequest(f"{where}.arguments: {wrong}")
        yield ToolCall(call.id or f"call_{place}", call.function.name, compact(call.function.arguments))


def compact(arguments: str) -> str:
    """Return JSON text as models of this family write it: without spaces."""
    return msgspec.json.encode(msgspec.json.decode(arguments)).decode()


def split(examples: list[Example], share: float, max_held: int = 200) -> tuple[list[Example], list[Example]]:
    """Return what is learnt and what is held back: every so many-th line, whole lines only.

    Raises `InvalidRequest` when the file is too small to hold anything back.
    """
    lines = sorted({example.line for example in examples})
    every = max(2, round(1 / share))
    held_lines = set(lines[every - 1 :: every][:max_held])
    held = [example for example in examples if example.line in held_lines]
    learnt = [example for example in examples if example.line not in held_lines]
    if not held or not learnt:
        raise InvalidRequest(f"{len(lines)} lines are too few to hold any back: give at least {every}")
    return learnt, held


def as_json(value: Any) -> str:
    """Return a value as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()
