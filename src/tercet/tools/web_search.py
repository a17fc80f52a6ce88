"""The `web_search` tool: results from whichever provider the operator configured.

A remote provider is asked through a guard of its own, whose policy reaches that provider and nothing else
(`search_policy`); what a session may open is judged when it opens it.
"""

import html
import re
from collections.abc import Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from tercet.config.web import SearchConfig
from tercet.egress import Guard, Policy
from tercet.errors import ToolFailed, Unsupported
from tercet.items import JsonSchema
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.guarded_http import GuardedHttp
from tercet.tools.search_index import FolderIndex

BRAVE_URL = "https://api.search.brave.com"
BRAVE_KEY = "BRAVE_API_KEY"
_MAX_BYTES = 4_000_000
_TIMEOUT_S = 30.0
_TAGS = re.compile(r"<[^>]*>")
_SNIPPET = 500
_Answer = TypeVar("_Answer", bound=msgspec.Struct)


class Hit(msgspec.Struct, frozen=True):
    """One result."""

    title: str
    url: str
    snippet: str


class Provider(Protocol):
    """Something that can be searched."""

    async def search(self, query: str, max_results: int) -> Sequence[Hit]:
        """Return the best results first. Raises `ToolFailed`."""


class _SearxResult(msgspec.Struct):
    url: str
    title: str = ""
    content: str | None = None


class _SearxAnswer(msgspec.Struct):
    results: list[_SearxResult]


class SearxNG:
    """A SearXNG instance; its settings must list `json` among the search formats."""

    def __init__(self, url: str, guard: Guard) -> None:
        self._url = url.rstrip("/")
        self._http = GuardedHttp(guard)

    async def search(self, query: str, max_results: int) -> Sequence[Hit]:
        """Ask `/search`."""
        url = f"{self._url}/search?{urlencode({'q': query, 'format': 'json'})}"
        answer = _parse(await _ask(self._http, url, {}), _SearxAnswer)
        return [Hit(_plain(r.title), r.url, _plain(r.content or "")) for r in answer.results[:max_results]]


class _BraveResult(msgspec.Struct):
    url: str
    title: str = ""
    description: str = ""


class _BraveWeb(msgspec.Struct):
    results: list[_BraveResult] = []


class _BraveAnswer(msgspec.Struct):
    web: _BraveWeb = msgspec.field(default_factory=_BraveWeb)


class Brave:
    """Brave's web search API, as documented at api-dashboard.search.brave.com."""

    def __init__(self, key: str, guard: Guard, url: str = BRAVE_URL) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._http = GuardedHttp(guard)

    async def search(self, query: str, max_results: int) -> Sequence[Hit]:
        """Ask `/res/v1/web/search`."""
        url = f"{self._url}/res/v1/web/search?{urlencode({'q': query, 'count': max_results})}"
        headers = {"X-Subscription-Token": self._key, "Accept": "application/json"}
        answer = _parse(await _ask(self._http, url, headers), _BraveAnswer)
        return [Hit(_plain(r.title), r.url, _plain(r.description)) for r in answer.web.results[:max_results]]


class Local:
    """The text files of a folder, for machines without a network; results are named `local:PATH`."""

    def __init__(self, index: FolderIndex) -> None:
        self._index = index

    async def search(self, query: str, max_results: int) -> Sequence[Hit]:
        """Search the index, which is brought up to date first."""
        found = await self._index.search(query, max_results)
        return [Hit(entry.title, f"local:{entry.path}", entry.snippet) for entry in found]


def search_policy(config: SearchConfig) -> Policy:
    """Return what the guard of the provider may reach: the provider. Raises `Unsupported` without one."""
    if config.provider in ("", "local"):
        return Policy(access="disabled")
    parts = urlsplit(config.url or BRAVE_URL)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Policy(
        access="restricted",
        allowed_domains=(parts.hostname or "",),
        allow=(f"{parts.hostname}:{port}",) if config.url else (),
    )


def search_provider(config: SearchConfig, guard: Guard, key: str = "") -> Provider:
    """Return the configured provider; `key` is Brave's. Raises `Unsupported` by name when there is none."""
    match config.provider:
        case "searxng" if config.url:
            return SearxNG(config.url, guard)
        case "brave" if key:
            return Brave(key, guard, config.url or BRAVE_URL)
        case "local" if config.folder is not None:
            return Local(FolderIndex(config.folder))
        case "":
            raise Unsupported("web_search is not served: set search.provider to searxng, brave or local")
    needed = {"searxng": "search.url", "brave": f"its key in {config.api_key_env or BRAVE_KEY}"}
    raise Unsupported(
        f"web_search is not served: {config.provider} needs {needed.get(config.provider, 'search.folder')}"
    )


class WebSearch:
    """Searches the web."""

    name = "web_search"
    description = "Search the web; returns titles, URLs and snippets."
    effect: Effect = "reads"
    timeout_s = 60.0

    def __init__(self, provider: Provider, allowed_domains: tuple[str, ...] = ()) -> None:
        """Show only results from `allowed_domains` and their subdomains, when there are any."""
        Policy(access="restricted", allowed_domains=allowed_domains).check("web_search")
        self._provider = provider
        self._domains = tuple(domain.lower() for domain in allowed_domains)

    @property
    def parameters(self) -> JsonSchema:
        """`query` and how many results."""
        return object_schema(
            {
                "query": {"type": "string", "minLength": 1, "maxLength": 400},
                "max_results": {"type": "integer", "minimum": 1, "maximum": 20},
            },
            optional=("max_results",),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        """Return the results; `left_out` counts those of other domains."""
        wanted = arguments.get("max_results", 8)
        hits = await self._provider.search(arguments["query"], 20 if self._domains else wanted)
        kept = [hit for hit in hits if self._is_allowed(hit.url)]
        left_out = len(hits) - len(kept)
        results = [{"title": hit.title, "url": hit.url, "snippet": hit.snippet[:_SNIPPET]} for hit in kept[:wanted]]
        return {"results": results} | ({"left_out": left_out} if left_out else {})

    def _is_allowed(self, url: str) -> bool:
        if not self._domains:
            return True
        try:
            host = (urlsplit(url).hostname or "").lower()
        except ValueError:
            return False
        return any(host == domain or host.endswith("." + domain) for domain in self._domains)


async def _ask(http: GuardedHttp, url: str, headers: dict[str, str]) -> bytes:
    reply = await http.ask("GET", url, headers=headers, max_bytes=_MAX_BYTES, timeout_s=_TIMEOUT_S)
    if reply.status != 200:
        raise ToolFailed(f"the search provider answered {reply.status}")
    return reply.body


def _parse(body: bytes, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:  # a ValidationError is one
        raise ToolFailed("the search provider's answer is not the JSON that it should be") from error


def _plain(text: str) -> str:
    """Return a title or snippet without its markup."""
    return html.unescape(_TAGS.sub("", text)).strip()
