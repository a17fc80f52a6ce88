"""Vaults and credentials as they stand on the wire. What is secret goes in and never out."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tercet.api.openai.wire import Metadata
from tercet.api.wire import JsonObject, Wire

Name = Annotated[str, Meta(max_length=1024)]
Url = Annotated[str, Meta(max_length=2048)]
SecretText = Annotated[str, Meta(max_length=65_536)]


class VaultRequest(Wire):
    """The body of POST /v1/vaults."""

    name: Name | None = None
    metadata: Metadata | None = None


class VaultUpdate(Wire):
    """The body of POST /v1/vaults/{vault_id}."""

    name: Name | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET


class NoClientAuth(Wire, tag="none"):
    """The client sends its id only."""


class BasicClientAuth(Wire, tag="client_secret_basic"):
    """The client sends its secret by HTTP Basic."""

    client_secret: SecretText


class PostClientAuth(Wire, tag="client_secret_post"):
    """The client sends its secret in the body."""

    client_secret: SecretText


class Refresh(Wire):
    """How a new access token is asked for."""

    client_id: Annotated[str, Meta(max_length=2048)]
    refresh_token: SecretText
    token_endpoint: Url
    token_endpoint_auth: NoClientAuth | BasicClientAuth | PostClientAuth
    resource: Url | None = None
    scope: Annotated[str, Meta(max_length=4096)] | None = None


class OAuthIn(Wire, tag="mcp_oauth"):
    """An OAuth access to an MCP server."""

    access_token: SecretText
    mcp_server_url: Url
    expires_at: str | None = None
    refresh: Refresh | None = None


class BearerIn(Wire, tag="static_bearer"):
    """A bearer token for an MCP server."""

    token: SecretText
    mcp_server_url: Url


class AnyHost(Wire, tag="unrestricted"):
    """Every host that the environment's policy names."""


class SomeHosts(Wire, tag="limited"):
    """These hosts only."""

    allowed_hosts: Annotated[list[Annotated[str, Meta(max_length=253)]], Meta(min_length=1, max_length=16)]


class VariableIn(Wire, tag="environment_variable"):
    """A secret that a sandbox knows by a placeholder."""

    networking: AnyHost | SomeHosts
    secret_name: Annotated[str, Meta(max_length=256)]
    secret_value: SecretText


class CredentialRequest(Wire):
    """The body of POST /v1/vaults/{vault_id}/credentials."""

    auth: OAuthIn | BearerIn | VariableIn
    name: Name
    metadata: Metadata = {}  # noqa: RUF012  # copied for each


class BasicRotation(Wire, tag="client_secret_basic"):
    """A new secret for HTTP Basic."""

    client_secret: SecretText | None = None


class PostRotation(Wire, tag="client_secret_post"):
    """A new secret for the body."""

    client_secret: SecretText | None = None


class RefreshRotation(Wire):
    """New values of the refresh."""

    refresh_token: SecretText | None = None
    scope: Annotated[str, Meta(max_length=4096)] | UnsetType | None = UNSET
    token_endpoint_auth: BasicRotation | PostRotation | None = None


class OAuthRotation(Wire, tag="mcp_oauth"):
    """New values of an OAuth credential."""

    access_token: SecretText | None = None
    expires_at: str | UnsetType | None = UNSET
    refresh: RefreshRotation | None = None


class BearerRotation(Wire, tag="static_bearer"):
    """A new bearer token."""

    token: SecretText


class VariableRotation(Wire, tag="environment_variable"):
    """A new value."""

    secret_value: SecretText


class CredentialUpdate(Wire):
    """The body of POST /v1/vaults/{vault_id}/credentials/{credential_id}."""

    auth: OAuthRotation | BearerRotation | VariableRotation | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET


class VaultOut(msgspec.Struct, frozen=True):
    """A vault."""

    id: str
    created_at: int
    metadata: dict[str, str]
    name: str | None
    object: Literal["vault"] = "vault"


class CredentialOut(msgspec.Struct, frozen=True):
    """What is known of a credential."""

    id: str
    auth: JsonObject
    created_at: int
    metadata: dict[str, str]
    name: str
    updated_at: int
    vault_id: str
    object: Literal["vault.credential"] = "vault.credential"
