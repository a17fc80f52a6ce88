"""Automations: created, changed, paused, invoked by hand. The clock and deliveries are in `automations_delivery.py`."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from msgspec import UNSET, UnsetType

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound
from tercet.ids import new_id
from tercet.service.automations_schedule import check_schedule, first_due
from tercet.sessions.automations import AutomationRecord, ExistingSession, InvocationRecord, Once, Schedule, Target
from tercet.store.agents_tables import AgentTables
from tercet.store.filing import Page

MAX_NAME = 256
MAX_INSTRUCTIONS_BYTES = 1_048_576
CheckTarget = Callable[[Target, str], Awaitable[None]]
"""Raises for a target that the owner cannot have: (target, owner)."""


class Automations:
    """The automations of every owner."""

    def __init__(self, tables: AgentTables, check_target: CheckTarget, wake: Callable[[], None]) -> None:
        """`wake` tells the scheduler of this process that something may be due."""
        self._tables = tables
        self._automations = tables.automations
        self._invocations = tables.invocations
        self._check_target = check_target
        self._wake = wake

    async def create(
        self,
        owner: str,
        name: str,
        schedule: Schedule,
        target: Target,
        metadata: Mapping[str, str],
        creator: tuple[str, str] | None = None,
        identity: str | None = None,
    ) -> AutomationRecord:
        """Keep an automation, which is active at once; it gets a new id unless it is given one.

        Raises `InvalidRequest` and `NotFound`.
        """
        now = now_s()
        _check_name(name)
        check_schedule(schedule, now)
        await self._check(target, owner)
        record = AutomationRecord(
            identity or new_id("auto"),
            owner,
            now,
            name.strip(),
            schedule,
            target,
            dict(metadata),
            creator=creator,
            due_at=first_due(schedule, now),
        )
        await self._automations.add(record)
        self._wake()
        return record

    async def find(self, automation_id: str, owner: str) -> AutomationRecord | None:
        """Return an automation, None where the owner has none of this id."""
        return await self._automations.get(automation_id, owner)

    async def get(self, automation_id: str, owner: str) -> AutomationRecord:
        """Return an automation. Raises `NotFound`, also for another owner's."""
        record = await self.find(automation_id, owner)
        if record is None:
            raise _no_automation(automation_id)
        return record

    async def update(
        self,
        automation_id: str,
        owner: str,
        *,
        name: str | None = None,
        metadata: Mapping[str, str] | UnsetType = UNSET,
        target: Target | None = None,
        schedule: Callable[[Schedule], Schedule] | None = None,
    ) -> AutomationRecord:
        """Change what is given. A target keeps its type, and the session of the agent that made the automation.

        Raises `InvalidRequest` and `NotFound`.
        """
        if target is not None:
            await self._check(target, owner)
        if name is not None:
            _check_name(name)
        now = now_s()

        def change(old: AutomationRecord) -> AutomationRecord:
            changes: dict[str, object] = {}
            if name is not None:
                changes["name"] = name.strip()
            if metadata is not UNSET:
                changes["metadata"] = dict(metadata)
            if target is not None:
                changes["target"] = _retargeted(old, target)
            if schedule is not None:
                changes |= _rescheduled(old, schedule(old.schedule), now)
            return msgspec.structs.replace(old, **changes)

        return await self._changed(automation_id, owner, change)

    async def delete(self, automation_id: str, owner: str) -> None:
        """Forget an automation and its invocations; sessions go on. Raises `NotFound`."""
        if not await self._automations.delete(automation_id, owner):
            raise _no_automation(automation_id)

    async def pause(self, automation_id: str, owner: str) -> AutomationRecord:
        """Stop further occurrences; sessions that are at work go on. Raises `NotFound` and `InvalidRequest`."""

        def change(old: AutomationRecord) -> AutomationRecord:
            if old.status == "completed":
                raise InvalidRequest("The automation is completed: there is nothing left to pause.", code="completed")
            return old if old.status == "paused" else msgspec.structs.replace(old, status="paused", due_at=None)

        return await self._changed(automation_id, owner, change)

    async def resume(self, automation_id: str, owner: str) -> AutomationRecord:
        """Go on from now; what was missed meanwhile stays missed. Raises `NotFound` and `InvalidRequest`."""
        now = now_s()
        is_pending = await self._automations.has_pending(automation_id)

        def change(old: AutomationRecord) -> AutomationRecord:
            if old.status == "completed":
                raise InvalidRequest("The automation is completed: there is nothing left to resume.", code="completed")
            if old.status == "active":
                return old
            if isinstance(old.schedule, Once) and old.schedule.run_at <= now:
                if is_pending:
                    return msgspec.structs.replace(old, status="completed", pause_reason=None)
                raise InvalidRequest(
                    "The moment of this automation is over: update 'run_at' to one in the future first.",
                    param="run_at",
                    code="invalid_value",
                )
            return msgspec.structs.replace(old, status="active", pause_reason=None, due_at=first_due(old.schedule, now))

        return await self._changed(automation_id, owner, change)

    async def invoke(self, automation_id: str, owner: str) -> InvocationRecord:
        """Queue a delivery by hand, whatever the schedule says; the schedule stays. Raises `NotFound`."""
        await self.get(automation_id, owner)
        invocation = InvocationRecord(new_id("autinv"), owner, automation_id, now_s())
        await self._invocations.add(invocation)
        self._wake()
        return invocation

    async def invocation(self, invocation_id: str, automation_id: str, owner: str) -> InvocationRecord:
        """Return an invocation. Raises `NotFound`."""
        record = await self._invocations.get(invocation_id, owner)
        if record is None or record.automation_id != automation_id:
            raise NotFound(
                f"There is no invocation {invocation_id!r} of this automation.",
                param="invocation_id",
                code="invocation_not_found",
            )
        return record

    async def invocations(self, automation_id: str, owner: str, page: Page) -> list[InvocationRecord]:
        """Return a page of an automation's invocations. Raises `NotFound`."""
        await self.get(automation_id, owner)
        return await self._invocations.list(owner, page, None, "automation_id = ?", (automation_id,))

    async def list(self, owner: str, page: Page, session_id: str | None = None) -> list[AutomationRecord]:
        """Return a page of the automations, or of those that a session is the target of."""
        if session_id is None:
            return await self._automations.list(owner, page)
        return await self._automations.list(owner, page, None, "session_id = ?", (session_id,))

    async def _check(self, target: Target, owner: str) -> None:
        if isinstance(target, ExistingSession):
            if not target.instructions.strip():
                raise _invalid("target.instructions", "it is empty")
            if len(target.instructions.encode("utf-8", "surrogatepass")) > MAX_INSTRUCTIONS_BYTES:
                raise _invalid("target.instructions", f"it has more than {MAX_INSTRUCTIONS_BYTES} bytes")
        await self._check_target(target, owner)

    async def _changed(
        self, automation_id: str, owner: str, change: Callable[[AutomationRecord], AutomationRecord]
    ) -> AutomationRecord:
        record = await self._automations.change(automation_id, owner, change)
        if record is None:
            raise _no_automation(automation_id)
        self._wake()
        return record


def _retargeted(old: AutomationRecord, target: Target) -> Target:
    if type(target) is not type(old.target):
        kind = str(old.target.__struct_config__.tag)
        raise _invalid("target.type", f"the target is of type {kind!r}, which stays")
    if old.creator is not None and isinstance(target, ExistingSession) and target.session_id != old.creator[0]:
        raise _invalid("target.session_id", "an automation that a session's agent made is for that session")
    return target


def _rescheduled(old: AutomationRecord, schedule: Schedule, now: int) -> dict[str, object]:
    if old.status == "completed":
        raise _invalid("run_at", "the automation is completed")
    check_schedule(schedule, now)
    return {"schedule": schedule, "due_at": first_due(schedule, now) if old.status == "active" else None}


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME:
        raise _invalid("name", f"expected 1 to {MAX_NAME} characters")


def _no_automation(automation_id: str) -> NotFound:
    return NotFound(f"There is no automation {automation_id!r}.", param="automation_id", code="automation_not_found")


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
