"""Sends spans to an OpenTelemetry collector over HTTP, in batches, beside the work that they tell of.

Nothing waits for it: what a collector does not take in time is dropped and counted.
"""

import asyncio
import gzip
import logging
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import aiohttp
import msgspec

from tercet import __version__
from tercet.telemetry import otlp_json, otlp_protobuf
from tercet.telemetry.base import Loss
from tercet.telemetry.spans import Span, Value

log = logging.getLogger(__name__)

MAX_QUEUED = 4096
BATCH = 512
DELAY_S = 1.0
"""A span is sent at the latest so long after it has ended, where the collector answers."""
MAX_TRIES = 4
FIRST_RETRY_S = 0.5
MAX_WAIT_S = 30.0
CLOSE_S = 3.0
_RETRYABLE = frozenset({429, 502, 503, 504})


class Target(msgspec.Struct, frozen=True):
    """A collector, and how it is spoken to."""

    url: str
    """The whole address, `/v1/traces` included."""
    protocol: Literal["http/protobuf", "http/json"] = "http/protobuf"
    headers: dict[str, str] = {}
    compression: Literal["none", "gzip"] = "none"
    timeout_s: float = 10.0


class Exporter:
    """The spans of this process on their way out. Used on one event loop."""

    def __init__(self, target: Target, resource: Mapping[str, Value]) -> None:
        """`resource` says who makes the spans; nothing is sent before `start`."""
        self._target = target
        self._resource = resource
        self._codec = otlp_json if target.protocol == "http/json" else otlp_protobuf
        self._queue: deque[Span] = deque()
        self._has_some, self._has_batch, self._closing = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._is_failing = False
        self._sending: asyncio.Task[None] | None = None
        self._num_under_way = 0
        self.num_exported = 0
        self.num_dropped: Counter[Loss] = Counter()

    def add(self, span: Span) -> None:
        """Take a span that has ended; drop it where too many wait."""
        if len(self._queue) >= MAX_QUEUED:
            self.num_dropped["queue_full"] += 1
            return
        self._queue.append(span)
        self._has_some.set()
        if len(self._queue) >= BATCH:
            self._has_batch.set()

    async def start(self) -> None:
        """Begin to send."""
        self._sending = asyncio.create_task(self._send_forever())

    async def close(self) -> None:
        """Send what is left, as far as a few seconds allow; idempotent."""
        self._closing.set()
        self._has_some.set()
        self._has_batch.set()
        task, self._sending = self._sending, None
        if task is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(task, CLOSE_S)
        self.num_dropped["closing"] += len(self._queue) + self._num_under_way
        self._queue.clear()

    async def _send_forever(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._target.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while self._queue or not self._closing.is_set():
                await self._has_some.wait()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._has_batch.wait(), DELAY_S)
                while self._queue:
                    batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                    self._num_under_way = len(batch)
                    await self._send(session, batch)
                    self._num_under_way = 0
                if not self._closing.is_set():
                    self._has_some.clear()
                    self._has_batch.clear()

    async def _send(self, session: aiohttp.ClientSession, batch: list[Span]) -> None:
        """Send a batch, several times where that may help, or drop it."""
        body = await asyncio.to_thread(self._encode, batch)
        for attempt in range(1, MAX_TRIES + 1):
            loss, reason, wait_s = await self._try(session, body, len(batch))
            if not loss:
                if self._is_failing:
                    log.info("traces reach %s again", self._target.url)
                self._is_failing = False
                return
            if loss == "refused" or attempt == MAX_TRIES or self._closing.is_set():
                self._drop(loss, len(batch), reason)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), max(wait_s, FIRST_RETRY_S * 2 ** (attempt - 1)))

    async def _try(self, session: aiohttp.ClientSession, body: bytes, num_spans: int) -> tuple[Loss | None, str, float]:
        """Post a batch; return what went wrong, in words, and how long the collector wants to be left alone."""
        try:
            async with session.post(
                self._target.url, data=body, headers=self._headers(), allow_redirects=False
            ) as answer:
                said = await answer.content.read(65_536)
                if answer.status in _RETRYABLE:
                    return "unreachable", f"it answers {answer.status}", _wait_s(answer.headers.get("Retry-After"))
                if not 200 <= answer.status < 300:
                    return "refused", f"it answers {answer.status}: {said[:200]!r}", 0.0
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return "unreachable", str(error) or type(error).__name__, 0.0
        num_rejected = min(num_spans, self._codec.num_rejected(said))
        self.num_exported += num_spans - num_rejected
        if num_rejected:
            self._drop("refused", num_rejected, "it did not take some spans")
        return None, "", 0.0

    def _encode(self, batch: list[Span]) -> bytes:
        body = self._codec.encode(batch, self._resource)
        return gzip.compress(body, 1) if self._target.compression == "gzip" else body

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": self._codec.CONTENT_TYPE, "User-Agent": f"tercet/{__version__}"}
        if self._target.compression == "gzip":
            headers["Content-Encoding"] = "gzip"
        return headers | self._target.headers

    def _drop(self, loss: Loss, num_spans: int, reason: str) -> None:
        self.num_dropped[loss] += num_spans
        log.log(
            logging.DEBUG if self._is_failing else logging.WARNING,
            "%d spans of traces were dropped: %s: %s",
            num_spans,
            self._target.url,
            reason,
        )
        self._is_failing = True


def _wait_s(text: str | None) -> float:
    return min(float(text), MAX_WAIT_S) if text is not None and text.strip().isdecimal() else 0.0
