"""The tools with which an agent wakes itself later: automations that tell its own session something, and no other.

What its owner made may be seen and not changed. Making one twice for the same call makes it once.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tercet.errors import InvalidRequest, NotFound, ToolRetry
from tercet.items import JsonSchema
from tercet.service.automations import Automations
from tercet.service.vaults_checks import moment_of
from tercet.sessions.automations import AutomationRecord, ExistingSession, Once, Periodic, Schedule
from tercet.sessions.turns import SessionRecord
from tercet.store.filing import Page
from tercet.tools.base import Arguments, Effect, JsonValue, Tool, object_schema
from tercet.tools.context import CURRENT_CALL

MAX_OPEN = 20
"""Automations that one session's agent may have, besides those that are completed."""
MAX_LISTED = 100
CREATE, LIST, PAUSE, RESUME, DELETE = AUTOMATION_TOOLS = (
    "create_automation",
    "list_automations",
    "pause_automation",
    "resume_automation",
    "delete_automation",
)
_TEXT: JsonSchema = {"type": "string", "minLength": 1}
_ID = object_schema({"automation_id": _TEXT})
_NEW = object_schema(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 256},
        "instructions": {**_TEXT, "description": "what you are to be told then"},
        "run_at": {"type": "string", "description": "once: the moment, such as 2030-01-31T12:00:00Z"},
        "expression": {
            "type": "string",
            "description": "again and again: minute hour day month weekday, as cron has it",
        },
        "timezone": {"type": "string", "description": "of the expression, such as Europe/Berlin; UTC if left out"},
    },
    optional=("run_at", "expression", "timezone"),
)


@dataclass(frozen=True, slots=True)
class AutomationTool:
    """One of the tools. `is_done` tells whether its effect is there, for a call whose outcome was lost."""

    name: str
    description: str
    parameters: JsonSchema
    work: Callable[[Arguments], Awaitable[JsonValue]]
    is_done: Callable[[Arguments], Awaitable[bool]] | None = None
    effect: Effect = "writes"
    timeout_s: float = 30.0

    async def run(self, arguments: Arguments) -> JsonValue:
        """Do it. Raises `ToolRetry`."""
        try:
            return await self.work(arguments)
        except (InvalidRequest, NotFound) as error:
            raise ToolRetry(error.message) from error

    async def happened(self, arguments: Arguments) -> bool | None:
        """See `Checkable`."""
        return None if self.is_done is None else await self.is_done(arguments)


class AutomationTools:
    """The automations of one session."""

    def __init__(self, automations: Automations, record: SessionRecord) -> None:
        self._automations = automations
        self._session_id = record.id
        self._owner = record.owner

    def tools(self) -> list[Tool]:
        """Return the tools."""
        return [
            AutomationTool(
                CREATE,
                "Have yourself told something later, once or again and again. Give run_at, or expression.",
                _NEW,
                self._create,
                self._is_created,
            ),
            AutomationTool(
                LIST, "List the automations of this session.", object_schema({}), self._list, effect="reads"
            ),
            AutomationTool(PAUSE, "Stop an automation for the time being.", _ID, self._pause, self._has("paused")),
            AutomationTool(RESUME, "Let a paused automation go on.", _ID, self._resume, self._has("active")),
            AutomationTool(DELETE, "Remove an automation.", _ID, self._delete, self._is_deleted),
        ]

    async def _create(self, arguments: Arguments) -> JsonValue:
        identity, call_id = _identity()
        known = await self._automations.find(identity, self._owner)
        if known is not None:
            return _shown(known)
        held = await self._automations.list(self._owner, Page(MAX_LISTED), self._session_id)
        if sum(record.status != "completed" and self._is_own(record) for record in held) >= MAX_OPEN:
            raise ToolRetry(f"there are {MAX_OPEN} automations, which is the limit: delete one first")
        target = ExistingSession(self._session_id, arguments["instructions"])
        creator = (self._session_id, call_id)
        name, schedule = arguments["name"], _schedule(arguments)
        made = await self._automations.create(self._owner, name, schedule, target, {}, creator, identity)
        return _shown(made)

    async def _is_created(self, _: Arguments) -> bool:
        return await self._automations.find(_identity()[0], self._owner) is not None

    async def _list(self, _: Arguments) -> JsonValue:
        held = await self._automations.list(self._owner, Page(MAX_LISTED), self._session_id)
        return {"automations": [{**_shown(each), "made_by_you": self._is_own(each)} for each in held]}

    async def _pause(self, arguments: Arguments) -> JsonValue:
        record = await self._own(arguments)
        return _shown(await self._automations.pause(record.id, self._owner))

    async def _resume(self, arguments: Arguments) -> JsonValue:
        record = await self._own(arguments)
        return _shown(await self._automations.resume(record.id, self._owner))

    async def _delete(self, arguments: Arguments) -> JsonValue:
        record = await self._own(arguments)
        await self._automations.delete(record.id, self._owner)
        return {"deleted": record.id}

    async def _is_deleted(self, arguments: Arguments) -> bool:
        return await self._automations.find(arguments["automation_id"], self._owner) is None

    def _has(self, status: str) -> Callable[[Arguments], Awaitable[bool]]:
        async def is_so(arguments: Arguments) -> bool:
            record = await self._automations.find(arguments["automation_id"], self._owner)
            return record is not None and record.status == status

        return is_so

    async def _own(self, arguments: Arguments) -> AutomationRecord:
        """Return an automation that this session's agent made. Raises `ToolRetry`, also for another's."""
        record = await self._automations.find(arguments["automation_id"], self._owner)
        target = record.target if record is not None else None
        if record is None or not isinstance(target, ExistingSession) or target.session_id != self._session_id:
            raise ToolRetry(f"this session has no automation {arguments['automation_id']!r}")
        if not self._is_own(record):
            raise ToolRetry("the automation was made by the session's owner, who alone can change it")
        return record

    def _is_own(self, record: AutomationRecord) -> bool:
        return record.creator is not None and record.creator[0] == self._session_id


def _identity() -> tuple[str, str]:
    """Return the id of what the call that runs now makes, and the id of the call."""
    context = CURRENT_CALL.get()
    assert context is not None, "tools of a session run inside a call"
    return f"auto_{hashlib.sha256(context.key.encode()).hexdigest()[:32]}", context.call_id


def _schedule(arguments: Arguments) -> Schedule:
    run_at, expression = arguments.get("run_at"), arguments.get("expression")
    if (run_at is None) == (expression is None):
        raise ToolRetry("give exactly one of run_at and expression")
    if run_at is not None:
        return Once(int(moment_of(run_at, "run_at").timestamp()))
    assert expression is not None
    return Periodic(expression, arguments.get("timezone", "UTC"))


def _shown(record: AutomationRecord) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {"automation_id": record.id, "name": record.name, "status": record.status}
    match record.schedule:
        case Once(run_at):
            shown["run_at"] = _moment(run_at)
        case Periodic(expression, timezone):
            shown |= {"expression": expression, "timezone": timezone}
    if record.due_at is not None:
        shown["next"] = _moment(record.due_at)
    if isinstance(record.target, ExistingSession):
        shown["instructions"] = record.target.instructions[:500]
    return shown


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
