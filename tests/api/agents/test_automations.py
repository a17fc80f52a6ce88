"""Automations through the official client: due once, whoever looks; skipped, paused and resumed."""

import asyncio
import time
from typing import Any

import msgspec
import openai
import pytest
from openai.types.beta.agents import Automation, AutomationDeleted
from openai.types.beta.agents.automations import AutomationInvocation

from tercet.clock import now_s
from tercet.service.automations_delivery import AutomationClock, SessionFailed
from tercet.service.automations_schedule import check_schedule, next_occurrence, occur
from tercet.sessions.automations import AutomationRecord, ExistingSession, InvocationRecord, Once, Periodic
from tercet.store.filing import Page
from tests.api.agents.strict import checked, checked_list
from tests.api.conftest import Dial, Serve

HELLO = {"text": "Hello."}
FAR = 4_000_000_000
TARGET = ExistingSession("session_x", "go")
ALL = Page(100)
NEW: Any = {
    "type": "new_session",
    "agent": {"model": "nano"},
    "environment": {"type": "none"},
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Report."}]}],
    "metadata": {"made": "by clock"},
}


def test_automations_are_kept_changed_listed_and_deleted(serve: Serve, dial: Dial) -> None:
    automations: Any = dial(serve(HELLO)).beta.agents.automations
    once = checked(Automation, automations.with_raw_response.create(type="once", name="Once", run_at=FAR, target=NEW))
    assert (once.status, once.run_at, once.created_by.type, once.pause_reason) == ("active", FAR, "developer", None)
    daily = checked(
        Automation,
        automations.with_raw_response.create(
            type="periodic",
            name="Daily",
            expression="0 9 * * *",
            timezone="Europe/Berlin",
            target=NEW,
            metadata={"a": "b"},
        ),
    )
    assert (daily.expression, daily.timezone, daily.metadata) == ("0 9 * * *", "Europe/Berlin", {"a": "b"})
    assert daily.target.input[0].content[0].text == "Report."
    changed = checked(
        Automation, automations.with_raw_response.update(daily.id, name="Weekly", expression="0 9 * * 1", metadata={})
    )
    assert (changed.name, changed.expression, changed.timezone, changed.metadata) == (
        "Weekly",
        "0 9 * * 1",
        "Europe/Berlin",
        {},
    )
    assert automations.update(once.id, run_at=FAR + 60).run_at == FAR + 60
    assert [each.id for each in checked_list(Automation, automations.with_raw_response.list())] == [daily.id, once.id]
    assert list(automations.list(session_id="session_x")) == []
    assert automations.retrieve(once.id).name == "Once"
    checked(AutomationDeleted, automations.with_raw_response.delete(once.id))
    with pytest.raises(openai.NotFoundError):
        automations.retrieve(once.id)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"type": "once", "run_at": 1}, "run_at"),
        ({"type": "periodic", "expression": "* * * *", "timezone": "UTC"}, "expression"),
        ({"type": "periodic", "expression": "61 * * * *", "timezone": "UTC"}, "expression"),
        ({"type": "periodic", "expression": "* * * * *", "timezone": "Mars/Olympus"}, "timezone"),
        ({"type": "periodic", "expression": "0 0 * * *", "timezone": "../../etc/passwd"}, "timezone"),
        ({"type": "once", "run_at": FAR, "name": " "}, "name"),
        ({"type": "once", "run_at": FAR, "target": {**NEW, "agent": {"model": "nowhere"}}}, "target.agent.model"),
        ({"type": "once", "run_at": FAR, "target": {**NEW, "agent_id": "agent_x"}}, "target.agent"),
        ({"type": "once", "run_at": FAR, "target": {**NEW, "vault_ids": ["vault_x"]}}, "target.vault_ids[0]"),
        (
            {
                "type": "once",
                "run_at": FAR,
                "target": {"type": "existing_session", "session_id": "session_x", "instructions": "go"},
            },
            "target.session_id",
        ),
    ],
)
def test_what_cannot_be_scheduled_is_refused_by_name(serve: Serve, dial: Dial, fields: Any, param: str) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        dial(serve(HELLO)).post("/agents/automations", cast_to=object, body={"name": "n", "target": NEW, **fields})
    assert caught.value.param == param
    assert caught.value.status_code in (400, 404)


def test_a_schedule_keeps_its_kind_and_its_target_its_type(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve(HELLO)).beta.agents
    once = agents.automations.create(type="once", name="n", run_at=FAR, target=NEW)
    with pytest.raises(openai.BadRequestError) as caught:
        agents.automations.update(once.id, expression="* * * * *")
    assert caught.value.param == "expression"
    session = agents.sessions.create(agent={"model": "nano"}, environment={"type": "none"}, input="Hi")
    target: Any = {"type": "existing_session", "session_id": session.id, "instructions": "Go on."}
    with pytest.raises(openai.BadRequestError) as caught:
        agents.automations.update(once.id, target=target)
    assert caught.value.param == "target.type"


