"""The tools of a Responses request: functions of the client, and those that are run here, each refusal by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tercet.api.openai import responses_wire_tools as wire
from tercet.api.openai.namespaces import whole_name
from tercet.api.openai.responses_wire import ResponsesRequest
from tercet.api.openai.vector_searching import options_of
from tercet.api.wire import object_schema
from tercet.errors import InvalidRequest, Unsupported
from tercet.hosted import ALWAYS, NEVER, Approvals, Credentials, Hosted, McpChoice, McpServing, ToolFilter, WebSearching
from tercet.items import ToolChoice, ToolDefinition
from tercet.searching import FileSearching
from tercet.service import Service
from tercet.service.hosted import web
from tercet.tools import file_search

NUM_RESULTS = {"low": 4, "medium": 8, "high": 16}
_SECRET = ("authorization", "headers")


def definitions(tools: Sequence[wire.Tool] | None) -> tuple[ToolDefinition, ...]:
    """Return what the model is offered; what MCP servers offer is known only once they were asked."""
    found: list[ToolDefinition] = []
    for index, tool in enumerate(tools or ()):
        match tool:
            case wire.FileSearchTool():
                found.append(file_search.offered())
            case wire.WebSearchTool():
                found.append(web.offered())
            case wire.FunctionTool():
                found.append(_function(tool, f"tools[{index}]"))
            case wire.NamespaceTool():
                places = (f"tools[{index}].tools[{place}]" for place in range(len(tool.tools)))
                found += [_function(one, place, tool) for one, place in zip(tool.tools, places, strict=True)]
            case _:
                pass
    return tuple(found)


def _function(tool: wire.FunctionTool, place: str, of: wire.NamespaceTool | None = None) -> ToolDefinition:
    """Return a function as the model is offered it: of a namespace, it is told what that is."""
    name = whole_name(of.name if of else None, tool.name, f"{place}.name")
    about = " ".join(filter(None, (of.description if of else "", tool.description)))
    return ToolDefinition(name, about, object_schema(tool.parameters, f"{place}.parameters"), bool(tool.strict))


def hosted_of(request: ResponsesRequest, service: Service) -> tuple[Hosted | None, dict[str, Credentials]]:
    """Return the tools that are run here, and what their servers are shown. Raises `InvalidRequest`."""
    files: FileSearching | None = None
    searching: WebSearching | None = None
    servers: list[McpServing] = []
    credentials: dict[str, Credentials] = {}
    for index, tool in enumerate(request.tools or ()):
        place = f"tools[{index}]"
        match tool:
            case wire.FileSearchTool():
                options = options_of(tool.max_num_results, tool.filters, tool.ranking_options, f"{place}.")
                files = FileSearching(tuple(dict.fromkeys(tool.vector_store_ids)), options, place)
            case wire.WebSearchTool():
                searching = _web(tool, service, place)
            case wire.McpTool():
                if tool.server_label in credentials:
                    message = f"Two MCP servers are labelled {tool.server_label!r}."
                    raise InvalidRequest(message, param=f"{place}.server_label", code="invalid_value")
                servers.append(_server(tool, place))
                credentials[tool.server_label] = _credentials(tool)
            case _:
                pass
    if files is None and searching is None and not servers:
        return None, {}
    choice, chosen = choice_of(request.tool_choice)
    given = {label: secret for label, secret in credentials.items() if secret != Credentials()}
    return Hosted(files, searching, tuple(servers), request.max_tool_calls, choice, chosen), given


def choice_of(choice: wire.ToolChoiceParam | None) -> tuple[ToolChoice, tuple[McpChoice, ...]]:
    """Return the choice as far as it is of tools that are known, and the tools of MCP servers that it names."""
    match choice:
        case None:
            return ToolChoice(), ()
        case wire.AllowedToolsChoice():
            return ToolChoice(choice.mode, _names(choice.tools)), _chosen(choice.tools)
        case str():
            return ToolChoice(choice), ()
        case named:
            return ToolChoice("required", _names([named])), _chosen([named])


def shown(tools: Sequence[wire.Tool] | None) -> list[dict[str, Any] | None] | None:
    """Return namespaces and tools run here as the resource shows them, without what is secret; None for functions.

    None as a whole where all are functions.
    """
    if all(isinstance(tool, wire.FunctionTool) for tool in tools or ()):
        return None
    return [None if isinstance(tool, wire.FunctionTool) else _without_secrets(tool) for tool in tools or ()]


def _without_secrets(tool: wire.Tool) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(tool)
    return {name: value for name, value in plain.items() if value is not None and name not in _SECRET}


def _names(choices: Sequence[wire.NamedChoice]) -> tuple[str, ...]:
    names = []
    for choice in choices:
        match choice:
            case wire.FunctionChoice(name=name):
                names.append(name)
            case wire.FileSearchChoice():
                names.append(file_search.NAME)
            case wire.WebSearchChoice() | wire.WebSearchPreviewChoice():
                names.append(web.NAME)
            case _:
                pass
    return tuple(names)


def _chosen(choices: Sequence[wire.NamedChoice]) -> tuple[McpChoice, ...]:
    return tuple(McpChoice(one.server_label, one.name) for one in choices if isinstance(one, wire.McpToolChoice))


def _web(tool: wire.WebSearchTool, service: Service, place: str) -> WebSearching:
    if tool.user_location is not None and any(
        getattr(tool.user_location, field) for field in ("city", "country", "region", "timezone")
    ):
        message = "Searches are not made for a place: leave 'user_location' out, or send its type alone."
        raise Unsupported(message, param=f"{place}.user_location")
    if tool.external_web_access is False and not service.hosted_tools.searches_offline:
        message = "There is no cache to search: the web is searched as it is, or leave the tool out."
        raise Unsupported(message, param=f"{place}.external_web_access")
    domains = (tool.filters.allowed_domains if tool.filters is not None else None) or ()
    return WebSearching(NUM_RESULTS[tool.search_context_size or "medium"], tuple(domains), place)


def _server(tool: wire.McpTool, place: str) -> McpServing:
    for field, advice in (("connector_id", "Send its URL as 'server_url'."), ("tunnel_id", "Send 'server_url'.")):
        if getattr(tool, field) is not None:
            raise Unsupported(f"'{place}.{field}' is not served here. {advice}", param=f"{place}.{field}")
    if tool.allowed_callers is not None and tool.allowed_callers != ["direct"]:
        message = "Tools are called directly here: leave 'allowed_callers' out."
        raise Unsupported(message, param=f"{place}.allowed_callers")
    if tool.defer_loading:
        message = "There is no tool search here: leave 'defer_loading' out."
        raise Unsupported(message, param=f"{place}.defer_loading")
    if not tool.server_url:
        message = f"Missing required parameter: '{place}.server_url'."
        raise InvalidRequest(message, param=f"{place}.server_url", code="missing_required_parameter")
    return McpServing(
        tool.server_label,
        tool.server_url,
        tool.server_description or "",
        _filter(tool.allowed_tools),
        _approvals(tool.require_approval),
        place,
    )


def _filter(given: list[str] | wire.McpFilter | None) -> ToolFilter | None:
    match given:
        case None:
            return None
        case wire.McpFilter():
            return ToolFilter(None if given.tool_names is None else tuple(given.tool_names), given.read_only)
        case names:
            return ToolFilter(tuple(names))


def _approvals(given: str | wire.McpApprovalFilter | None) -> Approvals:
    if isinstance(given, wire.McpApprovalFilter):
        return Approvals(_filter(given.always), _filter(given.never))
    return NEVER if given == "never" else ALWAYS


def _credentials(tool: wire.McpTool) -> Credentials:
    headers: Mapping[str, str] = tool.headers or {}
    token = tool.authorization or ""
    return Credentials(token if not token or " " in token else f"Bearer {token}", headers)
