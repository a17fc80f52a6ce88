"""From a Chat Completions body to the request that backends know, with every refusal naming its field."""

import msgspec

from tercet.api.decode import decode
from tercet.api.extension import grounding_of, wants_confidence
from tercet.api.openai import chat_wire as wire
from tercet.api.openai.chat_messages import read_messages
from tercet.api.wire import described, object_schema, refuse_unserved
from tercet.errors import InvalidRequest, Unsupported
from tercet.items import ModelRequest, OutputFormat, Sampling, ToolChoice, ToolDefinition

_body = msgspec.json.Decoder(wire.ChatRequest)


class ChatPlan(msgspec.Struct, frozen=True):
    """A checked request and how the client wants its answers."""

    model: str
    request: ModelRequest
    num_choices: int
    is_streamed: bool
    has_usage_chunk: bool
    has_logprobs: bool
    metadata: dict[str, str] | None


async def read_chat(body: bytes) -> ChatPlan:
    """Decode and check a request body. Raises `InvalidRequest`."""
    request = decode(_body, body, hints=wire.HINTS)
    refuse_unserved(request, wire.NOT_SERVED)
    return ChatPlan(
        model=request.model,
        request=ModelRequest(
            items=await read_messages(request.messages),
            tools=_tools(request.tools),
            tool_choice=_tool_choice(request.tool_choice),
            parallel_tool_calls=request.parallel_tool_calls is not False,
            output_format=_output_format(request.response_format),
            sampling=_sampling(request),
            reasoning_effort=request.reasoning_effort,
            grounding=grounding_of(request.tercet),
            has_confidence=wants_confidence(request.tercet),
            cache_key=request.prompt_cache_key or "",
        ),
        num_choices=request.n or 1,
        is_streamed=bool(request.stream),
        has_usage_chunk=_wants_usage_chunk(request),
        has_logprobs=bool(request.logprobs),
        metadata=request.metadata,
    )


def _tools(tools: list[wire.FunctionTool] | None) -> tuple[ToolDefinition, ...]:
    return tuple(
        ToolDefinition(
            tool.function.name,
            tool.function.description or "",
            object_schema(tool.function.parameters, f"tools[{index}].function.parameters"),
            bool(tool.function.strict),
        )
        for index, tool in enumerate(tools or ())
    )


def _tool_choice(choice: wire.ToolChoiceParam | None) -> ToolChoice:
    match choice:
        case None:
            return ToolChoice()
        case wire.FunctionChoice():
            return ToolChoice("required", (choice.function.name,))
        case wire.AllowedToolsChoice():
            allowed = choice.allowed_tools
            return ToolChoice(allowed.mode, tuple(tool.function.name for tool in allowed.tools))
        case mode:
            return ToolChoice(mode)


def _output_format(
    wanted: wire.TextFormat | wire.JsonObjectFormat | wire.JsonSchemaFormat | None,
) -> OutputFormat:
    match wanted:
        case wire.JsonObjectFormat():
            return OutputFormat("json_object")
        case wire.JsonSchemaFormat(json_schema=named):
            schema = described(named.schema, named.description)
            return OutputFormat("json_schema", named.name, schema, bool(named.strict))
        case _:
            return OutputFormat()


def _sampling(request: wire.ChatRequest) -> Sampling:
    if request.top_logprobs is not None and not request.logprobs:
        raise InvalidRequest("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs", code="invalid_value")
    return Sampling(
        temperature=request.temperature,
        top_p=request.top_p,
        max_output_tokens=_max_tokens(request),
        stop=_stop(request.stop),
        seed=request.seed,
        top_logprobs=(request.top_logprobs or 0) if request.logprobs else None,
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        logit_bias=request.logit_bias or {},
    )


def _max_tokens(request: wire.ChatRequest) -> int | None:
    newer, older = request.max_completion_tokens, request.max_tokens
    if newer is not None and older is not None and newer != older:
        raise InvalidRequest(
            "'max_tokens' and 'max_completion_tokens' contradict each other: send one.",
            param="max_tokens",
            code="invalid_value",
        )
    return older if newer is None else newer


def _stop(stop: str | list[str] | None) -> tuple[str, ...]:
    strings = (stop,) if isinstance(stop, str) else tuple(stop or ())
    if "" in strings:
        raise InvalidRequest("A stop sequence must not be empty.", param="stop", code="invalid_value")
    return strings


def _wants_usage_chunk(request: wire.ChatRequest) -> bool:
    options = request.stream_options
    if options is None:
        return False
    if not request.stream:
        raise InvalidRequest(
            "'stream_options' needs 'stream' to be true.", param="stream_options", code="invalid_value"
        )
    if options.include_obfuscation:
        raise Unsupported(
            "Streams are not padded here: leave 'include_obfuscation' out.",
            param="stream_options.include_obfuscation",
        )
    return bool(options.include_usage)


def chat_param(param: str | None) -> str | None:
    """Return the service's name of a field as this door's clients know it."""
    if param is None:
        return None
    if param in ("input", "image", "file"):
        return "messages"
    if param == "schema":
        return "response_format.json_schema.schema"
    head, dot, field = param.partition("].")
    if head.startswith("tools[") and dot and not field.startswith("function."):
        return f"{head}].function.{field}"
    return param
