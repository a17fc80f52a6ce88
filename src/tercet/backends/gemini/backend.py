"""One Gemini model, reached through generateContent, with its thought signatures."""

from collections.abc import AsyncGenerator, Sequence

import msgspec

from tercet.backends.base import Capabilities, Health
from tercet.backends.gemini.request import content_body, counting_body
from tercet.backends.gemini.stream import ContentReader
from tercet.backends.http import Upstream
from tercet.backends.parts import check_parts
from tercet.errors import Unsupported
from tercet.events import Event
from tercet.items import ModelRequest


class GeminiBackend:
    """A `Backend` over HTTP. Retries nothing: a request that may have been billed is not sent twice."""

    name = "gemini"

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
        """Reach `model` under `base_url` (up to and including `/v1beta`); opens nothing yet."""
        self.model = model.removeprefix("models/")
        self._path = f"/models/{self.model}"
        self._upstream = Upstream(base_url, {"x-goog-api-key": api_key} if api_key else {}, timeout_s)
        self._capabilities = Capabilities(
            context_window=context_window, has_images=has_images, has_files=True, has_logprobs=True
        )

    async def start(self) -> None:
        """Open the connection pool; Google itself is first asked with the first request."""
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
        body = content_body(request, self.model)
        path = f"{self._path}:streamGenerateContent?alt=sse"
        async for event in self._upstream.answer(path, body, ContentReader(), self.model):
            yield event

    async def count_tokens(self, request: ModelRequest) -> int:
        """Ask Google, which counts without generating."""
        body = {"generateContentRequest": {"model": f"models/{self.model}", **counting_body(request, self.model)}}
        return (await self._upstream.ask(f"{self._path}:countTokens", body, _Count)).total

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Raise `Unsupported`: models that answer have no embeddings."""
        raise Unsupported("the backend 'gemini' has no embeddings", param="model")


class _Count(msgspec.Struct):
    total: int = msgspec.field(name="totalTokens")
