"""One model of Anthropic, reached through the Messages API, with its prompt cache and its thinking."""

from collections.abc import AsyncGenerator, Sequence

import msgspec

from tercet.backends.anthropic.request import counting_body, message_body
from tercet.backends.anthropic.stream import MessageReader
from tercet.backends.base import Capabilities, Health
from tercet.backends.http import Upstream
from tercet.backends.parts import check_parts
from tercet.errors import Unsupported
from tercet.events import Event
from tercet.items import ModelRequest

VERSION = "2023-06-01"


class AnthropicBackend:
    """A `Backend` over HTTP. Retries nothing: a request that may have been billed is not sent twice."""

    name = "anthropic"

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        timeout_s: float = 600.0,
        context_window: int = 131_072,
        has_images: bool = True,
    ) -> None:
        """Reach `model` under `base_url` (up to and including `/v1`); opens nothing yet."""
        self.model = model
        headers = {"anthropic-version": VERSION, **({"x-api-key": api_key} if api_key else {})}
        self._upstream = Upstream(base_url, headers, timeout_s)
        self._capabilities = Capabilities(context_window=context_window, has_images=has_images, has_files=True)

    async def start(self) -> None:
        """Open the connection pool; Anthropic itself is first asked with the first request."""
        await self._upstream.start()

    async def close(self) -> None:
        """Close every connection."""
        await self._upstream.close()

    async def capabilities(self) -> Capabilities:
        """Return what the configuration says of the model. Not every schema can be constrained, so none is claimed."""
        return self._capabilities

    async def health(self) -> Health:
        """Ask for the list of models."""
        return await self._upstream.health("/models")

    async def generate(self, request: ModelRequest) -> AsyncGenerator[Event, None]:
        """See `Backend.generate`."""
        check_parts(request, self.model, has_images=self._capabilities.has_images, can_fetch_files=True)
        body = message_body(request, self.model, self._capabilities.max_output_tokens)
        async for event in self._upstream.answer("/messages", body, MessageReader(), self.model):
            yield event

    async def count_tokens(self, request: ModelRequest) -> int:
        """Ask Anthropic, which counts without generating."""
        answer = await self._upstream.ask("/messages/count_tokens", counting_body(request, self.model), _Count)
        return answer.input_tokens

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Raise `Unsupported`: Anthropic has no embeddings."""
        raise Unsupported("the backend 'anthropic' has no embeddings", param="model")


class _Count(msgspec.Struct):
    input_tokens: int
