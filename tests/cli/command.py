"""Running the command line as a process, as a user's shell does."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import tercet as tercet_package

_COMMAND = [sys.executable, "-W", "error", "-c", "from tercet.cli import main; main()"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment whose state lives in `folder` and that holds no settings of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TERCET_", "HF_", "NO_COLOR"))}
    source = str(Path(tercet_package.__file__).parents[1])
    return {**kept, "PYTHONPATH": source, "TERCET_HOME": str(folder / "home"), **more}


def tercet(folder: Path, *arguments: str, stdin: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
    """Run `tercet` with `folder` as its working folder and wait for its end."""
    return subprocess.run(
        [*_COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, **env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def spawn(folder: Path, *arguments: str, **env: str) -> "subprocess.Popen[str]":
    """Start `tercet` in `folder`; the caller ends it."""
    return subprocess.Popen(
        [*_COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_as_from_a_terminal,
    )


def _as_from_a_terminal() -> None:
    """Heed interrupts, which a shell lets the programs that it runs in the background ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str, process: "subprocess.Popen[str]") -> None:
    """Return when `url` answers. Fails when the server ends first or needs longer than 60 seconds."""
    for _ in range(600):
        assert process.poll() is None, process.communicate()
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url}")
