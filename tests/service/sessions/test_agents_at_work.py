"""Plans, subagents, forks, summaries: what makes an agent coherent over many steps."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tercet.errors import InvalidRequest, NotFound
from tercet.service.sessions import SessionChanges, SessionDraft
from tercet.sessions.agents import AgentSpec, Builtin, ClientFunction
from tercet.sessions.events import PlanChanged, SubagentChanged
from tercet.sessions.turns import WaitsForFunction
from tercet.store.database import Connection
from tercet.store.filing import Page
from tests.service.sessions.harness import (
    ALL,
    OWNER,
    Host,
    begun,
    call,
    calls,
    idle,
    items,
    kept,
    result,
    running,
    said,
    tell,
    turns,
    until,
)

PLAIN = AgentSpec("nano", tools=(Builtin("calculator"),))


async def test_an_agent_keeps_a_plan_whose_every_version_is_kept(tmp_path: Path) -> None:
    lines = (
        {"turn": 0, "calls": [call("set_goal", goal="Count", constraints=["no guessing"])]},
        {"turn": 1, "calls": [call("add_steps", texts=["look", "count"])]},
        {"turn": 2, "calls": [call("change_step", id=9, status="done")]},
        {
            "turn": 3,
            "calls": [
                call("change_step", id=1, status="done", note="seen"),
                call("note_fact", text="x", source="user"),
            ],
        },
        {"turn": 4, "text": "Counted."},
    )
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, msgspec.structs.replace(PLAIN, has_plan=True))
        await idle(sessions, session.id)
        plan = await sessions.plan(session.id, OWNER)
        assert (plan.goal, plan.constraints) == ("Count", ("no guessing",))
        assert [(step.text, step.status, step.note) for step in plan.steps] == [
            ("look", "done", "seen"), ("count", "pending", ""),
        ]  # fmt: skip
        assert [fact.text for fact in plan.facts] == ["x"]
        made = calls(await items(sessions, session.id))
        assert "there is no step 9" in str(made[2].error)
        assert "1. [x] look (seen)" in str(made[3].output)
        versions = [n.event.plan for n in await kept(sessions, session.id) if isinstance(n.event, PlanChanged)]
        assert len(versions) == 4
        assert versions[-1] == plan


async def test_subagents_work_beside_their_parent_and_answer_it(tmp_path: Path) -> None:
    lines = (
        {"when": "count (apples|pears)", "turn": 0, "calls": [call("calculator", expression="1+1")]},
        {"when": '"value":2', "text": "Two."},
        {
            "when": "^go$",
            "calls": [call("create_subagent", task="count apples"), call("create_subagent", task="count pears")],
        },
        {"when": "agent_id", "text": "Started."},
    )
    spec = msgspec.structs.replace(PLAIN, max_subagents=2)
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, spec)
        await idle(sessions, session.id)
        subagents = sorted(await sessions.subagents(session.id, OWNER), key=lambda agent: agent.task)
        assert [agent.task for agent in subagents] == ["count apples", "count pears"]  # two calls side by side
        for agent in subagents:
            (turn,) = await sessions.turns(session.id, OWNER, ALL, agent.id)
            assert (turn.status, turn.subagent_id, turn.agent_id) == ("completed", agent.id, agent.id)
            assert said(await items(sessions, session.id, subagent_id=agent.id)) == [agent.task, "Two."]
        assert said(await items(sessions, session.id)) == ["go", "Started."]
        told = [n.event for n in await kept(sessions, session.id) if isinstance(n.event, SubagentChanged)]
        assert [event.is_new for event in told] == [True, True]


async def test_an_agent_waits_for_its_subagents(tmp_path: Path) -> None:
    """The wait names ids that only a run knows, so the script is written when they are known."""
    script = (
        {"when": "^count$", "text": "a b c", "delay_ms": 100},
        {"when": "^go$", "calls": [call("create_subagent", task="count", name="counter")]},
        {"when": "agent_id", "calls": [call("look")]},
    )
    look = ClientFunction("look", "", {"type": "object", "properties": {}})
    host = Host(tmp_path, *script)
    await host.sessions.start()
    sessions = host.sessions
    session = await begun(sessions, AgentSpec("nano", tools=(look,), max_subagents=1))
    record = await until(sessions, session.id, lambda r: r.status == "requires_action")
    (agent,) = await sessions.subagents(session.id, OWNER)
    more = (
        {
            "when": "^go on$",
            "calls": [call("wait_for_subagents", agent_ids=[agent.id]), call("create_subagent", task="x")],
        },
        {"when": "1 subagents are open", "calls": [call("close_subagent", agent_id=agent.id)]},
        {"when": "closed", "text": "All done."},
    )
    await host.close()
    host = Host(tmp_path, *more, *script)
    await host.sessions.start()
    sessions = host.sessions
    (action,) = record.required_actions
    assert isinstance(action, WaitsForFunction)
    await sessions.send(session.id, OWNER, [result(action.turn_id, action.call_id, "go on")])
    await idle(sessions, session.id)
    found = await items(sessions, session.id)
    by_name = {one.name: one for one in calls(found)}
    assert '"answer":"a b c"' in str(by_name["wait_for_subagents"].output)
    assert said(found)[-1] == "All done."
    (agent,) = await sessions.subagents(session.id, OWNER)
    assert agent.closed_at is not None
    await host.close()


def _row(connection: Connection, statement: str) -> Any:
    return connection.execute(statement).fetchone()


async def test_a_fork_shares_what_was_before_it_and_goes_its_own_way(tmp_path: Path) -> None:
    lines = (
        {"turn": 0, "when": "^go$", "calls": [call("calculator", expression="6*7")]},
        {"turn": 1, "when": '"value":42', "text": "It is 42."},
        {"when": "^and half", "text": "21."},
        {"when": "^and twice", "text": "84."},
    )
    host = Host(tmp_path, *lines)
    await host.sessions.start()
    sessions = host.sessions
    session = await begun(sessions, PLAIN)
    await idle(sessions, session.id)
    before = await items(sessions, session.id)

    async def rows() -> dict[str, int]:
        tables = ("sessions", "session_items", "session_turns", "session_values", "blobs")
        count = "SELECT COUNT(*) FROM "
        return {table: (await host.store.database.read(partial(_row, statement=count + table)))[0] for table in tables}

    counted = await rows()
    fork = await sessions.fork(session.id, OWNER, len(before))
    now = await rows()
    assert {table: now[table] - counted[table] for table in now if now[table] != counted[table]} == {"sessions": 1}
    assert list(await items(sessions, fork.id)) == list(before)
    assert fork.forked_from == (session.id, len(before))
    await tell(sessions, fork.id, "and half")
    await tell(sessions, session.id, "and twice")
    for one in (fork, session):
        await until(sessions, one.id, lambda r: r.status == "idle" and r.usage.output_tokens > 0)
        await idle(sessions, one.id)
        found = await items(sessions, one.id)
        assert [item.number for item in found] == list(range(len(found)))
    assert said(await items(sessions, fork.id))[-1] == "21."
    midway = await sessions.fork(
        session.id, OWNER, 2, SessionChanges(spec=msgspec.structs.replace(PLAIN, model="full")), goes_on=True
    )
    await idle(sessions, midway.id)
    found = await items(sessions, midway.id)
    assert said(found)[-1] == "It is 42."
    assert found[-1].tier == "full"
    again = await sessions.fork(fork.id, OWNER, 3)
    assert list(await items(sessions, again.id)) == list(before[:3])
    page = await sessions.items(fork.id, OWNER, Page(3))
    assert [item.number for item in page] == [4, 3, 2]
    page = await sessions.items(fork.id, OWNER, Page(3, after=page[-1].id))
    assert [item.number for item in page] == [1, 0]
    for wrong, error in ((99, InvalidRequest), (-1, InvalidRequest)):
        with pytest.raises(error):
            await sessions.fork(session.id, OWNER, wrong)
    with pytest.raises(NotFound):
        await sessions.fork(session.id, "bob", 1)
    await sessions.delete(session.id, OWNER)
    assert said(await items(sessions, fork.id)) == ["go", "It is 42.", "and half", "21."], "forks outlive their parent"
    for one in (fork, midway, again):
        await sessions.delete(one.id, OWNER)
    assert set((await rows()).values()) == {0}, "nothing is left when the last is gone"
    await host.close()


async def test_a_conversation_that_grows_is_summarised_by_the_cheapest_tier(tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(300))
    lines = (
        {"when": "Summarise all of it", "text": "They talked of many words."},
        {"when": "^what", "text": "We talked of words."},
        {"text": words},
    )
    spec = msgspec.structs.replace(PLAIN, compact_above=500)
    async with running(tmp_path, *lines) as sessions:
        session = await begun(sessions, spec, "say words")
        await idle(sessions, session.id)
        for number in range(3):
            await tell(sessions, session.id, f"more {number}")
            await idle(sessions, session.id)
        await tell(sessions, session.id, "what was it?")
        await until(sessions, session.id, lambda r: r.status == "idle")
        await idle(sessions, session.id)
        assert said(await items(sessions, session.id))[-1] == "We talked of words."
        kinds = [
            step.kind
            for turn in await turns(sessions, session.id)
            for step in await sessions.steps(session.id, OWNER, turn.id)
        ]
        assert "compaction" in kinds


async def test_an_agent_that_is_to_know_the_time_is_told_it(tmp_path: Path) -> None:
    host = Host(tmp_path, {"text": "ok"})
    await host.sessions.start()
    session = await begun(host.sessions, msgspec.structs.replace(PLAIN, tells_time=True))
    record = await idle(host.sessions, session.id)
    plain = await begun(host.sessions, PLAIN)
    assert record.usage.input_tokens > (await idle(host.sessions, plain.id)).usage.input_tokens
    await host.close()


async def test_sessions_without_input_wait_for_one(tmp_path: Path) -> None:
    async with running(tmp_path, {"text": "ok"}) as sessions:
        session = await sessions.create(SessionDraft(OWNER, PLAIN))
        assert session.status == "idle"
        assert await items(sessions, session.id) == []
        with pytest.raises(InvalidRequest):
            await sessions.send(session.id, OWNER, [])
        assert (await sessions.get(session.id, OWNER)).required_actions == ()
