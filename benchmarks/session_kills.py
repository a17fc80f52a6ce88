"""Kills a process that works on agent sessions, at every boundary of its journal and by chance, and counts losses.

A child process works on sessions over the scripted backend; their agents append lines to a file, so that it shows
which effects took place and how often. The child kills itself with SIGKILL right before or after the commit of one of
its transactions, which is named by what it journals, or before or behind an effect, chosen by seed; or is killed at a
random moment. It lives again until every session has ended. Then no session may be lost, no finished effect may have
happened twice, and an effect whose outcome nobody could know must have been reported as such. Exits with 1 when any of
that does not hold. Children are forked from a server of forks that has imported everything, and wait side by side for
the leases of the dead; the points are in the store and tools of this script, so nothing in Tercet knows of them.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from tercet.backends.scripted import ScriptedBackend
from tercet.errors import TercetError
from tercet.guarantees.repair import Stage
from tercet.items import Message, TextPart
from tercet.routing.tiers import Tier, tier_name
from tercet.service import dispatch, workers
from tercet.service.asks import Ask
from tercet.service.run import Run
from tercet.service.sessions import ApprovalAnswer, SessionDraft, Sessions
from tercet.service.sessions.turns import KIND
from tercet.sessions.agents import AgentSpec, Builtin
from tercet.sessions.turns import Call, SessionRecord, WaitsForApproval
from tercet.store.filing import Page
from tercet.store.local import LocalStore
from tercet.store.sessions import SessionStore
from tercet.store.sessions_edit import SessionEdit
from tercet.tools.base import Arguments, Effect, object_schema
from tercet.tools.context import CURRENT_CALL

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["benchmarks.session_kills"])
OWNER = "bench"
NUM_SESSIONS = 2
LEASE_S = 0.8
"""Of a child: shorter than a server's, so that rounds are quick."""
ALL = Page(10_000, is_ascending=True)
SCRIPT: tuple[dict[str, Any], ...] = (
    {"turn": 0, "text": "First.", "calls": [{"name": "append", "arguments": {"line": "one"}}]},
    {
        "turn": 1,
        "calls": [
            {"name": "append", "arguments": {"line": "two"}},
            {"name": "put", "arguments": {"line": "three"}},
            {"name": "calculator", "arguments": {"expression": "6*7"}},
        ],
    },
    {"turn": 2, "calls": [{"name": "put", "arguments": {"line": "four"}}]},
    {"turn": 3, "calls": [{"name": "set_goal", "arguments": {"goal": "survive"}}]},
    {"turn": 4, "text": "All is written."},
)
SPEC = AgentSpec("nano", tools=(Builtin("append"), Builtin("put"), Builtin("calculator")), has_plan=True)


class Bomb:
    """Kills the process at its n-th point; 0: never. Where it did is noted in a file."""

    def __init__(self, fuse: int, note: Path) -> None:
        self._left = fuse
        self._note = note

    def point(self, name: str) -> None:
        """Pass a point at which the process may die."""
        self._left -= 1
        if self._left == 0:
            with self._note.open("a", encoding="utf-8") as file:
                file.write(name + "\n")
            os.kill(os.getpid(), signal.SIGKILL)


class Append:
    """Appends a line under the call's own key; whether it has cannot be told afterwards."""

    description = "Appends a line."
    parameters = object_schema({"line": {"type": "string"}})
    effect: Effect = "writes"
    timeout_s = 30.0

    def __init__(self, name: str, path: Path, bomb: Bomb) -> None:
        self.name = name
        self._path = path
        self._bomb = bomb

    async def run(self, arguments: Arguments) -> Any:
        """Append, with a point before and behind the effect."""
        context = CURRENT_CALL.get()
        assert context is not None
        self._bomb.point("before an effect")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{context.key} {self.name} {arguments['line']}\n")
            file.flush()
            os.fsync(file.fileno())
        self._bomb.point("behind an effect")
        return {"line": arguments["line"]}


class Put(Append):
    """Appends likewise, and can tell afterwards by the call's key."""

    async def happened(self, arguments: Arguments) -> bool | None:
        """Look for the line of this call."""
        context = CURRENT_CALL.get()
        assert context is not None
        return any(line.startswith(context.key) for line in _lines(self._path))


class CrashingStore(SessionStore):
    """A store whose commits have a point before and behind them."""

    bomb: Bomb

    async def edit(self, session_id: str, work: Callable[[SessionEdit], Any], *arguments: Any, **more: Any) -> Any:
        """See `SessionStore.edit`."""
        name = "nothing"

        def watched(edit: SessionEdit) -> Any:
            nonlocal name
            journaled = watch(edit)
            value = work(edit)
            name = ", ".join(journaled) or "an input" * bool(edit.told) or "nothing"
            self.bomb.point(f"before the commit of {name}")
            return value

        value = await super().edit(session_id, watched, *arguments, **more)
        self.bomb.point(f"behind the commit of {name}")
        return value


