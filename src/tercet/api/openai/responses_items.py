"""Input items of the Responses API: from the wire to conversation items, one at a time."""

from collections.abc import Sequence

import msgspec

from tercet.api.decode import Pace, decode
from tercet.api.openai import responses_hosted as hosted
from tercet.api.openai import responses_wire_items as wire
from tercet.api.openai.compactions import opened
from tercet.api.openai.namespaces import whole_name
from tercet.api.openai.responses_wire import HINTS
from tercet.api.wire import check_arguments, check_image_url
from tercet.errors import InvalidRequest, NotFound, Unsupported
from tercet.ids import ITEM_PREFIXES, new_id
from tercet.items import (
    Entry,
    FilePart,
    ImagePart,
    Message,
    Part,
    Reasoning,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from tercet.service import Service
from tercet.service.file_texts import stored_file, with_texts

_kind = msgspec.json.Decoder(wire.ItemKind)
_user = msgspec.json.Decoder(wire.InputMessage)
_assistant = msgspec.json.Decoder(wire.AssistantItem)
_call = msgspec.json.Decoder(wire.FunctionCallItem)
_output = msgspec.json.Decoder(wire.FunctionOutputItem)
_reasoning = msgspec.json.Decoder(wire.ReasoningItem)
_file_search = msgspec.json.Decoder(wire.FileSearchItem)
_web_search = msgspec.json.Decoder(wire.WebSearchItem)
_mcp_list = msgspec.json.Decoder(wire.McpListItem)
_mcp_call = msgspec.json.Decoder(wire.McpCallItem)
_mcp_request = msgspec.json.Decoder(wire.McpApprovalRequestItem)
_mcp_response = msgspec.json.Decoder(wire.McpApprovalResponseItem)
_compaction = msgspec.json.Decoder(wire.CompactionItem)
_reference = msgspec.json.Decoder(wire.ItemReference)

ITEM_TYPES = (
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "file_search_call",
    "web_search_call",
    "mcp_list_tools",
    "mcp_call",
    "mcp_approval_request",
    "mcp_approval_response",
    "compaction",
    "item_reference",
)
_ID_DIGITS = 32
_INDEX_DIGITS = 4


async def read_items(
    raws: Sequence[msgspec.Raw], service: Service, owner: str, field: str = "input"
) -> tuple[Entry, ...]:
    """Decode and check input items, following references to stored ones. Raises `InvalidRequest`."""
    pace = Pace()
    items: list[Entry] = []
    for index, raw in enumerate(raws):
        place = f"{field}[{index}]"
        kind = decode(_kind, raw, place)
        if kind.type == "item_reference" or (kind.type is None and kind.role is None and kind.id is not None):
            items.append(await _referenced(decode(_reference, raw, place).id, service, owner, place))
        else:
            items.append(_item(kind, raw, place))
        await pace.spend(len(memoryview(raw)))
    return await with_texts(items, service.files, service.documents, owner)


def user_message(text: str) -> Message:
    """Return the item for an input that is only text."""
    return Message("user", (TextPart(text),), _fresh("message"))


def _item(kind: wire.ItemKind, raw: msgspec.Raw, place: str) -> Entry:
    match kind.type or "message":
        case "message":
            return _assistant_message(raw, place) if kind.role == "assistant" else _input_message(raw, place)
        case "function_call":
            call = decode(_call, raw, place)
            arguments = check_arguments(call.arguments, f"{place}.arguments")
            name = whole_name(call.namespace, call.name, f"{place}.name")
            return ToolCall(call.call_id, name, arguments, call.id or _fresh("tool_call"))
        case "function_call_output":
            result = decode(_output, raw, place, HINTS)
            return ToolResult(
                result.call_id, _parts(result.output, f"{place}.output"), result.id or _fresh("tool_result")
            )
        case "reasoning":
            return _thoughts(decode(_reasoning, raw, place))
        case "file_search_call":
            return hosted.read_search(decode(_file_search, raw, place))
        case "web_search_call":
            return hosted.read_web_search(decode(_web_search, raw, place))
        case "mcp_list_tools":
            return hosted.read_list(decode(_mcp_list, raw, place))
        case "mcp_call":
            return hosted.read_call(decode(_mcp_call, raw, place), place)
        case "mcp_approval_request":
            return hosted.read_request(decode(_mcp_request, raw, place), place)
        case "mcp_approval_response":
            return hosted.read_response(decode(_mcp_response, raw, place))
        case "compaction":
            item = decode(_compaction, raw, place)
            return opened(item.encrypted_content, item.id or _fresh("compaction"), f"{place}.encrypted_content")
        case other:
            raise Unsupported(
                f"Items of type {other!r} are not served; those that are: {', '.join(ITEM_TYPES)}.",
                param=f"{place}.type",
            )


def _input_message(raw: msgspec.Raw, place: str) -> Message:
    message = decode(_user, raw, place, HINTS)
    parts = _parts(message.content, f"{place}.content")
    return Message(message.role, parts, message.id or _fresh("message"))


def _assistant_message(raw: msgspec.Raw, place: str) -> Message:
    message = decode(_assistant, raw, place, HINTS)
    parts: tuple[Part, ...]
    if isinstance(message.content, str):
        parts = (TextPart(message.content),)
    else:
        parts = tuple(
            TextPart(part.text) if isinstance(part, wire.OutputText) else RefusalPart(part.refusal)
            for part in message.content
        )
    return Message("assistant", parts, message.id or _fresh("message"), message.phase)


def _thoughts(item: wire.ReasoningItem) -> Reasoning:
    return Reasoning(
        "".join(part.text for part in item.content or ()),
        tuple(part.text for part in item.summary),
        item.encrypted_content,
        item.id or _fresh("reasoning"),
    )


def _parts(content: str | list[wire.InputContent], place: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    if not content:
        raise InvalidRequest(
            f"Invalid value for {place!r}: expected at least one part.", param=place, code="empty_array"
        )
    return tuple(_part(part, f"{place}[{index}]") for index, part in enumerate(content))


def _part(part: wire.InputContent, place: str) -> Part:
    if isinstance(part, wire.InputText):
        return TextPart(part.text)
    if isinstance(part, wire.InputImage):
        if part.file_id is not None:
            message = "Images are not read from stored files: send a URL or the content itself."
            raise Unsupported(message, param=f"{place}.file_id")
        return ImagePart(_url({"image_url": part.image_url}, place), part.detail or "auto")
    if part.file_id is not None and part.file_data is None and part.file_url is None:
        return stored_file(part.file_id, part.filename or "")
    if part.file_id is not None:
        raise InvalidRequest(
            "Exactly one of file_data, file_url, file_id is needed.", param=f"{place}.file_id", code="invalid_value"
        )
    return FilePart(_url({"file_data": part.file_data, "file_url": part.file_url}, place), part.filename or "")


def _url(fields: dict[str, str | None], place: str) -> str:
    given = {name: url for name, url in fields.items() if url is not None}
    if len(given) != 1:
        name = f"{place}.{next(iter(fields))}"
        raise InvalidRequest(
            f"Exactly one of {', '.join(fields)} is needed.", param=name, code="missing_required_parameter"
        )
    name, url = given.popitem()
    return check_image_url(url, f"{place}.{name}")


async def _referenced(item_id: str, service: Service, owner: str, place: str) -> Entry:
    """Return the output item of a stored response that `item_id` names: the response's digits, then its place."""
    digits = item_id.partition("_")[2]
    try:
        if len(digits) != _ID_DIGITS + _INDEX_DIGITS:
            raise NotFound(item_id)
        record = await service.responses.get(f"resp_{digits[:_ID_DIGITS]}", owner)
        return next(item for item in record.output if item.id == item_id)
    except (NotFound, StopIteration):
        raise NotFound(
            f"Item with id {item_id!r} not found among the output of stored responses.",
            param=f"{place}.id",
            code="item_not_found",
        ) from None


def _fresh(kind: str) -> str:
    return new_id(ITEM_PREFIXES[kind])
