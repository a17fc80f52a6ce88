"""From an agent to its resources on the wire: saved, in a session, in an automation."""

from typing import Any

import msgspec

from tercet.api.openai.agents import agent_wire as wire
from tercet.api.wire import JsonObject
from tercet.sessions.agents import (
    AgentRecord,
    AgentSpec,
    AgentTool,
    Automations,
    Browser,
    Builtin,
    ClientFunction,
    McpServer,
    ProgrammaticCalls,
    ToolSearch,
    WebSearch,
)


def agent_out(record: AgentRecord) -> wire.AgentOut:
    """Return the resource of a saved agent."""
    return wire.AgentOut(
        id=record.id,
        created_at=record.created_at,
        updated_at=record.updated_at,
        name=record.name,
        metadata=record.metadata,
        **settings(record.spec, is_saved=True),
    )


def session_agent_out(agent_id: str, name: str | None, spec: AgentSpec) -> wire.SessionAgentOut:
    """Return the agent as it stands in a session."""
    return wire.SessionAgentOut(id=agent_id, name=name, **settings(spec))


def settings_out(spec: AgentSpec) -> wire.SettingsOut:
    """Return an agent that has no identity."""
    return wire.SettingsOut(**settings(spec))


def settings(spec: AgentSpec, *, is_saved: bool = False) -> dict[str, Any]:
    """Return the fields that all three have. A saved agent's tools are shown with all of what is kept."""
    schema = spec.output_format.schema
    has_schema = spec.output_format.kind == "json_schema" and schema is not None
    shown = [tool_out(tool, is_saved=is_saved) for tool in spec.tools if not isinstance(tool, Builtin)]
    return {
        "instructions": spec.instructions,
        "model": spec.model,
        "multi_agent": wire.MultiAgentOut(spec.max_subagents is not None, spec.max_subagents),
        "reasoning": wire.ReasoningOut(spec.reasoning_effort, spec.reasoning_summary),
        "service_tier": spec.service_tier,
        "text": wire.TextOut(
            {"type": "json_schema", "schema": schema} if has_schema else {"type": "text"}, spec.verbosity or "medium"
        ),
        "tools": [tool for tool in shown if is_saved or tool["type"] != "tool_search"],
        "compaction": wire.CompactionOut(spec.compacts_in_background),
        "experimental": wire.ExperimentalOut(spec.tells_time),
        "tercet": options_out(spec),
    }


def options_out(spec: AgentSpec) -> JsonObject:
    """Return the `tercet` field of an agent."""
    sampling = spec.sampling
    return {
        "tools": [tool.name for tool in spec.tools if isinstance(tool, Builtin)],
        "approvals": msgspec.to_builtins(spec.approvals),
        "limits": msgspec.to_builtins(spec.limits),
        "plan": spec.has_plan,
        "sampling": {name: getattr(sampling, name) for name in ("temperature", "top_p", "max_output_tokens", "seed")},
        "compact_tier": spec.compact_tier,
        "compact_above": spec.compact_above,
    }


def tool_out(tool: AgentTool, *, is_saved: bool) -> JsonObject:
    """Return a tool of the protocol."""
    match tool:
        case ClientFunction():
            return {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "defer_loading": tool.is_deferred,
                "async": False,
            }
        case McpServer():
            return _mcp_out(tool, is_saved=is_saved)
        case WebSearch():
            return {
                "type": "web_search",
                "allowed_domains": None if tool.allowed_domains is None else list(tool.allowed_domains),
                "context_size": tool.context_size,
                "location": tool.location,
                "mode": tool.mode,
            }
        case Browser(has_screenshots):
            return {"type": "computer_use", "include_screenshots": has_screenshots}
        case ProgrammaticCalls(is_enabled):
            return {"type": "programmatic_tool_calling", "enabled": is_enabled}
        case ToolSearch():
            return {"type": "tool_search"}
        case Automations():
            return {"type": "automations"}
        case Builtin():
            raise AssertionError("those that come with Tercet are in its own field")


def _mcp_out(server: McpServer, *, is_saved: bool) -> JsonObject:
    if server.url is None:
        transport: JsonObject = {
            "type": "stdio",
            "command": server.command[0],
            "args": list(server.command[1:]),
            "cwd": server.cwd or "",
            "env_vars": list(server.env_names),
        }
    else:
        transport = {"type": "http", "server_url": server.url}
        if is_saved:
            transport["headers"] = server.headers
    return {
        "type": "mcp",
        "server_label": server.label,
        "transport": transport,
        "allowed_tools": None if server.allowed_tools is None else list(server.allowed_tools),
        "connection_origin": "environment" if server.url is None or server.is_from_environment else "service",
        "credential_id": server.credential_id,
        "request_metadata": server.metadata,
        "required": server.is_required,
    }
