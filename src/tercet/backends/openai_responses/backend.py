"""One model of OpenAI, reached through the Responses API, so that its reasoning survives from turn to turn.

Nothing is stored there: every request carries the whole conversation, with reasoning in its encrypted form.
"""

from collections.abc import AsyncGenerator, Sequence

import msgspec

from tercet.backends.base import Capabilities, Health
from tercet.backends.http import Upstream
from tercet.backends.openai_responses.request import counting_body, response_body
from tercet.backends.openai_responses.stream import ResponseReader
from tercet.backends.parts import check_parts
from tercet.errors import Unsupported
from tercet.events import Event
from tercet.items import ModelRequest


class OpenAIResponsesBackend:
    """A `Backend` over HTTP. Retries nothing: a request that may have been billed is not sent twice."""

    name = "openai"

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
        self._upstream = Upstream(base_url, {"Authorization": f"Bearer {api_key}"} if api_key else {}, timeout_s)
        self._capabilities = Capabilities(
            context_window=context_window, has_images=has_images, has_files=True, has_logprobs=True
        )

    async def start(self) -> None:
        """Open the connection pool; OpenAI itself is first asked with the first request."""
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
        body = response_body(request, self.model)
        async for event in self._upstream.answer("/responses", body, ResponseReader(), self.model):
            yield event

    async def count_tokens(self, request: ModelRequest) -> int:
        """Ask OpenAI, which counts without generating."""
        answer = await self._upstream.ask("/responses/input_tokens", counting_body(request, self.model), _Count)
        return answer.input_tokens

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Raise `Unsupported`: models that answer have no embeddings."""
        raise Unsupported(
            "the backend 'openai' has no embeddings; bind a tier to an embedding model with 'openai_compatible'",
            param="model",
        )


class _Count(msgspec.Struct):
    input_tokens: int
