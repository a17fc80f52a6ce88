"""MCP over streamable HTTP through the guard, with the credentials of one server, which go to that server only."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tercet.egress import REASON_HEADER, Guard
from tercet.errors import InvalidRequest, ToolFailed
from tercet.tools.mcp_spec import HttpTransport, Token

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import TransportStreams

_CONNECT_S = 30.0


def check_url(transport: HttpTransport, guard: Guard) -> None:
    """Raise `InvalidRequest` for a URL that is not http(s), or that would carry a secret in clear."""
    parts = urlsplit(transport.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise InvalidRequest("server_url must be an http or https URL without a user name", param="server_url")
    is_operators = f"{parts.hostname}:{parts.port or 80}" in guard.policy.allow
    if parts.scheme == "http" and (transport.authorization or transport.token) and not is_operators:
        raise InvalidRequest("server_url must be https where credentials go with it", param="server_url")


@contextlib.asynccontextmanager
async def http_transport(
    transport: HttpTransport, guard: Guard, timeout_s: float, on_failure: Callable[[ToolFailed], None]
) -> AsyncIterator["TransportStreams"]:
    """Speak MCP with a remote server. Raises `ToolFailed` when the policy refuses it, or there is no token for it.

    The SDK may take such an error for the end of the connection: `on_failure` is told of it.
    """
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    async def tell_refusal(response: httpx2.Response) -> None:
        if REASON_HEADER in response.headers:
            reason = (await response.aread()).decode("utf-8", "replace").strip()
            error = ToolFailed(f"the network policy refused the MCP server: {reason}")
            on_failure(error)
            raise error

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole URLs
    headers = dict(transport.headers)
    if transport.authorization:
        headers["Authorization"] = transport.authorization
    proxy = httpx2.Proxy(f"http://{guard.address}", auth=(guard.user, guard.token))
    client = httpx2.AsyncClient(
        proxy=proxy,
        verify=await asyncio.to_thread(ssl.create_default_context),  # what this machine trusts
        trust_env=False,
        headers=headers,
        auth=_bearer(transport.token, on_failure) if transport.token is not None else None,
        timeout=httpx2.Timeout(_CONNECT_S, read=timeout_s),
        event_hooks={"response": [tell_refusal]},
    )
    async with client, streamable_http_client(transport.url, http_client=client) as streams:
        yield streams


def _bearer(token: Token, on_failure: Callable[[ToolFailed], None]) -> "httpx2.Auth":
    """Return what puts a token on each request, and a fresh one where it was not accepted."""
    import httpx2

    async def authorization(is_rejected: bool) -> str:
        try:
            return f"Bearer {await token(is_rejected)}"
        except ToolFailed as error:
            on_failure(error)
            raise

    class Bearer(httpx2.Auth):
        async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
            request.headers["Authorization"] = await authorization(False)
            response = yield request
            if response.status_code == 401:
                request.headers["Authorization"] = await authorization(True)
                yield request

    return Bearer()
