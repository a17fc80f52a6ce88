"""API keys: who a secret belongs to, and how often its holder may call.

Keys come from the configuration (digests, unlimited) and from the store (created, limited and revoked by operators).
A stored key that another process creates or revokes is noticed within `CACHE_S` seconds.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Sequence

from tercet.clock import monotonic_s, now_s
from tercet.errors import Forbidden, InvalidRequest, NotFound, Unauthorized
from tercet.ids import new_id
from tercet.service.limits import RateLimits
from tercet.store.base import ApiKey, KeyStore

CACHE_S = 2.0
MAX_CACHED = 10_000
SECRET_PREFIX = "tk-"  # noqa: S105  # a prefix, not a secret
HINT_CHARACTERS = 8
OWNER_DIGITS = 16
MAX_NAME_CHARACTERS = 200


class Keys:
    """The keys of one installation. Once any key exists, configured or stored, revoked or not, callers need one."""

    def __init__(
        self, store: KeyStore, digests: frozenset[str] = frozenset(), admin_digests: frozenset[str] = frozenset()
    ) -> None:
        """`digests` are the hexadecimal SHA-256 digests of the configured keys; those of admins may manage keys too."""
        self._store = store
        self._digests = tuple(sorted(digest.lower() for digest in digests))
        self._admin_digests = tuple(sorted(digest.lower() for digest in admin_digests))
        self._cache: OrderedDict[str, tuple[float, ApiKey | None]] = OrderedDict()
        self._is_open: tuple[float, bool] = (0.0, False)
        self.limits = RateLimits()

    async def is_open(self) -> bool:
        """Say whether callers need no key. Raises `StoreFailed`."""
        if self._digests or self._admin_digests:
            return False
        read_at, was_open = self._is_open
        if read_at and (not was_open or monotonic_s() - read_at < CACHE_S):
            return was_open
        self._is_open = (monotonic_s(), not await self._store.all())
        return self._is_open[1]

    async def admit(self, secret: str | None) -> str:
        """Return the owner that `secret` belongs to, having counted the call against its limits.

        "" when no key is needed. Raises `Unauthorized` and `RateLimited`.
        """
        caller = await self.identify(secret)
        if isinstance(caller, ApiKey):
            self.limits.take(caller)
            return caller.id
        return caller

    async def identify(self, secret: str | None) -> ApiKey | str:
        """Return the stored key that `secret` is, or the owner of a configured one; "" when no key is needed.

        Raises `Unauthorized`.
        """
        if await self.is_open():
            return ""
        if not secret:
            message = "No API key was sent. Put it in the header 'Authorization: Bearer KEY'."
            raise Unauthorized(message, code="missing_api_key")
        digest = _digest(secret)
        if _is_among(digest, self._digests) or _is_among(digest, self._admin_digests):
            return digest[:OWNER_DIGITS]
        key = await self._find(digest)
        if key is None or key.revoked_at is not None:
            raise Unauthorized("The API key is not one of this server's keys.")
        return key

    def admit_admin(self, secret: str | None) -> None:
        """Return when `secret` may manage keys. Raises `Unauthorized`, and `Forbidden` where nobody may."""
        if not self._admin_digests:
            raise Forbidden("Keys cannot be managed over HTTP here: set auth.admin_keys (TERCET_AUTH__ADMIN_KEYS).")
        if not secret or not _is_among(_digest(secret), self._admin_digests):
            raise Unauthorized("This needs one of the server's admin keys.")

    async def create(
        self, name: str, *, requests_per_minute: int | None = None, tokens_per_minute: int | None = None
    ) -> tuple[ApiKey, str]:
        """Return a new key and its secret, which is shown this once and kept nowhere. Raises `InvalidRequest`."""
        if not 0 < len(name.strip()) <= MAX_NAME_CHARACTERS:
            raise InvalidRequest(f"a key's name has 1 to {MAX_NAME_CHARACTERS} characters", param="name")
        for param, limit in (("requests_per_minute", requests_per_minute), ("tokens_per_minute", tokens_per_minute)):
            if limit is not None and limit < 1:
                raise InvalidRequest(f"{param} must be at least 1, not {limit}", param=param)
        secret = SECRET_PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(
            id=new_id("key"),
            name=name.strip(),
            digest=_digest(secret),
            hint=secret[:HINT_CHARACTERS],
            created_at=now_s(),
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
        )
        await self._store.add(key)
        self._is_open = (monotonic_s(), False)
        return key, secret

    async def all(self) -> list[ApiKey]:
        """Return every key ever created, oldest first."""
        return await self._store.all()

    async def revoke(self, key_id: str) -> None:
        """End a key at once in this process, elsewhere within `CACHE_S`. Raises `NotFound`."""
        if not await self._store.revoke(key_id, now_s()):
            raise NotFound(f"There is no key {key_id!r} that could be revoked.", param="key_id")
        self._cache.clear()

    async def is_valid(self, owner: str) -> bool:
        """Return whether the key that `owner` stands for may still call; for what is done in its name later."""
        if not owner:
            return await self.is_open()
        if any(digest.startswith(owner) for digest in (*self._digests, *self._admin_digests)):
            return True
        return any(key.id == owner and key.revoked_at is None for key in await self._store.all())

    async def _find(self, digest: str) -> ApiKey | None:
        now = monotonic_s()
        read_at, key = self._cache.get(digest, (0.0, None))
        if not read_at or now - read_at >= CACHE_S:
            key = await self._store.find(digest)
            self._cache[digest] = (now, key)
            self._cache.move_to_end(digest)
            if len(self._cache) > MAX_CACHED:
                self._cache.popitem(last=False)
        return key


def key_digest(key: str) -> str:
    """Return the hexadecimal SHA-256 of a key given in clear or already as `sha256:` and digest."""
    if key.startswith("sha256:"):
        return key.removeprefix("sha256:").lower()
    return hashlib.sha256(key.encode()).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("latin-1", "backslashreplace")).hexdigest()


def _is_among(digest: str, known: Sequence[str]) -> bool:
    """Compare with every one, so that the time taken does not tell which of them came near."""
    matches = [hmac.compare_digest(digest, candidate) for candidate in known]
    return any(matches)
