"""Kills the server at random moments of background responses and checks that nothing is lost, repeated or changed.

A server process over the scripted backend is killed with SIGKILL again and again while clients create background
responses, stream them and watch them. Afterwards every response that was acknowledged must have ended, every stream
must replay with exactly the bytes that were first sent, in two processes, and no answer that was journaled at a kill
may differ later. With `--effects` the responses call tools that append to a file, through an MCP server which outlives
the kills: no effect may have happened twice, none may be lost. Exits with 1 when any of that does not hold.
"""

import argparse
import asyncio
import json
import os
import random
import re
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from benchmarks.kill_effects import SCRIPT as EFFECTS
from benchmarks.kill_effects import Notes, Told, compare, noting
from tercet.items import HostedItem, ToolCall
from tercet.records import ResponseRecord
from tercet.service.background import Outcome
from tercet.service.hosted.steps import MODEL, Round

NUM_CLIENTS = 6
MAX_LIFE_S = 1.2
"""The longest that a server lives before it is killed, counted from its first answer; or from its first effect."""
MAX_WAIT_S = 60.0
"""The longest that a server is waited for to bring about an effect."""
START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 600.0
ENDED = ("completed", "incomplete", "failed", "cancelled")
TOOL = {
    "type": "function",
    "name": "write",
    "parameters": {"type": "object", "properties": {"line": {"type": "string"}}},
    "strict": True,
}
SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": "tool", "calls": [{"name": "write", "arguments": {"line": "one two three four"}}], "delay_ms": 15},
    {"when": "broken", "text": "so far so good", "error": {"message": "the model broke"}, "delay_ms": 15},
    {"when": "quick", "text": "Done."},
    {"text": "This answer takes its time, a word and then another one, to its end.", "delay_ms": 20},
)
_ID = re.compile(rb'"id":"(resp_[0-9a-f]{32})"')
_read_outcome = msgspec.msgpack.Decoder(Outcome).decode
_read_round = msgspec.msgpack.Decoder(Round).decode
_read_item = msgspec.msgpack.Decoder(HostedItem).decode
_read_record = msgspec.msgpack.Decoder(ResponseRecord).decode


class Server:
    """A server process on a fixed port with its state in one folder, or in the Postgres database at `store_url`."""

    def __init__(
        self,
        folder: Path,
        store_url: str = "",
        script: Sequence[dict[str, Any]] = SCRIPT,
        *,
        allow: Sequence[str] = (),
    ) -> None:
        """`allow` are private hosts that tools may reach."""
        self.folder = folder
        self._store_url = store_url
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        lines = "".join(json.dumps(line) + "\n" for line in script)
        (folder / "script.jsonl").write_text(lines, encoding="utf-8")
        (folder / "tercet.toml").write_text(
            f"[egress]\nallow = {json.dumps(list(allow))}\n"
            '[tiers.nano]\nbackend = "scripted"\nscript = "script.jsonl"\n',
            encoding="utf-8",
        )
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the processes said."""
        return (self.folder / "server.log").read_text(encoding="utf-8")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the database answers."""
        if not self._store_url:
            with closing(sqlite3.connect(next(self.folder.rglob("tercet.db")))) as connection:
                return connection.execute(query).fetchall()
        import psycopg

        with psycopg.connect(self._store_url) as connection:
            return connection.execute(query.encode()).fetchall()

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start the process and return when it answers."""
        store = {"TERCET_STORE__URL": self._store_url} if self._store_url else {}
        log = (self.folder / "server.log").open("ab")
        with closing(log):
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tercet", "serve", "--port", str(self.port), "--config", str(self.folder / "tercet.toml")),
                env={**os.environ, "TERCET_HOME": str(self.folder / "home"), **store},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.returncode is None:
            with suppress(aiohttp.ClientError):
                async with session.get(f"{self.url}/healthz"):
                    return
            await asyncio.sleep(0.02)
        raise RuntimeError(self.log[-2000:])

    async def kill(self) -> None:
        """End the process as a power cut would."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class Findings(msgspec.Struct):
    """What was seen and what was wrong."""

    acknowledged: set[str] = set()
    first_sent: dict[str, list[bytes]] = {}
    """The beginnings of streams as clients received them, by response."""
    journaled: dict[tuple[str, int], tuple[bytes, int, int]] = {}
    """Answers found in the journal after a kill: the address of each, when its step began and ended."""
    num_under_way: int = 0
    num_between: int = 0
    """Runs that a kill hit after their answer was journaled and before they were ended."""
    num_streams: int = 0
    statuses: Counter[str] = msgspec.field(default_factory=Counter)
    told: Told | None = None
    """What responses say of the effects of their tools, where they had such."""
    wrong: list[str] = []


