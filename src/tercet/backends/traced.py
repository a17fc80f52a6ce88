"""A backend whose calls are spans: who was asked, what it took, when the first words came, how it ended.

Wrapped around a backend where traces are wanted, and nowhere else, so that they cost nothing otherwise.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tercet.backends.base import Backend, Capabilities, Health
from tercet.clock import monotonic_s
from tercet.errors import TercetError
from tercet.events import Event, Finished, ItemDone, Started
from tercet.items import Item, ModelRequest, ToolCall
from tercet.telemetry.messages import messages_of
from tercet.telemetry.spans import Span, Value
from tercet.telemetry.tracer import Tracer

_PROVIDERS = {"openai": "openai", "anthropic": "anthropic", "gemini": "gcp.gemini"}


class TracedBackend:
    """A `Backend` that is another one, with a span for each generation."""

    def __init__(self, backend: Backend, tracer: Tracer, tier: str) -> None:
        self.name = backend.name
        self.model = backend.model
        self._backend = backend
        self._tracer = tracer
        self._tier = tier

    async def start(self) -> None:
        """See `Backend.start`."""
        await self._backend.start()

    async def close(self) -> None:
        """See `Backend.close`."""
        await self._backend.close()

    async def capabilities(self) -> Capabilities:
        """See `Backend.capabilities`."""
        return await self._backend.capabilities()

    async def health(self) -> Health:
        """See `Backend.health`."""
        return await self._backend.health()

    async def count_tokens(self, request: ModelRequest) -> int:
        """See `Backend.count_tokens`."""
        return await self._backend.count_tokens(request)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See `Backend.embed`."""
        return await self._backend.embed(texts)

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """See `Backend.generate`."""
        operation = "chat" if request.raw_prompt is None else "text_completion"
        facts = self._facts(operation, request)
        span = self._tracer.begin(f"{operation} {self.model}", "client", facts)
        call = _Call(span, has_content=self._tracer.has_content)
        if self._tracer.has_content:
            span.attributes["gen_ai.input.messages"] = messages_of(request.items)
        try:
            async with aclosing(self._backend.generate(request)) as events:
                async for event in events:
                    call.take(event)
                    yield event
        except Exception as error:
            span.fail(error.code if isinstance(error, TercetError) else type(error).__name__, str(error))
            raise
        finally:
            call.end()
            self._tracer.end(span)

    def _facts(self, operation: str, request: ModelRequest) -> dict[str, Value]:
        sampling = request.sampling
        facts: dict[str, Value | None] = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": _PROVIDERS.get(self.name, "tercet"),
            "gen_ai.request.model": self.model,
            "gen_ai.request.max_tokens": sampling.max_output_tokens,
            "gen_ai.request.temperature": sampling.temperature,
            "gen_ai.request.top_p": sampling.top_p,
            "gen_ai.output.type": "text" if request.output_format.kind == "text" else "json",
            "tercet.tier": self._tier,
            "tercet.backend": self.name,
        }
        return {name: value for name, value in facts.items() if value is not None}


class _Call:
    """What becomes known of a call while its events come."""

    def __init__(self, span: Span, *, has_content: bool) -> None:
        self._span = span
        self._has_content = has_content
        self._items: list[Item] = []
        self._began_s = monotonic_s()
        self._has_begun = self._has_called = self._has_ended = False

    def take(self, event: Event) -> None:
        """Note what an event says."""
        facts = self._span.attributes
        if isinstance(event, Started):
            facts["gen_ai.response.model"] = event.model
            return
        if not self._has_begun:
            self._has_begun = True
            facts["gen_ai.response.time_to_first_chunk"] = monotonic_s() - self._began_s
        if isinstance(event, ItemDone):
            self._has_called = self._has_called or isinstance(event.item, ToolCall)
            if self._has_content:
                self._items.append(event.item)
        elif isinstance(event, Finished):
            self._has_ended = True
            usage = event.usage
            facts["gen_ai.usage.input_tokens"] = usage.input_tokens
            facts["gen_ai.usage.output_tokens"] = usage.output_tokens
            facts["gen_ai.usage.cache_read.input_tokens"] = usage.cached_tokens
            is_call = self._has_called and event.reason == "stop"
            facts["gen_ai.response.finish_reasons"] = ["tool_call" if is_call else event.reason]

    def end(self) -> None:
        """Say how it ended, and what was said as far as that may be told."""
        if self._has_content and self._items:
            self._span.attributes["gen_ai.output.messages"] = messages_of(self._items)
        if self._span.status == "error":
            return
        if self._has_ended:
            self._span.status = "ok"
        else:  # whoever listened has gone, or the work was stopped
            self._span.attributes["error.type"] = "cancelled"
