"""How long from `tercet serve` to a first answered request on nano, and what the server has taken by then.

CPU seconds and MiB are of the server process alone, without the engine children; CPU is what imports and wiring cost,
and unlike the time that passes it is not much disturbed by others. Takes the median of several starts.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

QUESTION = {"model": "nano", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str) -> None:
    """Send one chat request and read its answer."""
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(QUESTION).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        json.load(answer)


def resident_mib(pid: int) -> float:
    """Return the resident memory of one process (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that one process has taken, to the hundredth (Linux)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def spawned(port: int, home: str) -> subprocess.Popen[bytes]:
    """Start a server with its state in `home`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tercet.cli", "serve", "--port", str(port)],
        env={**os.environ, "TERCET_HOME": home},
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def first_answer(url: str, server: subprocess.Popen[bytes]) -> None:
    """Ask nano until it answers. Raises what the last try raised when the server has ended, or after a minute."""
    began = time.perf_counter()
    while True:
        try:
            return ask(url)
        except (urllib.error.URLError, ConnectionError):
            if server.poll() is not None or time.perf_counter() - began > 60:
                raise
            time.sleep(0.01)


def one_start() -> tuple[float, float, float]:
    """Start a server, ask it until it answers, and return the seconds that took, its CPU seconds and its MiB."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        server = spawned(port, home)
        try:
            first_answer(f"http://127.0.0.1:{port}", server)
            return time.perf_counter() - began, cpu_s(server.pid), resident_mib(server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = [one_start() for _ in range(parser.parse_args().runs)]
    seconds, cpu, memory = zip(*runs, strict=True)
    print(f"start to first answer on nano: median {statistics.median(seconds):.2f} s, max {max(seconds):.2f} s")
    print(f"CPU of the server until then: median {statistics.median(cpu):.2f} s, max {max(cpu):.2f} s")
    print(f"server memory without the engine: median {statistics.median(memory):.0f} MiB, max {max(memory):.0f} MiB")


if __name__ == "__main__":
    main()
