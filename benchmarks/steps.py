"""What durability costs an agent: a step beside a bare synced append, its pages and bytes, how fast a session loads.

A step is what the runtime writes around one model call and one tool call: two transactions, with items and events. The
model and the tool take no time here. Beside it, in the same run: `LangGraph`'s SqliteSaver and `DBOS`, where installed.
"""

import argparse
import asyncio
import importlib.util
import os
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from tercet.backends.base import Capabilities, Health
from tercet.events import Event, Finished, ItemDone, Started
from tercet.guarantees.repair import Stage
from tercet.items import Message, ModelRequest, TextPart, ToolCall
from tercet.routing.tiers import Tier
from tercet.service.asks import Ask
from tercet.service.run import Run
from tercet.service.sessions import SessionDraft, Sessions
from tercet.service.sessions.inputs import hear
from tercet.service.sessions.recorder import Recorder
from tercet.sessions.agents import AgentSpec, Builtin, TurnLimits
from tercet.sessions.events import SessionChanged
from tercet.store.local import LocalStore
from tercet.store.sessions_edit import SessionEdit
from tercet.tools.base import FunctionTool, object_schema
from tercet.usage import Usage

OWNER = "bench"
STEP_BYTES = 2048


class Puppet:
    """A model that calls `work` so many times, at once, and then answers."""

    name = "puppet"
    model = "puppet"

    def __init__(self, num_calls: int) -> None:
        self._left = num_calls

    async def start(self) -> None:
        """Nothing is to be acquired."""

    async def close(self) -> None:
        """Nothing is held."""

    async def capabilities(self) -> Capabilities:
        """A window that nothing fills."""
        return Capabilities(context_window=100_000_000)

    async def health(self) -> Health:
        """Always ready."""
        return Health(is_ready=True)

    async def count_tokens(self, request: ModelRequest) -> int:
        """Count nothing."""
        return 0

    async def embed(self, texts: Any) -> list[list[float]]:
        """Have no vectors."""
        return []

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """Call the tool, or answer."""
        yield Started(self.model)
        self._left -= 1
        if self._left >= 0:
            yield ItemDone(0, ToolCall(f"call_{self._left}", "work", f'{{"number":{self._left}}}'))
        else:
            yield ItemDone(0, Message("assistant", (TextPart("Done."),)))
        yield Finished("stop", Usage(10, 0, 1))


class Timed:
    """Adds up the time that transactions of the recorder take."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._flush = Recorder._flush

    def __enter__(self) -> "Timed":
        flush, seconds = self._flush, self.seconds

        async def timed(recorder: Recorder, last: Any = None) -> Any:
            began = time.perf_counter()
            value = await flush(recorder, last)
            seconds.append(time.perf_counter() - began)
            return value

        Recorder._flush = timed  # type: ignore[method-assign,assignment]
        return self

    def __exit__(self, *_: object) -> None:
        Recorder._flush = self._flush  # type: ignore[method-assign]


async def run_steps(folder: Path, num_steps: int) -> tuple[list[float], float, float, int]:
    """Return the seconds of each transaction and of the whole turn, the pages of a commit, and the bytes on disk."""
    store = LocalStore(folder / "tercet.db", retention_days=30, max_responses=1000)
    backend = Puppet(num_steps)
    tier = Tier("nano", backend)

    def begin(ask: Ask) -> Run:
        return Run(ask, [Stage("first", "nano", backend)], {"nano": tier}, lambda *_: None)

    text = "x" * (STEP_BYTES - 100)
    work = FunctionTool(
        "work",
        "Works.",
        object_schema({"number": {"type": "integer"}}),
        lambda arguments: {"number": arguments["number"], "text": text},
        "writes",
    )
    sessions = Sessions(store, {"nano": tier}, begin, tools=[work])
    await sessions.start()
    limits = TurnLimits(max_steps=num_steps + 10, max_repeats=num_steps)
    spec = AgentSpec("nano", tools=(Builtin("work"),), limits=limits)
    session = await sessions.create(SessionDraft(OWNER, spec))
    began = time.perf_counter()
    with Timed() as timed:
        await store.sessions.edit(session.id, lambda edit: _say(edit))
        sessions._workers.wake()
        async for numbered in sessions.events(session.id, OWNER):
            event = numbered.event
            if isinstance(event, SessionChanged) and numbered.number and event.session.status == "idle":
                break
    seconds = time.perf_counter() - began
    await sessions.close()
    await store.database.write(lambda connection: connection.execute("SELECT 1").fetchone())
    pages = pages_per_commit((folder / "tercet.db-wal").read_bytes())
    await store.close()
    return timed.seconds, seconds, pages, _size(folder)


def pages_per_commit(log: bytes) -> float:
    """Return how many pages a commit wrote, by SQLite's write-ahead log since it was begun anew the last time.

    Its header and those of its frames are described in https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
    """
    page_bytes, salts = struct.unpack_from(">8xI4x8s", log)
    num_pages = num_commits = 0
    for place in range(32, len(log), 24 + page_bytes):
        size_after, found = struct.unpack_from(">4xI8s", log, place)
        if found != salts:
            break
        num_pages += 1
        num_commits += size_after > 0
    return num_pages / max(1, num_commits)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("tercet.db*"))


def _say(edit: SessionEdit) -> None:
    hear(edit, [Message("user", (TextPart("go"),))])


def bare_appends(folder: Path, count: int) -> list[float]:
    """Return the seconds of appends of a step's bytes, each synced to disk."""
    payload, seconds = b"x" * STEP_BYTES, []
    with (folder / "bare").open("ab", buffering=0) as file:
        for _ in range(count):
            began = time.perf_counter()
            file.write(payload)
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - began)
    return seconds