def watch(edit: SessionEdit) -> dict[str, None]:
    """Return what `edit` journals from now on, in order and each kind once."""
    seen: dict[str, None] = {}

    def spy(method: str, named: Callable[..., str]) -> None:
        plain = getattr(edit, method)

        def heard(*arguments: Any) -> Any:
            seen[named(*arguments)] = None
            return plain(*arguments)

        setattr(edit, method, heard)

    spy("begin", lambda _, __, kind, ___: f"the beginning of a {kind} step")
    spy("end", lambda *_: "the end of a step")
    spy("suspend", lambda *_: "a pause")
    spy("finish", lambda _, status: f"a turn's end as {status}")
    return seen


def live(folder: str, fuse: int) -> None:
    """Live, in a process of its own."""
    asyncio.run(child(Path(folder), fuse))


async def child(folder: Path, fuse: int) -> None:
    """Work on the sessions until all have ended; what needs a person is answered with no."""
    vars(workers).update(LEASE_S=LEASE_S, RENEW_S=LEASE_S / 3)
    dispatch.LISTENING_POLL_S = 0.1
    bomb = Bomb(fuse, folder / "killed_at")
    script = folder / "script.jsonl"
    if not script.exists():
        script.write_text("".join(json.dumps(line) + "\n" for line in SCRIPT), encoding="utf-8")
    store = LocalStore(folder / "tercet.db", retention_days=30, max_responses=1000)
    crashing = CrashingStore(store.database, store.agent_tables.cipher)
    crashing.bomb = bomb
    store.sessions = crashing
    tier = Tier("nano", ScriptedBackend(script, "script", 100_000))

    def begin(ask: Ask) -> Run:
        assert tier.backend is not None
        return Run(ask, [Stage("first", tier_name(ask.model), tier.backend)], {"nano": tier}, lambda *_: None)

    effects = folder / "effects"
    tools = [Append("append", effects, bomb), Put("put", effects, bomb)]
    dispatcher = dispatch.JournalDispatcher(store.journal, KIND, lease_s=LEASE_S)
    sessions = Sessions(store, {"nano": tier}, begin, tools=tools, dispatcher=dispatcher)
    await sessions.start()
    with suppress(TercetError):
        await asyncio.gather(*(_finish(sessions, folder, number) for number in range(NUM_SESSIONS)))
    await sessions.close()
    await store.close()


async def _finish(sessions: Sessions, folder: Path, number: int) -> None:
    session_id = f"session_{number:032x}"
    try:
        record = await sessions.get(session_id, OWNER)
    except TercetError:
        task = Message("user", (TextPart("Write."),))
        record = await sessions.create(SessionDraft(OWNER, SPEC, input=(task,), id=session_id))
        _note(folder / "acknowledged", session_id)
    async for _ in sessions.events(session_id, OWNER):
        record = await sessions.get(session_id, OWNER)
        for action in record.required_actions:
            assert isinstance(action, WaitsForApproval)
            _note(folder / "unknown", f"{action.turn_id}:{action.call_id}")
            with suppress(TercetError):
                await sessions.send(session_id, OWNER, [ApprovalAnswer(action.request_id, "deny")])
        if record.status == "idle":
            return


