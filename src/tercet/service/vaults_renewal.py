"""Asking an OAuth token endpoint for a new access token (RFC 6749, section 6), through a guard of its own.

Nothing of what is sent or answered is logged or put into an error but the endpoint's host and its error code.
"""

import asyncio
import base64
import re
import ssl
from datetime import UTC, datetime
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from tercet.clock import now_s
from tercet.config import EgressConfig
from tercet.egress import Guard, Policy
from tercet.errors import ToolFailed
from tercet.service.vaults_bearers import Renewed
from tercet.sessions.vaults import OAuthRefresh
from tercet.tools.guarded_http import GuardedHttp, Reply

TIMEOUT_S = 30.0
MAX_BYTES = 1_000_000
_CODE = re.compile(r"[a-z_]{1,60}")


class _Answer(msgspec.Struct, frozen=True):
    """What a token endpoint says."""

    access_token: str = ""
    token_type: str = ""
    expires_in: float | str | None = None
    refresh_token: str | None = None
    error: str = ""

    def __repr__(self) -> str:
        return "_Answer(…)"


class OAuthRenewer:
    """Renews tokens; see `vaults.Renewer`."""

    def __init__(self, reach: EgressConfig) -> None:
        """Reach public hosts, and the operator's own in `reach`."""
        self._policy = Policy(allow=reach.allow, ports=reach.ports)

    async def renew(self, refresh: OAuthRefresh, refresh_token: str, client_secret: str | None) -> Renewed:
        """Return the new token. Raises `ToolFailed`."""
        form, headers = _form(refresh, refresh_token, client_secret)
        trust = await asyncio.to_thread(ssl.create_default_context)
        async with Guard(self._policy) as guard:
            reply = await GuardedHttp(guard, trust).ask(
                "POST",
                refresh.token_endpoint,
                headers=headers,
                body=urlencode(form).encode(),
                max_bytes=MAX_BYTES,
                timeout_s=TIMEOUT_S,
            )
        return _renewed(reply, urlsplit(refresh.token_endpoint).hostname or "")


def _form(
    refresh: OAuthRefresh, refresh_token: str, client_secret: str | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the fields of the request's form and its header fields."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    form |= {name: value for name in ("scope", "resource") if (value := getattr(refresh, name)) is not None}
    if refresh.client_auth == "client_secret_basic":
        pair = f"{quote_plus(refresh.client_id)}:{quote_plus(client_secret or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = refresh.client_id
    if refresh.client_auth == "client_secret_post":
        form["client_secret"] = client_secret or ""
    return form, headers


def _renewed(reply: Reply, host: str) -> Renewed:
    try:
        answer = msgspec.json.decode(reply.body, type=_Answer)
    except msgspec.DecodeError:
        answer = _Answer()
    if reply.status != 200 or not answer.access_token:
        code = answer.error if _CODE.fullmatch(answer.error) else "no token"
        raise ToolFailed(f"the token endpoint of {host} answered {reply.status} ({code})")
    if answer.token_type.lower() != "bearer":
        raise ToolFailed(f"the token endpoint of {host} gave a token that is no bearer token")
    return Renewed(answer.access_token, answer.refresh_token or None, _expiry(answer.expires_in))


def _expiry(expires_in: float | str | None) -> str | None:
    """Return the moment at which a token ends, None where it is not said."""
    try:
        seconds = float(expires_in) if expires_in is not None else 0.0
    except ValueError:
        return None
    if not 0 < seconds < 10**9:
        return None
    return datetime.fromtimestamp(now_s() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
