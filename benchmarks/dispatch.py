"""What brings queued runs to workers on Postgres: our journal's own claim beside DBOS and Procrastinate.

Two worker processes and one that enqueues, on one Postgres server that syncs every commit. For each engine: the time
from the call that enqueues to the beginning of the work, one at a time; how many runs per second go through when many
wait; and how long a run stays where its worker was killed. The work itself does nothing. Needs
`pip install dbos procrastinate` beside the development packages; an engine that is not installed is left out.
"""

import argparse
import asyncio
import importlib
import importlib.util
import json
import logging
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tercet.service.workers import Workers
from tercet.store.base import Lease
from tercet.store.journal import SqlJournal
from tercet.store.postgres import PostgresDatabase
from tests.store.postgres import serving

ENGINES = ("journal", "procrastinate", "dbos", "dbos-50ms")
MAX_AT_ONCE = 16
LONG_S = 600.0
KILL_TIMEOUT_S = 30.0
STALLED_S = 6.0
"""Procrastinate's sweep is given the same patience as our lease."""
Enqueue = Callable[[str], Awaitable[object]]


def begun(name: str) -> None:
    """Tell the parent that the work `name` begins."""
    sys.stdout.write(json.dumps([name, time.monotonic_ns()]) + "\n")
    sys.stdout.flush()


async def pretend(name: str) -> None:
    """Do the work `name`: nothing, or nothing for long."""
    begun(name)
    if name.startswith("long"):
        await asyncio.sleep(LONG_S)


async def work_journal(url: str) -> None:
    """Be a worker of the journal."""
    database = PostgresDatabase(url)
    journal = SqlJournal(database)

    async def work(lease: Lease) -> None:
        await pretend(lease.run_id)
        await journal.finish(lease, "completed")

    workers = Workers(journal, "work", work, work, max_at_once=MAX_AT_ONCE)
    await workers.start()
    begun("ready")
    await asyncio.Event().wait()


def procrastinate_app(url: str) -> tuple[Any, Any]:
    """Return Procrastinate's app and the task."""
    procrastinate: Any = importlib.import_module("procrastinate")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=2, max_size=8))

    async def work(name: str) -> None:
        await pretend(name)

    return app, app.task(name="work", queue="work")(work)


async def work_procrastinate(url: str) -> None:
    """Be a worker of Procrastinate, with the sweep for stalled jobs that its documentation describes."""
    app, _ = procrastinate_app(url)

    async def sweep() -> None:
        while True:
            await asyncio.sleep(2)
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await app.job_manager.retry_job(job)

    async with app.open_async():
        sweeping = asyncio.create_task(sweep())
        begun("ready")
        await app.run_worker_async(
            queues=["work"],
            concurrency=MAX_AT_ONCE,
            update_heartbeat_interval=2.0,
            stalled_worker_timeout=STALLED_S,
            install_signal_handlers=False,
        )
        sweeping.cancel()


async def work_dbos(url: str, polling_s: float) -> None:
    """Be a worker of DBOS."""
    dbos: Any = importlib.import_module("dbos")
    dbos.DBOS(
        config={
            "name": "bench",
            "system_database_url": url,
            "executor_id": f"w{time.monotonic_ns()}",
            "log_level": "CRITICAL",
        }
    )

    dbos.DBOS.workflow(name="work")(pretend)
    dbos.DBOS.launch()
    await dbos.DBOS.register_queue_async("work", worker_concurrency=MAX_AT_ONCE, polling_interval_sec=polling_s)
    begun("ready")
    await asyncio.Event().wait()


@asynccontextmanager
async def enqueuer(engine: str, url: str) -> AsyncIterator[Enqueue]:
    """Prepare an engine's tables and yield what queues a run durably."""
    if engine == "journal":
        database = PostgresDatabase(url)
        journal = SqlJournal(database)
        yield lambda name: journal.create(name, "work", "", b"")
        await database.close()
    elif engine == "procrastinate":
        app, work = procrastinate_app(url)
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            yield lambda name: work.defer_async(name=name)
    else:
        dbos: Any = importlib.import_module("dbos")
        client: Any = None

        async def enqueue(name: str) -> object:
            nonlocal client
            client = client or dbos.DBOSClient(system_database_url=url)  # once a worker has made the tables
            return await client.enqueue_async({"queue_name": "work", "workflow_name": "work"}, name)

        yield enqueue
        if client is not None:
            client.destroy()


