"""What `/openapi.json` says of the Agents API."""

from tercet.api.openai.agents import agent_wire, automation_wire, environment_wire, session_wire, vault_wire
from tercet.api.openai.agents.common import DeletedOut, ListOut
from tercet.api.openai.agents.routes import (
    AGENTS,
    AUTOMATION,
    CREDENTIAL,
    ENVIRONMENTS,
    SESSION,
    SUBAGENT,
    TEMPLATE,
    VAULTS,
)
from tercet.api.operation import Operation, Schema
from tercet.api.wire import JsonObject

_PAGING: tuple[Schema, ...] = (
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
    {"name": "order", "in": "query", "schema": {"enum": ["asc", "desc"], "default": "desc"}},
    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "The id of the entry before."},
)
_METADATA: Schema = {
    "name": "metadata",
    "in": "query",
    "style": "deepObject",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
_STATUS: Schema = {"name": "status", "in": "query", "schema": {"enum": ["active", "archived"]}}
_STREAMING: tuple[Schema, ...] = (
    {"name": "include_obfuscation", "in": "query", "schema": {"type": "boolean", "default": True}},
    {"name": "include_tercet", "in": "query", "schema": {"type": "boolean", "default": False}},
    {
        "name": "starting_after",
        "in": "query",
        "schema": {"type": "integer"},
        "description": "The number of the last event that is not wanted; also as the header Last-Event-ID.",
    },
)


def _text(name: str) -> Schema:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


_ONE_AGENT, _SESSIONS = f"{AGENTS}/{{agent_id}}", f"{AGENTS}/sessions"
_ENVIRONMENT, _AUTOMATIONS = f"{ENVIRONMENTS}/{{environment_id}}", f"{AGENTS}/automations"
_TURN, _SUBAGENT_TURN = f"{SESSION}/turns/{{turn_id}}", f"{SUBAGENT}/turns/{{turn_id}}"
_ARTIFACT, _INVOCATION = f"{SESSION}/artifacts/{{artifact_id}}", f"{AUTOMATION}/invocations/{{invocation_id}}"
_VAULT, _CREDENTIALS = f"{VAULTS}/{{vault_id}}", f"{VAULTS}/{{vault_id}}/credentials"
_ITEMS = ListOut[JsonObject]
_AUTOMATION_IN = automation_wire.PeriodicRequest | automation_wire.OnceRequest

OPERATIONS = (
    Operation("POST", AGENTS, "Save an agent", agent_wire.AgentOut, agent_wire.AgentRequest),
    Operation("GET", AGENTS, "List agents", ListOut[agent_wire.AgentOut], query=_PAGING),
    Operation("GET", _ONE_AGENT, "Read an agent", agent_wire.AgentOut),
    Operation("POST", _ONE_AGENT, "Change an agent", agent_wire.AgentOut, agent_wire.AgentRequest),
    Operation("DELETE", _ONE_AGENT, "Delete an agent", DeletedOut),
    Operation(
        "POST",
        _SESSIONS,
        "Create a session",
        session_wire.SessionOut,
        session_wire.SessionRequest,
        can_stream=True,
    ),
    Operation(
        "GET",
        _SESSIONS,
        "List sessions",
        ListOut[session_wire.SessionOut],
        query=(*_PAGING, _text("agent_id"), _METADATA),
    ),
    Operation("GET", SESSION, "Read a session", session_wire.SessionOut),
    Operation("POST", SESSION, "Change a session", session_wire.SessionOut, session_wire.SessionUpdate),
    Operation("DELETE", SESSION, "Delete a session", DeletedOut),
    Operation("POST", f"{SESSION}/events", "Tell a session something", None, session_wire.EventsRequest, status=202),
    Operation("GET", f"{SESSION}/events", "Watch a session", JsonObject, can_stream=True, query=_STREAMING),
    Operation("GET", f"{SESSION}/items", "List what was said and done", _ITEMS, query=_PAGING),
    Operation("GET", f"{SESSION}/turns", "List turns", ListOut[session_wire.TurnOut], query=_PAGING),
    Operation("GET", _TURN, "Read a turn", session_wire.TurnOut),
    Operation("GET", f"{_TURN}/items", "List what was said and done in a turn", _ITEMS, query=_PAGING),
    Operation("GET", f"{SESSION}/subagents", "List subagents", ListOut[session_wire.SubagentOut], query=_PAGING),
    Operation("GET", SUBAGENT, "Read a subagent", session_wire.SubagentOut),
    Operation("GET", f"{SUBAGENT}/items", "List what a subagent said and did", _ITEMS, query=_PAGING),
    Operation("GET", f"{SUBAGENT}/turns", "List a subagent's turns", ListOut[session_wire.TurnOut], query=_PAGING),
    Operation("GET", _SUBAGENT_TURN, "Read a subagent's turn", session_wire.TurnOut),
    Operation("GET", f"{_SUBAGENT_TURN}/items", "List the items of a subagent's turn", _ITEMS, query=_PAGING),
    Operation("GET", f"{SESSION}/traces", "List traces", ListOut[session_wire.TraceOut], query=_PAGING),
    Operation(
        "GET",
        f"{SESSION}/artifacts",
        "List artifacts",
        ListOut[session_wire.ArtifactOut],
        query=(*_PAGING, _text("environment_id")),
    ),
    Operation("GET", _ARTIFACT, "Read what is known of an artifact", session_wire.ArtifactOut),
    Operation("GET", f"{_ARTIFACT}/content", "Read an artifact", is_binary=True),
    Operation("DELETE", _ARTIFACT, "Delete an artifact", DeletedOut),
    Operation("GET", f"{SESSION}/plan", "Read the plan (Tercet's own)", JsonObject),
    Operation("GET", f"{_TURN}/steps", "Read a turn's journal (Tercet's own)", JsonObject, query=(_text("after"),)),
    Operation(
        "GET",
        f"{SESSION}/replay",
        "Replay a session from its journal (Tercet's own)",
        JsonObject,
        can_stream=True,
        query=_STREAMING[:2],
    ),
    Operation(
        "POST",
        f"{SESSION}/fork",
        "Go on from an item in a session of its own (Tercet's own)",
        session_wire.SessionOut,
        session_wire.ForkRequest,
    ),
    Operation(
        "POST",
        f"{ENVIRONMENTS}/templates",
        "Save a template of environments",
        environment_wire.TemplateOut,
        environment_wire.TemplateRequest,
    ),
    Operation(
        "GET",
        f"{ENVIRONMENTS}/templates",
        "List templates",
        ListOut[environment_wire.TemplateOut],
        query=_PAGING,
    ),
    Operation("GET", TEMPLATE, "Read a template", environment_wire.TemplateOut),
    Operation("POST", TEMPLATE, "Change a template", environment_wire.TemplateOut, environment_wire.TemplateRequest),
    Operation("DELETE", TEMPLATE, "Delete a template", DeletedOut),
    Operation(
        "POST",
        ENVIRONMENTS,
        "Make an environment before its session",
        environment_wire.EnvironmentOut,
        environment_wire.EnvironmentRequest,
    ),
    Operation(
        "GET",
        ENVIRONMENTS,
        "List environments",
        ListOut[environment_wire.EnvironmentOut],
        query=(*_PAGING, {"name": "type", "in": "query", "schema": {"const": "openai_hosted"}}),
    ),
    Operation("GET", _ENVIRONMENT, "Read an environment", environment_wire.EnvironmentOut),
    Operation(
        "POST",
        f"{_ENVIRONMENT}/files",
        "Put a file into a workspace",
        environment_wire.EnvironmentFileOut,
        environment_wire.FileIn,  # type: ignore[arg-type]  # a union of structs
    ),
    Operation(
        "GET",
        f"{_ENVIRONMENT}/files",
        "List the files of a workspace",
        environment_wire.EnvironmentFileList,
        query=(*_PAGING[:2], _text("page"), _text("path")),
    ),
    Operation(
        "POST",
        _AUTOMATIONS,
        "Schedule work",
        automation_wire.AutomationOut,
        _AUTOMATION_IN,  # type: ignore[arg-type]  # likewise
    ),
    Operation(
        "GET",
        _AUTOMATIONS,
        "List automations",
        ListOut[automation_wire.AutomationOut],
        query=(*_PAGING, _text("session_id")),
    ),
    Operation("GET", AUTOMATION, "Read an automation", automation_wire.AutomationOut),
    Operation(
        "POST", AUTOMATION, "Change an automation", automation_wire.AutomationOut, automation_wire.AutomationUpdate
    ),
    Operation("DELETE", AUTOMATION, "Delete an automation", DeletedOut),
    Operation("POST", f"{AUTOMATION}/pause", "Pause an automation", automation_wire.AutomationOut),
    Operation("POST", f"{AUTOMATION}/resume", "Resume an automation", automation_wire.AutomationOut),
    Operation("POST", f"{AUTOMATION}/invocations", "Invoke an automation by hand", automation_wire.InvocationOut),
    Operation(
        "GET",
        f"{AUTOMATION}/invocations",
        "List invocations",
        ListOut[automation_wire.InvocationOut],
        query=_PAGING,
    ),
    Operation("GET", _INVOCATION, "Read an invocation", automation_wire.InvocationOut),
    Operation("POST", VAULTS, "Make a vault", vault_wire.VaultOut, vault_wire.VaultRequest),
    Operation("GET", VAULTS, "List vaults", ListOut[vault_wire.VaultOut], query=(*_PAGING, _METADATA, _STATUS)),
    Operation("GET", _VAULT, "Read a vault", vault_wire.VaultOut),
    Operation("POST", _VAULT, "Change a vault", vault_wire.VaultOut, vault_wire.VaultUpdate),
    Operation("DELETE", _VAULT, "Delete a vault and its credentials", DeletedOut),
    Operation("POST", _CREDENTIALS, "Keep a credential", vault_wire.CredentialOut, vault_wire.CredentialRequest),
    Operation(
        "GET",
        _CREDENTIALS,
        "List credentials",
        ListOut[vault_wire.CredentialOut],
        query=(*_PAGING, _METADATA, _STATUS),
    ),
    Operation("GET", CREDENTIAL, "Read what is known of a credential", vault_wire.CredentialOut),
    Operation("POST", CREDENTIAL, "Rotate a credential", vault_wire.CredentialOut, vault_wire.CredentialUpdate),
    Operation("DELETE", CREDENTIAL, "Delete a credential", DeletedOut),
)
