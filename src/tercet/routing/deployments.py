"""Several deployments of one tier as one backend: spread by load and prefix, fallen back upon in order.

A request goes elsewhere only while nothing of an answer has been passed on, and only after a refusal that billed
nothing. `health.py` decides who may be asked, `retry.py` whether asking again may help; here is what both lead to.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from typing import Literal, TypeVar

from tercet.backends.base import Backend, Capabilities, Health
from tercet.clock import monotonic_s
from tercet.errors import BackendFailed, InvalidRequest, OutputInvalid, Overloaded, TercetError
from tercet.events import Event, Finished, Started
from tercet.items import ModelRequest
from tercet.routing.health import Circuit, Limits
from tercet.routing.retry import After, retry_of, unserved

Strategy = Literal["fallback", "spread"]
MAX_TRIES = 3
"""Requests to one deployment for one client's request, where each was told to come again soon."""
MAX_SKEW = 1.25
"""How far above the average load a deployment may be taken for the sake of its cached prefix."""
MIN_CROWD = 4
"""Fewer requests than these are no load."""

CLOCK_SLACK_S = 0.01
"""Sleeping may end this much early."""

Result = TypeVar("Result")


class Deployments:
    """A `Backend` over several. Its `name` and `model` are those of the first; `Started` names the one that answers."""

    def __init__(
        self,
        backends: Sequence[Backend],
        *,
        strategy: Strategy = "fallback",
        max_wait_s: float = 5.0,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        clock: Callable[[], float] = monotonic_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take over `backends`, at least one; a deployment's `Retry-After` is sat out up to `max_wait_s` seconds."""
        self.name = backends[0].name
        self.model = backends[0].model
        self._strategy = strategy
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._sleep = sleep
        self._all = [_Deployment(backend, number, limits, clock) for number, backend in enumerate(backends)]
        self._turn = 0

    async def start(self) -> None:
        """Start all, side by side. Raises the first error when none can serve."""
        starts = (deployment.backend.start() for deployment in self._all)
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        errors = [outcome for outcome in outcomes if outcome is not None]
        for error in errors:
            if not isinstance(error, TercetError) or len(errors) == len(self._all):
                raise error

    async def close(self) -> None:
        """Close all."""
        await asyncio.gather(*(deployment.backend.close() for deployment in self._all))

    async def capabilities(self) -> Capabilities:
        """Return what all that can serve have in common, since any of them may answer."""
        known = list((await self._known()).values())
        return Capabilities(
            context_window=min(one.context_window for one in known),
            max_output_tokens=min(one.max_output_tokens for one in known),
            can_constrain=all(one.can_constrain for one in known),
            can_embed=any(one.can_embed for one in known),
            can_continue=all(one.can_continue for one in known),
            default_temperature=_common(one.default_temperature for one in known),
            default_top_p=_common(one.default_top_p for one in known),
            has_images=all(one.has_images for one in known),
            has_files=all(one.has_files for one in known),
            has_logprobs=all(one.has_logprobs for one in known),
            has_confidence=all(one.has_confidence for one in known),
        )

    async def health(self) -> Health:
        """Report ready when any deployment is, with what is wrong with the others."""
        readings = await asyncio.gather(*(deployment.backend.health() for deployment in self._all))
        ailing = [
            f"{deployment.label}: {reading.detail or 'not ready'}"
            for deployment, reading in zip(self._all, readings, strict=True)
            if not reading.is_ready
        ]
        return Health(is_ready=len(ailing) < len(self._all), detail="; ".join(ailing))

    async def count_tokens(self, request: ModelRequest) -> int:
        """Ask the deployment that would answer; the next one where it cannot be asked."""
        return await self._ask_in_turn(self._ranked(request), lambda backend: backend.count_tokens(request))

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Ask a deployment that embeds; the next one where it cannot be asked."""
        known = await self._known()
        able = [deployment for deployment, capabilities in known.items() if capabilities.can_embed]
        return await self._ask_in_turn(able or self._all, lambda backend: backend.embed(texts))

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """See `Backend.generate`. Raises `Overloaded` with the shortest wait when no deployment can be asked."""
        attempt = await self._begin(request)
        try:
            async for event in attempt:
                yield event
        finally:
            await attempt.close()

    async def _begin(self, request: ModelRequest) -> "_Attempt":
        """Return the first attempt that has an event to show, waiting where that was asked for and is short."""
        patience_s = self._max_wait_s
        errors: dict[_Deployment, TercetError] = {}
        for deployment in self._ranked(request):
            for _ in range(MAX_TRIES):
                wait_s = deployment.wait_s()
                if 0 < wait_s <= patience_s and deployment.said_when:
                    patience_s -= wait_s
                    await self._sleep(wait_s)
                    wait_s = deployment.wait_s()
                if wait_s:
                    errors.setdefault(deployment, deployment.resting(wait_s))
                    break
                try:
                    return await deployment.begin(request)
                except TercetError as error:
                    if not error.is_unspent:
                        raise
                    errors[deployment] = error
                    if not isinstance(retry_of(error), After):
                        break
        raise unserved(list(errors.values()))

    def _ranked(self, request: ModelRequest) -> list["_Deployment"]:
        """Return the deployments in the order in which to ask them: those that may be asked now first."""
        if self._strategy == "fallback":
            ranked = self._all
        elif request.cache_key:
            ranked = self._by_prefix(request.cache_key)
        else:
            ranked = self._by_load()
        return sorted(ranked, key=lambda deployment: deployment.wait_s())

    def _by_prefix(self, cache_key: str) -> list["_Deployment"]:
        """Rank by rendezvous hashing, so that a prefix keeps its deployment when others come and go."""
        num_under_way = sum(deployment.num_under_way for deployment in self._all)
        crowd = max(MIN_CROWD, MAX_SKEW * (num_under_way + 1) / len(self._all))
        return sorted(self._all, key=lambda one: (one.num_under_way >= crowd, one.affinity(cache_key)))

    def _by_load(self) -> list["_Deployment"]:
        """Rank by requests under way; equals take turns."""
        self._turn += 1
        turned = [self._all[(number + self._turn) % len(self._all)] for number in range(len(self._all))]
        return sorted(turned, key=lambda one: one.num_under_way)

    async def _known(self) -> dict["_Deployment", Capabilities]:
        """Return what each can do of those that can tell. Raises the last error when none can."""
        known: dict[_Deployment, Capabilities] = {}
        for deployment in self._all:
            try:
                known[deployment] = await deployment.backend.capabilities()
            except TercetError:
                if deployment is self._all[-1] and not known:
                    raise
        return known

    async def _ask_in_turn(
        self, deployments: Sequence["_Deployment"], ask: Callable[[Backend], Awaitable[Result]]
    ) -> Result:
        for deployment in deployments[:-1]:
            try:
                return await ask(deployment.backend)
            except TercetError as error:
                if not error.is_unspent:
                    raise
        return await ask(deployments[-1].backend)


def _common(values: Iterable[float | None]) -> float | None:
    """Return the value that all have, or None."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


class _Deployment:
    """One backend, what was measured of it, and how many requests are under way."""

    def __init__(self, backend: Backend, number: int, limits: Limits, clock: Callable[[], float]) -> None:
        self.backend = backend
        self.label = f"{backend.name} {backend.model!r} ({number + 1})"
        self.circuit = Circuit(limits)
        self.clock = clock
        self.num_under_way = 0

    def wait_s(self) -> float:
        """Return how long it must be left alone; 0 where it may be asked now, or as good as now."""
        wait_s = self.circuit.wait_s(self.clock())
        return wait_s if wait_s > CLOCK_SLACK_S else 0.0

    @property
    def said_when(self) -> bool:
        """Whether it is left alone because it asked for that, not because it failed."""
        return not self.circuit.opened_for_s

    def affinity(self, cache_key: str) -> bytes:
        """Return the place of this deployment for a prefix: the lower the dearer."""
        return hashlib.blake2b(f"{self.label}\0{cache_key}".encode(), digest_size=8).digest()

    def resting(self, wait_s: float) -> Overloaded:
        """Return the error of not having been asked."""
        return Overloaded(f"{self.label} is left alone for another {wait_s:.0f} s", retry_after_s=wait_s)

    async def begin(self, request: ModelRequest) -> "_Attempt":
        """Ask it, and return once there is an event. Raises what the backend raises, having taken note of it."""
        attempt = _Attempt(self, request)
        try:
            await attempt.open()
        except BaseException:
            await attempt.close()
            raise
        return attempt


class _Attempt:
    """The events of one request at one deployment. Counts what becomes of it once, and the request while it lasts."""

    def __init__(self, deployment: _Deployment, request: ModelRequest) -> None:
        self._deployment = deployment
        self._source = deployment.backend.generate(request)
        self._first: Event | None = None
        self._is_counted = False
        deployment.num_under_way += 1
        was_probing = deployment.circuit.is_probing
        deployment.circuit = deployment.circuit.asked(deployment.clock())
        self._is_probe = deployment.circuit.is_probing and not was_probing

    def __aiter__(self) -> "_Attempt":
        return self

    async def __anext__(self) -> Event:
        event, self._first = self._first, None
        return event if event is not None else await self._next()

    async def open(self) -> None:
        """Wait for the first event."""
        try:
            self._first = await self._next()
        except StopAsyncIteration:
            raise BackendFailed(f"{self._deployment.label} ended before it began") from None

    async def close(self) -> None:
        """Stop the work; a request that is given up says nothing of the deployment."""
        if not self._is_counted:
            self._leave()
            if self._is_probe:
                self._deployment.circuit = self._deployment.circuit.left()
        await self._source.aclose()

    async def _next(self) -> Event:
        try:
            event = await anext(self._source)
        except TercetError as error:
            self._count(error)
            raise
        if isinstance(event, Finished):
            self._count(None)
        elif isinstance(event, Started):
            return Started(event.model, event.backend or self._deployment.backend.name)
        return event

    def _count(self, error: TercetError | None) -> None:
        """Take note of an end. A bad request and a bad output say that the deployment itself is well."""
        if self._is_counted:
            return
        self._leave()
        circuit, now_s = self._deployment.circuit, self._deployment.clock()
        if error is None or isinstance(error, InvalidRequest | OutputInvalid):
            self._deployment.circuit = circuit.succeeded(now_s)
        elif isinstance(error, Overloaded) and error.retry_after_s is not None:
            self._deployment.circuit = circuit.told_to_wait(now_s, error.retry_after_s)
        else:
            self._deployment.circuit = circuit.failed(now_s)

    def _leave(self) -> None:
        """Take the request off the load: with its last event, which its caller need not read beyond."""
        self._is_counted = True
        self._deployment.num_under_way -= 1
