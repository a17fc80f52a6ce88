"""Vaults: credentials that sessions use and nobody reads back; rotation; and the secrets, for the runtime alone."""

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec import UNSET, UnsetType

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound
from tercet.ids import new_id
from tercet.service.vaults_checks import (
    canonical_url,
    check_secrets,
    checked_auth,
    checked_name,
    moment_of,
)
from tercet.sessions.vaults import (
    CredentialAuth,
    CredentialRecord,
    OAuth,
    OAuthRefresh,
    Secrets,
    SecretVariable,
    StaticBearer,
    VaultRecord,
)
from tercet.store.agents_tables import AgentTables
from tercet.store.filing import Page

MAX_CREDENTIALS = 100
"""In one vault."""
MAX_VAULTS_AT_ONCE = 10
REFRESH_BEFORE_S = 60
SECRET_FIELDS = {
    "mcp_oauth": ("auth.access_token", "auth.refresh.refresh_token", "auth.refresh.token_endpoint_auth.client_secret"),
    "static_bearer": ("auth.token", "", ""),
    "environment_variable": ("auth.secret_value", "", ""),
}


class RenewOAuth(msgspec.Struct, frozen=True, tag="mcp_oauth"):
    """New values of an OAuth credential. None and unset keep what there is; a null scope or end removes it."""

    access_token: str | None = None
    expires_at: str | UnsetType | None = UNSET
    refresh_token: str | None = None
    scope: str | UnsetType | None = UNSET
    client_auth: str | None = None
    client_secret: str | None = None
    has_refresh: bool = False
    """Whether anything was said of the refresh."""

    def __repr__(self) -> str:
        return "RenewOAuth(…)"


