"""Serves the page at /runs. Its files are public and hold nothing; what it shows it fetches with the visitor's key.

What models write is hostile: the page builds every node from text, and the policy below runs no code but its own.
"""

from functools import cache
from pathlib import Path

from tercet.api.exchange import Exchange
from tercet.api.routes import Route
from tercet.errors import NotFound

FOLDER = Path(__file__).parent
FILES = {
    "runs.html": b"text/html; charset=utf-8",
    "runs.css": b"text/css; charset=utf-8",
    "runs.js": b"text/javascript; charset=utf-8",
}
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data: blob:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = (
    (b"content-security-policy", POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)


def page_routes() -> list[Route]:
    """Return the page's routes."""
    return [
        Route("GET", "/runs", "web", show, is_public=True),
        Route("GET", "/runs/{name}", "web", show, is_public=True),
    ]


async def show(exchange: Exchange) -> None:
    """GET /runs and the files beside it."""
    name = exchange.params.get("name", "runs.html")
    kind = FILES.get(name)
    if kind is None:
        raise NotFound(f"Unknown request URL: GET /runs/{name[:100]}.", code="unknown_url")
    await exchange.reply(_content(name), content_type=kind, headers=_HEADERS)


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
