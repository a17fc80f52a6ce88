"""From an agent's configuration on the wire to the agent, and what of it is refused by name."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from tercet.api.openai.agents import agent_wire as wire
from tercet.errors import InvalidRequest, RequestTooLarge, Unsupported
from tercet.items import OutputFormat, Sampling
from tercet.sessions.agents import (
    AgentSpec,
    AgentTool,
    Approvals,
    Automations,
    Browser,
    Builtin,
    ClientFunction,
    McpServer,
    ProgrammaticCalls,
    ToolSearch,
    TurnLimits,
    WebSearch,
)

MAX_TOOLS_BYTES = 3 * 1024 * 1024
SERVICE_TIERS = ("auto", "default")
_SECRET_HEADERS = frozenset(("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"))
_VAULT = "put the secret into a vault's credential, which is encrypted and never shown"
T = TypeVar("T")


def agent_spec(fields: wire.AgentFields, base: AgentSpec | None, place: str = "") -> AgentSpec:
    """Return `base`, or an agent with the defaults, with what `fields` say. Raises `InvalidRequest`."""
    prefix = f"{place}." if place else ""
    if base is None and fields.model is UNSET:
        raise InvalidRequest(
            f"Missing required parameter: {prefix + 'model'!r}.",
            param=f"{prefix}model",
            code="missing_required_parameter",
        )
    spec = base or AgentSpec("")
    changes: dict[str, object] = {}
    if fields.model is not UNSET:
        changes["model"] = fields.model
    if fields.instructions is not UNSET:
        changes["instructions"] = fields.instructions
    if fields.compaction is not UNSET:
        changes["compacts_in_background"] = bool(fields.compaction and fields.compaction.is_async)
    if fields.experimental is not UNSET and fields.experimental.time_awareness is not UNSET:
        changes["tells_time"] = fields.experimental.time_awareness
    if fields.multi_agent is not UNSET:
        asked = fields.multi_agent
        changes["max_subagents"] = asked.max_concurrent_subagents if asked and asked.enabled else None
    if fields.service_tier is not UNSET:
        changes["service_tier"] = _service_tier(fields.service_tier, f"{prefix}service_tier")
    changes |= _reasoning(fields.reasoning) | _text(fields.text)
    changes["tools"] = _tools(fields, spec.tools, prefix)
    if fields.tercet is not UNSET:
        changes |= _options(fields.tercet)
    return msgspec.structs.replace(spec, **changes)


def _service_tier(name: str | None, param: str) -> str:
    if name is not None and name not in SERVICE_TIERS:
        raise Unsupported(
            f"The service tier {name!r} is not served: there is one here. Leave it out, or send 'auto' or 'default'.",
            param=param,
        )
    return name or "auto"


def _reasoning(asked: wire.Reasoning | UnsetType | None) -> dict[str, object]:
    if asked is UNSET:
        return {}
    if asked is None:
        return {"reasoning_effort": None, "reasoning_summary": None}
    given = {"reasoning_effort": asked.effort, "reasoning_summary": asked.summary}
    return {name: value for name, value in given.items() if value is not UNSET}


def _text(asked: wire.TextSettings | UnsetType | None) -> dict[str, object]:
    if asked is UNSET:
        return {}
    if asked is None:
        return {"output_format": OutputFormat(), "verbosity": None}
    changes: dict[str, object] = {}
    if asked.format is not UNSET:
        changes["output_format"] = (
            OutputFormat("json_schema", "answer", asked.format.schema, strict=True)
            if isinstance(asked.format, wire.SchemaText)
            else OutputFormat()
        )
    if asked.verbosity is not UNSET:
        changes["verbosity"] = asked.verbosity
    return changes


def _tools(fields: wire.AgentFields, old: tuple[AgentTool, ...], prefix: str) -> tuple[AgentTool, ...]:
    """Return the tools: the protocol's own and, behind them, those that come with Tercet."""
    given: Iterable[AgentTool] = [tool for tool in old if not isinstance(tool, Builtin)]
    builtins: Iterable[AgentTool] = [tool for tool in old if isinstance(tool, Builtin)]
    if fields.tools is not UNSET:
        asked = fields.tools or []
        if len(msgspec.json.encode(asked)) > MAX_TOOLS_BYTES:
            raise RequestTooLarge(
                f"The list of tools has more than {MAX_TOOLS_BYTES} bytes of JSON.", param=f"{prefix}tools"
            )
        given = [_tool(tool, f"{prefix}tools[{index}]") for index, tool in enumerate(asked)]
    if fields.tercet is not UNSET and fields.tercet.tools is not UNSET:
        builtins = [Builtin(name) for name in fields.tercet.tools]
    return (*given, *builtins)


