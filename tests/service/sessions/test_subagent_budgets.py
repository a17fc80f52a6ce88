"""Subagents' budgets and tiers: none overspends its own or the session's, side by side, again and again, failing."""

import asyncio
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tercet.items import Sampling
from tercet.service.sessions import SessionChanges, UserInput
from tercet.service.sessions.turns import begin_turn
from tercet.sessions.agents import AgentSpec, Builtin
from tercet.sessions.turns import SubagentRecord
from tercet.store.database import Connection
from tercet.usage import Price, Usage
from tests.service.sessions.harness import ALL, OWNER, Host, begun, call, calls, idle, items, said, until
from tests.support import user

PRICE = Price(input=10.0, output=100.0)
USED = {"usage": {"input_tokens": 100, "output_tokens": 40}}
EACH_USD = PRICE.cost(Usage(100, 0, 40))
SPEC = AgentSpec("nano", tools=(Builtin("calculator"),), sampling=Sampling(max_output_tokens=50), max_subagents=16)
MADE = {"when": "agent_id", "turn": 1, "text": "Made."}
LOOPING = [{"turn": number, "calls": [call("calculator", expression=f"1+{number}")], **USED} for number in range(90)]


async def spent(host: Host, session_id: str) -> dict[str, float]:
    """Return what the ledger says was spent, by subagent (empty: the session's own agent)."""

    def select(connection: Connection) -> list[tuple[str, float]]:
        return connection.execute("SELECT request_id, SUM(cost_usd) FROM ledger GROUP BY request_id").fetchall()

    threads = {turn.id: turn.subagent_id or "" for turn in await host.store.sessions.turns(session_id, OWNER, ALL)}
    found: defaultdict[str, float] = defaultdict(float)
    for turn_id, cost in await host.store.database.read(select):
        if turn_id in threads:  # a shared database knows other sessions' turns
            found[threads[turn_id]] += cost
    return found


async def finished(host: Host, session_id: str) -> list[SubagentRecord]:
    """Wait for the end; check that no budget was overspent and that the session's sum is the ledger's."""
    record = await idle(host.sessions, session_id)
    subagents = await host.sessions.subagents(session_id, OWNER)
    found = await spent(host, session_id)
    for agent in subagents:
        if agent.budget_usd is not None:
            assert found[agent.id] <= agent.budget_usd + 1e-9, agent
    assert record.limit_usd is None or record.cost_usd <= record.limit_usd + 1e-9
    assert record.cost_usd == pytest.approx(sum(found.values()))
    assert record.reserved_usd == pytest.approx(0.0, abs=1e-9)
    return subagents


def making(*tasks: str, **fields: Any) -> dict[str, Any]:
    """Return the parent's first line: it has a subagent work on each task."""
    return {
        "when": "^go$",
        "turn": 0,
        "calls": [call("create_subagent", task=task, **fields) for task in tasks],
        **USED,
    }


async def test_a_subagent_stops_at_its_budget_and_its_parent_is_told(tmp_path: Path) -> None:
    lines = (making("count", budget_usd=0.06), MADE, *LOOPING)
    host = Host(tmp_path, *lines, price=PRICE)
    await host.sessions.start()
    session = await begun(host.sessions, SPEC)
    (agent,) = await finished(host, session.id)
    (turn,) = await host.sessions.turns(session.id, OWNER, subagent_id=agent.id)
    assert turn.failure is not None
    assert turn.failure.code == "session_budget_exceeded", turn.failure
    assert turn.num_steps >= 1, "it worked as long as there was room"
    await host.close()


async def test_a_tier_of_its_own_is_what_a_subagent_is_held_back_and_charged_for(tmp_path: Path) -> None:
    made = [
        call("create_subagent", task="cheap", budget_usd=1.0),
        call("create_subagent", task="dear", model="full", budget_usd=1.0),
    ]
    lines = ({"when": "^go$", "turn": 0, "calls": made}, MADE, {"text": "Done.", **USED})
    host = Host(tmp_path, *lines, price=PRICE, prices={"full": Price(input=1000.0, output=10_000.0)})
    await host.sessions.start()
    session = await begun(host.sessions, SPEC)
    agents = {agent.task: agent.id for agent in await finished(host, session.id)}
    (turn,) = await host.sessions.turns(session.id, OWNER, subagent_id=agents["cheap"])
    assert turn.status == "completed"
    (turn,) = await host.sessions.turns(session.id, OWNER, subagent_id=agents["dear"])
    assert (turn.status, turn.cost_usd) == ("failed", 0.0), "two attempts on it may cost more than there is"
    await host.close()


