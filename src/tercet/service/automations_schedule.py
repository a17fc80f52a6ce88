"""When automations are due: moments of cron expressions in their time zones, and what an occurrence makes of one."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cronsim import CronSim, CronSimError

from tercet.errors import InvalidRequest
from tercet.ids import new_id
from tercet.sessions.automations import AutomationRecord, InvocationRecord, Once, Periodic, Schedule

MAX_EXPRESSION = 200
NUM_FIELDS = 5


def check_schedule(schedule: Schedule, now: int) -> None:
    """Raise `InvalidRequest` for an expression or time zone that is none, and for a moment that is over."""
    match schedule:
        case Once(run_at):
            if run_at <= now:
                raise _invalid("run_at", "expected a moment in the future, in Unix seconds")
            if run_at > now + 100 * 366 * 86_400:
                raise _invalid("run_at", "it is more than a hundred years away; Unix seconds are expected")
        case Periodic(expression, timezone):
            zone_of(timezone)
            if len(expression) > MAX_EXPRESSION or len(expression.split()) != NUM_FIELDS:
                raise _invalid(
                    "expression", "expected the five fields of cron: minute, hour, day, month, day of the week"
                )
            next_occurrence(schedule, now)


def next_occurrence(schedule: Periodic, after: int) -> int:
    """Return the first moment after `after` that an expression names. Raises `InvalidRequest` when there is none."""
    begin = datetime.fromtimestamp(after, UTC).astimezone(zone_of(schedule.timezone))
    try:
        return int(next(CronSim(schedule.expression, begin)).timestamp())
    except CronSimError as error:
        raise _invalid("expression", f"it is no cron expression ({error})") from None
    except StopIteration:
        raise _invalid("expression", "there is no such moment in the next 50 years") from None


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone of the IANA database. Raises `InvalidRequest`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _invalid(
            "timezone", f"{name[:100]!r} is no time zone of the IANA database, such as Europe/Berlin"
        ) from None


def first_due(schedule: Schedule, now: int) -> int:
    """Return the first moment of a schedule that is still to come."""
    return schedule.run_at if isinstance(schedule, Once) else next_occurrence(schedule, now)


def occur(record: AutomationRecord, now: int, is_pending: bool) -> tuple[AutomationRecord, InvocationRecord]:
    """Return an automation after its due occurrence, and the invocation.

    What was missed while nobody was there to look occurs once. An occurrence is skipped while an earlier one waits.
    """
    invocation = InvocationRecord(
        new_id("autinv"),
        record.owner,
        record.id,
        now,
        scheduled_at=record.due_at,
        automation=record,
        status="skipped" if is_pending else "queued",
        skip_reason="pending_delivery" if is_pending else None,
    )
    if isinstance(record.schedule, Once):
        return msgspec.structs.replace(record, status="completed", due_at=None), invocation
    return msgspec.structs.replace(record, due_at=next_occurrence(record.schedule, now)), invocation


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
