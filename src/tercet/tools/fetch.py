"""The `fetch` tool: one page or text from the web, through the guard, as text that a model reads.

Redirects are followed here, and each hop is a new request that the guard judges anew.
"""

import asyncio
from urllib.parse import urljoin, urlsplit

from tercet.egress import Guard
from tercet.errors import ToolFailed, ToolRetry
from tercet.items import JsonSchema
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.guarded_http import GuardedHttp, Reply
from tercet.tools.pages import cut, read_page, require_extra

MAX_BYTES = 4_000_000
MAX_CHARS = 20_000
_MAX_HOPS = 5
_HOP_S = 30.0
_HTML = ("text/html", "application/xhtml+xml")
_TEXTS = ("application/json", "application/xml", "application/javascript", "application/x-yaml", "application/yaml")
_REDIRECTS = (301, 302, 303, 307, 308)
_ACCEPT = "text/html,application/xhtml+xml,text/*;q=0.9,application/json;q=0.9,*/*;q=0.1"


class Fetch:
    """Reads public web pages. Needs the `web` extra."""

    name = "fetch"
    description = "Read a web page or text file by its URL; pages come as Markdown."
    effect: Effect = "reads"
    timeout_s = 60.0

    def __init__(self, guard: Guard) -> None:
        """Use `guard`, which must be started. Raises `Unsupported` without the extra."""
        require_extra()
        self._http = GuardedHttp(guard)

    @property
    def parameters(self) -> JsonSchema:
        """`url`, the method, and where in a long text to begin."""
        return object_schema(
            {
                "url": {"type": "string", "description": "http or https"},
                "method": {"type": "string", "enum": ["GET", "HEAD"], "description": "HEAD: the header alone"},
                "start": {"type": "integer", "minimum": 0, "description": "first character, to go on in a long text"},
            },
            optional=("method", "start"),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        """Return status, final URL, title and text; `cut` says what is missing. Raises `ToolFailed`, `ToolRetry`."""
        method = arguments.get("method", "GET")
        reply = await self._follow(method, checked_url(arguments["url"]))
        shown: dict[str, JsonValue] = {"url": reply.url, "status": reply.status, "content_type": reply.content_type}
        if method == "HEAD":
            return shown | {"length": reply.headers.get("Content-Length")}
        text, title = await self._text(reply)
        part = cut(text, arguments.get("start", 0), MAX_CHARS)
        notes = [part.note] if part.note else []
        if reply.is_cut:
            notes.append(f"only the first {MAX_BYTES} bytes were read")
        extra = {"title": title} if title else {}
        return shown | extra | {"text": part.text} | ({"cut": "; ".join(notes)} if notes else {})

    async def _follow(self, method: str, url: str) -> Reply:
        for _ in range(_MAX_HOPS + 1):
            reply = await self._http.ask(
                method, url, headers={"Accept": _ACCEPT}, max_bytes=MAX_BYTES, timeout_s=_HOP_S
            )
            if reply.status not in _REDIRECTS or not reply.headers.get("Location"):
                return reply
            url = checked_url(urljoin(url, reply.headers["Location"]))
        raise ToolFailed(f"more than {_MAX_HOPS} redirects, the last to {url}")

    async def _text(self, reply: Reply) -> tuple[str, str]:
        kind = reply.content_type
        is_page = kind in _HTML
        if not is_page and kind and not kind.startswith("text/") and not _is_text(kind):
            raise ToolFailed(f"{reply.url} is {kind}, {len(reply.body)} bytes or more, which fetch cannot show as text")
        source = _decode(reply)
        if not kind and "\0" in source[:4096]:
            raise ToolFailed(f"{reply.url} is not text")
        if not is_page:
            return source, ""
        page = await asyncio.to_thread(read_page, source, reply.url)
        return page.text, page.title


def checked_url(url: str) -> str:
    """Return an http or https URL without its fragment. Raises `ToolRetry` for any other."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        has_user = parts.username is not None or parts.password is not None
    except ValueError as error:
        raise ToolRetry(f"{url!r} is not a URL") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ToolRetry(f"{url!r} is not an absolute http or https URL")
    if has_user:
        raise ToolRetry("a URL with a user name or password in it is not fetched")
    return parts._replace(fragment="").geturl()


def _is_text(kind: str) -> bool:
    return kind in _TEXTS or kind.endswith(("+json", "+xml"))


def _decode(reply: Reply) -> str:
    """Decode by the server's charset, the page's own, or UTF-8; what does not fit is marked."""
    charset = reply.charset
    if charset is None:
        head = reply.body[:2048].lower()
        _, found, rest = head.partition(b"charset=")
        charset = rest[:40].strip(b"\"' ").split(b'"')[0].split(b"'")[0].split(b">")[0].decode("ascii", "ignore")
        charset = charset if found else "utf-8"
    try:
        return reply.body.decode(charset or "utf-8", "replace")
    except LookupError:
        return reply.body.decode("utf-8", "replace")
