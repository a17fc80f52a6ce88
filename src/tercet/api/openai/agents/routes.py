"""Every route of the Agents API and what Tercet adds to it."""

from tercet.api.openai.agents.agents import AgentsDoor
from tercet.api.openai.agents.automations import AutomationsDoor
from tercet.api.openai.agents.common import in_beta
from tercet.api.openai.agents.contents import ContentsDoor
from tercet.api.openai.agents.environments import EnvironmentsDoor
from tercet.api.openai.agents.sessions import SessionsDoor
from tercet.api.openai.agents.templates import TemplatesDoor
from tercet.api.openai.agents.vaults import VaultsDoor
from tercet.api.routes import Answer, Route
from tercet.service import Service

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
    door, one = AgentsDoor(service), f"{AGENTS}/{{agent_id}}"
    return [
        ("POST", AGENTS, door.create),
        ("GET", AGENTS, door.list),
        ("GET", one, door.get),
        ("POST", one, door.update),
        ("DELETE", one, door.delete),
    ]


def _session_paths(service: Service) -> list[tuple[str, str, Answer]]:
    door, contents = SessionsDoor(service), ContentsDoor(service)
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
    door, templates = EnvironmentsDoor(service), TemplatesDoor(service)
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
    door, invocations = AutomationsDoor(service), f"{AUTOMATION}/invocations"
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
    door, one = VaultsDoor(service), f"{VAULTS}/{{vault_id}}"
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
