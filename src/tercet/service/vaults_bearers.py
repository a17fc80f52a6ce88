"""Tokens for MCP servers: which credential is for a server, and a new token in place of one that has ended."""

import asyncio
from contextlib import suppress
from typing import Protocol
from weakref import WeakValueDictionary

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, RunConflict, ToolFailed
from tercet.service.vaults_checks import canonical_url, moment_of
from tercet.service.vaults_secrets import RenewOAuth, Secret, renewed_auth, renewed_secrets, secret_of
from tercet.sessions.vaults import CredentialAuth, CredentialRecord, OAuth, OAuthRefresh, Secrets, SecretVariable
from tercet.store.agents_tables import AgentTables

REFRESH_BEFORE_S = 60
RENEWED_ELSEWHERE_S = 1.0
"""How long another process that renews the same token may take to write it down."""


class Renewer(Protocol):
    """Asks a token endpoint for a new access token, through the guard that all requests of sessions go through."""

    async def renew(self, refresh: OAuthRefresh, refresh_token: str, client_secret: str | None) -> "Renewed":
        """Return the new token. Raises `ToolFailed`."""


class Renewed(msgspec.Struct, frozen=True):
    """What a token endpoint answered."""

    access_token: str
    refresh_token: str | None = None
    expires_at: str | None = None

    def __repr__(self) -> str:
        return "Renewed(…)"


class Bearers:
    """The tokens of every owner's credentials, for the runtime alone."""

    def __init__(self, tables: AgentTables, renewer: Renewer) -> None:
        """Tokens that have ended are renewed by `renewer`."""
        self._credentials = tables.credentials
        self._renewer = renewer
        self._renewing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def bearer_for(
        self,
        url: str,
        vault_ids: tuple[str, ...],
        owner: str,
        credential_id: str | None = None,
        rejected: str | None = None,
    ) -> Secret | None:
        """Return the credential of a session's vaults that is for the MCP server at `url`, or None; renewed if need be.

        `rejected` is a token that the server did not accept: another one is needed then. Raises `InvalidRequest` when
        several are for it and `credential_id` names none, or one that is not among them; `ToolFailed` when there is
        no token that could be accepted.
        """
        found = await self._credentials.with_secrets(owner, vault_ids)
        fitting = [
            (record, secrets)
            for record, secrets in found
            if not isinstance(record.auth, SecretVariable) and canonical_url(record.auth.url) == canonical_url(url)
        ]
        if credential_id is not None:
            fitting = [pair for pair in fitting if pair[0].id == credential_id]
            if not fitting:
                raise InvalidRequest(
                    f"The credential {credential_id!r} is not in the session's vaults, or not for {url!r}.",
                    param="credential_id",
                )
        if len(fitting) > 1:
            raise InvalidRequest(f"Several credentials are for {url!r}: name one.", param="credential_id")
        return await self._current(*fitting[0], rejected) if fitting else None

    async def _current(self, record: CredentialRecord, secrets: Secrets, rejected: str | None) -> Secret:
        """Return a bearer, with a new token in place of one that has ended or was rejected."""
        if not _is_over(record.auth, secrets, rejected):
            return secret_of(record, secrets)
        if isinstance(record.auth, OAuth) and record.auth.refresh:
            return await self._renewed(record, rejected)
        if secrets.value == rejected:
            raise ToolFailed(f"the MCP server did not accept {_called(record)}: give the credential a new token")
        return secret_of(record, secrets)  # it may be over; the server will tell

    async def _renewed(self, record: CredentialRecord, rejected: str | None) -> Secret:
        """Renew a token, once for all who ask meanwhile. Raises `ToolFailed`."""
        lock = self._renewing.setdefault(record.id, asyncio.Lock())
        async with lock:
            record, secrets = await self._reread(record)
            auth = record.auth
            if not isinstance(auth, OAuth) or auth.refresh is None or secrets.refresh_token is None:
                return secret_of(record, secrets)
            if not _is_over(auth, secrets, rejected):
                return secret_of(record, secrets)  # somebody else has renewed it
            try:
                renewed = await self._renewer.renew(auth.refresh, secrets.refresh_token, secrets.client_secret)
            except ToolFailed as error:
                await asyncio.sleep(RENEWED_ELSEWHERE_S)
                record, now = await self._reread(record)
                if now.value != secrets.value:
                    return secret_of(record, now)  # another process was quicker, and our refresh token too old
                message = f"{_called(record)} has ended and cannot be renewed: {error.message}; give it a new token"
                raise ToolFailed(message) from error
            return await self._keep(record, secrets, renewed)

    async def _keep(self, record: CredentialRecord, before: Secrets, renewed: Renewed) -> Secret:
        """Keep a new token, unless the credential was given another one meanwhile; return what counts."""
        renewal = RenewOAuth(renewed.access_token, renewed.expires_at, renewed.refresh_token)

        def change(old: CredentialRecord) -> CredentialRecord:
            return msgspec.structs.replace(old, auth=renewed_auth(old.auth, renewal), updated_at=now_s())

        def renew(old: Secrets) -> Secrets:
            if old != before:
                raise RunConflict("The credential was changed meanwhile.")
            return renewed_secrets(old, renewal)

        with suppress(RunConflict):
            await self._credentials.rotate(record.id, record.owner, change, renew)
        return secret_of(*await self._reread(record))

    async def _reread(self, record: CredentialRecord) -> tuple[CredentialRecord, Secrets]:
        for found, secrets in await self._credentials.with_secrets(record.owner, (record.vault_id,)):
            if found.id == record.id:
                return found, secrets
        raise ToolFailed(f"{_called(record)} was deleted")


def _is_over(auth: CredentialAuth, secrets: Secrets, rejected: str | None) -> bool:
    """Tell whether another token is needed: this one was rejected, or ends soon."""
    if secrets.value == rejected:
        return True
    if not isinstance(auth, OAuth) or auth.expires_at is None:
        return False
    return moment_of(auth.expires_at, "expires_at").timestamp() <= now_s() + REFRESH_BEFORE_S


def _called(record: CredentialRecord) -> str:
    return f"the credential {record.name!r} ({record.id})"