async def test_failing_calls_count_against_a_budget(tmp_path: Path) -> None:
    """A model that breaks its guarantee is paid for; told to try again and again, it must not exceed the budget."""
    breaking = {"when": "break", "calls": [call("nothing")], **USED}
    host = Host(tmp_path, making("break", budget_usd=0.05), breaking, {"text": "Made."}, price=PRICE)
    await host.sessions.start()
    session = await begun(host.sessions, SPEC)
    (agent,) = await finished(host, session.id)
    for _ in range(30):
        await host.store.sessions.edit(session.id, lambda edit: begin_turn(edit, [user("break")], agent.id))
        host.sessions._workers.wake()
        await finished(host, session.id)
    failures = [turn.failure for turn in await host.sessions.turns(session.id, OWNER, subagent_id=agent.id)]
    assert {failure.code for failure in failures if failure} == {"session_budget_exceeded", "server_error"}
    await host.close()


async def test_summaries_of_a_subagent_count_against_its_budget(tmp_path: Path) -> None:
    limits = msgspec.structs.replace(SPEC.limits, max_repeats=1000)
    sampling = Sampling(max_output_tokens=500)
    spec = msgspec.structs.replace(SPEC, sampling=sampling, limits=limits, compact_above=300, compact_tier="nano")
    summary = {"when": "Summarise all of it", "text": "A summary of it."}
    looping = [{"turn": line["turn"], "text": "word " * 400, "calls": line["calls"]} for line in LOOPING]
    lines = (making("count", budget_usd=0.8), MADE, summary, *looping)
    host = Host(tmp_path, *lines, price=Price(input=10.0, output=10.0))
    await host.sessions.start()
    session = await begun(host.sessions, spec)
    (agent,) = await finished(host, session.id)
    (turn,) = await host.sessions.turns(session.id, OWNER, subagent_id=agent.id)
    assert turn.failure is not None
    assert turn.failure.code == "session_budget_exceeded", turn.failure
    steps = await host.sessions.steps(session.id, OWNER, turn.id)
    assert "compaction" in {step.kind for step in steps if step.cost_usd}
    await host.close()


async def test_subagents_side_by_side_stay_within_budgets_and_limit(tmp_path: Path, dialect: str) -> None:
    chance = random.Random(3)
    num_rounds = 6 if dialect == "sqlite" else 1
    for number in range(num_rounds):
        folder = tmp_path / str(number)
        folder.mkdir()
        budgets = [round(chance.uniform(0.01, 0.12), 3) for _ in range(chance.randrange(4, 10))]
        made = [call("create_subagent", task="count", budget_usd=budget) for budget in budgets]
        host = Host(folder, {"when": "^go$", "turn": 0, "calls": made, **USED}, MADE, *LOOPING, price=PRICE)
        await host.sessions.start()
        limit = round(chance.uniform(0.15, 0.4), 3)
        session = await begun(host.sessions, SPEC, limit_usd=limit)
        over = 0.0
        while True:
            record = await until(host.sessions, session.id, lambda r: r.status in ("idle", "budget_reached"))
            over = max(over, record.cost_usd + record.reserved_usd - (record.limit_usd or 0.0))
            if record.status == "idle":
                break
            await host.sessions.update(session.id, OWNER, SessionChanges(limit_usd=(record.limit_usd or 0.0) + 0.15))
            await asyncio.sleep(0)
        assert over <= 1e-9
        assert len(await finished(host, session.id)) == len(budgets)
        await host.close()


async def test_a_parent_reads_that_a_subagent_ran_out_of_money(tmp_path: Path) -> None:
    lines = (
        {"when": "^go$", "turn": 0, "calls": [call("create_subagent", task="count", budget_usd=0.0001)], **USED},
        {"when": "agent_id", "turn": 1, "text": "Made."},
        {"text": "x"},
    )
    host = Host(tmp_path, *lines, price=PRICE)
    await host.sessions.start()
    session = await begun(host.sessions, SPEC)
    (agent,) = await finished(host, session.id)
    await host.close()
    waiting = {"when": "^wait$", "calls": [call("wait_for_subagents", agent_ids=[agent.id])]}
    host = Host(tmp_path, waiting, {"when": "budget of", "text": "It had no money."}, price=PRICE)
    await host.sessions.start()
    await host.sessions.send(session.id, OWNER, [_saying("wait")])
    await until(host.sessions, session.id, lambda r: r.status == "idle")
    found = await items(host.sessions, session.id)
    assert '"error":"the budget of 0.0001 USD is spent"' in str(calls(found)[-1].output)
    assert said(found)[-1] == "It had no money."
    await host.close()


def _saying(text: str) -> Any:
    return UserInput((user(text),))
