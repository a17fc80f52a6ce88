"""The child process: loads one model and answers the parent's messages until the parent is gone.

Run as `python -m tercet.engine.child` by `process.py` and by nothing else. It imports the engine and the wire format
only, so that it is up in a fraction of a second. llama.cpp's handlers block, so each request has a thread; results
of all of them leave through one writer.
"""

import ctypes
import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import xllamacpp

from tercet.engine import wire
from tercet.engine.inner_http import InnerHttp
from tercet.engine.outbox import Outbox

PR_SET_PDEATHSIG, SIGKILL = 1, 9
READ_SIZE = 1 << 20


class _Choice(msgspec.Struct):
    text: str = ""
    finish_reason: str | None = None
    logprobs: dict[str, Any] | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: dict[str, int] = {}


class _PromptProgress(msgspec.Struct):
    total: int = 0
    cache: int = 0
    processed: int = 0


class _Timings(msgspec.Struct):
    prompt_ms: float = 0.0
    predicted_ms: float = 0.0
    draft_n_accepted: int = 0


class _Verbose(msgspec.Struct):
    stopping_word: str = ""


class _Error(msgspec.Struct):
    code: int = 500
    message: str = "the engine gave no reason"
    type: str = "server_error"
    n_prompt_tokens: int = 0
    n_ctx: int = 0


class _Chunk(msgspec.Struct):
    """One event of llama.cpp's completion stream."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    timings: _Timings | None = None
    prompt_progress: _PromptProgress | None = None
    error: _Error | None = None
    verbose: _Verbose | None = msgspec.field(default=None, name="__verbose")
    """Only where stop sequences were given."""


_decode_chunk = msgspec.json.Decoder(_Chunk).decode


class _Generation:
    """One completion under way. `on_chunk` runs on the request's thread, a few microseconds per token."""

    def __init__(self, request: wire.Generate, outbox: Outbox) -> None:
        self.id = request.id
        self.is_cancelled = False
        self.is_paused = False
        self.is_over = False
        self._has_logprobs = request.has_logprobs
        self._outbox = outbox

    def on_chunk(self, chunk_json: bytes) -> bool:
        """Pass one event on; returning True makes the engine stop at once."""
        if self.is_cancelled:
            return True
        chunk = _decode_chunk(chunk_json)
        if chunk.error is not None:
            self._refuse(chunk.error)
        elif chunk.prompt_progress is not None:
            progress = chunk.prompt_progress
            if self.is_paused and progress.processed < progress.total:
                return True
            self._outbox.put(wire.Progress(self.id, progress.processed, progress.total, progress.cache))
        elif chunk.usage is not None:
            self._end(chunk, chunk.usage)
        elif chunk.choices:
            self._pass_on(chunk.choices[0])
        return False

    def _pass_on(self, choice: _Choice) -> None:
        if not self._has_logprobs:
            self._outbox.put_text(self.id, choice.text)
            return
        entries = choice.logprobs["content"] if choice.logprobs else []
        self._outbox.put(wire.Tokens(self.id, choice.text, entries))

    def _refuse(self, error: _Error) -> None:
        self.is_over = True
        self._outbox.put_last(
            wire.Refused(self.id, error.code, error.type, error.message, error.n_prompt_tokens, error.n_ctx)
        )

    def _end(self, chunk: _Chunk, usage: _Usage) -> None:
        self.is_over = True
        timings = chunk.timings or _Timings()
        self._outbox.put_last(
            wire.Ended(
                self.id,
                chunk.choices[0].finish_reason or "stop",
                usage.prompt_tokens,
                usage.prompt_tokens_details.get("cached_tokens", 0),
                usage.completion_tokens,
                timings.prompt_ms,
                timings.predicted_ms,
                timings.draft_n_accepted,
                chunk.verbose.stopping_word if chunk.verbose else "",
            )
        )


