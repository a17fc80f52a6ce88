"""What Tercet's engine costs: the same requests driven directly inside the engine's child process and through the whole
engine (slots, frames, the process boundary), in pairs of rounds that follow each other.

    python benchmarks/engine.py [MODEL.gguf] [--rounds 30] [--base-url http://127.0.0.1:8741/v1 --served nano]

A ratio is the median over the pairs, so that load by others falls on both sides of it. Beside the time that passed it
tells the CPU time of both processes, which others hardly disturb (Linux). With `--base-url` the HTTP door of a running
server is measured, too.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import xllamacpp

import tercet
from tercet.engine import process, wire
from tercet.engine.engine import Engine
from tercet.engine.gguf import read_facts
from tercet.engine.job import Job, encode
from tercet.engine.plan import physical_cores
from tercet.engine.settings import EngineSettings

SHIPPED = Path(tercet.__file__).parent / "models" / "nano.gguf"
SETTINGS = EngineSettings(context=4096, parallel=8, cache_ram_mib=0)
DECODE_TOKENS = 400
PREFILL_WORDS = 120


class Round(msgspec.Struct):
    """One batch of requests: tokens per second, and seconds of CPU that both processes took for it."""

    speed: float
    cpu_s: float


Driver = Callable[[list[Job]], Round]


def decode_jobs(count: int, salt: int, bias: dict[str, float]) -> list[Job]:
    """Short prompts, long answers."""
    prompts = ((f"Story {salt} {index}:",) for index in range(count))
    return [Job(prompt, DECODE_TOKENS, temperature=0.0, seed=1, logit_bias=bias) for prompt in prompts]


def prefill_jobs(count: int, salt: int, bias: dict[str, float]) -> list[Job]:
    """Long prompts that share nothing, one token of answer."""
    texts = (" ".join(f"{salt}w{index}n{n}" for n in range(PREFILL_WORDS)) for index in range(count))
    return [Job((text,), 1, temperature=0.0, seed=1, logit_bias=bias) for text in texts]


def no_end(model: Path) -> dict[str, float]:
    """Forbid every control token, so that no round ends early."""
    return {str(token.id): -100.0 for token in read_facts(model).special_tokens if token.is_control}


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has taken so far; 0 where the platform cannot tell."""
    if sys.platform != "linux":
        return 0.0
    return time.clock_gettime(~pid << 3 | 2)  # how Linux writes the id of another process's CPU clock


class Drives:
    """One engine, driven through its door and, inside its child, around it."""

    def __init__(self, model: Path) -> None:
        here = str(Path(__file__).parent)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
        process.CHILD_MODULE = "engine_child"
        self._runner = asyncio.Runner()
        self._engine = _OpenEngine(model, SETTINGS)
        self._runner.run(self._engine.start())

    def close(self) -> None:
        self._runner.run(self._engine.close())
        self._runner.close()

    def direct(self, jobs: list[Job]) -> Round:
        """Complete `jobs` all at once in the child, which calls llama.cpp and counts."""
        began_s = self._cpu_s()
        tokens, wall_s = self._runner.run(self._engine.direct(jobs))
        return Round(tokens / wall_s, self._cpu_s() - began_s)

    def engine(self, jobs: list[Job]) -> Round:
        """Complete `jobs` all at once as the service does."""
        began_s, began = self._cpu_s(), time.perf_counter()
        tokens = self._runner.run(self._complete(jobs))
        return Round(tokens / (time.perf_counter() - began), self._cpu_s() - began_s)

    async def _complete(self, jobs: list[Job]) -> int:
        return sum(await asyncio.gather(*map(self._one, jobs)))

    async def _one(self, job: Job) -> int:
        total = 0
        async for reply in self._engine.generate(job):
            if isinstance(reply, wire.Ended):
                total = reply.prompt_tokens + reply.output_tokens
        return total

    def _cpu_s(self) -> float:
        assert self._engine.pid is not None
        return time.process_time() + cpu_s(self._engine.pid)


