"""From records and items to the resources that the Responses API shows."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from tercet.api.extension import tercet_out
from tercet.api.openai import responses_out as out
from tercet.api.openai.compactions import sealed
from tercet.api.openai.logprobs import logprobs_out
from tercet.api.openai.namespaces import parts_of
from tercet.api.openai.responses_hosted import hosted_out, response_shown
from tercet.api.openai.responses_wire import LOGPROBS
from tercet.api.openai.responses_wire_items import ItemStatus
from tercet.events import TokenLogprob
from tercet.items import (
    Compaction,
    Entry,
    FilePart,
    ImagePart,
    McpApprovalResponse,
    Message,
    Part,
    Reasoning,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from tercet.records import Failure, ResponseRecord
from tercet.service.hosted.web import NAME as WEB_SEARCH
from tercet.tools.file_search import NAME as FILE_SEARCH
from tercet.usage import Usage

DEFAULT_TEMPERATURE = 1.0
DEFAULT_TOP_P = 1.0
FAILED_DEPENDENCY = 424
"""A server that the request names did not do its part, which is no defect of the prompt."""


def response_out(record: ResponseRecord) -> out.ResponseOut:
    """Return the resource of a response, whatever its state."""
    request, sampling, echo = record.request, record.request.sampling, record.echo
    return out.ResponseOut(
        id=record.id,
        created_at=record.created_at,
        completed_at=record.completed_at if record.status == "completed" else None,
        status=record.status,
        error=failure_out(record.failure) if record.failure else None,
        incomplete_details=_incomplete_details(record),
        instructions=record.instructions,
        model=record.model,
        output=_output(record),
        parallel_tool_calls=request.parallel_tool_calls,
        previous_response_id=record.previous_id,
        reasoning=out.ReasoningConfigOut(request.reasoning_effort, _text(echo.get("reasoning_summary"))),
        text=out.TextConfigOut(_object(echo.get("format")) or {"type": "text"}),
        tool_choice=_text(echo.get("tool_choice")) or _object(echo.get("tool_choice")) or "auto",
        tools=_tools_out(record),
        max_tool_calls=_number(echo.get("max_tool_calls")),
        temperature=_or(sampling.temperature, DEFAULT_TEMPERATURE),
        top_p=_or(sampling.top_p, DEFAULT_TOP_P),
        presence_penalty=_or(sampling.presence_penalty, 0.0),
        frequency_penalty=_or(sampling.frequency_penalty, 0.0),
        top_logprobs=sampling.top_logprobs or 0,
        max_output_tokens=sampling.max_output_tokens,
        metadata=record.metadata,
        store=record.is_stored,
        background=record.is_background,
        truncation="auto" if record.can_truncate else "disabled",
        conversation=out.ConversationRefOut(record.conversation_id) if record.conversation_id else None,
        tercet=tercet_out(record.receipt, record.fittings) if record.receipt.tier or record.fittings else UNSET,
        usage=usage_out(record.usage) if record.usage else None,
        user=_text(echo.get("user")),
        safety_identifier=_text(echo.get("safety_identifier")),
        prompt_cache_key=_text(echo.get("prompt_cache_key")),
    )


def usage_out(usage: Usage) -> out.UsageOut:
    """Return the usage as it stands on the wire."""
    return out.UsageOut(
        usage.input_tokens,
        out.InputDetails(usage.cached_tokens),
        usage.output_tokens,
        out.OutputDetails(usage.reasoning_tokens),
        usage.total_tokens,
    )


def failure_out(failure: Failure) -> out.FailureOut:
    """Return a failure with the nearest of the codes that OpenAI's clients know."""
    code = "rate_limit_exceeded" if failure.code == "overloaded" else "server_error"
    if failure.status < 500 and failure.status != FAILED_DEPENDENCY:
        code = "invalid_prompt"
    return out.FailureOut(code, failure.message, failure.code, failure.param)


def item_out(
    item: Entry,
    status: ItemStatus = "completed",
    logprobs: Iterable[TokenLogprob] = (),
    include: frozenset[str] = frozenset(),
) -> out.ItemOut:
    """Return one item; `logprobs` are the tokens of an assistant's text, `include` what else is to be shown of it."""
    match item:
        case Message(role="assistant"):
            phase = UNSET if item.phase is None else item.phase
            return out.MessageOut(item.id, "assistant", output_parts(item, logprobs), status, phase)
        case Message():
            return out.MessageOut(item.id, item.role, [_input_part(part) for part in item.content], status)
        case ToolCall():
            namespace, name = parts_of(item.name)
            shown = UNSET if namespace is None else namespace
            return out.FunctionCallOut(item.id, item.call_id, name, item.arguments, status, shown)
        case ToolResult():
            return out.FunctionOutputOut(item.id, item.call_id, _result(item.content), status)
        case Reasoning():
            return out.ReasoningOut(
                item.id,
                [out.SummaryTextOut(text) for text in item.summary],
                [out.ReasoningTextOut(item.text)] if item.text else [],
                UNSET if item.encrypted is None else item.encrypted,
            )
        case McpApprovalResponse():
            return response_shown(item)
        case Compaction():
            return out.CompactionOut(item.id, sealed(item))
        case _:
            return hosted_out(item, include)


