"""Vaults and their credentials: /v1/vaults."""

import msgspec
from msgspec import UNSET

from tercet.api.decode import decode
from tercet.api.exchange import Exchange
from tercet.api.openai.agents import vault_wire as wire
from tercet.api.openai.agents.common import DeletedOut, ListOut, check_query, page_out, read_list, read_metadata
from tercet.api.wire import JsonObject
from tercet.errors import InvalidRequest
from tercet.service import Service
from tercet.service.vaults_secrets import Renewal, RenewOAuth, RenewValue
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

STATUSES = ("active", "archived")
_vault = msgspec.json.Decoder(wire.VaultRequest)
_vault_update = msgspec.json.Decoder(wire.VaultUpdate)
_credential = msgspec.json.Decoder(wire.CredentialRequest)
_credential_update = msgspec.json.Decoder(wire.CredentialUpdate)


class VaultsDoor:
    """Vaults and credentials."""

    def __init__(self, service: Service) -> None:
        self._vaults = service.vaults

    async def create(self, exchange: Exchange) -> None:
        """POST /v1/vaults; the body may be left out."""
        body = await exchange.json_body()
        request = decode(_vault, body) if body.strip() else wire.VaultRequest()
        record = await self._vaults.create(exchange.owner, request.name, request.metadata or {})
        await exchange.reply_json(vault_out(record))

    async def get(self, exchange: Exchange) -> None:
        """GET /v1/vaults/{vault_id}."""
        check_query(exchange)
        await exchange.reply_json(vault_out(await self._vaults.get(exchange.params["vault_id"], exchange.owner)))

    async def update(self, exchange: Exchange) -> None:
        """POST /v1/vaults/{vault_id}."""
        request = decode(_vault_update, await exchange.json_body())
        record = await self._vaults.update(exchange.params["vault_id"], exchange.owner, request.name, request.metadata)
        await exchange.reply_json(vault_out(record))

    async def list(self, exchange: Exchange) -> None:
        """GET /v1/vaults."""
        page = read_list(exchange, "metadata[]", "status", "status[]")
        metadata = read_metadata(exchange)
        if _wants_active(exchange):
            records = await self._vaults.list(exchange.owner, page, metadata)
            await exchange.reply_json(page_out(records, page, vault_out, lambda vault: vault.id))
        else:
            await exchange.reply_json(ListOut([], None, None, False))

    async def delete(self, exchange: Exchange) -> None:
        """DELETE /v1/vaults/{vault_id}."""
        vault_id = exchange.params["vault_id"]
        await self._vaults.delete(vault_id, exchange.owner)
        await exchange.reply_json(DeletedOut(vault_id, "vault.deleted"))

    async def create_credential(self, exchange: Exchange) -> None:
        """POST /v1/vaults/{vault_id}/credentials."""
        request = decode(_credential, await exchange.json_body())
        auth, secrets = _auth_in(request.auth)
        record = await self._vaults.add_credential(
            exchange.params["vault_id"], exchange.owner, request.name, auth, secrets, request.metadata
        )
        await exchange.reply_json(credential_out(record))

    async def get_credential(self, exchange: Exchange) -> None:
        """GET /v1/vaults/{vault_id}/credentials/{credential_id}."""
        check_query(exchange)
        await exchange.reply_json(credential_out(await self._vaults.credential(*_place(exchange))))

    async def update_credential(self, exchange: Exchange) -> None:
        """POST /v1/vaults/{vault_id}/credentials/{credential_id}."""
        request = decode(_credential_update, await exchange.json_body())
        renewal = None if request.auth is UNSET else _renewal(request.auth)
        record = await self._vaults.update_credential(*_place(exchange), renewal, request.metadata)
        await exchange.reply_json(credential_out(record))

    async def list_credentials(self, exchange: Exchange) -> None:
        """GET /v1/vaults/{vault_id}/credentials."""
        page = read_list(exchange, "metadata[]", "status", "status[]")
        metadata = read_metadata(exchange)
        vault_id = exchange.params["vault_id"]
        if _wants_active(exchange):
            records = await self._vaults.list_credentials(vault_id, exchange.owner, page, metadata)
            await exchange.reply_json(page_out(records, page, credential_out, lambda credential: credential.id))
        else:
            await self._vaults.get(vault_id, exchange.owner)
            await exchange.reply_json(ListOut([], None, None, False))

    async def delete_credential(self, exchange: Exchange) -> None:
        """DELETE /v1/vaults/{vault_id}/credentials/{credential_id}."""
        credential_id, vault_id, owner = _place(exchange)
        await self._vaults.delete_credential(credential_id, vault_id, owner)
        await exchange.reply_json(DeletedOut(credential_id, "vault.credential.deleted"))


