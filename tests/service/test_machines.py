"""Several server processes on one Postgres: what one of them leaves behind, another finishes, and nobody repeats."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from benchmarks.kills import Server
from tests.store.postgres import PostgresServer, serving

TAKEOVER_S = 10.0
LONG = {"when": "long", "text": "one word after the other until the answer is whole " * 4, "delay_ms": 250}
SCRIPT = (LONG, {"text": "Done at once."})
Body = dict[str, Any]


class Machines:
    """Server processes that share a database, and a client of them."""

    def __init__(
        self,
        folder: Path,
        url: str,
        session: aiohttp.ClientSession,
        num_servers: int,
        script: Sequence[dict[str, Any]] = SCRIPT,
    ) -> None:
        self.session = session
        self.servers = [Server(folder / str(number), url, script) for number in range(num_servers)]

    async def start(self) -> None:
        """Start every process."""
        await asyncio.gather(*(server.start(self.session) for server in self.servers))

    async def close(self) -> None:
        """End every process, frozen ones too."""
        for server in self.servers:
            await server.kill()

    async def create(self, server: Server, prompt: str) -> str:
        """Have a response made in the background and return its id."""
        body = {"model": "nano", "input": prompt, "background": True}
        async with self.session.post(f"{server.url}/v1/responses", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["id"])

    async def get(self, server: Server, response_id: str) -> Body:
        """Return a response as `server` tells it."""
        async with self.session.get(f"{server.url}/v1/responses/{response_id}") as answer:
            body: Body = await answer.json()
            return body

    async def stream(self, server: Server, response_id: str) -> bytes:
        """Return a response's stream to its end."""
        async with self.session.get(f"{server.url}/v1/responses/{response_id}?stream=true") as answer:
            return await answer.read()

    async def ended(self, server: Server, response_id: str) -> Body:
        """Return a response once it has ended."""
        while (body := await self.get(server, response_id))["status"] in ("queued", "in_progress"):
            await asyncio.sleep(0.1)
        return body

    def runs(self) -> dict[str, tuple[str, int]]:
        """Return the holder's process id and the fence of every run that is under way."""
        rows = self.servers[0].rows("SELECT id, holder, fence FROM runs WHERE status = 'running'")
        return {run_id: (holder.split(":")[1], fence) for run_id, holder, fence in rows}

    async def spread(self, num_holders: int) -> dict[str, tuple[str, int]]:
        """Create long responses until so many processes work on them; return their runs."""
        runs: dict[str, tuple[str, int]] = {}
        while len({holder for holder, _ in runs.values()}) < num_holders:
            await self.create(self.servers[len(runs) % len(self.servers)], "long")
            await asyncio.sleep(0.05)
            runs = self.runs()
            assert len(runs) < 40, f"one process takes everything: {runs}"
        return runs

    async def taken_over(self, run_ids: list[str], fence: int = 1) -> float:
        """Return how long it takes until each of the runs is another holder's."""
        began_s = time.monotonic()
        while any(self.runs().get(run_id, ("", 99))[1] <= fence for run_id in run_ids):
            await asyncio.sleep(0.05)
        return time.monotonic() - began_s


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120), connector=connector) as session:
        yield session


@pytest.fixture
async def machines(tmp_path: Path, postgres_url: str, session: aiohttp.ClientSession) -> AsyncIterator[Machines]:
    opened = Machines(tmp_path, postgres_url, session, 3)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.close()


@pytest.mark.timeout(600)
async def test_the_runs_of_a_killed_and_of_a_frozen_process_go_on_elsewhere(machines: Machines) -> None:
    runs = await machines.spread(3)
    killed, frozen, heir = machines.servers
    left = [run_id for run_id, (holder, _) in runs.items() if holder != str(heir.pid)]
    await killed.kill()
    os.kill(frozen.pid, signal.SIGSTOP)
    try:
        assert await machines.taken_over(left) < TAKEOVER_S
        answers = {run_id: await machines.ended(heir, run_id) for run_id in runs}
    finally:
        os.kill(frozen.pid, signal.SIGCONT)
    assert {body["status"] for body in answers.values()} == {"completed"}
    while "is no longer held" not in frozen.log:  # its late writes were refused
        await asyncio.sleep(0.1)
    assert {run_id: await machines.get(frozen, run_id) for run_id in runs} == answers
    billed = heir.rows("SELECT request_id, COUNT(*) FROM ledger GROUP BY request_id")
    assert sorted(billed) == sorted((run_id, 1) for run_id in runs), "each was paid for once"


@pytest.mark.timeout(600)
async def test_any_process_cancels_and_watches_what_another_works_on(machines: Machines) -> None:
    runs = await machines.spread(1)
    (run_id, (holder, _)), *_ = runs.items()
    others = [server for server in machines.servers if str(server.pid) != holder]
    watching = asyncio.create_task(machines.stream(others[0], run_id))
    await asyncio.sleep(0.5)
    began_s = time.monotonic()
    async with machines.session.post(f"{others[1].url}/v1/responses/{run_id}/cancel") as answer:
        assert (await answer.json())["status"] == "cancelled"
    assert time.monotonic() - began_s < 10
    assert b'"status":"cancelled"' in await watching
    quick = await machines.create(others[0], "quick")
    streams = await asyncio.gather(*(machines.stream(server, quick) for server in machines.servers))
    assert b"event: response.completed" in streams[0]
    assert len(set(streams)) == 1


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A Postgres server that syncs, and that tests may crash."""
    with serving() as server:
        yield server


@pytest.mark.timeout(600)
async def test_runs_go_on_when_the_database_was_restarted(
    tmp_path: Path, own_server: PostgresServer, session: aiohttp.ClientSession
) -> None:
    async with AsyncExitStack() as stack:
        machines = Machines(tmp_path, own_server.empty_database(), session, 2)
        stack.push_async_callback(machines.close)
        await machines.start()  # both make the schema
        made = [await machines.create(machines.servers[number % 2], "long") for number in range(4)]
        await asyncio.sleep(1.0)
        await asyncio.to_thread(own_server.tell, "kill")
        creating = [asyncio.create_task(machines.create(server, "quick")) for server in machines.servers]
        await asyncio.sleep(1.0)
        await asyncio.to_thread(own_server.tell, "start")
        made += await asyncio.gather(*creating)
        answers = [await machines.ended(machines.servers[0], response_id) for response_id in made]
        assert [body["status"] for body in answers] == ["completed"] * 6
        billed = machines.servers[0].rows("SELECT request_id, COUNT(*) FROM ledger GROUP BY request_id")
        assert sorted(billed) == sorted((response_id, 1) for response_id in made)
