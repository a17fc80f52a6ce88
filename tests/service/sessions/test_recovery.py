"""Turns outlive the process that works on them: killed at points of its journal, nothing is lost or done twice."""

import asyncio
import random
from pathlib import Path

import pytest

from benchmarks.session_kills import Findings, report, run
from tercet.sessions.agents import AgentSpec, Builtin
from tests.service.sessions.harness import OWNER, Host, begun, call, calls, idle, items, kept, said, turns

NUM_KILLS = 16


@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_done_twice_when_the_process_is_killed(tmp_path: Path, dialect: str) -> None:
    if dialect == "postgres":
        pytest.skip("the killed process keeps its sessions in SQLite; test_takeover.py kills processes on Postgres")
    findings: Findings = await run(tmp_path, NUM_KILLS, seed=random.randrange(10**6), num_parallel=3)
    said_ = report(findings, 0.0)
    assert not findings.wrong, said_
    assert findings.num_kills >= NUM_KILLS, said_
    assert findings.num_sessions > 0, said_


async def test_a_turn_goes_on_in_another_server_where_it_was(tmp_path: Path) -> None:
    lines = (
        {"turn": 0, "calls": [call("calculator", expression="6*7")]},
        {"turn": 1, "text": "It is forty two, I think, and so it is.", "delay_ms": 200},
    )
    first = Host(tmp_path, *lines)
    await first.sessions.start()
    session = await begun(first.sessions, AgentSpec("nano", tools=(Builtin("calculator"),)))
    while not any(one.output for one in calls(await items(first.sessions, session.id))):
        await asyncio.sleep(0.02)
    await first.close()
    second = Host(tmp_path, *lines)
    await second.sessions.start()
    await idle(second.sessions, session.id)
    found = await items(second.sessions, session.id)
    assert len(calls(found)) == 1, "the finished call was not made again"
    assert said(found)[-1] == "It is forty two, I think, and so it is."
    (turn,) = await turns(second.sessions, session.id)
    assert (turn.status, turn.num_steps) == ("completed", 2)
    numbers = [numbered.number for numbered in await kept(second.sessions, session.id)]
    assert numbers == list(range(1, len(numbers) + 1))
    replayed = await kept(second.sessions, session.id)
    await second.close()
    third = Host(tmp_path, {"error": {"message": "no model is asked"}})
    assert [n async for n in third.sessions.replay(session.id, OWNER)] == replayed
    await third.close()