def _note(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


@dataclass
class Findings:
    """What was seen over all rounds."""

    num_kills: int = 0
    num_rounds: int = 0
    num_sessions: int = 0
    num_effects: int = 0
    num_unknown: int = 0
    num_repeated: int = 0
    num_lost: int = 0
    killed_at: Counter[str] = field(default_factory=Counter)
    """Kills by boundary; those at a random moment have no name."""
    wrong: list[str] = field(default_factory=list)


async def run(folder: Path, num_kills: int, seed: int, num_parallel: int = 6) -> Findings:
    """Play rounds until so many kills have taken place: at every point in turn, then by chance."""
    findings, chance = Findings(), random.Random(seed)
    fuses = iter(range(1, 10_000))
    is_through = False

    async def play() -> None:
        nonlocal is_through
        while findings.num_kills < num_kills:
            number = findings.num_rounds
            findings.num_rounds += 1
            place = folder / f"round-{number}"
            place.mkdir()
            first = chance.randrange(1, 120) if is_through else next(fuses)
            plan = [first, *(chance.choice((0, chance.randrange(1, 60))) for _ in range(chance.randrange(3)))]
            num_deaths = 0
            while await _life(place, plan.pop(0) if plan else 0, chance, findings):
                num_deaths += 1
                findings.num_kills += 1
            if num_deaths == 0 and first > 60:
                is_through = True  # no point that late
            await _check(place, findings)

    await asyncio.gather(*(play() for _ in range(num_parallel)))
    return findings


async def _life(place: Path, fuse: int, chance: random.Random, findings: Findings) -> bool:
    """Let a child live; return whether it was killed."""
    process = FORKS.Process(target=live, args=(str(place), fuse), daemon=True)
    process.start()
    patience = chance.uniform(0.3, 3.0) if fuse == 0 and chance.random() < 0.3 else 120.0
    # Other threads only wait: starting one process asks after all of them, and a status can be read once.
    await asyncio.to_thread(wait, [process.sentinel], patience)
    if process.is_alive():
        process.kill()
        await asyncio.to_thread(wait, [process.sentinel])
        if patience == 120.0:
            findings.wrong.append(f"{place.name}: a life of 120 s")
        findings.killed_at["a random moment"] += 1
        return True
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        findings.wrong.append(f"{place.name}: the child ended with {process.exitcode}")
    return process.exitcode == -signal.SIGKILL


async def _check(place: Path, findings: Findings) -> None:
    """Compare what the sessions say with what took place."""
    effects = Counter(line.split()[0] for line in _lines(place / "effects"))
    unknown = set(_lines(place / "unknown"))
    acknowledged = set(_lines(place / "acknowledged"))
    store = LocalStore(place / "tercet.db", retention_days=30, max_responses=1000)
    records = {record.id: record for record in await store.sessions.list(OWNER, ALL)}
    for session_id in acknowledged - records.keys():
        findings.num_lost += 1
        findings.wrong.append(f"{place.name}: {session_id} is gone")
    for record in records.values():
        await _check_session(store, record, effects, unknown, findings, place.name)
    findings.num_effects += len(effects)
    findings.killed_at.update(_lines(place / "killed_at"))
    findings.num_unknown += len(unknown)
    for key, times in effects.items():
        if times > 1:
            findings.num_repeated += 1
            findings.wrong.append(f"{place.name}: {key} took effect {times} times")
    await store.close()


async def _check_session(
    store: LocalStore, record: SessionRecord, effects: Counter[str], unknown: set[str], findings: Findings, where: str
) -> None:
    findings.num_sessions += 1
    turns = await store.sessions.turns(record.id, OWNER, ALL)
    if record.status != "idle" or [turn.status for turn in turns] != ["completed"]:
        findings.num_lost += 1
        findings.wrong.append(f"{where}: {record.id} is {record.status}, its turns {[turn.status for turn in turns]}")
    items = await store.sessions.items(record.id, OWNER, ALL, None)
    numbers = [item.number for item in items]
    if numbers != list(range(len(numbers))) or any(item.status == "in_progress" for item in items):
        findings.wrong.append(f"{where}: {record.id} has gaps or open items")
    for item in items:
        call = item.content
        if not isinstance(call, Call) or call.name not in ("append", "put"):
            continue
        key = f"{item.turn_id}:{call.call_id}"
        is_reported = "unknown" in (call.error or "")
        if item.status == "completed" and effects[key] != 1:
            findings.wrong.append(f"{where}: {key} is finished and took effect {effects[key]} times")
        if item.status == "failed" and not (is_reported and key in unknown):
            findings.wrong.append(f"{where}: {key} failed: {call.error}")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def report(findings: Findings, seconds: float) -> str:
    """Return the findings as text."""
    lines = (
        f"kills               {findings.num_kills} in {findings.num_rounds} rounds, {seconds:.0f} s",
        *(f"  {times:5} {name}" for name, times in sorted(findings.killed_at.items())),
        f"sessions            {findings.num_sessions}, lost {findings.num_lost}",
        f"effects             {findings.num_effects}, repeated {findings.num_repeated}",
        f"outcomes unknown    {findings.num_unknown}, each reported and asked about",
        f"wrong               {len(findings.wrong)}",
    )
    return "\n".join((*lines, *findings.wrong[:20]))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--parallel", type=int, default=6, help="lives side by side: most of one is waiting for a lease"
    )
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        findings = asyncio.run(run(Path(folder), options.kills, options.seed, options.parallel))
    print(report(findings, time.monotonic() - began))
    sys.exit(bool(findings.wrong))


if __name__ == "__main__":
    __spec__ = None  # type: ignore[assignment]  # children that know this as a module would load it again under its name, and warn
    main()
