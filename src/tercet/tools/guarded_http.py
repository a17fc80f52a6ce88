"""HTTP for tools: through the guard only, one hop at a time, every failure worded for the model.

It follows no redirect by itself and keeps no cookies.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from tercet.egress import REASON_HEADER, Guard
from tercet.errors import ToolFailed

if TYPE_CHECKING:
    import aiohttp

_USER_AGENT = "Mozilla/5.0 (compatible; Tercet; +https://github.com/tercet/tercet)"


class Reply(msgspec.Struct, frozen=True):
    """One answer; `body` is cut at the limit asked for, and then `is_cut`."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    is_cut: bool = False

    @property
    def content_type(self) -> str:
        """The media type alone, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset that the server names."""
        for part in self.headers.get("Content-Type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"') or None
        return None


class GuardedHttp:
    """Asks servers through one guard."""

    def __init__(self, guard: Guard, trust: ssl.SSLContext | None = None) -> None:
        """Trust certificates as `trust` says, by default as this machine did when it first asked anybody."""
        self._guard = guard
        self._trust = trust or True

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int,
        timeout_s: float,
    ) -> Reply:
        """Send one request and read at most `max_bytes` of the answer. Raises `ToolFailed`."""
        with _told(url):
            async with (
                self._session(timeout_s) as session,
                self._request(session, method, url, headers, body) as response,
            ):
                if REASON_HEADER in response.headers:
                    reason = (await response.content.read(1000)).decode("utf-8", "replace").strip()
                    raise ToolFailed(f"the network policy refused {url}: {reason}")
                content, is_cut = await _read(response.content, max_bytes)
                return Reply(str(response.url), response.status, response.headers, content, is_cut)

    @contextlib.asynccontextmanager
    async def _session(self, timeout_s: float) -> AsyncIterator["aiohttp.ClientSession"]:
        import aiohttp  # a quarter of a second, which a server that never fetches does not pay

        timeout = aiohttp.ClientTimeout(total=timeout_s)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=jar, trust_env=False) as session:
            yield session

    def _request(
        self,
        session: "aiohttp.ClientSession",
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> "aiohttp.client._RequestContextManager":
        return session.request(
            method,
            url,
            headers={"User-Agent": _USER_AGENT, **(headers or {})},
            data=body,
            allow_redirects=False,
            proxy=self._guard.url,
            ssl=self._trust,
        )


async def _read(content: "aiohttp.StreamReader", max_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    async for piece in content.iter_chunked(65_536):
        body += piece
        if len(body) > max_bytes:
            return bytes(body[:max_bytes]), True
    return bytes(body), False


@contextlib.contextmanager
def _told(url: str) -> Iterator[None]:
    """Map what can go wrong to `ToolFailed`."""
    import aiohttp

    try:
        yield
    except aiohttp.ClientHttpProxyError as error:
        raise ToolFailed(f"the network policy refused {url}: {error.message}") from error
    except TimeoutError as error:
        raise ToolFailed(f"{url} took too long") from error
    except (aiohttp.ClientConnectorCertificateError, ssl.SSLError, aiohttp.ClientSSLError) as error:
        raise ToolFailed(f"{url} has no valid certificate: {type(error).__name__}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise ToolFailed(f"{url} could not be read: {type(error).__name__}") from error