class _OpenEngine(Engine):
    """An engine whose child is `engine_child.py`."""

    async def direct(self, jobs: list[Job]) -> tuple[int, float]:
        """Return how many tokens `jobs` came to, and the seconds they took inside the child."""
        bodies = [encode(job, slot) for slot, job in enumerate(jobs)]
        answer = await (await self._ready()).call("POST", "/direct", msgspec.msgpack.encode(bodies))
        return msgspec.msgpack.decode(answer, type=tuple[int, float])


class Door:
    """Decoding through the completions of a running server, streamed: a raw text goes on, a message is answered."""

    def __init__(self, base_url: str, model: str) -> None:
        self._url = f"{base_url.rstrip('/')}/completions"
        self._model = model

    def run(self, jobs: list[Job]) -> Round:
        """Complete `jobs` all at once; the CPU that the server takes is not counted."""
        started = time.perf_counter()
        with ThreadPoolExecutor(len(jobs)) as pool:
            totals = list(pool.map(self._one, jobs))
        return Round(sum(totals) / (time.perf_counter() - started), 0.0)

    def _one(self, job: Job) -> int:
        body = {
            "model": self._model,
            "prompt": job.prompt[0],
            "max_tokens": job.max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            "logit_bias": job.logit_bias,
        }
        request = urllib.request.Request(
            self._url, json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": "Bearer none"}
        )
        total = 0
        with urllib.request.urlopen(request) as response:
            for line in response:
                if line.startswith(b"data: {") and (usage := json.loads(line[6:]).get("usage")):
                    total = usage["total_tokens"]
        return total


def measure(drivers: dict[str, Driver], rounds: int, bias: dict[str, float]) -> list[dict[str, object]]:
    """Return a row per kind of work and number of requests."""
    rows: list[dict[str, object]] = []
    salts = itertools.count()
    for title, make in (("prefill", prefill_jobs), ("decode", decode_jobs)):
        for count in (1, 8):
            seen: dict[str, list[Round]] = {name: [] for name in drivers}
            for run in drivers.values():
                run(make(count, next(salts), bias))  # warm
            order = list(drivers)
            for _ in range(rounds):
                for name in order:
                    seen[name].append(drivers[name](make(count, next(salts), bias)))
                order.reverse()  # so that none always comes after the same
            rows.append({"work": title, "requests": count, **_columns(seen)})
    return rows


def _columns(seen: dict[str, list[Round]]) -> dict[str, object]:
    direct = seen["direct"]
    columns: dict[str, object] = {
        name: round(statistics.median(one.speed for one in all_)) for name, all_ in seen.items()
    }
    for name, ones in seen.items():
        if name == "direct":
            continue
        pairs = list(zip(ones, direct, strict=True))
        columns[f"{name}/direct"] = round(statistics.median(one.speed / other.speed for one, other in pairs), 3)
        if all(one.cpu_s for one in ones):
            ratio = statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)
            columns[f"CPU, {name}/direct"] = round(ratio, 3)
    return columns


def print_table(rows: list[dict[str, object]]) -> None:
    """Print Markdown, tokens per second."""
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        cells = (f"{row[name]:,}" if isinstance(row[name], int) else str(row[name]) for name in columns)
        print("| " + " | ".join(cells) + " |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED, help="by default the shipped nano")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--base-url", help="a running server, to measure its HTTP door as well")
    parser.add_argument("--served", default="nano", help="the model to name there")
    arguments = parser.parse_args()
    drives = Drives(arguments.model)
    drivers: dict[str, Driver] = {"direct": drives.direct, "engine": drives.engine}
    if arguments.base_url:
        drivers["http"] = Door(arguments.base_url, arguments.served).run
    try:
        rows = measure(drivers, arguments.rounds, no_end(arguments.model))
    finally:
        drives.close()
    print(f"{platform.platform()}, {physical_cores()} cores, xllamacpp {xllamacpp.__version__}, {arguments.model.name}")
    print_table(rows)


if __name__ == "__main__":
    main()
