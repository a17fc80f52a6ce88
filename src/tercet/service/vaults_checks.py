"""What must hold of vaults and credentials: names, URLs, hosts, secrets. Every mistake is named by its field."""

import ipaddress
import re
from datetime import datetime
from urllib.parse import urlsplit

from tercet.errors import InvalidRequest, TercetError
from tercet.sessions.vaults import CredentialAuth, OAuth, Secrets, SecretVariable, StaticBearer

MAX_NAME_BYTES = 256
MAX_HOSTS = 16
MAX_SECRET_BYTES = 65_536
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_RESERVED = frozenset(
    """HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO PIP_CERT PATH HOME LD_PRELOAD LD_LIBRARY_PATH PYTHONPATH""".split()
)
_RESERVED_PREFIXES = ("CODEX_", "TERCET_")


def checked_name(name: str, param: str) -> str:
    """Return `name` without white space around it. Raises `InvalidRequest` unless 1 to 256 bytes are left."""
    name = name.strip()
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
        raise _invalid(param, f"expected 1 to {MAX_NAME_BYTES} bytes of UTF-8 without the white space around them")
    return name


def checked_auth(auth: CredentialAuth, place: str) -> CredentialAuth:
    """Return what a credential is for, its names and hosts normalised. Raises `InvalidRequest`."""
    match auth:
        case OAuth(url, expires_at, refresh):
            check_url(url, f"{place}.mcp_server_url")
            if expires_at is not None:
                moment_of(expires_at, f"{place}.expires_at")
            if refresh is not None:
                check_url(refresh.token_endpoint, f"{place}.refresh.token_endpoint")
                if not refresh.client_id:
                    raise _invalid(f"{place}.refresh.client_id", "it is empty")
            return auth
        case StaticBearer(url):
            check_url(url, f"{place}.mcp_server_url")
            return auth
        case SecretVariable(name, hosts):
            check_variable(name, f"{place}.secret_name")
            return SecretVariable(name, None if hosts is None else _hosts(hosts, f"{place}.networking.allowed_hosts"))


def check_variable(name: str, param: str) -> None:
    """Raise `InvalidRequest` for a name that a sandbox's variable cannot have."""
    if not _VARIABLE.fullmatch(name) or len(name) > MAX_NAME_BYTES:
        raise _invalid(param, "expected ASCII letters, digits and underscores, beginning with no digit")
    if name.upper() in _RESERVED or name.upper().startswith(_RESERVED_PREFIXES):
        raise _invalid(param, f"the name {name!r} is reserved")


def check_secrets(secrets: Secrets, params: tuple[str, str, str]) -> None:
    """Raise `InvalidRequest` for a secret that cannot stand in a header; `params` name the fields. Never shows one."""
    values = (secrets.value, secrets.refresh_token, secrets.client_secret)
    for secret, param in zip(values, params, strict=True):
        if secret is None:
            continue
        if not secret or any(character in secret for character in "\r\n\0"):
            raise _invalid(param, "a secret is not empty and has no line breaks and no NUL in it")
        if len(secret.encode("utf-8", "surrogatepass")) > MAX_SECRET_BYTES:
            raise _invalid(param, f"a secret has at most {MAX_SECRET_BYTES} bytes")


def check_url(url: str, param: str) -> None:
    """Raise `InvalidRequest` unless `url` is an HTTPS address without user, query or fragment to hide things in."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _invalid(param, "it is no URL") from None
    if parts.scheme != "https" or not parts.hostname or len(url) > 2_048 or not url.isascii() or " " in url:
        raise _invalid(param, "expected an HTTPS URL")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _invalid(param, "a user, a password and a fragment have no place in it")


def moment_of(text: str, param: str) -> datetime:
    """Return the moment that an RFC 3339 timestamp names. Raises `InvalidRequest`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _invalid(param, "expected an RFC 3339 timestamp with its offset, such as 2030-01-31T12:00:00Z")
    return moment


def canonical_url(url: str) -> str:
    """Return what is compared of an MCP server's URL: scheme and host in lower case, no default port, no last slash."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}{port}{parts.path.rstrip('/')}{query}"


def _hosts(hosts: tuple[str, ...], param: str) -> tuple[str, ...]:
    normal = tuple(host.lower() for host in hosts)
    if not 1 <= len(normal) <= MAX_HOSTS or len(set(normal)) != len(normal):
        raise _invalid(param, f"expected 1 to {MAX_HOSTS} distinct hosts")
    for index, host in enumerate(normal):
        if not _HOST.fullmatch(host) or _is_odd_number(host):
            raise _invalid(
                f"{param}[{index}]",
                "expected a host name or an IPv4 address, without scheme, path, port or wildcard",
            )
    return normal


def _is_odd_number(host: str) -> bool:
    """Return whether a host looks like an address and is not the plain form of one."""
    if not re.fullmatch(r"(0x)?[0-9a-f]+", host.rsplit(".", 1)[-1]) or not host.rsplit(".", 1)[-1][0].isdigit():
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def _invalid(param: str, reason: str) -> TercetError:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
