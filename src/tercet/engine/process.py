"""Starting one child process and ending it: spawn, hand over the connection, greet, collect its last words.

It starts a process once. When to start, and what to do when it ends, is `engine.py`'s.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from tercet.engine import wire
from tercet.engine.connection import Connection
from tercet.engine.gguf import ModelFacts, write_renamed
from tercet.engine.plan import Plan
from tercet.engine.settings import EngineSettings
from tercet.errors import BackendFailed, ModelUnusable

logger = logging.getLogger("tercet.engine")
TAIL_LINES = 12
POOLING_MEAN = 1
"""What a model that was not made for embeddings gives the most of."""
CHILD_MODULE = "tercet.engine.child"


class ChildProcess:
    """A running child. `connection` is open; `ready` says what the child said when it had loaded."""

    def __init__(self, process: asyncio.subprocess.Process, connection: Connection, private_dir: Path) -> None:
        self.process = process
        self.connection = connection
        self.ready = wire.Ready(0, [], "")
        self.private_dir = private_dir
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._reader = asyncio.create_task(self._read_stderr())

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def last_words(self) -> str:
        """The end of what the child wrote to its standard error."""
        return " | ".join(self._tail)

    async def wait_end(self) -> int:
        """Wait until the process has ended and its words are read; return its exit status."""
        status = await self.process.wait()
        await self._reader
        return status

    def kill(self) -> None:
        """End the process, if it has not ended; it holds nothing worth saving."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if hasattr(signal, "SIGKILL"):
                os.kill(self.pid, signal.SIGKILL)  # Process.kill polls, and so steals the status from who waits
            else:
                self.process.kill()

    async def close(self) -> None:
        """Kill the process and remove its directory; idempotent."""
        self.connection.close()
        self.kill()
        await self.wait_end()
        shutil.rmtree(self.private_dir, ignore_errors=True)

    async def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self._tail.append(text)
                logger.debug("child %d: %s", self.process.pid, text)


async def start_child(facts: ModelFacts, settings: EngineSettings, plan: Plan) -> ChildProcess:
    """Start a child and wait until it has loaded the model. Raises `ModelUnusable` with the reason if it cannot."""
    private_dir = Path(tempfile.mkdtemp(prefix="tercet-"))  # mode 0700
    try:
        model_path = await _loadable(facts, private_dir)
        child = await _spawn_whole(private_dir)
    except BaseException:
        shutil.rmtree(private_dir, ignore_errors=True)
        raise
    try:
        child.connection.send(_load_message(model_path, private_dir, facts, settings, plan))
        child.ready = await _greet(child, facts, settings.start_timeout_s)
    except BaseException:
        await child.close()
        raise
    return child


async def _spawn_whole(private_dir: Path) -> ChildProcess:
    """Spawn a child; cancelled half-way, end it before passing the cancellation on."""
    spawning = asyncio.ensure_future(spawn(private_dir))
    try:
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        await (await spawning).close()
        raise
    except OSError as error:
        raise BackendFailed(f"the engine process cannot be started: {error}") from error


async def _loadable(facts: ModelFacts, private_dir: Path) -> Path:
    if not facts.is_renamed:
        return facts.path
    target = private_dir / "model.gguf"
    await asyncio.to_thread(write_renamed, facts.path, target)
    return target


async def _greet(child: ChildProcess, facts: ModelFacts, timeout_s: float) -> wire.Ready:
    connection = child.connection
    done, _ = await asyncio.wait(
        (connection.greeting, connection.lost), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
    )
    if connection.greeting in done:
        greeting = connection.greeting.result()
        if isinstance(greeting, wire.Ready):
            return greeting
        await child.wait_end()  # it leaves at once; by then its reasons are read
        raise ModelUnusable(f"model {str(facts.path)!r} cannot be loaded: {greeting.message} {child.last_words}")
    if not done:
        raise ModelUnusable(f"model {str(facts.path)!r} was not loaded within {timeout_s:.0f} s")
    status = await child.wait_end()
    raise ModelUnusable(
        f"model {str(facts.path)!r} cannot be loaded: the engine ended while it tried "
        f"(exit status {status}). {child.last_words}"
    )


def _load_message(
    model_path: Path, private_dir: Path, facts: ModelFacts, settings: EngineSettings, plan: Plan
) -> wire.Load:
    return wire.Load(
        str(model_path),
        str(private_dir),
        load_params(facts, settings, plan, private_dir),
        plan.decode_threads,
        plan.batch_threads,
        list(settings.loras),
        settings.draft,
    )


def load_params(facts: ModelFacts, settings: EngineSettings, plan: Plan, private_dir: Path) -> dict[str, Any]:
    """Return the fields of `CommonParams` that a model is loaded with."""
    params: dict[str, Any] = {
        "n_ctx": plan.context * plan.parallel,
        "n_parallel": plan.parallel,
        "n_batch": settings.batch,
        "n_ubatch": settings.batch,
        "cache_ram_mib": settings.cache_ram_mib,
        "cache_idle_slots": False,  # would copy every idle slot's state at each request
        "n_gpu_layers": settings.gpu_layers,
        "slot_save_path": str(private_dir) + os.sep,
        "embedding": settings.embedding,
        "kv_unified": settings.embedding,  # apart, texts of unequal length are cut, and a part of each is averaged
        "endpoint_metrics": True,
        "enable_chat_template": False,
        "use_jinja": False,
        "ui": False,
        "fit_params": False,  # the plan has fitted them
        "warmup": False,
        "verbosity": 2,
    }
    if settings.embedding and not facts.has_pooling:
        params["pooling_type"] = POOLING_MEAN
    return params


def _environment() -> dict[str, str]:
    """The child finds this very package, wherever the parent's import path had it from."""
    root = str(Path(__file__).resolve().parents[2])
    others = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, others]) if others else root}


async def spawn_unix(private_dir: Path) -> ChildProcess:
    """Hand the child one end of a socket pair: there is no address that anyone else could connect to."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", CHILD_MODULE, "fd", str(theirs.fileno()),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            pass_fds=(theirs.fileno(),), env=_environment(),
        )  # fmt: skip
    ours.setblocking(False)
    _, connection = await asyncio.get_running_loop().create_unix_connection(Connection, sock=ours)
    return ChildProcess(process, connection, private_dir)


async def spawn_tcp(private_dir: Path) -> ChildProcess:
    """Let the child connect to a loopback port and prove with a secret, given over its standard input, who it is."""
    secret = secrets.token_hex(32).encode() + b"\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", CHILD_MODULE, "tcp", str(listener.getsockname()[1]),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(secret)
        accepted = await asyncio.wait_for(_accept(listener, secret), 30.0)
    _, connection = await asyncio.get_running_loop().create_connection(Connection, sock=accepted)
    return ChildProcess(process, connection, private_dir)


async def _accept(listener: socket.socket, secret: bytes) -> socket.socket:
    """Accept connections until one brings the secret; others are closed."""
    loop = asyncio.get_running_loop()
    while True:
        candidate, _ = await loop.sock_accept(listener)
        candidate.setblocking(False)
        proof = b""
        while len(proof) < len(secret) and (chunk := await loop.sock_recv(candidate, len(secret) - len(proof))):
            proof += chunk
        if secrets.compare_digest(proof, secret):
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return candidate
        candidate.close()


spawn = spawn_unix if hasattr(socket, "AF_UNIX") else spawn_tcp
