"""Spending limits: held back before a call, settled after it, never overshot, and more lets it go on."""

import asyncio
import random
from pathlib import Path

import msgspec
import pytest

from tercet.errors import InvalidRequest
from tercet.items import Sampling
from tercet.service.sessions import SessionChanges, SessionDraft
from tercet.service.sessions.spending import reserve, settle
from tercet.sessions.agents import AgentSpec, Builtin
from tercet.store.base import LedgerEntry
from tercet.usage import Price, Usage
from tests.service.sessions.harness import OWNER, Host, begun, call, idle, items, running, said, turns, until

PRICE = Price(input=10.0, output=100.0)
LINES = (
    {"turn": 0, "calls": [call("calculator", expression="6*7")], "usage": {"input_tokens": 100, "output_tokens": 40}},
    {"turn": 1, "text": "It is 42.", "usage": {"input_tokens": 150, "output_tokens": 30}},
)
SPEC = AgentSpec("nano", tools=(Builtin("calculator"),), sampling=Sampling(max_output_tokens=50))


async def test_a_session_pauses_at_its_limit_and_goes_on_when_that_is_raised(tmp_path: Path) -> None:
    async with running(tmp_path, *LINES, price=PRICE) as sessions:
        session = await begun(sessions, SPEC, limit_usd=0.02)
        record = await until(sessions, session.id, lambda r: r.status == "budget_reached")
        assert record.cost_usd <= 0.02
        assert record.reserved_usd == 0.0
        assert (await turns(sessions, session.id))[0].status == "waiting"
        await sessions.update(session.id, OWNER, SessionChanges(limit_usd=None))
        record = await idle(sessions, session.id)
        assert said(await items(sessions, session.id))[-1] == "It is 42."
        assert record.cost_usd == pytest.approx(PRICE.cost(Usage(250, 0, 70)))
        assert record.reserved_usd == 0.0
        with pytest.raises(InvalidRequest):
            await sessions.create(SessionDraft(OWNER, SPEC, limit_usd=0.0))


async def test_a_session_within_its_limit_is_not_held_up(tmp_path: Path) -> None:
    async with running(tmp_path, *LINES, price=PRICE) as sessions:
        session = await begun(sessions, SPEC, limit_usd=5.0)
        record = await idle(sessions, session.id)
        assert (record.status, record.reserved_usd) == ("idle", 0.0)


async def test_parallel_calls_cannot_overshoot(tmp_path: Path, dialect: str) -> None:
    """200 races of 64 calls that reserve and settle at the same time: the limit holds in every one."""
    num_races = 200 if dialect == "sqlite" else 10  # there every call waits for the row's lock on its own connection
    host = Host(tmp_path, {"text": "x"})
    chance = random.Random(5)
    for number in range(num_races):
        limit = chance.uniform(0.5, 5.0)
        session = await host.sessions.create(SessionDraft(OWNER, SPEC, limit_usd=limit))
        outcomes = await asyncio.gather(*(_race(host, session.id, chance.uniform(0.01, 0.4)) for _ in range(64)))
        record = await host.sessions.get(session.id, OWNER)
        assert record.cost_usd <= limit + 1e-9, number
        assert record.reserved_usd == pytest.approx(0.0, abs=1e-9)
        assert any(outcomes)
    await host.close()


async def _race(host: Host, session_id: str, most: float) -> bool:
    """Reserve as a model call does, and settle what it cost; return whether there was room."""
    store = host.store.sessions
    has_room, _ = await store.edit(session_id, lambda edit: reserve(edit, most))
    if has_room:
        entry = LedgerEntry(0, OWNER, session_id, "nano", "m", Usage(1, 0, 1), most)
        await store.edit(session_id, lambda edit: settle(edit, most, [entry], Usage(1, 0, 1)))
    return has_room


async def test_what_a_turn_used_is_in_the_ledger_once(tmp_path: Path) -> None:
    host = Host(tmp_path, *LINES, price=PRICE)
    await host.sessions.start()
    session = await begun(host.sessions, SPEC)
    record = await idle(host.sessions, session.id)
    (total,) = await host.store.ledger.sums(0, 2**40)
    assert total.cost_usd == pytest.approx(record.cost_usd)
    assert total.usage == msgspec.structs.replace(record.usage)
    await host.close()
