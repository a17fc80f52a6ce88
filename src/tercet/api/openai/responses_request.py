"""From a Responses body to the draft of a response, with every refusal naming its field."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tercet.api.decode import decode
from tercet.api.extension import grounding_of, wants_confidence
from tercet.api.openai import responses_wire as wire
from tercet.api.openai.responses_items import read_items, user_message
from tercet.api.openai.responses_tools import choice_of, definitions, hosted_of, shown
from tercet.api.wire import described, refuse_unserved
from tercet.errors import InvalidRequest, Unsupported
from tercet.items import Entry, ModelRequest, OutputFormat, Sampling, ToolChoice
from tercet.service import Draft, Service

_body = msgspec.json.Decoder(wire.ResponsesRequest)
_count = msgspec.json.Decoder(wire.InputTokensRequest)
_compact = msgspec.json.Decoder(wire.CompactRequest)
INCLUDABLE = (
    wire.LOGPROBS,
    wire.ENCRYPTED_REASONING,
    wire.IMAGE_URLS,
    wire.SEARCH_RESULTS,
    wire.SEARCH_SOURCES,
)


async def read_request(body: bytes) -> wire.ResponsesRequest:
    """Decode a request body and refuse what is not served. Raises `InvalidRequest`."""
    request = decode(_body, body, hints=wire.HINTS)
    refuse(request)
    return request


async def draft_of(
    request: wire.ResponsesRequest, service: Service, owner: str, history: tuple[Entry, ...] | None = None
) -> Draft:
    """Return the draft of the response that a request asks for; `history` is what came before, where it is known.

    Raises `InvalidRequest`.
    """
    if request.conversation is not None and request.previous_response_id is not None:
        raise InvalidRequest(
            "A response continues a conversation or a previous response, not both.",
            param="previous_response_id",
            code="mutually_exclusive_parameters",
        )
    hosted, credentials = hosted_of(request, service)
    choice, chosen = choice_of(request.tool_choice)
    settings = ModelRequest(
        items=(),
        tools=definitions(request.tools),
        tool_choice=ToolChoice() if chosen else choice,
        parallel_tool_calls=request.parallel_tool_calls is not False,
        output_format=_output_format(request.text),
        sampling=_sampling(request),
        reasoning_effort=request.reasoning.effort if request.reasoning else None,
        grounding=grounding_of(request.tercet),
        has_confidence=wants_confidence(request.tercet),
        cache_key=request.prompt_cache_key or "",
    )
    conversation = request.conversation
    return Draft(
        model=request.model,
        request=settings,
        input=await _items(request, service, owner),
        instructions=request.instructions,
        previous_id=request.previous_response_id,
        history=history,
        conversation_id=conversation.id if isinstance(conversation, wire.ConversationRef) else conversation,
        can_truncate=request.truncation == "auto",
        hosted=hosted,
        credentials=credentials,
        compact_above=_compact_above(request.context_management),
        is_stored=request.store is not False,
        metadata=request.metadata or {},
        echo=_echo(request),
        owner=owner,
    )


async def read_compact_draft(body: bytes, service: Service, owner: str) -> Draft:
    """Decode and check the body of a compaction. Raises `InvalidRequest`."""
    request = decode(_compact, body, hints=wire.HINTS)
    refuse_unserved(request, wire.NOT_SERVED_COMPACTING)
    return Draft(
        model=request.model,
        request=ModelRequest(items=(), cache_key=request.prompt_cache_key or ""),
        input=await _items(request, service, owner),
        instructions=request.instructions,
        previous_id=request.previous_response_id,
        is_stored=False,
        owner=owner,
    )


async def read_count_draft(body: bytes, service: Service, owner: str) -> Draft:
    """Decode and check the body of a request to count tokens. Raises `InvalidRequest`."""
    request = decode(_count, body, hints=wire.HINTS)
    refuse_unserved(request, wire.NOT_SERVED_COUNTING)
    shared = set(request.__struct_fields__) & set(wire.ResponsesRequest.__struct_fields__)
    whole = wire.ResponsesRequest(**{name: getattr(request, name) for name in shared})
    refuse(whole)
    return await draft_of(whole, service, owner)


def check_include(names: Sequence[str], includable: Sequence[str] = INCLUDABLE) -> None:
    """Raise `Unsupported` for the first name that cannot be included."""
    for index, name in enumerate(names):
        if name not in includable:
            raise Unsupported(
                f"{name[:200]!r} cannot be included; what can: {', '.join(includable)}.", param=f"include[{index}]"
            )


def responses_param(param: str | None) -> str | None:
    """Return the service's name of a field as this door's clients know it."""
    return {"schema": "text.format.schema", "image": "input", "file": "input"}.get(param or "", param)


def refuse(request: wire.ResponsesRequest) -> None:
    """Raise `Unsupported` for the first setting that is not served."""
    refuse_unserved(request, wire.NOT_SERVED)
    check_include(request.include or ())
    if request.text and request.text.verbosity not in (None, "medium"):
        raise Unsupported("Ask for short or long answers in the instructions.", param="text.verbosity")
    if reasoning := request.reasoning:
        for field in ("summary", "generate_summary"):
            if getattr(reasoning, field) not in (None, "auto"):
                raise Unsupported(
                    "Summaries of reasoning are shown where the model makes them: leave it out or send 'auto'.",
                    param=f"reasoning.{field}",
                )
    if request.stream_options and request.stream_options.include_obfuscation:
        raise Unsupported(
            "Streams are not padded here: leave 'include_obfuscation' out.",
            param="stream_options.include_obfuscation",
        )


async def _items(
    request: wire.ResponsesRequest | wire.CompactRequest, service: Service, owner: str
) -> tuple[Entry, ...]:
    if isinstance(request.input, str):
        return (user_message(request.input),)
    goes_on = request.previous_response_id is not None or getattr(request, "conversation", None) is not None
    if not request.input and not goes_on:
        missing = request.input is None
        raise InvalidRequest(
            "Missing required parameter: 'input'." if missing else "Invalid value for 'input': it has no items.",
            param="input",
            code="missing_required_parameter" if missing else "empty_array",
        )
    return await read_items(request.input or (), service, owner)


def _compact_above(management: list[wire.ContextManagement] | None) -> int | None:
    """Return the threshold in tokens, 0 where the service is to choose, None where nothing is to be compacted."""
    return (management[0].compact_threshold or 0) if management else None


def _output_format(text: wire.TextConfig | None) -> OutputFormat:
    match text and text.format:
        case wire.JsonObjectFormat():
            return OutputFormat("json_object")
        case wire.JsonSchemaFormat() as wanted:
            schema = described(wanted.schema, wanted.description)
            return OutputFormat("json_schema", wanted.name, schema, bool(wanted.strict))
        case _:
            return OutputFormat()


def _sampling(request: wire.ResponsesRequest) -> Sampling:
    has_logprobs = wire.LOGPROBS in (request.include or ())
    if request.top_logprobs and not has_logprobs:
        raise InvalidRequest(
            f"'top_logprobs' needs {wire.LOGPROBS!r} in 'include'.", param="top_logprobs", code="invalid_value"
        )
    return Sampling(
        temperature=request.temperature,
        top_p=request.top_p,
        max_output_tokens=request.max_output_tokens,
        top_logprobs=(request.top_logprobs or 0) if has_logprobs else None,
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
    )


def _echo(request: wire.ResponsesRequest) -> dict[str, object]:
    """Return what the resource shows again and the rest of the record does not hold in that form."""
    echo: dict[str, Any] = {
        "tool_choice": request.tool_choice,
        "max_tool_calls": request.max_tool_calls,
        "tools": shown(request.tools),
        "format": request.text.format if request.text else None,
        "include": request.include or None,
        "reasoning_summary": request.reasoning.summary if request.reasoning else None,
        "user": request.user,
        "safety_identifier": request.safety_identifier,
        "prompt_cache_key": request.prompt_cache_key,
    }
    plain: dict[str, object] = msgspec.to_builtins({name: value for name, value in echo.items() if value is not None})
    return plain