class RenewValue(msgspec.Struct, frozen=True, tag="value"):
    """The new secret of a credential of another `kind`."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"RenewValue({self.kind!r}, …)"


Renewal = RenewOAuth | RenewValue


class Secret(msgspec.Struct, frozen=True):
    """A credential with its secret, for the runtime: to be injected, never to be shown."""

    credential_id: str
    vault_id: str
    name: str
    kind: str
    """`mcp_oauth`, `static_bearer` or `environment_variable`."""
    value: str
    url: str | None = None
    """The MCP server that it is for."""
    variable: str | None = None
    """The variable that holds the placeholder."""
    allowed_hosts: tuple[str, ...] | None = None
    """Hosts that a variable's value may go to; None: those that the environment's policy names."""
    expires_at: str | None = None

    def __repr__(self) -> str:
        return f"Secret({self.credential_id!r}, …)"


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


class Vaults:
    """The vaults of every owner."""

    def __init__(self, tables: AgentTables, renewer: Renewer | None = None) -> None:
        """Tokens that have ended are renewed by `renewer`; without one they are used as they are."""
        self._vaults = tables.vaults
        self._credentials = tables.credentials
        self._renewer = renewer

    async def create(self, owner: str, name: str | None, metadata: Mapping[str, str]) -> VaultRecord:
        """Keep a new vault. Raises `InvalidRequest`."""
        name = None if name is None else checked_name(name, "name")
        record = VaultRecord(new_id("vault"), owner, now_s(), name, dict(metadata))
        await self._vaults.add(record)
        return record

    async def get(self, vault_id: str, owner: str) -> VaultRecord:
        """Return a vault. Raises `NotFound`, also for another owner's."""
        record = await self._vaults.get(vault_id, owner)
        if record is None:
            raise no_vault(vault_id)
        return record

    async def update(
        self,
        vault_id: str,
        owner: str,
        name: str | UnsetType | None = UNSET,
        metadata: Mapping[str, str] | UnsetType = UNSET,
    ) -> VaultRecord:
        """Change what is given. Raises `NotFound` and `InvalidRequest`."""
        changes: dict[str, object] = {}
        if name is not UNSET:
            changes["name"] = None if name is None else checked_name(name, "name")
        if metadata is not UNSET:
            changes["metadata"] = dict(metadata)
        record = await self._vaults.change(vault_id, owner, lambda old: msgspec.structs.replace(old, **changes))
        if record is None:
            raise no_vault(vault_id)
        return record

    async def delete(self, vault_id: str, owner: str) -> None:
        """Forget a vault and its credentials. Raises `NotFound`."""
        if not await self._vaults.delete(vault_id, owner):
            raise no_vault(vault_id)

    async def check(self, vault_ids: tuple[str, ...], owner: str, param: str = "vault_ids") -> None:
        """Raise `InvalidRequest` unless these are distinct vaults of the owner, ten at most."""
        if len(vault_ids) > MAX_VAULTS_AT_ONCE or len(set(vault_ids)) != len(vault_ids):
            raise InvalidRequest(
                f"Invalid value for {param!r}: expected at most {MAX_VAULTS_AT_ONCE} distinct vaults.",
                param=param,
                code="invalid_value",
            )
        for index, vault_id in enumerate(vault_ids):
            if await self._vaults.get(vault_id, owner) is None:
                raise NotFound(f"There is no vault {vault_id!r}.", param=f"{param}[{index}]", code="vault_not_found")

    async def add_credential(
        self, vault_id: str, owner: str, name: str, auth: CredentialAuth, secrets: Secrets, metadata: Mapping[str, str]
    ) -> CredentialRecord:
        """Keep a credential. Raises `NotFound` and `InvalidRequest`."""
        name, auth = checked_name(name, "name"), checked_auth(auth, "auth")
        check_secrets(secrets, SECRET_FIELDS[kind_of(auth)])
        now = now_s()
        record = CredentialRecord(new_id("cred"), owner, vault_id, now, now, name, auth, dict(metadata))
        if not await self._credentials.add_to_vault(record, secrets, MAX_CREDENTIALS):
            raise InvalidRequest(f"The vault holds {MAX_CREDENTIALS} credentials, which is the limit.")
        return record

    async def credential(self, credential_id: str, vault_id: str, owner: str) -> CredentialRecord:
        """Return what is known of a credential, which is not its secrets. Raises `NotFound`."""
        record = await self._credentials.get(credential_id, owner)
        if record is None or record.vault_id != vault_id:
            raise no_credential(credential_id)
        return record

    async def list_credentials(
        self, vault_id: str, owner: str, page: Page, metadata: Mapping[str, str]
    ) -> list[CredentialRecord]:
        """Return a page of a vault's credentials. Raises `NotFound`."""
        await self.get(vault_id, owner)
        return await self._credentials.of_vault(vault_id, owner, page, dict(metadata))

    async def update_credential(
        self,
        credential_id: str,
        vault_id: str,
        owner: str,
        renewal: Renewal | None,
        metadata: Mapping[str, str] | UnsetType = UNSET,
    ) -> CredentialRecord:
        """Replace secrets or metadata, together or not at all. Raises `NotFound` and `InvalidRequest`."""
        await self.credential(credential_id, vault_id, owner)

        def change(old: CredentialRecord) -> CredentialRecord:
            auth = old.auth if renewal is None else _renewed_auth(old.auth, renewal)
            kept = old.metadata if metadata is UNSET else dict(metadata)
            return msgspec.structs.replace(old, auth=auth, metadata=kept, updated_at=now_s())

        def renew(old: Secrets) -> Secrets:
            return old if renewal is None else _renewed_secrets(old, renewal)

        record = await self._credentials.rotate(credential_id, owner, change, renew)
        if record is None:
            raise no_credential(credential_id)
        return record

    async def delete_credential(self, credential_id: str, vault_id: str, owner: str) -> None:
        """Forget a credential. Raises `NotFound`."""
        await self.credential(credential_id, vault_id, owner)
        if not await self._credentials.delete(credential_id, owner):
            raise no_credential(credential_id)

    async def secrets_for(self, vault_ids: tuple[str, ...], owner: str) -> list[Secret]:
        """Return the credentials of a session's vaults with their secrets. For the runtime alone."""
        return [_secret(*found) for found in await self._credentials.with_secrets(owner, vault_ids)]

    async def bearer_for(
        self,
        url: str,
        vault_ids: tuple[str, ...],
        owner: str,
        credential_id: str | None = None,
        rejected: str | None = None,
    ) -> Secret | None:
        """Return the credential of a session's vaults that is for the MCP server at `url`, or None; renewed if need be.

        Raises `InvalidRequest` when several are and `credential_id` names none, and when that one is not among them.
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
        return await self._current(*fitting[0]) if fitting else None

    async def list(self, owner: str, page: Page, metadata: Mapping[str, str]) -> list[VaultRecord]:
        """Return a page of the vaults whose metadata has all these pairs."""
        keep = (lambda record: metadata.items() <= record.metadata.items()) if metadata else None
        return await self._vaults.list(owner, page, keep)

    async def _current(self, record: CredentialRecord, secrets: Secrets) -> Secret:
        """Return a bearer, with a new token in place of one that has ended."""
        auth = record.auth
        is_over = (
            isinstance(auth, OAuth)
            and auth.expires_at is not None
            and moment_of(auth.expires_at, "expires_at").timestamp() <= now_s() + REFRESH_BEFORE_S
        )
        if not (is_over and isinstance(auth, OAuth) and auth.refresh and secrets.refresh_token and self._renewer):
            return _secret(record, secrets)
        renewed = await self._renewer.renew(auth.refresh, secrets.refresh_token, secrets.client_secret)
        renewal = RenewOAuth(renewed.access_token, renewed.expires_at, renewed.refresh_token)
        kept = await self.update_credential(record.id, record.vault_id, record.owner, renewal)
        return _secret(kept, _renewed_secrets(secrets, renewal))


def kind_of(auth: CredentialAuth) -> str:
    """Return the name of a kind of credential."""
    return str(auth.__struct_config__.tag)


def no_vault(vault_id: str) -> NotFound:
    """Return the error for a vault that is not there."""
    return NotFound(f"There is no vault {vault_id!r}.", param="vault_id", code="vault_not_found")


def no_credential(credential_id: str) -> NotFound:
    """Return the error for a credential that is not there."""
    return NotFound(
        f"There is no credential {credential_id!r} in this vault.", param="credential_id", code="credential_not_found"
    )


def _renewed_auth(auth: CredentialAuth, renewal: Renewal) -> CredentialAuth:
    kind = renewal.kind if isinstance(renewal, RenewValue) else "mcp_oauth"
    if kind != kind_of(auth):
        raise InvalidRequest(
            f"Invalid value for 'auth.type': the credential is of type {kind_of(auth)!r}, which stays.",
            param="auth.type",
            code="invalid_value",
        )
    if not isinstance(renewal, RenewOAuth) or not isinstance(auth, OAuth):
        return auth
    expires_at = renewal.expires_at
    if expires_at is UNSET:
        expires_at = None if renewal.access_token is not None else auth.expires_at
    elif expires_at is not None:
        moment_of(expires_at, "auth.expires_at")
    refresh = auth.refresh
    if renewal.has_refresh:
        if refresh is None:
            raise InvalidRequest("The credential has no refresh to renew.", param="auth.refresh", code="invalid_value")
        if renewal.client_auth not in (None, refresh.client_auth):
            raise InvalidRequest(
                f"Invalid value for 'auth.refresh.token_endpoint_auth.type': it is {refresh.client_auth!r} and stays.",
                param="auth.refresh.token_endpoint_auth.type",
                code="invalid_value",
            )
        scope = refresh.scope if renewal.scope is UNSET else renewal.scope
        refresh = msgspec.structs.replace(refresh, scope=scope)
    return OAuth(auth.url, expires_at, refresh)


def _renewed_secrets(secrets: Secrets, renewal: Renewal) -> Secrets:
    if isinstance(renewal, RenewValue):
        renewed, kind = Secrets(renewal.value), renewal.kind
    else:
        kind = "mcp_oauth"
        renewed = Secrets(
            secrets.value if renewal.access_token is None else renewal.access_token,
            secrets.refresh_token if renewal.refresh_token is None else renewal.refresh_token,
            secrets.client_secret if renewal.client_secret is None else renewal.client_secret,
        )
    check_secrets(renewed, SECRET_FIELDS[kind])
    return renewed


def _secret(record: CredentialRecord, secrets: Secrets) -> Secret:
    auth = record.auth
    place = (record.id, record.vault_id, record.name, kind_of(auth), secrets.value)
    match auth:
        case SecretVariable(name, hosts):
            return Secret(*place, variable=name, allowed_hosts=hosts)
        case OAuth(url, expires_at):
            return Secret(*place, url=url, expires_at=expires_at)
        case StaticBearer(url):
            return Secret(*place, url=url)
