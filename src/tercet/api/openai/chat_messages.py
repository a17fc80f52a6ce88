"""Messages of Chat Completions: from the wire to conversation items, one at a time, calls paired with their results."""

import msgspec

from tercet.api.decode import Pace, decode
from tercet.api.openai import chat_wire as wire
from tercet.api.wire import check_arguments, check_image_url
from tercet.errors import InvalidRequest, Unsupported
from tercet.items import (
    FilePart,
    ImagePart,
    Item,
    Message,
    Part,
    Reasoning,
    RefusalPart,
    Role,
    TextPart,
    ToolCall,
    ToolResult,
)
from tercet.service.file_texts import stored_file

_message: msgspec.json.Decoder[wire.ChatMessage] = msgspec.json.Decoder(wire.ChatMessage)


async def read_messages(messages: list[msgspec.Raw]) -> tuple[Item, ...]:
    """Decode and check messages, one at a time. Raises `InvalidRequest`."""
    if not messages:
        raise InvalidRequest(
            "Invalid value for 'messages': expected at least one message.", param="messages", code="empty_array"
        )
    pace = Pace()
    items: list[Item] = []
    pairs = _Pairs()
    for index, raw in enumerate(messages):
        place = f"messages[{index}]"
        message = decode(_message, raw, place, wire.HINTS)
        pairs.see(message, place)
        items += _items_of(message, place)
        await pace.spend(len(memoryview(raw)))
    pairs.end()
    return tuple(items)


class _Pairs:
    """Follows the calls of a conversation: each is answered right after the message that made it, and only once."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}
        """Ids of calls without a result yet, with the called function's name."""
        self._place = ""

    def see(self, message: wire.ChatMessage, place: str) -> None:
        """Take the next message into account. Raises `InvalidRequest`."""
        if isinstance(message, wire.ToolMessage):
            self._answer(message, place)
            return
        self.end()
        if isinstance(message, wire.AssistantMessage) and message.tool_calls:
            self._open = {call.id: call.function.name for call in message.tool_calls}
            self._place = place
            if len(self._open) < len(message.tool_calls):
                raise InvalidRequest(
                    f"Invalid value for '{place}.tool_calls': two calls have the same id.",
                    param=f"{place}.tool_calls",
                    code="invalid_value",
                )

    def end(self) -> None:
        """Raise `InvalidRequest` if a call has no result where it should have had one."""
        if self._open:
            missing = ", ".join(map(repr, self._open))
            raise InvalidRequest(
                "An assistant message with 'tool_calls' must be followed by a tool message for each of them; "
                f"missing for: {missing}.",
                param=f"{self._place}.tool_calls",
                code="missing_tool_result",
            )

    def _answer(self, message: wire.ToolMessage, place: str) -> None:
        name = self._open.pop(message.tool_call_id, None)
        if name is None:
            raise InvalidRequest(
                f"The tool message answers {message.tool_call_id!r}, which is no open call of a preceding assistant "
                "message with 'tool_calls'.",
                param=f"{place}.tool_call_id",
                code="unknown_tool_call",
            )
        if message.name is not None and message.name != name:
            raise InvalidRequest(
                f"Invalid value for '{place}.name': the call was of {name!r}.",
                param=f"{place}.name",
                code="invalid_value",
            )


def _items_of(message: wire.ChatMessage, place: str) -> list[Item]:
    match message:
        case wire.ToolMessage():
            return [ToolResult(message.tool_call_id, _text_parts(message.content))]
        case wire.AssistantMessage():
            return _assistant_items(message, place)
        case wire.UserMessage():
            role: Role = "user"
            parts = _user_parts(message.content, place)
        case wire.SystemMessage():
            role, parts = "system", _text_parts(message.content)
        case wire.DeveloperMessage():
            role, parts = "developer", _text_parts(message.content)
    if not parts:
        raise _empty(place)
    return [Message(role, _signed(parts, message.name))]


def _assistant_items(message: wire.AssistantMessage, place: str) -> list[Item]:
    for field in ("audio", "function_call"):
        if getattr(message, field) is not None:
            raise Unsupported(f"'{place}.{field}' is not served here.", param=f"{place}.{field}")
    items: list[Item] = []
    if message.reasoning_content:
        items.append(Reasoning(message.reasoning_content))
    parts: list[Part] = []
    if isinstance(message.content, str):
        parts.append(TextPart(message.content))
    else:
        parts += [
            TextPart(content.text) if isinstance(content, wire.TextContent) else RefusalPart(content.refusal)
            for content in message.content or ()
        ]
    if message.refusal:
        parts.append(RefusalPart(message.refusal))
    calls = [
        ToolCall(
            call.id,
            call.function.name,
            check_arguments(call.function.arguments, f"{place}.tool_calls[{index}].function.arguments"),
        )
        for index, call in enumerate(message.tool_calls or ())
    ]
    if not parts and not calls:
        raise _empty(place)
    if parts and not (calls and parts == [TextPart("")]):
        items.append(Message("assistant", _signed(tuple(parts), message.name)))
    return [*items, *calls]


def _text_parts(content: str | list[wire.TextContent]) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    return tuple(TextPart(part.text) for part in content)


def _user_parts(content: str | list[wire.UserContent], place: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    return tuple(_user_part(part, f"{place}.content[{index}]") for index, part in enumerate(content))


def _user_part(part: wire.UserContent, place: str) -> Part:
    match part:
        case wire.TextContent():
            return TextPart(part.text)
        case wire.ImageContent():
            url = check_image_url(part.image_url.url, f"{place}.image_url.url")
            return ImagePart(url, part.image_url.detail)
        case wire.AudioContent():
            raise Unsupported("Audio is not served: send text.", param=f"{place}.type")
        case wire.FileContent():
            return _file_part(part.file, f"{place}.file")


def _file_part(file: wire.FileContents, place: str) -> FilePart:
    if file.file_id is not None and file.file_data is None:
        return stored_file(file.file_id, file.filename or "")
    if file.file_data is None or file.file_id is not None:
        raise InvalidRequest(
            "Exactly one of file_data, file_id is needed.",
            param=f"{place}.file_data",
            code="missing_required_parameter",
        )
    return FilePart(check_image_url(file.file_data, f"{place}.file_data"), file.filename or "")


def _signed(parts: tuple[Part, ...], name: str | None) -> tuple[Part, ...]:
    """Return the parts with the participant's name before what it said: templates have no other place for it."""
    if name is None:
        return parts
    first, *rest = parts
    if isinstance(first, TextPart):
        return (TextPart(f"{name}: {first.text}"), *rest)
    return (TextPart(f"{name}: "), *parts)


def _empty(place: str) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid value for '{place}.content': the message says nothing.",
        param=f"{place}.content",
        code="invalid_value",
    )