def output_parts(message: Message, logprobs: Iterable[TokenLogprob] = ()) -> list[out.PartOut]:
    """Return the parts of an assistant's message: its text in one, then its refusals."""
    texts = [part.text for part in message.content if isinstance(part, TextPart)]
    parts: list[out.PartOut] = []
    if texts:
        parts.append(out.OutputTextOut("".join(texts), logprobs_out(logprobs), _annotations(message)))
    parts += [out.RefusalOut(part.text) for part in message.content if isinstance(part, RefusalPart)]
    return parts


def included(record: ResponseRecord) -> frozenset[str]:
    """Return what the client wanted to be included."""
    return frozenset(_names(record.echo.get("include")))


def _tools_out(record: ResponseRecord) -> list[out.FunctionToolOut | dict[str, Any]]:
    """Return the tools as they were asked for: functions as they were offered, all others as given."""
    hosted = (FILE_SEARCH, WEB_SEARCH) if record.hosted is not None else ()
    functions = [
        out.FunctionToolOut(tool.name, tool.description or None, tool.parameters, tool.strict)
        for tool in record.request.tools
        if tool.name not in hosted and parts_of(tool.name)[0] is None
    ]
    given = record.echo.get("tools")
    if not isinstance(given, list):
        return list(functions)
    rest = iter(functions)
    return [next(rest) if tool is None else tool for tool in given]


def _output(record: ResponseRecord) -> list[out.ItemOut]:
    include = included(record)
    tokens = list(record.logprobs) if LOGPROBS in include else []
    items: list[out.ItemOut] = []
    last = len(record.output) - 1
    for index, item in enumerate(record.output):
        is_cut = record.status == "incomplete" and index == last
        own, tokens = _tokens_of(item, tokens)
        items.append(item_out(item, "incomplete" if is_cut else "completed", own, include))
    return items


def _tokens_of(item: Entry, tokens: list[TokenLogprob]) -> tuple[list[TokenLogprob], list[TokenLogprob]]:
    """Split the response's tokens into those of `item` and the rest, by the length of its text."""
    if not isinstance(item, Message) or not tokens:
        return [], tokens
    length, count = 0, 0
    while count < len(tokens) and length < len(item.text):
        length += len(tokens[count].token)
        count += 1
    return tokens[:count], tokens[count:]


def _incomplete_details(record: ResponseRecord) -> out.IncompleteDetails | None:
    if record.status != "incomplete":
        return None
    return out.IncompleteDetails("content_filter" if record.reason == "content_filter" else "max_output_tokens")


def _input_part(part: Part) -> out.PartOut:
    match part:
        case TextPart():
            return out.InputTextOut(part.text)
        case RefusalPart():
            return out.RefusalOut(part.text)
        case ImagePart():
            return out.InputImageOut(part.url, part.detail)
        case FilePart():
            if part.url.startswith("data:"):
                return out.InputFileOut(part.filename, file_data=part.url)
            return out.InputFileOut(part.filename, file_url=part.url)


def _result(content: Sequence[Part]) -> str | list[out.InputPartOut]:
    if all(isinstance(part, TextPart) for part in content) and len(content) == 1:
        return "".join(part.text for part in content if isinstance(part, TextPart))
    shown = [_input_part(part) for part in content]
    return [part for part in shown if isinstance(part, out.InputTextOut | out.InputImageOut | out.InputFileOut)]


def _annotations(message: Message) -> list[Any]:
    """Return the citations of a message's text, whose parts are shown as one."""
    shown: list[Any] = []
    begin = 0
    for part in message.content:
        if isinstance(part, TextPart):
            shown += [
                {
                    "type": "file_citation",
                    "file_id": citation.file_id,
                    "filename": citation.filename,
                    "index": begin + citation.index,
                }
                for citation in part.citations
            ]
            shown += [
                {
                    "type": "url_citation",
                    "url": link.url,
                    "title": link.title,
                    "start_index": begin + link.start,
                    "end_index": begin + link.end,
                }
                for link in part.links
            ]
            begin += len(part.text)
    return shown


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _names(value: object) -> Sequence[str]:
    return msgspec.convert(value or [], list[str])
