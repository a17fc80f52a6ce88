"""Items of the tools that are run here, in the Responses API: shown, announced in streams, and sent back."""

from typing import Any

import msgspec

from tercet.api.openai import responses_out as out
from tercet.api.openai import responses_wire_items as wire
from tercet.api.openai.responses_wire import SEARCH_RESULTS, SEARCH_SOURCES
from tercet.api.wire import check_arguments
from tercet.ids import ITEM_PREFIXES, new_id
from tercet.items import (
    FileSearch,
    HostedItem,
    McpApprovalRequest,
    McpApprovalResponse,
    McpCall,
    McpFault,
    McpList,
    McpTool,
    Passage,
    WebPage,
    WebSearch,
)
from tercet.service.hosted import web
from tercet.tools import file_search
from tercet.tools.mcp import tool_name

MAX_SHOWN = 40_000
"""Characters of a search that is sent back that the model reads again."""
NOT_REPEATED = "What was found is not repeated here."


def hosted_out(item: HostedItem, include: frozenset[str] = frozenset()) -> out.HostedOut:
    """Return an item as the resource shows it, with what was to be included."""
    match item:
        case FileSearch():
            found = [
                out.PassageOut(one.file_id, one.filename, one.text, one.score, one.attributes) for one in item.results
            ]
            status = "failed" if item.is_failed else "completed"
            results = found if SEARCH_RESULTS in include else None
            return out.FileSearchOut(item.id, list(item.queries), status, results)  # type: ignore[arg-type]
        case WebSearch():
            action: dict[str, Any] = {"type": "search", "query": item.query, "queries": [item.query]}
            if SEARCH_SOURCES in include:
                action["sources"] = [{"type": "url", "url": page.url} for page in item.pages]
            return out.WebSearchOut(item.id, action, "failed" if item.is_failed else "completed")
        case McpList():
            tools = [
                out.McpToolOut(tool.name, tool.parameters, tool.description or None, tool.annotations or None)
                for tool in item.tools
            ]
            return out.McpListOut(item.id, item.label, tools, item.error)
        case McpCall():
            return _call_out(item)
        case McpApprovalRequest():
            return out.McpApprovalRequestOut(item.id, item.label, item.name, item.arguments)


def announced(item: HostedItem) -> tuple[out.HostedOut, tuple[str, ...]]:
    """Return an item as a stream announces it, and the states that it goes through before it is made."""
    match item:
        case FileSearch():
            shown = out.FileSearchOut(item.id, [], "in_progress")
            return shown, ("file_search_call.in_progress", "file_search_call.searching")
        case WebSearch():
            begun = out.WebSearchOut(item.id, {"type": "search", "query": "", "queries": []}, "in_progress")
            return begun, ("web_search_call.in_progress", "web_search_call.searching")
        case McpList():
            return out.McpListOut(item.id, item.label, []), ("mcp_list_tools.in_progress",)
        case McpCall():
            call = _call_out(item)
            empty = msgspec.structs.replace(call, arguments="", output=None, error=None, status="in_progress")
            return empty, ("mcp_call.in_progress",)
        case McpApprovalRequest():
            return hosted_out(item), ()


def ended(item: HostedItem) -> str | None:
    """Return the state that an item ends in, where a stream tells of it."""
    match item:
        case FileSearch():
            return None if item.is_failed else "file_search_call.completed"
        case WebSearch():
            return None if item.is_failed else "web_search_call.completed"
        case McpList():
            return "mcp_list_tools.completed" if item.error is None else "mcp_list_tools.failed"
        case McpCall():
            return "mcp_call.completed" if item.fault is None else "mcp_call.failed"
        case McpApprovalRequest():
            return None


def response_shown(item: McpApprovalResponse) -> out.McpApprovalResponseOut:
    """Return the client's word on a call as it is listed."""
    return out.McpApprovalResponseOut(item.id, item.request_id, item.is_approved, item.reason)


def read_search(item: wire.FileSearchItem) -> FileSearch:
    """Return a search of files that is sent back."""
    results = item.results or []
    passages = tuple(Passage(one.file_id, one.filename, one.text, one.score, one.attributes or {}) for one in results)
    shown = NOT_REPEATED if item.results is None else file_search.rendered(passages, MAX_SHOWN)
    return FileSearch(f"call_{item.id}", tuple(item.queries), passages, shown, item.status == "failed", item.id)


def read_web_search(item: wire.WebSearchItem) -> WebSearch:
    """Return a search of the web that is sent back; its pages are known by their addresses alone."""
    pages = tuple(WebPage(source.url) for source in item.action.sources or ())
    shown = web.rendered(pages, MAX_SHOWN) if pages else NOT_REPEATED
    query = item.action.query or " ".join(item.action.queries or ())
    return WebSearch(f"call_{item.id}", query, pages, shown, item.status == "failed", item.id)


def read_list(item: wire.McpListItem) -> McpList:
    """Return what a server was said to offer; who sends it back answers for its being all."""
    tools = tuple(
        McpTool(tool.name, tool.input_schema, tool.description or "", tool.annotations or {}) for tool in item.tools
    )
    return McpList(item.server_label, tools, item.error, is_whole=True, id=item.id)


def read_call(item: wire.McpCallItem, place: str) -> McpCall:
    """Return a call that is sent back. Raises `InvalidRequest` for arguments that are none."""
    tool = tool_name(item.server_label, item.name)
    arguments = check_arguments(item.arguments, f"{place}.arguments")
    fault = _fault(item.error)
    return McpCall(
        f"call_{item.id}", item.server_label, item.name, tool, arguments, item.output, fault,
        item.status == "incomplete", item.approval_request_id, item.id,
    )  # fmt: skip


def read_request(item: wire.McpApprovalRequestItem, place: str) -> McpApprovalRequest:
    """Return a call that waits. Raises `InvalidRequest` for arguments that are none."""
    arguments = check_arguments(item.arguments, f"{place}.arguments")
    tool = tool_name(item.server_label, item.name)
    return McpApprovalRequest(f"call_{item.id}", item.server_label, item.name, tool, arguments, item.id)


def read_response(item: wire.McpApprovalResponseItem) -> McpApprovalResponse:
    """Return the client's word on a call that waits."""
    own_id = item.id or new_id(ITEM_PREFIXES["mcp_approval_response"])
    return McpApprovalResponse(item.approval_request_id, item.approve, item.reason, own_id)


def _call_out(item: McpCall) -> out.McpCallOut:
    status = "incomplete" if item.is_unknown else "failed" if item.fault is not None else "completed"
    error = _fault_out(item.fault) if item.fault is not None else None
    return out.McpCallOut(
        item.id, item.label, item.name, item.arguments, item.output, error, item.approval_id,
        status,  # type: ignore[arg-type]
    )  # fmt: skip


def _fault_out(fault: McpFault) -> dict[str, Any]:
    if fault.kind == "tool":
        return {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": fault.message}]}
    return {"type": "mcp_protocol_error", "code": fault.code, "message": fault.message}


def _fault(error: dict[str, Any] | str | None) -> McpFault | None:
    if error is None:
        return None
    if isinstance(error, str):
        return McpFault("tool", error)
    code = error.get("code")
    if isinstance(code, int):
        return McpFault("protocol", str(error.get("message", "")), code)
    content = error.get("content")
    parts = content if isinstance(content, list) else [content]
    return McpFault("tool", "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict)))
