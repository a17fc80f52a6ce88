"""POST /v1/embeddings: vectors for texts, from tiers whose model can give them."""

import base64
import struct
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.models import card_of
from tercet.api.openai.wire import Label
from tercet.api.wire import Wire
from tercet.errors import InvalidRequest, Unsupported
from tercet.records import Receipt
from tercet.service import Service

MAX_TEXTS = 2048
Tokens = list[int]


class EmbeddingsRequest(Wire):
    """The body of POST /v1/embeddings."""

    model: str
    input: str | Annotated[list[str | int | Tokens], Meta(min_length=1, max_length=MAX_TEXTS)]
    """One text or several. Token ids, which OpenAI takes too, are not served."""
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    """How many values a vector is cut to, by models that are made for that."""
    user: Label | None = None


class EmbeddingOut(msgspec.Struct, frozen=True):
    """The vector of input `index`; in base64, its little-endian 32-bit floats."""

    index: int
    embedding: list[float] | str
    object: Literal["embedding"] = "embedding"


class EmbeddingsUsage(msgspec.Struct, frozen=True):
    """Tokens read."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(msgspec.Struct, frozen=True):
    """The vectors, in the order of the inputs."""

    data: list[EmbeddingOut]
    model: str
    usage: EmbeddingsUsage
    object: Literal["list"] = "list"


_body = msgspec.json.Decoder(EmbeddingsRequest)


class EmbeddingsDoor:
    """Embeddings."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/embeddings."""
        request = decode(_body, await exchange.json_body())
        texts = _texts(request)
        card = card_of(self._service, request.model)
        exchange.receipt = Receipt(tier=card.tier, backend=card.backend, model=card.model)
        async with exchange.until_hangup():
            vectors, usage = await self._service.embed(request.model, texts, request.dimensions)
        exchange.usage = usage
        data = [
            EmbeddingOut(index, _packed(vector) if request.encoding_format == "base64" else vector)
            for index, vector in enumerate(vectors)
        ]
        tokens = EmbeddingsUsage(usage.input_tokens, usage.input_tokens)
        await exchange.reply_json(Embeddings(data, request.model, tokens))


def _texts(request: EmbeddingsRequest) -> list[str]:
    inputs = [request.input] if isinstance(request.input, str) else request.input
    texts: list[str] = []
    for index, text in enumerate(inputs):
        place = "input" if isinstance(request.input, str) else f"input[{index}]"
        if not isinstance(text, str):
            raise Unsupported("Token ids are not served as input: send text.", param=place)
        if not text:
            raise InvalidRequest(f"Invalid value for {place!r}: the text is empty.", param=place, code="invalid_value")
        texts.append(text)
    return texts


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
