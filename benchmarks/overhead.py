"""What Tercet itself costs: CPU time per request on the scripted backend, beside a bare ASGI echo in the same run.

Each server is a process of its own that reports its own CPU time; the load comes from this process over keep-alive
connections. The echo decodes the same body with msgspec and answers with a chat completion of the same size, so the
difference is what a key with limits, routing, checks, the service, the guarantee and the rendering take. A second table
shows how long other requests wait while bodies of 8 MB come in.
"""

import argparse
import asyncio
import io
import json
import os
import platform
import socket
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import msgspec
import uvicorn

ANSWER = "It is 21 degrees in Lisbon, with a light wind from the north-west and no rain before the evening."
MESSAGES = [
    {"role": "system", "content": "You answer questions about the weather, briefly, from the report only. " * 5},
    {"role": "user", "content": "What is the weather in Lisbon today? " * 4},
]
CHAT = {"model": "nano", "messages": MESSAGES, "temperature": 0.2, "max_tokens": 200}
RESPONSES = {"model": "nano", "input": MESSAGES, "temperature": 0.2, "max_output_tokens": 200}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "strict": True, "parameters": WEATHER}}]
CALLING = {**CHAT, "messages": [*MESSAGES, {"role": "user", "content": "Look it up."}], "tools": TOOLS}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bare ASGI echo": ("echo", "/v1/chat/completions", CHAT),
    "chat": ("tercet", "/v1/chat/completions", CHAT),
    "chat, a strict call checked": ("tercet", "/v1/chat/completions", CALLING),
    "chat, streamed (21 events)": ("tercet", "/v1/chat/completions", {**CHAT, "stream": True}),
    "responses, not stored": ("tercet", "/v1/responses", {**RESPONSES, "store": False}),
    "responses, stored": ("tercet", "/v1/responses", RESPONSES),
}
BIG: dict[str, tuple[str, list[str]]] = {
    "bare ASGI echo, one message of 8 MB": ("echo", ["word " * 1_600_000]),
    "one message of 8 MB": ("tercet", ["word " * 1_600_000]),
    "1,000 messages of 8 kB": ("tercet", ["word " * 1_600] * 1_000),
    "40,000 messages of 200 bytes": ("tercet", ["word " * 40] * 40_000),
}
NUM_BIG = 5
BUDGET_US = 1000
WARM_UP = 300
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