def vault_out(record: VaultRecord) -> wire.VaultOut:
    """Return the resource of a vault."""
    return wire.VaultOut(record.id, record.created_at, record.metadata, record.name)


def credential_out(record: CredentialRecord) -> wire.CredentialOut:
    """Return what may be known of a credential."""
    return wire.CredentialOut(
        record.id,
        _auth_out(record.auth),
        record.created_at,
        record.metadata,
        record.name,
        record.updated_at,
        record.vault_id,
    )


def _wants_active(exchange: Exchange) -> bool:
    """Return whether the filter by status lets active entries through; nothing is ever archived here."""
    asked = exchange.query_list("status")
    for status in asked:
        if status not in STATUSES:
            raise InvalidRequest(
                f"Invalid value for 'status': {status[:50]!r}; expected one of {', '.join(STATUSES)}.",
                param="status",
                code="invalid_value",
            )
    return not asked or "active" in asked


def _place(exchange: Exchange) -> tuple[str, str, str]:
    return exchange.params["credential_id"], exchange.params["vault_id"], exchange.owner


def _auth_in(auth: wire.OAuthIn | wire.BearerIn | wire.VariableIn) -> tuple[CredentialAuth, Secrets]:
    match auth:
        case wire.BearerIn(token, url):
            return StaticBearer(url), Secrets(token)
        case wire.VariableIn(networking, name, value):
            hosts = None if isinstance(networking, wire.AnyHost) else tuple(networking.allowed_hosts)
            return SecretVariable(name, hosts), Secrets(value)
        case wire.OAuthIn(token, url, expires_at, None):
            return OAuth(url, expires_at), Secrets(token)
        case wire.OAuthIn(token, url, expires_at, refresh):
            assert refresh is not None
            client = refresh.token_endpoint_auth
            kind = str(client.__struct_config__.tag)
            how = msgspec.convert(
                {
                    "client_id": refresh.client_id,
                    "token_endpoint": refresh.token_endpoint,
                    "client_auth": kind,
                    "resource": refresh.resource,
                    "scope": refresh.scope,
                },
                OAuthRefresh,
            )
            secret = None if isinstance(client, wire.NoClientAuth) else client.client_secret
            return OAuth(url, expires_at, how), Secrets(token, refresh.refresh_token, secret)


def _renewal(auth: wire.OAuthRotation | wire.BearerRotation | wire.VariableRotation) -> Renewal:
    match auth:
        case wire.BearerRotation(token):
            return RenewValue("static_bearer", token)
        case wire.VariableRotation(value):
            return RenewValue("environment_variable", value)
        case wire.OAuthRotation(token, expires_at, None):
            return RenewOAuth(token, expires_at)
        case wire.OAuthRotation(token, expires_at, refresh):
            assert refresh is not None
            client = refresh.token_endpoint_auth
            return RenewOAuth(
                token,
                expires_at,
                refresh.refresh_token,
                refresh.scope,
                None if client is None else str(client.__struct_config__.tag),
                None if client is None else client.client_secret,
                has_refresh=True,
            )


def _auth_out(auth: CredentialAuth) -> JsonObject:
    match auth:
        case StaticBearer(url):
            return {"type": "static_bearer", "mcp_server_url": url}
        case SecretVariable(name, None):
            return {"type": "environment_variable", "secret_name": name, "networking": {"type": "unrestricted"}}
        case SecretVariable(name, hosts):
            networking = {"type": "limited", "allowed_hosts": list(hosts or ())}
            return {"type": "environment_variable", "secret_name": name, "networking": networking}
        case OAuth(url, expires_at, refresh):
            return {
                "type": "mcp_oauth",
                "mcp_server_url": url,
                "expires_at": expires_at,
                "refresh": None
                if refresh is None
                else {
                    "client_id": refresh.client_id,
                    "resource": refresh.resource,
                    "scope": refresh.scope,
                    "token_endpoint": refresh.token_endpoint,
                    "token_endpoint_auth": {"type": refresh.client_auth},
                },
            }
