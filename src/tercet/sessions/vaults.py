"""Vaults: collections of credentials that sessions may use and nobody may read back."""

from typing import Literal

import msgspec

ClientAuth = Literal["none", "client_secret_basic", "client_secret_post"]


class VaultRecord(msgspec.Struct, frozen=True):
    """A collection of credentials."""

    id: str
    owner: str
    created_at: int
    name: str | None = None
    metadata: dict[str, str] = {}


class OAuthRefresh(msgspec.Struct, frozen=True):
    """How a new access token is asked for: everything but the secrets."""

    client_id: str
    token_endpoint: str
    client_auth: ClientAuth
    resource: str | None = None
    scope: str | None = None


class OAuth(msgspec.Struct, frozen=True, tag="mcp_oauth"):
    """An OAuth access to an MCP server."""

    url: str
    expires_at: str | None = None
    """RFC 3339."""
    refresh: OAuthRefresh | None = None


class StaticBearer(msgspec.Struct, frozen=True, tag="static_bearer"):
    """A bearer token for an MCP server."""

    url: str


class SecretVariable(msgspec.Struct, frozen=True, tag="environment_variable"):
    """A secret that a sandbox knows by a placeholder, which is replaced in requests to allowed hosts only."""

    name: str
    allowed_hosts: tuple[str, ...] | None = None
    """None: every host that the environment's own policy names."""


CredentialAuth = OAuth | StaticBearer | SecretVariable


class CredentialRecord(msgspec.Struct, frozen=True):
    """What is known of a credential; its secrets are kept apart."""

    id: str
    owner: str
    vault_id: str
    created_at: int
    updated_at: int
    name: str
    auth: CredentialAuth
    metadata: dict[str, str] = {}


class Secrets(msgspec.Struct, frozen=True):
    """The secrets of one credential. Kept encrypted; shown nowhere, in no log either."""

    value: str
    """The access token, bearer token or variable's value."""
    refresh_token: str | None = None
    client_secret: str | None = None

    def __repr__(self) -> str:
        return "Secrets(…)"