class Clients:
    """Clients that create background responses, and watch them, until they are stopped."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        findings: Findings,
        chance: random.Random,
        notes: Notes | None = None,
    ) -> None:
        """With `notes` the responses that are created write to them."""
        self._notes = notes
        self._session = session
        self._url = f"{url}/v1/responses"
        self._findings = findings
        self._chance = chance

    async def go_on(self) -> None:
        """Be one client; a server that is gone is waited for."""
        while True:
            try:
                await self._once()
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.05)

    async def _once(self) -> None:
        if self._notes is None:
            prompt, tool = self._chance.choice(("tool", "broken", "quick", "slow", "slow")), TOOL
        else:
            prompt, tool = "note", self._notes.tool()
        body = {"model": "nano", "input": prompt, "background": True, "tools": [tool]}
        if self._chance.random() < 0.4:
            async with self._session.post(self._url, json={**body, "stream": True}) as answer:
                await self._follow(answer)
            return
        async with self._session.post(self._url, json=body) as answer:
            created = await answer.json()
        if answer.status != 200:
            self._findings.wrong.append(f"creation answered {answer.status}: {created}")
            return
        self._findings.acknowledged.add(created["id"])
        if self._chance.random() < 0.5:
            async with self._session.get(f"{self._url}/{created['id']}?stream=true") as answer:
                await self._follow(answer)

    async def _follow(self, answer: aiohttp.ClientResponse) -> None:
        """Keep what comes of a stream, however far it comes."""
        received = bytearray()
        try:
            async for chunk in answer.content.iter_any():
                received += chunk
        finally:
            if found := _ID.search(received):
                response_id = found[1].decode()
                self._findings.acknowledged.add(response_id)
                self._findings.first_sent.setdefault(response_id, []).append(bytes(received))


async def run(folder: Path, num_kills: int, seed: int, store_url: str = "", notes: Notes | None = None) -> Findings:
    """Kill a server `num_kills` times and return the findings; with `notes` its responses write to them."""
    findings = Findings()
    chance = random.Random(seed)
    allow = (f"127.0.0.1:{notes.port}",) if notes is not None else ()
    server = Server(folder, store_url, SCRIPT if notes is None else EFFECTS, allow=allow)
    timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(force_close=True)) as session:
        try:
            await _kill_often(server, session, findings, chance, num_kills, notes)
            await server.start(session)
            await _wait_for_ends(server, session, findings)
            unheard = {key.partition("/")[0] for key, _ in notes.lines} - set(findings.acknowledged) if notes else set()
            known = sorted({*findings.acknowledged, *unheard})  # kept ones whose clients a kill left without an answer
            replays = {name: await _replay(server, session, name) for name in known}
            await server.kill()
            _compare_journal(server, findings)
            await server.start(session)
            await _compare_streams(server, session, findings, replays, chance)
            if notes is not None:
                findings.told = compare(notes, {name: _final(replay) for name, replay in replays.items()})
                findings.wrong += findings.told.wrong
        finally:
            await server.kill()
    return findings


async def _kill_often(
    server: Server,
    session: aiohttp.ClientSession,
    findings: Findings,
    chance: random.Random,
    num_kills: int,
    notes: Notes | None,
) -> None:
    clients = Clients(session, server.url, findings, chance, notes)
    tasks = [asyncio.create_task(clients.go_on()) for _ in range(NUM_CLIENTS)]
    for _ in range(num_kills):
        await server.start(session)
        if notes is not None:
            await _wait_for_effect(notes)
        await asyncio.sleep(chance.uniform(0.02, MAX_LIFE_S))
        await server.kill()
        _compare_journal(server, findings)
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(outcome, asyncio.CancelledError):
            findings.wrong.append(f"a client ended: {outcome!r}")


async def _wait_for_effect(notes: Notes) -> None:
    """Return when the server that was started last has had an effect."""
    before, deadline = len(notes.lines), time.monotonic() + MAX_WAIT_S
    while len(notes.lines) == before and time.monotonic() < deadline:  # noqa: ASYNC110  # a file tells nobody
        await asyncio.sleep(0.02)


def _compare_journal(server: Server, findings: Findings) -> None:
    """Read the journal of a dead server: what it held before must be what it holds now."""
    steps = server.rows(
        "SELECT s.run_id, s.number, COALESCE(s.outcome, s.long_outcome), s.begun_at, s.ended_at, r.status FROM steps s"
        " JOIN runs r ON r.id = s.run_id WHERE s.ended_at IS NOT NULL"
    )
    findings.num_under_way += server.rows("SELECT COUNT(*) FROM runs WHERE status = 'running'")[0][0]
    findings.num_between += sum(status == "running" for *_, status in steps)
    now = {(run_id, number): (outcome, begun_at, ended_at) for run_id, number, outcome, begun_at, ended_at, _ in steps}
    for place, held in findings.journaled.items():
        if now.get(place) != held:
            findings.wrong.append(f"step {place[1]} of {place[0]} was journaled and is another one now")
    findings.journaled.update(now)


async def _wait_for_ends(server: Server, session: aiohttp.ClientSession, findings: Findings) -> None:
    deadline = time.monotonic() + END_TIMEOUT_S
    waiting = set(findings.acknowledged)
    while waiting and time.monotonic() < deadline:
        for response_id in sorted(waiting):
            async with session.get(f"{server.url}/v1/responses/{response_id}") as answer:
                status = (await answer.json()).get("status", f"HTTP {answer.status}")
            if status in ENDED:
                findings.statuses[status] += 1
                waiting.discard(response_id)
        await asyncio.sleep(0.2)
    findings.wrong += [f"{response_id} was acknowledged and did not end" for response_id in sorted(waiting)]


async def _replay(server: Server, session: aiohttp.ClientSession, response_id: str, after: int | None = None) -> bytes:
    more = "" if after is None else f"&starting_after={after}"
    async with session.get(f"{server.url}/v1/responses/{response_id}?stream=true{more}") as answer:
        return await answer.read()


async def _compare_streams(
    server: Server,
    session: aiohttp.ClientSession,
    findings: Findings,
    replays: dict[str, bytes],
    chance: random.Random,
) -> None:
    """Compare replays with what was sent first, with those of another process, and with their own tails."""
    kept = _outputs(server)
    for response_id, replay in replays.items():
        for sent in findings.first_sent.get(response_id, ()):
            findings.num_streams += 1
            if not replay.startswith(sent):
                findings.wrong.append(f"{response_id}: a replay differs from what was sent first")
        if await _replay(server, session, response_id) != replay:
            findings.wrong.append(f"{response_id}: a replay differs after a restart")
        events = replay.split(b"\n\n")
        after = chance.randrange(len(events) - 2)
        if await _replay(server, session, response_id, after) != b"\n\n".join(events[after + 1 :]):
            findings.wrong.append(f"{response_id}: starting after {after} is not the rest of the stream")
        if len(set(kept.get(response_id, ()))) != 1:
            findings.wrong.append(f"{response_id}: its output is not the one that was journaled")


def _outputs(server: Server) -> dict[str, tuple[bytes, ...]]:
    """Return the outputs of every response as its record and as its journal have them."""
    rows = server.rows(
        "SELECT p.id, p.record, COALESCE(s.outcome, b.payload), s.kind FROM responses p JOIN steps s ON s.run_id = p.id"
        " LEFT JOIN blobs b ON b.hash = s.long_outcome WHERE s.ended_at IS NOT NULL ORDER BY p.id, s.number"
    )
    encode = msgspec.msgpack.encode
    kept: dict[str, tuple[bytes, ...]] = {}
    for response_id, steps in groupby(rows, key=lambda row: str(row[0])):
        found = list(steps)
        record = _read_record(found[0][1])
        if record.hosted is None:
            kept[response_id] = (encode(record.output), encode(_read_outcome(found[0][2]).record.output))
        else:
            output = [msgspec.structs.replace(item, id="") for item in record.output]
            kept[response_id] = (encode(output), encode(_journaled([(kind, payload) for *_, payload, kind in found])))
    return kept


def _journaled(steps: Sequence[tuple[str, bytes]]) -> list[Any]:
    """Return the output of a response that ran tools as its steps have it."""
    items: list[Any] = []
    for kind, payload in steps:
        if kind == MODEL:
            items += [item for item in _read_round(payload).items if not isinstance(item, ToolCall)]
        else:
            items.append(_read_item(payload))
    return items


def _final(replay: bytes) -> dict[str, Any]:
    """Return the resource that a whole stream ends with."""
    *_, last, _, _ = replay.split(b"\n\n")
    found: dict[str, Any] = json.loads(last.partition(b"data: ")[2])["response"]
    return found


def report(findings: Findings, num_kills: int, seconds: float) -> str:
    """Return the findings as text."""
    ends = ", ".join(f"{count} {status}" for status, count in sorted(findings.statuses.items()))
    lines = (
        f"kills                      {num_kills} in {seconds:.0f} s",
        f"responses acknowledged     {len(findings.acknowledged)}",
        f"ended                      {sum(findings.statuses.values())} ({ends})",
        f"runs under way at kills    {findings.num_under_way} (added up over the kills)",
        f"of them already answered   {findings.num_between}",
        f"journaled answers compared {len(findings.journaled)}",
        f"stream beginnings compared {findings.num_streams}",
        *_told(findings),
        f"wrong                      {len(findings.wrong)}",
    )
    return "\n".join((*lines, *findings.wrong[:20]))


def _told(findings: Findings) -> list[str]:
    if (told := findings.told) is None:
        return []
    return [
        f"calls that were made       {told.num_made} (each took effect once)",
        f"calls told to be unknown   {told.num_unknown} ({told.num_unknown_that_took_effect} took effect)",
    ]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store-url", default="", help="an empty Postgres database; default a SQLite file")
    parser.add_argument("--effects", action="store_true", help="responses with tools that write to a file")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        notes = stack.enter_context(noting(Path(folder))) if options.effects else None
        findings = asyncio.run(run(Path(folder), options.kills, options.seed, options.store_url, notes))
    print(report(findings, options.kills, time.monotonic() - began))
    sys.exit(bool(findings.wrong))


if __name__ == "__main__":
    main()
