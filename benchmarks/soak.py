"""Full load for half an hour, and the server's memory while it lasts: it has to stay flat.

A server process over the scripted backend is called by many clients at once: chat and responses, whole and streamed,
stored, continued and in the background, Anthropic's messages, clients that hang up in mid-stream, requests that are
refused and models that fail. Its resident memory is sampled every second; what the store holds is counted after the
first third and at the end, by table and on disk, since that grows with what is kept and must not grow with anything
else. Exits with 1 when the memory still grows after the first third, when an answer is not the one that was due, or
when a table grows that nothing was to be kept in. Linux only: memory is read from `/proc`.

    python -m benchmarks.soak --minutes 30
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from benchmarks.kills import Server

SCRIPT: tuple[dict[str, Any], ...] = (
    {"when": "broken", "text": "so far", "error": {"message": "the model broke"}},
    {"when": "busy", "error": {"message": "come back later", "retry_after_s": 1}},
    {"when": "tool", "turn": 0, "calls": [{"name": "look", "arguments": {"at": "the weather"}}]},
    {"when": "slow", "text": "word " * 40, "delay_ms": 20},
    {"when": "json", "text": '{"mood": "good"}'},
    {"text": "A plain answer of a few words, as most are."},
)
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"enum": ["good", "bad"]}},
    "required": ["mood"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "mood", "schema": SCHEMA, "strict": True}}
MAX_SLOPE_MIB_PER_MIN = 0.5
"""Half an hour of it would be 15 MiB; what is sampled varies by a few."""
KEPT = {"responses", "runs", "steps", "blobs", "ledger"}
"""Tables that the load adds to: what is stored, made in the background, and billed. Others have to stay as they are."""
Kind = Callable[["Client"], Awaitable[None]]


class Client:
    """One caller of many; every method is one thing that clients do, and checks that it was done."""

    def __init__(self, session: aiohttp.ClientSession, url: str, dice: random.Random) -> None:
        self._session = session
        self._url = url
        self._dice = dice

    async def _post(self, path: str, body: dict[str, Any], status: int = 200) -> bytes:
        async with self._session.post(f"{self._url}{path}", json={"model": "nano", **body}) as answer:
            content = await answer.read()
            assert answer.status == status, (path, answer.status, content[:300])
            return content

    def _words(self) -> str:
        return f"question {self._dice.randrange(10**9)} " + "of some length " * self._dice.randrange(40)

    async def chat(self) -> None:
        """A whole chat completion."""
        asked = {"messages": [{"role": "user", "content": self._words()}]}
        assert b"plain answer" in await self._post("/v1/chat/completions", asked)

    async def chat_stream(self) -> None:
        """A streamed one."""
        asked = {"messages": [{"role": "user", "content": self._words()}], "stream": True}
        assert (await self._post("/v1/chat/completions", asked)).endswith(b"data: [DONE]\n\n")

    async def schema(self) -> None:
        """Structured output."""
        asked = {"messages": [{"role": "user", "content": f"json {self._words()}"}], "response_format": FORMAT}
        assert b"good" in await self._post("/v1/chat/completions", asked)

    async def tools(self) -> None:
        """A call by a tool that nobody else names, so that its schema is new."""
        name = f"look{self._dice.randrange(10**6)}"
        tools = [{"type": "function", "function": {"name": name}}, {"type": "function", "function": {"name": "look"}}]
        asked = {"messages": [{"role": "user", "content": f"tool {self._words()}"}], "tools": tools}
        assert b"tool_calls" in await self._post("/v1/chat/completions", asked)

    async def responses(self) -> None:
        """A stored response, its continuation and its end."""
        first = json.loads(await self._post("/v1/responses", {"input": self._words()}))
        again = await self._post("/v1/responses", {"input": "go on", "previous_response_id": first["id"]})
        assert json.loads(again)["status"] == "completed"
        async with self._session.delete(f"{self._url}/v1/responses/{first['id']}") as answer:
            assert answer.status == 200

    async def responses_stream(self) -> None:
        """A streamed response that is not kept."""
        asked = {"input": self._words(), "stream": True, "store": False}
        assert b"response.completed" in await self._post("/v1/responses", asked)

    async def background(self) -> None:
        """A background response, watched to its end."""
        queued = json.loads(await self._post("/v1/responses", {"input": self._words(), "background": True}))
        async with self._session.get(f"{self._url}/v1/responses/{queued['id']}?stream=true") as answer:
            assert b"response.completed" in await answer.read()

    async def messages(self) -> None:
        """Anthropic's protocol."""
        asked = {"messages": [{"role": "user", "content": self._words()}], "max_tokens": 99, "stream": True}
        assert b"message_stop" in await self._post("/v1/messages", asked)

    async def hang_up(self) -> None:
        """A stream that is given up after its first bytes."""
        asked = {"model": "nano", "messages": [{"role": "user", "content": "slow"}], "stream": True}
        async with self._session.post(f"{self._url}/v1/chat/completions", json=asked) as answer:
            await answer.content.readany()
            answer.close()

    async def refused(self) -> None:
        """Requests that are none."""
        await self._post("/v1/chat/completions", {"messages": [{"role": "wizard", "content": "x"}]}, 400)
        await self._post("/v1/responses", {"input": "x", f"field{self._dice.randrange(10**6)}": 1}, 400)
        await self._post("/v1/responses", {"input": "x", "previous_response_id": "resp_none"}, 400)

    async def failing(self) -> None:
        """A model that breaks, and one that is overloaded."""
        await self._post("/v1/chat/completions", {"messages": [{"role": "user", "content": "broken"}]}, 502)
        await self._post("/v1/responses", {"input": "busy"}, 503)


