"""Managing API keys over HTTP, and reading the ledger; for holders of an admin key only."""

import msgspec

from tercet.api.auth import secret_of
from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.clock import now_s
from tercet.errors import InvalidRequest
from tercet.service import Service
from tercet.store.base import ApiKey, UsageSum

DAY_S = 86_400
MAX_DAYS = 3660


class KeyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to be created."""

    name: str
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class KeyRevoked(msgspec.Struct, frozen=True):
    """What is left of a revoked key."""

    id: str
    revoked: bool = True


class KeyOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key as admins see it; the secret is there only in the answer that created it."""

    id: str
    name: str
    hint: str
    created_at: int
    revoked_at: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    secret: str = ""


class KeyList(msgspec.Struct, frozen=True):
    """Every key ever created, oldest first."""

    data: list[KeyOut]
    object: str = "list"


class UsageList(msgspec.Struct, frozen=True):
    """Sums of the ledger by owner and tier."""

    data: list[UsageSum]
    object: str = "list"


_read_key = msgspec.json.Decoder(KeyRequest)


class AdminDoor:
    """The admins' routes."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create_key(self, exchange: Exchange) -> None:
        """POST /admin/keys."""
        self._admit(exchange)
        asked = decode(_read_key, await exchange.json_body())
        key, secret = await self._service.keys.create(
            asked.name, requests_per_minute=asked.requests_per_minute, tokens_per_minute=asked.tokens_per_minute
        )
        await exchange.reply_json(_key_out(key, secret), 201)

    async def list_keys(self, exchange: Exchange) -> None:
        """GET /admin/keys."""
        self._admit(exchange)
        await exchange.reply_json(KeyList([_key_out(key) for key in await self._service.keys.all()]))

    async def revoke_key(self, exchange: Exchange) -> None:
        """DELETE /admin/keys/{key_id}."""
        self._admit(exchange)
        key_id = exchange.params["key_id"]
        await self._service.keys.revoke(key_id)
        await exchange.reply_json(KeyRevoked(key_id))

    async def usage(self, exchange: Exchange) -> None:
        """GET /admin/usage?days=30."""
        self._admit(exchange)
        days = exchange.query().get("days", "30")
        if not days.isascii() or not days.isdecimal() or not 1 <= int(days) <= MAX_DAYS:
            raise InvalidRequest(f"Invalid value for 'days': {days!r}; expected 1 to {MAX_DAYS}.", param="days")
        now = now_s()
        await exchange.reply_json(UsageList(await self._service.usage(now - int(days) * DAY_S, now + 1)))

    def _admit(self, exchange: Exchange) -> None:
        self._service.keys.admit_admin(secret_of(exchange))


def _key_out(key: ApiKey, secret: str = "") -> KeyOut:
    fields = {name: getattr(key, name) for name in KeyOut.__struct_fields__ if name != "secret"}
    return KeyOut(**fields, secret=secret)