def _tool(tool: wire.Tool, place: str) -> AgentTool:
    match tool:
        case wire.FunctionTool():
            if tool.is_async:
                raise Unsupported(
                    "Functions whose result is not waited for are not served: leave 'async' out.",
                    param=f"{place}.async",
                )
            return ClientFunction(tool.name, tool.description, tool.parameters, tool.defer_loading)
        case wire.ToolSearchTool():
            return ToolSearch()
        case wire.ProgrammaticTool(enabled):
            return ProgrammaticCalls(enabled)
        case wire.McpTool():
            return _mcp(tool, place)
        case wire.WebSearchTool():
            where = None if tool.location is None else msgspec.structs.asdict(tool.location)
            domains = None if tool.allowed_domains is None else tuple(tool.allowed_domains)
            return WebSearch(domains, tool.context_size or "medium", where, tool.mode or "live")
        case wire.ComputerUseTool(include_screenshots):
            return Browser(include_screenshots)
        case wire.AutomationsTool():
            return Automations()


def _mcp(tool: wire.McpTool, place: str) -> McpServer:
    server = McpServer(
        tool.server_label,
        allowed_tools=None if tool.allowed_tools is None else tuple(tool.allowed_tools),
        credential_id=tool.credential_id,
        is_required=tool.required,
        metadata=tool.request_metadata or {},
    )
    transport = tool.transport
    if isinstance(transport, wire.StdioTransport):
        if transport.env:
            raise Unsupported(
                f"Variables are not kept with an agent: set them in the environment's 'env' and name them in "
                f"'env_vars', or {_VAULT}.",
                param=f"{place}.transport.env",
            )
        if tool.connection_origin == "service":
            raise _origin(place, "a server on stdio is started in the environment")
        if tool.credential_id is not None:
            raise Unsupported("Credentials are for servers over HTTP.", param=f"{place}.credential_id")
        command = (transport.command, *(transport.args or ()))
        names = tuple(transport.env_vars or ())
        return msgspec.structs.replace(server, command=command, cwd=transport.cwd, env_names=names)
    if transport.authorization is not None:
        raise Unsupported(
            f"Secrets are not kept with an agent: {_VAULT}, and give the session 'vault_ids'.",
            param=f"{place}.transport.authorization",
        )
    if not transport.server_url.startswith(("https://", "http://")):
        raise InvalidRequest(
            f"Invalid value for '{place}.transport.server_url': expected an http: or https: URL.",
            param=f"{place}.transport.server_url",
            code="invalid_value",
        )
    headers = transport.headers or {}
    for name, value in headers.items():
        _check_header(name, value, f"{place}.transport.headers")
    is_from_environment = tool.connection_origin == "environment"
    return msgspec.structs.replace(
        server, url=transport.server_url, headers=headers, is_from_environment=is_from_environment
    )


def _check_header(name: str, value: str, param: str) -> None:
    if name.lower() in _SECRET_HEADERS:
        raise Unsupported(f"The header {name!r} carries a secret: {_VAULT}.", param=param)
    is_token = bool(name) and name.isascii() and all(letter.isalnum() or letter in "!#$%&'*+-.^_`|~" for letter in name)
    if not is_token or not value.isprintable() or not value.isascii():
        raise InvalidRequest(f"Invalid value for {param!r}: {name!r} is no header.", param=param, code="invalid_value")


def _origin(place: str, reason: str) -> Unsupported:
    return Unsupported(f"This 'connection_origin' is not served: {reason}.", param=f"{place}.connection_origin")


def _options(options: wire.AgentOptions) -> dict[str, object]:
    """Return what the `tercet` field changes, but for the tools."""
    changes: dict[str, object] = {}
    if (approvals := options.approvals) is not UNSET:
        changes["approvals"] = Approvals(
            {**approvals.by_tool}, {str(name): way for name, way in approvals.by_effect.items()}, approvals.expires_s
        )
    if (limits := options.limits) is not UNSET:
        changes["limits"] = TurnLimits(**msgspec.structs.asdict(limits))
    if (sampling := options.sampling) is not UNSET:
        changes["sampling"] = Sampling(**msgspec.structs.asdict(sampling))
    given = {"has_plan": options.plan, "compact_tier": options.compact_tier, "compact_above": options.compact_above}
    return changes | {name: value for name, value in given.items() if value is not UNSET}