KINDS: tuple[Kind, ...] = (
    *(Client.chat, Client.chat_stream) * 3,
    *(Client.responses, Client.responses_stream, Client.schema, Client.tools, Client.messages) * 2,
    Client.background,
    Client.hang_up,
    Client.refused,
    Client.failing,
)


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory")


class Holding(msgspec.Struct, frozen=True):
    """What the store holds at a moment: rows by table, and MiB on disk by file or folder."""

    at: float
    rows: dict[str, int]
    mib: dict[str, float]


def holding_of(server: Server, at: float) -> Holding:
    """Count what the store holds, `at` so many minutes."""
    tables = server.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    rows = {name: int(server.rows(f'SELECT COUNT(*) FROM "{name}"')[0][0]) for (name,) in tables}
    sizes: Counter[str] = Counter()
    home = server.folder / "home"
    for path in home.rglob("*"):
        if path.is_file():
            sizes[path.relative_to(home).parts[0]] += path.stat().st_size
    return Holding(at, rows, {name: size / 2**20 for name, size in sizes.items()})


async def soak(
    server: Server, minutes: float, num_clients: int, seed: int
) -> tuple[list[tuple[float, float]], Counter[str], list[Holding]]:
    """Load the server; return its memory as (minutes, MiB), how often each thing was done or went wrong, the store."""
    done: Counter[str] = Counter()
    held: list[Holding] = []
    began = time.monotonic()
    end = began + minutes * 60
    samples: list[tuple[float, float]] = []

    async def work(number: int) -> None:
        dice = random.Random(seed * 1000 + number)
        client = Client(session, server.url, dice)
        while time.monotonic() < end:
            kind = dice.choice(KINDS)
            try:
                await kind(client)
                done[kind.__name__] += 1
            except (AssertionError, aiohttp.ClientError, TimeoutError) as error:
                done[f"wrong: {kind.__name__}: {error!r}"[:300]] += 1

    async def sample() -> None:
        while time.monotonic() < end:
            at = (time.monotonic() - began) / 60
            samples.append((at, resident_mib(server.pid)))
            if len(samples) % 15 == 1:
                print(f"{at:6.2f} min {samples[-1][1]:8.1f} MiB {sum(done.values()):9} done", flush=True)
            if not held and at > minutes / 3:
                held.append(await asyncio.to_thread(holding_of, server, at))
            await asyncio.sleep(1)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(120)) as session:
        await asyncio.gather(sample(), *(work(number) for number in range(num_clients)))
    held.append(holding_of(server, (time.monotonic() - began) / 60))
    return samples, done, held


def slope(samples: list[tuple[float, float]]) -> float:
    """Return the growth in MiB per minute after the first third, the time in which caches fill."""
    late = samples[len(samples) // 3 :]
    return statistics.linear_regression([at for at, _ in late], [mib for _, mib in late]).slope


def print_growth(first: Holding, last: Holding) -> list[str]:
    """Print how the store grew between two moments; return the tables that were not to grow and did."""
    minutes = max(last.at - first.at, 1e-9)
    print(f"\n{'store':24}{'rows, then':>12}{'at last':>12}{'per minute':>12}")
    grown = {name: count - first.rows.get(name, 0) for name, count in last.rows.items()}
    for name, more in sorted(grown.items(), key=lambda entry: -entry[1]):
        if more:
            print(f"{name:24}{first.rows.get(name, 0):12}{last.rows[name]:12}{more / minutes:12.1f}")
    for name, mib in sorted(last.mib.items()):
        before = first.mib.get(name, 0.0)
        print(f"{name:24}{before:8.1f} MiB{mib:8.1f} MiB{(mib - before) / minutes:12.2f}")
    odd = [name for name, more in grown.items() if more > 0 and name not in KEPT]
    if odd:
        print(f"grew although nothing was to be kept there: {', '.join(sorted(odd))}")
    return odd


async def main_async(options: argparse.Namespace) -> int:
    """Start the server, load it, print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), script=SCRIPT)
        try:
            async with aiohttp.ClientSession() as session:
                await server.start(session)
            samples, done, held = await soak(server, options.minutes, options.clients, options.seed)
        finally:
            await server.kill()
    wrong = {name: count for name, count in done.items() if name.startswith("wrong")}
    for name, count in done.most_common():
        print(f"{count:9} {name}")
    odd = print_growth(held[0], held[-1])
    growth = slope(samples)
    memory = [mib for _, mib in samples]
    print(
        f"\n{sum(done.values())} in {options.minutes} min, {options.clients} clients; "
        f"memory {memory[0]:.1f} MiB at first, {max(memory):.1f} at most, "
        f"{memory[-1]:.1f} at last; {growth:+.3f} MiB/min after the first third "
        f"(allowed: {options.max_slope})"
    )
    return int(bool(wrong) or bool(odd) or growth > options.max_slope)


def main() -> int:
    """Run from the command line; 1 when memory grows or an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-slope", type=float, default=MAX_SLOPE_MIB_PER_MIN, help="MiB per minute")
    return asyncio.run(main_async(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