def test_an_invocation_by_hand_begins_a_session_once(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve(HELLO)).beta.agents
    automation = agents.automations.create(type="once", name="n", run_at=FAR, target=NEW)
    invocation = checked(AutomationInvocation, agents.automations.invocations.with_raw_response.create(automation.id))
    assert (invocation.status, invocation.source.type, invocation.scheduled_at) == ("queued", "manual", None)
    done = _delivered(agents, automation.id, invocation.id)
    assert done.status == "completed"
    session = agents.sessions.retrieve(done.session_id)
    assert session.metadata == {"made": "by clock"}
    assert len(list(agents.sessions.list(metadata={"made": "by clock"}))) == 1
    assert agents.automations.retrieve(automation.id).status == "active"
    listed = checked_list(AutomationInvocation, agents.automations.invocations.with_raw_response.list(automation.id))
    assert [each.id for each in listed] == [invocation.id]


def test_a_moment_comes_and_an_existing_session_is_told(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve(HELLO)).beta.agents
    session = agents.sessions.create(agent={"model": "nano"}, environment={"type": "none"}, input="Hi")
    target: Any = {"type": "existing_session", "session_id": session.id, "instructions": "Look again."}
    automation = agents.automations.create(type="once", name="Look", run_at=now_s() + 2, target=target)
    invocation = _first_invocation(agents, automation.id)
    done = _delivered(agents, automation.id, invocation.id)
    assert (done.status, done.session_id, done.scheduled_at) == ("completed", session.id, automation.run_at)
    assert done.source.automation.name == "Look"
    assert agents.automations.retrieve(automation.id).status == "completed"
    said = [
        part.text
        for item in agents.sessions.items.list(session.id)
        if item.type == "message" and item.role == "user"
        for part in item.content
    ]
    assert sum("Look again." in text for text in said) == 1
    assert [each.id for each in agents.automations.list(session_id=session.id)] == [automation.id]
    with pytest.raises(openai.BadRequestError):
        agents.automations.resume(automation.id)


def test_a_paused_automation_waits_for_a_moment_to_come(serve: Serve, dial: Dial) -> None:
    automations: Any = dial(serve(HELLO)).beta.agents.automations
    daily = automations.create(type="periodic", name="n", expression="0 9 * * *", timezone="UTC", target=NEW)
    assert automations.pause(daily.id).status == "paused"
    assert automations.pause(daily.id).status == "paused"
    assert automations.resume(daily.id).status == "active"
    once = automations.create(type="once", name="n", run_at=now_s() + 2, target=NEW)
    automations.pause(once.id)
    time.sleep(2.1)
    assert list(automations.invocations.list(once.id)) == []
    with pytest.raises(openai.BadRequestError) as caught:
        automations.resume(once.id)
    assert caught.value.param == "run_at"
    automations.update(once.id, run_at=FAR)
    assert automations.resume(once.id).status == "active"


def test_a_deleted_session_pauses_its_automation(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve(HELLO)).beta.agents
    session = agents.sessions.create(agent={"model": "nano"}, environment={"type": "none"}, input="Hi")
    _idle(agents, session.id)
    target: Any = {"type": "existing_session", "session_id": session.id, "instructions": "Go on."}
    automation = agents.automations.create(
        type="periodic", name="n", expression="0 9 * * *", timezone="UTC", target=target
    )
    agents.sessions.delete(session.id)
    invocation = agents.automations.invocations.create(automation.id)
    done = _delivered(agents, automation.id, invocation.id)
    assert (done.status, done.error.code) == ("failed", "target_session_failed")
    paused = checked(Automation, agents.automations.with_raw_response.retrieve(automation.id))
    assert (paused.status, paused.pause_reason) == ("paused", "target_session_failed")


def test_a_revoked_key_schedules_nothing(serve: Serve, dial: Dial) -> None:
    server = serve(HELLO)
    keys, tables = server.service.keys, server.service._store.agent_tables  # no door shows the store

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, server.loop).result(20)

    key, secret = run(keys.create("temporary"))
    automations: Any = dial(server, api_key=secret).beta.agents.automations
    automations.create(type="once", name="n", run_at=now_s() + 2, target=NEW)
    run(keys.revoke(key.id))
    deadline = time.monotonic() + 20
    records: list[InvocationRecord] = []
    while not (records and records[0].status != "queued"):
        assert time.monotonic() < deadline, "nothing became due in time"
        time.sleep(0.05)
        records = run(tables.invocations.list(key.id, ALL))
    assert records[0].failure is not None
    assert (records[0].status, records[0].failure.code) == ("failed", "key_revoked")


