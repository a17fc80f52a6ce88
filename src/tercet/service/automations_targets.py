"""What automations are for: whether an owner can have a target, and how an invocation reaches it, once."""

import hashlib
from datetime import UTC, datetime

from tercet.errors import InvalidRequest, NotFound
from tercet.items import Message, TextPart
from tercet.service.agents import Agents
from tercet.service.automations_delivery import SessionFailed
from tercet.service.keys import Keys
from tercet.service.sessions import SessionDraft, Sessions, UserInput
from tercet.service.templates import Templates
from tercet.service.vaults import Vaults
from tercet.sessions.agents import AgentSpec
from tercet.sessions.automations import AutomationRecord, ExistingSession, InvocationRecord, NewSession, Target
from tercet.sessions.environments import Environment, Hosted, NoEnvironment


class Targets:
    """The sessions that automations begin or tell."""

    def __init__(self, sessions: Sessions, agents: Agents, templates: Templates, vaults: Vaults, keys: Keys) -> None:
        """What is delivered is done in the name of a key of `keys`, which must be valid then."""
        self._sessions = sessions
        self._agents = agents
        self._templates = templates
        self._vaults = vaults
        self._keys = keys

    async def check(self, target: Target, owner: str) -> None:
        """Raise `InvalidRequest` or `NotFound` for a target that cannot be, or that is another owner's."""
        if isinstance(target, ExistingSession):
            await self._known(target.session_id, owner)
            return
        if (target.agent_id is None) == (target.spec is None):
            raise InvalidRequest(
                "Give exactly one of 'target.agent' and 'target.agent_id'.", param="target.agent", code="invalid_value"
            )
        _, spec, _ = await self._agent(target, owner)
        await self._vaults.check(target.vault_ids, owner, "target.vault_ids")
        environment = await self._environment(target, owner)
        if not isinstance(environment, str):
            self._sessions.check_environment(environment)
            self._sessions.toolbox.check(spec, environment)
        if isinstance(environment, Hosted):
            await self._vaults.check_variables(target.vault_ids, owner, environment, "target.")

    async def deliver(self, automation: AutomationRecord, invocation: InvocationRecord) -> str:
        """Begin or tell the session; see `automations_delivery.Deliver`."""
        if not await self._keys.is_valid(automation.owner):
            raise InvalidRequest("The API key that made the automation is not valid any more.", code="key_revoked")
        target = automation.target
        if isinstance(target, ExistingSession):
            return await self._tell(automation, target, invocation)
        return await self._begin(automation, target, invocation)

    async def _tell(self, automation: AutomationRecord, target: ExistingSession, invocation: InvocationRecord) -> str:
        try:
            session = await self._sessions.get(target.session_id, automation.owner)
        except NotFound as error:
            raise SessionFailed("The session of the automation was deleted.") from error
        if session.status == "failed":
            raise SessionFailed("The session of the automation has failed.")
        moment = datetime.fromtimestamp(invocation.scheduled_at or invocation.created_at, UTC)
        heading = f"[Automation {automation.name!r}, {moment:%Y-%m-%dT%H:%M:%SZ}]"
        message = Message("user", (TextPart(f"{heading}\n{target.instructions}"),))
        await self._sessions.send(session.id, automation.owner, (UserInput((message,)),), invocation.id)
        return session.id

    async def _begin(self, automation: AutomationRecord, target: NewSession, invocation: InvocationRecord) -> str:
        owner, session_id = automation.owner, _session_id(invocation)
        try:
            return (await self._sessions.get(session_id, owner)).id
        except NotFound:
            pass  # it was not begun before
        agent_id, spec, name = await self._agent(target, owner)
        draft = SessionDraft(
            owner,
            spec,
            agent_id,
            name,
            await self._environment(target, owner),
            target.input,
            target.metadata,
            vault_ids=target.vault_ids,
            id=session_id,
        )
        return (await self._sessions.create(draft)).id

    async def _known(self, session_id: str, owner: str) -> None:
        try:
            await self._sessions.get(session_id, owner)
        except NotFound as error:
            raise NotFound(error.message, param="target.session_id", code=error.code) from None

    async def _agent(self, target: NewSession, owner: str) -> tuple[str, AgentSpec, str | None]:
        if target.agent_id is not None:
            saved = await self._agents.get(target.agent_id, owner, "target.agent_id")
            return saved.id, saved.spec, saved.name
        assert target.spec is not None, "checked when the target was given"
        self._agents.check(target.spec, "target.agent")
        return "", target.spec, None

    async def _environment(self, target: NewSession, owner: str) -> Environment | str:
        draft = target.environment
        if isinstance(draft, NoEnvironment):
            return draft
        if draft.environment_id is not None:
            await self._sessions.environment(draft.environment_id, owner)
            return draft.environment_id
        return await self._templates.resolved(draft, owner, "target.environment")


def _session_id(invocation: InvocationRecord) -> str:
    """Return the id of the session that an invocation begins, the same whenever it is asked for."""
    return f"session_{hashlib.sha256(invocation.id.encode()).hexdigest()[:32]}"
