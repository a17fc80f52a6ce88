"""What operators and their tools read: liveness, metrics, and the description of the HTTP surface."""

from functools import cached_property

import msgspec

from tercet.api.auth import secret_of
from tercet.api.exchange import Exchange
from tercet.api.health import HealthReport, TierHealth
from tercet.api.metrics import CONTENT_TYPE, Metrics
from tercet.errors import Unauthorized
from tercet.service import Service


class Operations:
    """The operators' routes."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics

    async def health(self, exchange: Exchange) -> None:
        """GET /healthz."""
        shows_detail = await self._is_known(exchange)
        tiers = {
            name: TierHealth(reading.is_ready, reading.detail if shows_detail else "")
            for name, reading in (await self._service.health()).items()
        }
        await exchange.reply_json(HealthReport("ok", tiers))

    async def metrics(self, exchange: Exchange) -> None:
        """GET /metrics."""
        await exchange.reply(self._metrics.exposition(self._service.tracer), content_type=CONTENT_TYPE)

    async def openapi(self, exchange: Exchange) -> None:
        """GET /openapi.json."""
        await exchange.reply(self._description)

    @cached_property
    def _description(self) -> bytes:
        from tercet.api.openapi import describe

        return msgspec.json.encode(describe())

    async def _is_known(self, exchange: Exchange) -> bool:
        try:
            await self._service.keys.identify(secret_of(exchange))
        except Unauthorized:
            return False
        return True
