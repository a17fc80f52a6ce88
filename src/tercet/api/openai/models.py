"""GET /v1/models and GET /v1/models/{model}: the names that clients may use."""

from typing import Literal

import msgspec

from tercet.api.exchange import Exchange
from tercet.service import ModelCard, Service


class ModelOut(msgspec.Struct, frozen=True):
    """One name that can be put in `model`, and what it stands for."""

    id: str
    created: int
    owned_by: str
    tier: str
    backend: str
    model: str
    """The weights that answer."""
    object: Literal["model"] = "model"


class ModelList(msgspec.Struct, frozen=True):
    """All names."""

    data: list[ModelOut]
    object: Literal["list"] = "list"


class ModelsDoor:
    """The models of this server."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/models."""
        embedding = self._service.embedding_model
        cards = [*self._service.models(), *([embedding] if embedding else [])]
        await exchange.reply_json(ModelList([_model_out(card) for card in cards]))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/models/{model}."""
        await exchange.reply_json(_model_out(card_of(self._service, exchange.params["model"])))


def card_of(service: Service, name: str) -> ModelCard:
    """Return the card of a tier or of the embedding model. Raises `NotFound` and `TierUnbound`."""
    embedding = service.embedding_model
    return embedding if embedding is not None and embedding.id == name else service.model(name)


def _model_out(card: ModelCard) -> ModelOut:
    return ModelOut(card.id, card.created, card.owned_by, card.tier, card.backend, card.model)