class Worker:
    """A worker process, and when it began which work."""

    def __init__(self, process: asyncio.subprocess.Process, heard: "asyncio.Queue[tuple[str, int, Worker]]") -> None:
        self.process = process
        self._reading = asyncio.create_task(self._read(heard))

    async def _read(self, heard: "asyncio.Queue[tuple[str, int, Worker]]") -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            with suppress(ValueError):
                name, at_ns = json.loads(line)
                heard.put_nowait((name, at_ns, self))

    async def kill(self) -> None:
        """End the process as a power cut would."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        await self._reading


async def measure(engine: str, url: str, num_single: int, num_many: int) -> dict[str, str]:
    """Return what was measured of one engine."""
    heard: asyncio.Queue[tuple[str, int, Worker]] = asyncio.Queue()
    workers: list[Worker] = []
    async with enqueuer(engine, url) as enqueue:
        try:
            for _ in range(2):
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, __file__, "--worker", engine, "--url", url), stdout=asyncio.subprocess.PIPE
                )
                workers.append(Worker(process, heard))
                assert (await asyncio.wait_for(heard.get(), 60))[0] == "ready"
            await asyncio.sleep(3)  # queues and listeners are found
            return await _measure(enqueue, heard, num_single, num_many)
        finally:
            for worker in workers:
                await worker.kill()


async def _measure(
    enqueue: Enqueue, heard: "asyncio.Queue[tuple[str, int, Worker]]", num_single: int, num_many: int
) -> dict[str, str]:
    queued, waits = [], []
    for number in range(num_single):
        began_ns = time.monotonic_ns()
        await enqueue(f"one {number}")
        queued.append((time.monotonic_ns() - began_ns) / 1e6)
        name, at_ns, _ = await asyncio.wait_for(heard.get(), 60)
        assert name == f"one {number}"
        waits.append((at_ns - began_ns) / 1e6)
        await asyncio.sleep(0.02)
    began_ns = time.monotonic_ns()
    limit = asyncio.Semaphore(MAX_AT_ONCE)

    async def one(number: int) -> None:
        async with limit:
            await enqueue(f"many {number}")

    await asyncio.gather(*(one(number) for number in range(num_many)))
    seen = {(await asyncio.wait_for(heard.get(), 60))[0] for _ in range(num_many)}
    assert len(seen) == num_many, "each once"
    rate = num_many / ((time.monotonic_ns() - began_ns) / 1e9)
    await enqueue("long")
    _, _, holder = await asyncio.wait_for(heard.get(), 60)
    await asyncio.sleep(1)
    await holder.kill()
    killed_ns = time.monotonic_ns()
    try:
        _, at_ns, _ = await asyncio.wait_for(heard.get(), KILL_TIMEOUT_S)
        taken = f"{(at_ns - killed_ns) / 1e9:.1f} s"
    except TimeoutError:
        taken = f"not within {KILL_TIMEOUT_S:.0f} s"
    return {
        "enqueue, median": f"{statistics.median(queued):.1f} ms",
        "to the start, median": f"{statistics.median(waits):.1f} ms",
        "95 of 100": f"{statistics.quantiles(waits, n=20)[-1]:.1f} ms",
        "runs per second": f"{rate:.0f}",
        "worker killed": taken,
    }


def main() -> None:
    """Run every engine and print a table, or be a worker."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--engines", nargs="*", default=ENGINES)
    parser.add_argument("--single", type=int, default=100)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    if options.worker == "journal":
        asyncio.run(work_journal(options.url))
    elif options.worker == "procrastinate":
        asyncio.run(work_procrastinate(options.url))
    elif options.worker:
        asyncio.run(work_dbos(options.url, 0.05 if options.worker == "dbos-50ms" else 1.0))
    if options.worker:
        return
    with serving() as server:
        for engine in options.engines:
            package = engine.partition("-")[0]
            if package != "journal" and importlib.util.find_spec(package) is None:
                print(f"{engine:<14} not installed")
                continue
            found = asyncio.run(measure(engine, server.empty_database(), options.single, options.many))
            print(f"{engine:<14} " + "   ".join(f"{name} {value}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
