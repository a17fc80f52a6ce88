"""What a credential's secrets are to the runtime, and how new ones take the place of old ones. Pure."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from tercet.errors import InvalidRequest
from tercet.service.vaults_checks import check_secrets, moment_of
from tercet.sessions.environments import Hosted
from tercet.sessions.vaults import CredentialAuth, CredentialRecord, OAuth, Secrets, SecretVariable, StaticBearer

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


def kind_of(auth: CredentialAuth) -> str:
    """Return the name of a kind of credential."""
    return str(auth.__struct_config__.tag)


def check_variables(secrets: Sequence[Secret], spec: Hosted, prefix: str = "") -> None:
    """Raise `InvalidRequest` for secrets whose variables clash, or whose hosts the environment does not say.

    The fields that it names stand behind `prefix`.
    """
    names: set[str] = set()
    for secret in secrets:
        name = secret.variable or ""
        if name in names:
            message = f"Two credentials of the vaults are for the variable {name!r}: leave one of their vaults out."
            raise InvalidRequest(message, param=f"{prefix}vault_ids", code="invalid_value")
        if name in spec.env:
            message = f"The variable {name!r} is a credential's of the vaults: leave it out of 'env'."
            raise InvalidRequest(message, param=f"{prefix}environment.env", code="invalid_value")
        names.add(name)
        network = spec.network
        if secret.allowed_hosts is None and not (network.access == "restricted" and network.allowed_domains):
            raise InvalidRequest(
                f"The credential for {name!r} is for all hosts that the environment names: it needs access "
                "'restricted' with 'allowed_domains'.",
                param=f"{prefix}environment.network.access",
                code="invalid_value",
            )


def renewed_auth(auth: CredentialAuth, renewal: Renewal) -> CredentialAuth:
    """Return what is known of a credential after a renewal. Raises `InvalidRequest` for one of another kind."""
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


def renewed_secrets(secrets: Secrets, renewal: Renewal) -> Secrets:
    """Return the secrets after a renewal. Raises `InvalidRequest` for one that cannot be kept."""
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


def secret_of(record: CredentialRecord, secrets: Secrets) -> Secret:
    """Return a credential as the runtime uses it."""
    auth = record.auth
    place = (record.id, record.vault_id, record.name, kind_of(auth), secrets.value)
    match auth:
        case SecretVariable(name, hosts):
            return Secret(*place, variable=name, allowed_hosts=hosts)
        case OAuth(url, expires_at):
            return Secret(*place, url=url, expires_at=expires_at)
        case StaticBearer(url):
            return Secret(*place, url=url)