def test_another_key_sees_no_automation(serve: Serve, dial: Dial) -> None:
    server = serve(HELLO, api_keys=("one", "two"))
    one, two = (dial(server, api_key=key).beta.agents for key in ("one", "two"))
    automation = one.automations.create(type="once", name="n", run_at=FAR, target=NEW)
    invocation = one.automations.invocations.create(automation.id)
    for call in (
        lambda: two.automations.retrieve(automation.id),
        lambda: two.automations.pause(automation.id),
        lambda: two.automations.delete(automation.id),
        lambda: two.automations.invocations.create(automation.id),
        lambda: two.automations.invocations.retrieve(invocation.id, automation_id=automation.id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    session = one.sessions.create(agent={"model": "nano"}, environment={"type": "none"}, input="Hi")
    with pytest.raises(openai.NotFoundError):
        two.automations.create(
            type="once",
            name="n",
            run_at=FAR,
            target={"type": "existing_session", "session_id": session.id, "instructions": "x"},
        )


async def test_many_clocks_make_one_invocation_of_an_occurrence(serve: Serve) -> None:
    """Five schedulers over one store, a time that was missed long ago: one invocation, one delivery."""
    server = serve(HELLO)
    told: list[str] = []

    async def deliver(automation: AutomationRecord, invocation: InvocationRecord) -> str:
        told.append(invocation.id)
        await asyncio.sleep(0.05)
        return "session_x"

    tables = server.service._store.agent_tables  # no door shows the store

    async def run() -> list[InvocationRecord]:
        await server.service._clock.close()  # only ours look
        due = AutomationRecord("auto_1", "", 1, "n", Periodic("* * * * *", "UTC"), TARGET, due_at=now_s() - 86_400)
        await tables.automations.add(due)
        clocks = [AutomationClock(tables, deliver) for _ in range(5)]
        for clock in clocks:
            await clock.start()
        deadline = time.monotonic() + 20
        while not told and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        for clock in clocks:
            await clock.close()
        return await tables.invocations.list("", ALL)

    records = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), server.loop))
    of_the_past = [record for record in records if record.scheduled_at and record.scheduled_at < now_s() - 3600]
    assert len(of_the_past) == 1
    assert len(told) == len(set(told))


async def test_an_occurrence_is_skipped_while_one_waits(serve: Serve) -> None:
    record = AutomationRecord("auto_1", "", 1, "n", Periodic("*/5 * * * *", "UTC"), TARGET, due_at=now_s() - 10)
    after, invocation = occur(record, now_s(), True)
    assert (invocation.status, invocation.skip_reason) == ("skipped", "pending_delivery")
    assert after.due_at is not None
    assert after.due_at > now_s()
    ended, last = occur(msgspec.structs.replace(record, schedule=Once(now_s() - 10)), now_s(), False)
    assert (ended.status, ended.due_at, last.status) == ("completed", None, "queued")


def test_times_of_a_zone_follow_its_clock() -> None:
    berlin = Periodic("30 2 * * *", "Europe/Berlin")
    before_spring = 1_774_656_000  # 2026-03-28T00:00:00Z; the hour from 2 to 3 is left out on the 29th
    first = next_occurrence(berlin, before_spring)
    second = next_occurrence(berlin, first)
    assert first == 1_774_661_400
    assert 0 < second - first <= 86_400
    with pytest.raises(Exception, match="expression"):
        check_schedule(Periodic("0 0 31 2 *", "UTC"), 0)


async def test_a_delivery_that_fails_for_good_says_why(serve: Serve) -> None:
    server = serve(HELLO)
    tables = server.service._store.agent_tables  # no door shows the store

    async def deliver(automation: AutomationRecord, invocation: InvocationRecord) -> str:
        raise SessionFailed("gone")

    async def run() -> tuple[InvocationRecord | None, AutomationRecord | None]:
        await server.service._clock.close()  # only ours looks
        await tables.automations.add(
            AutomationRecord("auto_2", "", 1, "n", Periodic("0 0 * * *", "UTC"), TARGET, due_at=now_s() - 5)
        )
        clock = AutomationClock(tables, deliver)
        await clock.start()
        deadline = time.monotonic() + 20
        records: list[InvocationRecord] = []
        while time.monotonic() < deadline and not (records and records[0].status == "failed"):
            await asyncio.sleep(0.05)
            records = await tables.invocations.list("", ALL)
        await clock.close()
        return records[0], await tables.automations.get("auto_2", "")

    invocation, automation = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), server.loop))
    assert invocation is not None
    assert invocation.failure is not None
    assert invocation.failure.code == "target_session_failed"
    assert automation is not None
    assert (automation.status, automation.pause_reason) == ("paused", "target_session_failed")


def _delivered(agents: Any, automation_id: str, invocation_id: str) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        raw = agents.automations.invocations.with_raw_response.retrieve(invocation_id, automation_id=automation_id)
        found = checked(AutomationInvocation, raw)
        if found.status != "queued":
            return found
        time.sleep(0.05)
    raise AssertionError("the invocation was not delivered in time")


def _first_invocation(agents: Any, automation_id: str) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = list(agents.automations.invocations.list(automation_id))
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("nothing became due in time")


def _idle(agents: Any, session_id: str) -> None:
    deadline = time.monotonic() + 30
    while agents.sessions.retrieve(session_id).status != "idle":
        assert time.monotonic() < deadline, "the session did not become idle in time"
        time.sleep(0.05)