async def echo(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Decode the body and answer with a completion: the floor under any server of this protocol in Python."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    request = msgspec.json.decode(body)
    answer = msgspec.json.encode(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": request["model"],
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"},
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
    )
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def tercet_app(folder: str) -> App:
    """Return Tercet over one scripted answer, wired as `tercet serve` wires it."""
    from tercet.api.app import create_app
    from tercet.config import Config, TierConfig
    from tercet.main import build_service

    script = Path(folder, "script.jsonl")
    # The script's own counting of words would take longer than anything else with prompts of megabytes.
    counted = {"usage": {"input_tokens": 100, "output_tokens": 20}}
    call = {"name": "get_weather", "arguments": {"city": "Lisbon", "days": 1}}
    lines = ({"when": "Look it up", "calls": [call], **counted}, {"text": ANSWER, **counted})
    script.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    nano = TierConfig(backend="scripted", model="script", script=script)
    return create_app(build_service(Config(home=Path(folder), tiers={"nano": nano})))


async def make_key(folder: str) -> str:
    """Return the secret of a key with limits that are never reached: from then on callers need one."""
    from tercet.service.keys import Keys
    from tercet.store.local import LocalStore

    store = LocalStore(Path(folder, "tercet.db"), retention_days=30, max_responses=1000)
    _, secret = await Keys(store.keys).create("bench", requests_per_minute=10**7, tokens_per_minute=10**11)
    await store.close()
    return secret


def run_server(kind: str, folder: str, port: int, pipe: Connection) -> None:
    """Serve until the pipe closes, answering every message on it with the CPU seconds used so far."""
    config = uvicorn.Config(
        echo if kind == "echo" else tercet_app(folder),
        port=port,
        log_level="warning",
        lifespan="off" if kind == "echo" else "on",
        access_log=False,
    )
    server = uvicorn.Server(config)

    def report() -> None:
        while True:
            try:
                pipe.recv()
            except EOFError:
                server.should_exit = True
                return
            pipe.send(time.process_time())

    Thread(target=report, daemon=True).start()
    server.run()


class Figures(msgspec.Struct, frozen=True):
    """What one case cost."""

    name: str
    num_requests: int
    cpu_us: float
    p50_ms: float
    p99_ms: float
    requests_per_s: float


async def measure(
    name: str, port: int, pipe: Connection, num_requests: int, connections: int, headers: dict[str, str]
) -> Figures:
    """Send the requests of a case and return what they cost the server."""
    _, path, body = CASES[name]
    payload = json.dumps(body).encode()
    url = f"http://127.0.0.1:{port}{path}"
    latencies_ms: list[float] = []

    async def client(session: aiohttp.ClientSession, count: int) -> None:
        for _ in range(count):
            began_s = time.perf_counter()
            async with session.post(url, data=payload) as answer:
                text = await answer.read()
                assert answer.status == 200, text
            latencies_ms.append((time.perf_counter() - began_s) * 1000)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections), headers=headers) as session:
        await _until_up(session, url, payload)
        await asyncio.gather(*(client(session, WARM_UP // connections + 1) for _ in range(connections)))
        latencies_ms.clear()
        pipe.send("cpu")
        before_s: float = pipe.recv()
        began_s = time.perf_counter()
        await asyncio.gather(*(client(session, num_requests // connections) for _ in range(connections)))
        taken_s = time.perf_counter() - began_s
        pipe.send("cpu")
        cpu_s = pipe.recv() - before_s
    count = len(latencies_ms)
    cuts = statistics.quantiles(latencies_ms, n=100)
    return Figures(name, count, cpu_s / count * 1e6, cuts[49], cuts[98], count / taken_s)


async def _until_up(session: aiohttp.ClientSession, url: str, payload: bytes) -> None:
    for _ in range(200):
        try:
            async with session.post(url, data=payload):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
    raise RuntimeError(f"no server came up at {url}")


async def measure_waits(texts: list[str], port: int, headers: dict[str, str]) -> tuple[float, list[float]]:
    """Send big bodies one after another, ask small things meanwhile, and return both kinds of latencies in ms."""
    small, url = json.dumps(CHAT).encode(), f"http://127.0.0.1:{port}/v1/chat/completions"
    big = json.dumps({"model": "nano", "messages": [{"role": "user", "content": text} for text in texts]}).encode()
    waits_ms: list[float] = []

    async def send(session: aiohttp.ClientSession, body: bytes) -> float:
        began_s = time.perf_counter()
        async with session.post(url, data=io.BytesIO(body)) as answer:
            text = await answer.read()
            assert answer.status == 200, text
        return (time.perf_counter() - began_s) * 1000

    async with aiohttp.ClientSession(headers=headers) as session:
        await _until_up(session, url, small)
        taken_ms = []
        for _ in range(NUM_BIG):
            task = asyncio.create_task(send(session, big))
            while not task.done():
                waits_ms.append(await send(session, small))
            taken_ms.append(await task)
    return statistics.median(taken_ms), waits_ms


def run_case(name: str, num_requests: int, connections: int) -> Figures:
    """Start the case's server, measure it and stop it."""
    with serving(CASES[name][0]) as (port, pipe, headers):
        return asyncio.run(measure(name, port, pipe, num_requests, connections, headers))


def run_big(name: str) -> tuple[float, list[float]]:
    """Start the server of a case of big bodies, measure the waits and stop it."""
    kind, texts = BIG[name]
    with serving(kind) as (port, _, headers):
        return asyncio.run(measure_waits(texts, port, headers))


@contextmanager
def serving(kind: str) -> Iterator[tuple[int, Connection, dict[str, str]]]:
    """Run a server in a process of its own; yield its port, the pipe on which it reports its CPU seconds, and the
    headers that its callers send."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {asyncio.run(make_key(folder))}"}
        server: BaseProcess = context.Process(target=run_server, args=(kind, folder, port, theirs))
        server.start()
        theirs.close()
        try:
            yield port, ours, headers
        finally:
            ours.close()
            server.join(20)


def main() -> None:
    """Print the table; exit with 1 when a chat request costs more than its budget above the echo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=6400, help="requests per case")
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    figures = [run_case(name, options.requests, options.connections) for name in CASES]
    floor_us = figures[0].cpu_us
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(f"{options.connections} connections, {figures[0].num_requests} requests each, one server process\n")
    print("| case | CPU per request | above the echo | p50 | p99 | requests/s |")
    print("|---|---|---|---|---|---|")
    for row in figures:
        print(
            f"| {row.name} | {row.cpu_us:.0f} µs | {row.cpu_us - floor_us:.0f} µs "
            f"| {row.p50_ms:.1f} ms | {row.p99_ms:.1f} ms | {row.requests_per_s:.0f} |"
        )
    print("\n| body | served in (median) | others meanwhile: median | worst |")
    print("|---|---|---|---|")
    for name in BIG:
        taken_ms, waits_ms = run_big(name)
        print(f"| {name} | {taken_ms:.0f} ms | {statistics.median(waits_ms):.1f} ms | {max(waits_ms):.0f} ms |")
    chat_us = figures[1].cpu_us - floor_us
    print(f"\nA chat request costs {chat_us:.0f} µs above the echo; the budget is {BUDGET_US} µs.")
    raise SystemExit(chat_us > BUDGET_US)


if __name__ == "__main__":
    main()
