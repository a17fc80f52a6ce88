"""Every route of the Agents API and what Tercet adds to it. The doors are imported when they are first asked."""

from typing import TYPE_CHECKING

from tercet.api.on_demand import on_demand
from tercet.api.openai.agents.common import in_beta
from tercet.api.routes import Answer, Route
from tercet.service import Service

if TYPE_CHECKING:
    from tercet.api.openai.agents.agents import AgentsDoor
    from tercet.api.openai.agents.automations import AutomationsDoor
    from tercet.api.openai.agents.contents import ContentsDoor
    from tercet.api.openai.agents.environments import EnvironmentsDoor
    from tercet.api.openai.agents.sessions import SessionsDoor
    from tercet.api.openai.agents.templates import TemplatesDoor
    from tercet.api.openai.agents.vaults import VaultsDoor

AGENTS, VAULTS = "/v1/agents", "/v1/vaults"
SESSION = f"{AGENTS}/sessions/{{session_id}}"
SUBAGENT = f"{SESSION}/subagents/{{subagent_id}}"
ENVIRONMENTS = f"{AGENTS}/environments"
TEMPLATE = f"{ENVIRONMENTS}/templates/{{template_id}}"
AUTOMATION = f"{AGENTS}/automations/{{automation_id}}"
CREDENTIAL = f"{VAULTS}/{{vault_id}}/credentials/{{credential_id}}"


def agent_routes(service: Service) -> list[Route]:
    """Return the routes; those that name a noun stand before those that name an agent."""
    paths = [
        *_session_paths(service),
        *_environment_paths(service),
        *_automation_paths(service),
        *_vault_paths(service),
        *_agent_paths(service),
    ]
    return [Route(method, path, "agents", in_beta(answer)) for method, path, answer in paths]


def _agent_paths(service: Service) -> list[tuple[str, str, Answer]]:
    door, one = on_demand(_agents_door, service), f"{AGENTS}/{{agent_id}}"
    return [
        ("POST", AGENTS, door.create),
        ("GET", AGENTS, door.list),
        ("GET", one, door.get),
        ("POST", one, door.update),
        ("DELETE", one, door.delete),
    ]


def _session_paths(service: Service) -> list[tuple[str, str, Answer]]:
    door, contents = on_demand(_sessions_door, service), on_demand(_contents_door, service)
    artifact = f"{SESSION}/artifacts/{{artifact_id}}"
    return [
        ("POST", f"{AGENTS}/sessions", door.create),
        ("GET", f"{AGENTS}/sessions", door.list),
        ("GET", SESSION, door.get),
        ("POST", SESSION, door.update),
        ("DELETE", SESSION, door.delete),
        ("POST", f"{SESSION}/events", door.send),
        ("GET", f"{SESSION}/events", door.watch),
        ("GET", f"{SESSION}/items", contents.items),
        ("GET", f"{SESSION}/turns", contents.turns),
        ("GET", f"{SESSION}/turns/{{turn_id}}", contents.turn),
        ("GET", f"{SESSION}/turns/{{turn_id}}/items", contents.items),
        ("GET", f"{SESSION}/subagents", contents.subagents),
        ("GET", SUBAGENT, contents.subagent),
        ("GET", f"{SUBAGENT}/items", contents.items),
        ("GET", f"{SUBAGENT}/turns", contents.turns),
        ("GET", f"{SUBAGENT}/turns/{{turn_id}}", contents.turn),
        ("GET", f"{SUBAGENT}/turns/{{turn_id}}/items", contents.items),
        ("GET", f"{SESSION}/traces", contents.traces),
        ("GET", f"{SESSION}/artifacts", contents.artifacts),
        ("GET", artifact, contents.artifact),
        ("GET", f"{artifact}/content", contents.artifact_content),
        ("DELETE", artifact, contents.delete_artifact),
        ("GET", f"{SESSION}/plan", contents.plan),
        ("GET", f"{SESSION}/turns/{{turn_id}}/steps", contents.steps),
        ("GET", f"{SESSION}/replay", door.replay),
        ("POST", f"{SESSION}/fork", door.fork),
    ]


def _environment_paths(service: Service) -> list[tuple[str, str, Answer]]:
    door, templates = on_demand(_environments_door, service), on_demand(_templates_door, service)
    one = f"{ENVIRONMENTS}/{{environment_id}}"
    return [
        ("POST", f"{ENVIRONMENTS}/templates", templates.create),
        ("GET", f"{ENVIRONMENTS}/templates", templates.list),
        ("GET", TEMPLATE, templates.get),
        ("POST", TEMPLATE, templates.update),
        ("DELETE", TEMPLATE, templates.delete),
        ("POST", ENVIRONMENTS, door.create),
        ("GET", ENVIRONMENTS, door.list),
        ("GET", one, door.get),
        ("POST", f"{one}/files", door.put_file),
        ("GET", f"{one}/files", door.list_files),
    ]


def _automation_paths(service: Service) -> list[tuple[str, str, Answer]]:
    door, invocations = on_demand(_automations_door, service), f"{AUTOMATION}/invocations"
    return [
        ("POST", f"{AGENTS}/automations", door.create),
        ("GET", f"{AGENTS}/automations", door.list),
        ("GET", AUTOMATION, door.get),
        ("POST", AUTOMATION, door.update),
        ("DELETE", AUTOMATION, door.delete),
        ("POST", f"{AUTOMATION}/pause", door.pause),
        ("POST", f"{AUTOMATION}/resume", door.resume),
        ("POST", invocations, door.invoke),
        ("GET", invocations, door.invocations),
        ("GET", f"{invocations}/{{invocation_id}}", door.invocation),
    ]


def _vault_paths(service: Service) -> list[tuple[str, str, Answer]]:
    door, one = on_demand(_vaults_door, service), f"{VAULTS}/{{vault_id}}"
    return [
        ("POST", VAULTS, door.create),
        ("GET", VAULTS, door.list),
        ("GET", one, door.get),
        ("POST", one, door.update),
        ("DELETE", one, door.delete),
        ("POST", f"{one}/credentials", door.create_credential),
        ("GET", f"{one}/credentials", door.list_credentials),
        ("GET", CREDENTIAL, door.get_credential),
        ("POST", CREDENTIAL, door.update_credential),
        ("DELETE", CREDENTIAL, door.delete_credential),
    ]


def _agents_door(service: Service) -> "AgentsDoor":
    from tercet.api.openai.agents.agents import AgentsDoor

    return AgentsDoor(service)


def _automations_door(service: Service) -> "AutomationsDoor":
    from tercet.api.openai.agents.automations import AutomationsDoor

    return AutomationsDoor(service)


def _contents_door(service: Service) -> "ContentsDoor":
    from tercet.api.openai.agents.contents import ContentsDoor

    return ContentsDoor(service)


def _environments_door(service: Service) -> "EnvironmentsDoor":
    from tercet.api.openai.agents.environments import EnvironmentsDoor

    return EnvironmentsDoor(service)


def _sessions_door(service: Service) -> "SessionsDoor":
    from tercet.api.openai.agents.sessions import SessionsDoor

    return SessionsDoor(service)


def _templates_door(service: Service) -> "TemplatesDoor":
    from tercet.api.openai.agents.templates import TemplatesDoor

    return TemplatesDoor(service)


def _vaults_door(service: Service) -> "VaultsDoor":
    from tercet.api.openai.agents.vaults import VaultsDoor

    return VaultsDoor(service)
