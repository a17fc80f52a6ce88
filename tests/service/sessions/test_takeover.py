"""Sessions of several servers on one Postgres: what a killed and a frozen one leave behind goes on elsewhere, once."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from tests.service.test_machines import TAKEOVER_S, Machines

CALLS = {"turn": 0, "calls": [{"name": "calculator", "arguments": {"expression": "6*7"}}], "delay_ms": 50}
SLOW = {"turn": 1, "text": "one word after the other until the answer is whole and it is forty two", "delay_ms": 900}
AGENT: Any = {"model": "nano", "tercet": {"tools": ["calculator"]}}
NONE: Any = {"type": "none"}


@pytest.fixture
async def machines(tmp_path: Path, dialect: str, request: pytest.FixtureRequest) -> AsyncIterator[Machines]:
    if dialect != "postgres":
        pytest.skip("several servers share a Postgres")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        opened = Machines(tmp_path, request.getfixturevalue("postgres_url"), session, 3, (CALLS, SLOW))
        try:
            await opened.start()
            yield opened
        finally:
            await opened.close()


@pytest.mark.timeout(600)
async def test_turns_of_a_killed_and_of_a_frozen_server_go_on_elsewhere(machines: Machines) -> None:
    killed, frozen, heir = machines.servers
    async with AsyncExitStack() as stack:
        clients: list[Any] = [
            await stack.enter_async_context(AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none"))
            for server in machines.servers
        ]
        sessions = [client.beta.agents.sessions for client in clients]
        made: list[str] = []
        runs: dict[str, tuple[str, int]] = {}
        while len({holder for holder, _ in runs.values()}) < 3:
            made.append((await sessions[len(made) % 3].create(agent=AGENT, environment=NONE, input="Go")).id)
            await asyncio.sleep(0.1)
            runs = machines.runs()
            assert len(made) < 40, f"one process takes everything: {runs}"
        left = [run_id for run_id, (holder, _) in runs.items() if holder != str(heir.pid)]
        assert left
        await killed.kill()
        os.kill(frozen.pid, signal.SIGSTOP)
        try:
            assert await machines.taken_over(left) < TAKEOVER_S
            for session_id in made:
                while (await sessions[2].retrieve(session_id)).status != "idle":
                    await asyncio.sleep(0.2)
        finally:
            os.kill(frozen.pid, signal.SIGCONT)
        told = {session_id: await items_of(sessions[2], session_id) for session_id in made}
        while "is no longer held" not in frozen.log:  # its late writes were refused
            await asyncio.sleep(0.1)
        for session_id in made:
            assert await items_of(sessions[1], session_id) == told[session_id]
            assert [item["type"] for item in told[session_id]] == ["message", "mcp_call", "message"]
            assert [turn.status async for turn in sessions[2].turns.list(session_id)] == ["completed"]
    billed = Counter(dict(heir.rows("SELECT request_id, COUNT(*) FROM ledger GROUP BY request_id")))
    assert len(billed) == len(made)
    assert set(billed.values()) == {2}, "each of the two model calls of a turn is paid for once"


async def items_of(sessions: Any, session_id: str) -> list[dict[str, Any]]:
    """Return a session's items as its client reads them."""
    return [item.to_dict() async for item in sessions.items.list(session_id, order="asc")]
