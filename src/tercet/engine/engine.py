"""One model, kept running: starts its child when it is needed, restarts it when it dies, completes prompts with it.

The only door to the package. Every method may start the child; one start serves all who wait for it. A request
that was under way when the child died fails with `EngineCrashed` and may be sent again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec

from tercet.clock import monotonic_s
from tercet.engine import wire
from tercet.engine.gguf import ModelFacts, read_facts
from tercet.engine.job import Job
from tercet.engine.plan import Plan, available_memory, make_plan, physical_cores
from tercet.engine.process import start_child
from tercet.engine.refusals import message_of
from tercet.engine.runtime import Reply, Runtime
from tercet.engine.settings import EngineSettings
from tercet.errors import BackendFailed, EngineCrashed, InvalidRequest, ModelUnusable, Unsupported

logger = logging.getLogger("tercet.engine")

FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 30.0
PATIENCE_S = 1.0
"""How long a request waits for the next start; if that is later, it fails with what went wrong last."""
STABLE_S = 60.0
"""A child that lived this long has earned a restart without waiting."""


class SamplingDefaults(msgspec.Struct, frozen=True):
    """What tokens are drawn with when nothing is asked for."""

    temperature: float
    top_p: float


class Engine:
    """A supervised llama.cpp process for one GGUF file."""

    def __init__(self, model_path: Path, settings: EngineSettings | None = None) -> None:
        self._model_path = model_path
        self._settings = settings or EngineSettings()
        self._facts: ModelFacts | None = None
        self._plan: Plan | None = None
        self._running: Runtime | None = None
        self._starting: asyncio.Task[Runtime] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._num_crashes = 0
        self._retry_at_s = 0.0
        self._started_s = 0.0
        self._is_closed = False
        self._is_unusable = False
        self._trouble = ""

    @property
    def facts(self) -> ModelFacts:
        """What the model file says; readable after `start`."""
        assert self._facts is not None, "the engine has not been started"
        return self._facts

    @property
    def context(self) -> int:
        """Tokens that one request may hold; known after `start`."""
        assert self._plan is not None, "the engine has not been started"
        return self._plan.context

    @property
    def adds_bos(self) -> bool:
        """Whether a prompt gets the model's first token by itself; known after `start`."""
        assert self._running is not None, "the engine has not been started"
        return bool(self._running.child.ready.bos)

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._running.child.pid if self._running else None

    @property
    def private_dir(self) -> Path | None:
        """The child's directory, while there is a child."""
        return self._running.child.private_dir if self._running else None

    @property
    def trouble(self) -> str:
        """Why there can be no child now; empty while there is one, and before the first start."""
        return "" if self._running else self._trouble

    @property
    def is_running(self) -> bool:
        """Whether there is a child."""
        return self._running is not None

    async def start(self) -> None:
        """Load the model if it is not loaded; idempotent. Raises `ModelUnusable` or `EngineCrashed`."""
        await self._ready()

    async def close(self) -> None:
        """End the child and everything under way; idempotent. The engine cannot be started again."""
        self._is_closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._running is not None:
            running, self._running = self._running, None
            self._trouble = "closed"
            running.child.connection.fail_all(EngineCrashed("the engine was closed"))
            await running.child.close()
        if self._watcher is not None:
            await asyncio.gather(self._watcher, return_exceptions=True)

    async def generate(self, job: Job) -> AsyncGenerator[Reply, None]:
        """Complete `job`: progress of the prompt, then tokens as they come, last `Ended`.

        Closing the generator stops the work: at once while generating, within one batch while reading the prompt.
        Raises `ContextTooLong`, `InvalidRequest`, `Overloaded`, `EngineCrashed`, `ModelUnusable`.
        """
        runtime = await self._ready()
        replies = runtime.generate(job)
        try:
            async for reply in replies:
                if isinstance(reply, wire.Ended):
                    self._num_crashes = 0
                yield reply
        finally:
            await replies.aclose()

    async def tokenize(self, prompt: Sequence[str], *, add_special: bool = True) -> list[int]:
        """Return the token ids of a prompt in pieces (see `Job.prompt`)."""
        body = {"content": prompt, "add_special": add_special, "parse_special": True}
        answer = await (await self._ready()).call("POST", "/tokenize", msgspec.json.encode(body))
        return msgspec.json.decode(answer, type=_TokenList).tokens

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector per text. Raises `Unsupported` unless the engine was loaded for embeddings."""
        if not self._settings.embedding:
            raise Unsupported("this model was not loaded for embeddings; set `embedding = true` for it")
        answer = await (await self._ready()).embed(msgspec.json.encode({"input": texts}))
        try:
            vectors = msgspec.json.decode(answer, type=_Embeddings).data
        except msgspec.ValidationError as error:
            raise InvalidRequest(f"the engine could not embed the texts: {message_of(answer)}") from error
        return [vector.embedding for vector in sorted(vectors, key=lambda vector: vector.index)]

    async def defaults(self) -> SamplingDefaults:
        """Return what the engine samples with where a job says nothing, which the model's file may have decided."""
        answer = await (await self._ready()).call("GET", "/props", b"")
        return msgspec.json.decode(answer, type=_Props).default_generation_settings.params

    async def metrics(self) -> str:
        """Return llama.cpp's own counters in Prometheus text form."""
        return (await (await self._ready()).call("GET", "/metrics", b"")).decode()

    async def _ready(self) -> Runtime:
        """Return the running child, starting one if there is none; all callers share one start."""
        if self._running is not None:
            return self._running
        if self._is_closed:
            raise BackendFailed("the engine is closed")
        self._check_patience()
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
        return await asyncio.shield(self._starting)

    def _check_patience(self) -> None:
        """Raise what went wrong last if the next try is too far away to wait for."""
        delay_s = self._retry_at_s - monotonic_s()
        if delay_s > PATIENCE_S:
            kind = ModelUnusable if self._is_unusable else EngineCrashed
            raise kind(self._trouble, retry_after_s=delay_s)

    async def _start(self) -> Runtime:
        delay_s = self._retry_at_s - monotonic_s()
        if delay_s > 0:
            await asyncio.sleep(delay_s)
        try:
            self._facts = await asyncio.to_thread(read_facts, self._model_path)
            self._plan = make_plan(self._facts, self._settings, available_memory(), physical_cores())
            child = await start_child(self._facts, self._settings, self._plan)
        except BackendFailed as error:
            self._trouble = error.message
            self._is_unusable = isinstance(error, ModelUnusable)
            self._back_off()
            raise
        self._is_unusable = False
        self._running = Runtime(child, self._settings, self._plan)
        self._started_s = monotonic_s()
        self._watcher = asyncio.create_task(self._watch(self._running))
        return self._running

    async def _watch(self, running: Runtime) -> None:
        """Wait for the child's end; unless it was wanted, fail what was under way and start another."""
        await running.child.connection.lost
        if self._running is not running:
            return
        self._running = None
        self._trouble = "the engine process ended unexpectedly"
        if monotonic_s() - self._started_s > STABLE_S:
            self._num_crashes = 0
        delay_s = self._back_off()
        if not self._is_closed:  # before anything is awaited, so that no request starts a second one
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(_log_failure)
        running.child.kill()
        status = await running.child.wait_end()
        logger.error("%s: exit status %d; it wrote: %s", self._model_path, status, running.child.last_words)
        crashed = EngineCrashed(f"{self._trouble} (exit status {status})", retry_after_s=delay_s)
        running.child.connection.fail_all(crashed)
        await running.child.close()

    def _back_off(self) -> float:
        """Note a failure; return how long the next start will wait: twice as long each time, at first not at all."""
        delay_s = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (self._num_crashes - 1)) if self._num_crashes else 0.0
        self._num_crashes += 1
        self._retry_at_s = monotonic_s() + delay_s
        return delay_s


class _DefaultSettings(msgspec.Struct):
    params: SamplingDefaults


class _Props(msgspec.Struct):
    default_generation_settings: _DefaultSettings


class _TokenList(msgspec.Struct):
    tokens: list[int]


class _Embedding(msgspec.Struct):
    embedding: list[float]
    index: int


class _Embeddings(msgspec.Struct):
    data: list[_Embedding]


def _log_failure(task: "asyncio.Task[Runtime]") -> None:
    """Read the outcome of a restart that nobody waits for, so that it is not reported as forgotten."""
    if not task.cancelled() and (error := task.exception()):
        logger.warning("restart failed: %s", error)