async def load_million(folder: Path) -> tuple[float, float, int]:
    """Return the milliseconds, and those of processor time, to load a million tokens of history, and its items."""
    store = LocalStore(folder / "tercet.db", retention_days=30, max_responses=1000)
    backend = Puppet(0)
    tier = Tier("nano", backend)
    sessions = Sessions(store, {"nano": tier}, lambda ask: Run(ask, [], {}, lambda *_: None))
    session = await sessions.create(SessionDraft(OWNER, AgentSpec("nano")))
    text = "word " * 500

    def fill(edit: SessionEdit) -> None:
        for number in range(1000):
            content = Message("assistant" if number % 2 else "user", (TextPart(f"{number} {text}{text}"),))
            edit.add_item("turn_x", f"msg_{number}", content, step=number if number % 2 else None)

    await store.sessions.edit(session.id, fill)
    timings, used = [], time.process_time()
    for _ in range(7):
        began = time.perf_counter()
        history = await store.sessions.history(session.id)
        timings.append(time.perf_counter() - began)
    used = (time.process_time() - used) / len(timings)
    await sessions.close()
    await store.close()
    return statistics.median(timings) * 1000, used * 1000, len(history.items)


def langgraph_steps(folder: Path, count: int) -> list[float] | None:
    """Return the seconds of checkpoints with a step's bytes by LangGraph's SqliteSaver; None: not installed."""
    if importlib.util.find_spec("langgraph") is None:
        return None
    import sqlite3

    from langgraph.checkpoint.base import empty_checkpoint  # type: ignore[import-not-found]
    from langgraph.checkpoint.sqlite import SqliteSaver  # type: ignore[import-not-found]

    connection = sqlite3.connect(folder / "langgraph.db", check_same_thread=False)
    saver, seconds = SqliteSaver(connection), []
    saver.setup()
    connection.execute("PRAGMA synchronous=FULL")
    config: dict[str, Any] = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
    for number in range(count):
        checkpoint = empty_checkpoint()
        checkpoint["channel_values"] = {"text": "x" * STEP_BYTES}
        began = time.perf_counter()
        config = saver.put(config, checkpoint, {"step": number}, {})
        seconds.append(time.perf_counter() - began)
    connection.close()
    return seconds


def dbos_steps(folder: Path, count: int) -> list[float] | None:
    """Return the seconds of steps that return a step's bytes, in a DBOS workflow on SQLite; None: not installed."""
    if importlib.util.find_spec("dbos") is None:
        return None
    from dbos import DBOS  # type: ignore[import-not-found]

    address = f"sqlite:///{folder / 'dbos.db'}"
    DBOS(config={"name": "steps", "system_database_url": address, "run_admin_server": False, "log_level": "ERROR"})
    seconds: list[float] = []

    @DBOS.step()  # type: ignore[untyped-decorator]
    def step(number: int) -> str:
        return f"{number:04}".ljust(STEP_BYTES, "x")

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    def work() -> None:
        for number in range(count):
            began = time.perf_counter()
            step(number)
            seconds.append(time.perf_counter() - began)

    DBOS.launch()
    work()
    DBOS.destroy()
    return seconds


def _line(name: str, value: str) -> str:
    return f"{name:<44}{value}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = statistics.median(bare_appends(folder, 300)) * 1000
        flushes, seconds, pages, size = asyncio.run(run_steps(folder / "steps", options.steps))
        flush = statistics.median(flushes) * 1000
        bare_after = statistics.median(bare_appends(folder, 300)) * 1000
        load_ms, used_ms, num_items = asyncio.run(load_million(folder / "load"))
        others = {
            "LangGraph SqliteSaver, median": langgraph_steps(folder, 300),
            "DBOS step on SQLite, median": dbos_steps(folder, 300),
        }
    bare = statistics.mean((bare, bare_after))
    lines = [
        _line("bare append with fsync, median", f"{bare:.2f} ms"),
        _line("a journaled transaction, median", f"{flush:.2f} ms"),
        _line("pages that it writes, mean", f"{pages:.1f}"),
        _line("overhead of a step (over its bare append)", f"{flush - bare:.2f} ms"),
        _line("a model call and a tool call, whole", f"{seconds / options.steps * 1000:.2f} ms"),
        _line(f"{options.steps} steps of {STEP_BYTES} bytes on disk", f"{size / 1e6:.2f} MB"),
        _line(
            f"a session of a million tokens ({num_items} items)",
            f"{load_ms:.0f} ms to load, {used_ms:.0f} of processor time",
        ),
        *(
            _line(name, f"{statistics.median(taken) * 1000:.2f} ms" if taken else "not installed")
            for name, taken in others.items()
        ),
    ]
    print("\n".join(lines))
    sys.exit(0)


if __name__ == "__main__":
    main()