class Child:
    """Dispatches the parent's messages to the loaded model."""

    def __init__(self, server: Any, inner: InnerHttp, outbox: Outbox) -> None:
        self.server = server
        self._inner = inner
        self.outbox = outbox
        self._generations: dict[int, _Generation] = {}

    def handle(self, message: Any) -> None:
        match message:
            case wire.Generate():
                generation = _Generation(message, self.outbox)
                self._generations[message.id] = generation
                self._spawn(self._generate, generation, message.body)
            case wire.Cancel():
                if under_way := self._generations.get(message.id):
                    under_way.is_cancelled = True
            case wire.Pause():
                if under_way := self._generations.get(message.id):
                    under_way.is_paused = True
            case wire.Call():
                self._spawn(self._call, message)
            case wire.Embed():
                self._spawn(self._embed, message)
            case _:
                raise ValueError(f"unexpected message {message!r}")

    def _spawn(self, work: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _generate(self, generation: _Generation, body: bytes) -> None:
        try:
            self.server.handle_completions(body, generation.on_chunk)
        except Exception as error:  # noqa: BLE001 - native code may raise anything; the parent must hear of it
            generation.is_over = True
            self.outbox.put_last(wire.Refused(generation.id, 500, "server_error", str(error)))
        finally:
            self._generations.pop(generation.id, None)
            if not generation.is_over:
                reason = "cancelled" if generation.is_cancelled else "paused" if generation.is_paused else "stop"
                self.outbox.put_last(wire.Ended(generation.id, reason))

    def _call(self, message: wire.Call) -> None:
        try:
            status, body = self._inner.request(message.method, message.path, message.body)
        except OSError as error:
            status, body = 500, msgspec.json.encode({"error": {"message": str(error)}})
        self.outbox.put_last(wire.Answer(message.id, status, body))

    def _embed(self, message: wire.Embed) -> None:
        body = self.server.handle_embeddings(message.body)
        self.outbox.put_last(wire.Answer(message.id, 200, body))


def die_with_parent(signal: int) -> None:
    """Ask Linux to send `signal` to this process when its parent ends (0: none).

    It covers the loading of the model, while nobody reads the connection; afterwards its end is noticed at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)


def make_params(load: wire.Load, inner: InnerHttp) -> Any:
    """Translate the parent's settings, numbers to enumerations as needed; an unknown name is an error."""
    params = xllamacpp.CommonParams()
    params.model.path = load.model_path
    for name, value in load.settings.items():
        setattr(params, name, type(getattr(params, name))(value))
    params.hostnames = [inner.hostname]
    params.api_keys = [inner.secret]
    params.cpuparams.n_threads = load.decode_threads
    params.cpuparams_batch.n_threads = load.batch_threads
    if load.loras:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(path, 1.0) for path in load.loras]
    if load.draft_path:
        params.speculative.draft.mparams.path = load.draft_path
        params.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE]
    return params


def serve(connection: socket.socket) -> None:
    """Load the model that the first message names, answer until the parent hangs up, and tidy up after it."""
    unframer = wire.Unframer(wire.Request)
    messages: list[Any] = []
    while not messages:
        chunk = connection.recv(READ_SIZE)
        if not chunk:
            return
        messages = unframer.feed(chunk)
    load, *rest = messages
    try:
        _answer(connection, unframer, load, rest)
    finally:
        shutil.rmtree(load.private_dir, ignore_errors=True)


def _answer(connection: socket.socket, unframer: wire.Unframer, load: wire.Load, rest: list[Any]) -> None:
    inner = InnerHttp(Path(load.private_dir))
    try:
        server = xllamacpp.Server(make_params(load, inner))
    except Exception as error:  # noqa: BLE001 - whatever native loading raises, the parent reports it
        connection.sendall(wire.frame([wire.LoadFailed(str(error))]))
        return
    inner.address = server.listening_address
    die_with_parent(0)
    outbox = Outbox(connection)
    outbox.put_last(_ready(load, inner))
    child = Child(server, inner, outbox)
    for message in rest:
        child.handle(message)
    while chunk := connection.recv(READ_SIZE):
        for message in unframer.feed(chunk):
            child.handle(message)


def _ready(load: wire.Load, inner: InnerHttp) -> wire.Ready:
    _, body = inner.request("POST", "/tokenize", b'{"content":"","add_special":true}')
    bos = msgspec.json.decode(body)["tokens"]
    context = load.settings["n_ctx"] // load.settings["n_parallel"]
    return wire.Ready(context, bos, str(xllamacpp.__version__))


def connect() -> socket.socket:
    """Return the connection to the parent: an inherited socket, or a loopback port opened with a secret."""
    kind, *rest = sys.argv[1:]
    if kind == "fd":
        return socket.socket(fileno=int(rest[0]))
    secret = sys.stdin.buffer.readline()
    connection = socket.create_connection(("127.0.0.1", int(rest[0])))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(secret)
    return connection


def main() -> None:
    """Serve, then leave without waiting for native threads: the parent is gone and nothing is owed to anyone."""
    die_with_parent(SIGKILL)
    try:
        serve(connect())
    except OSError:
        pass
    finally:
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
