"""The web_search tool over each of its providers; the remote ones are servers on loopback that answer as theirs do."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tercet.config.web import SearchConfig
from tercet.egress import Guard, Policy
from tercet.errors import InvalidRequest, ToolFailed, Unsupported
from tercet.tools.registry import Registry
from tercet.tools.web_search import WebSearch, search_policy, search_provider
from tests.egress.world import Host

SEARX = {
    "query": "kettle",
    "results": [
        {"url": "https://shop.example/kettle", "title": "<b>Kettle</b> &amp; pot", "content": "It boils."},
        {"url": "https://www.other.example/", "title": "Other", "content": None},
    ],
}
BRAVE = {
    "type": "search",
    "web": {
        "results": [{"url": "https://shop.example/", "title": "Shop", "description": "A <strong>shop</strong>."}],
    },
}


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    made = Host("")
    await made.start()
    yield made
    await made.close()


async def test_searxng(host: Host) -> None:
    host.pages["/search"] = ("application/json", json.dumps(SEARX).encode())
    config = SearchConfig(provider="searxng", url=f"http://127.0.0.1:{host.port}")
    async with Guard(search_policy(config)) as guard:
        registry = Registry([WebSearch(search_provider(config, guard))])
        shown = await registry.call("web_search", '{"query": "kettle & pot"}')
        assert shown == {
            "results": [
                {"title": "Kettle & pot", "url": "https://shop.example/kettle", "snippet": "It boils."},
                {"title": "Other", "url": "https://www.other.example/", "snippet": ""},
            ]
        }
        asked = parse_qs(urlsplit(host.requests[0].split(" ")[1]).query)
        assert asked == {"q": ["kettle & pot"], "format": ["json"]}
        only = WebSearch(search_provider(config, guard), allowed_domains=("other.example",))
        shown = await only.run({"query": "kettle"})
        assert [result["title"] for result in shown["results"]] == ["Other"]
        assert shown["left_out"] == 1


async def test_brave(host: Host) -> None:
    host.pages["/res/v1/web/search"] = ("application/json", json.dumps(BRAVE).encode())
    config = SearchConfig(provider="brave", url=f"http://127.0.0.1:{host.port}")
    async with Guard(search_policy(config)) as guard:
        shown = await WebSearch(search_provider(config, guard, "a-key")).run({"query": "shop", "max_results": 3})
    assert shown["results"] == [{"title": "Shop", "url": "https://shop.example/", "snippet": "A shop."}]
    assert "count=3" in host.requests[0]
    assert "x-subscription-token: a-key" in host.requests[0].lower()


async def test_answers_that_are_not_results(host: Host) -> None:
    config = SearchConfig(provider="searxng", url=f"http://127.0.0.1:{host.port}")
    async with Guard(search_policy(config)) as guard:
        tool = WebSearch(search_provider(config, guard))
        for text in ("<html>", '{"results": 3}', '{"results": [{}]}'):
            host.pages["/search"] = ("application/json", text.encode())
            with pytest.raises(ToolFailed, match="not the JSON"):
                await tool.run({"query": "x"})


async def test_the_guard_of_a_provider_reaches_nothing_else(host: Host) -> None:
    config = SearchConfig(provider="searxng", url=f"http://127.0.0.1:{host.port}")
    other = SearchConfig(provider="searxng", url=f"http://127.0.0.1:{host.port + 1}")
    async with Guard(search_policy(other)) as guard:
        with pytest.raises(ToolFailed, match="network policy"):
            await WebSearch(search_provider(config, guard)).run({"query": "x"})
    assert host.requests == []


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (SearchConfig(), "search.provider"),
        (SearchConfig(provider="searxng"), "search.url"),
        (SearchConfig(provider="brave"), "BRAVE_API_KEY"),
        (SearchConfig(provider="brave", api_key_env="MINE"), "MINE"),
        (SearchConfig(provider="local"), "search.folder"),
    ],
)
async def test_what_is_not_configured_is_refused_by_name(config: SearchConfig, named: str) -> None:
    with pytest.raises(Unsupported, match=named):
        search_provider(config, Guard(Policy()))


async def test_wildcards_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="wildcards"):
        WebSearch(search_provider(SearchConfig(provider="local", folder=Path()), Guard(Policy())), ("*.example",))


async def test_a_local_folder(tmp_path: Path) -> None:
    (tmp_path / "kettles.md").write_text("# Kettles\n\nA kettle boils water.\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "pots.txt").write_text("Pots and pans, boiled over.\n")
    (tmp_path / "image.png").write_bytes(b"kettle")
    (tmp_path / "out.txt").symlink_to("/etc/passwd")
    config = SearchConfig(provider="local", folder=tmp_path)
    tool = WebSearch(search_provider(config, Guard(Policy())))
    shown = await tool.run({"query": "kettle boiling"})
    assert [result["url"] for result in shown["results"]] == ["local:kettles.md", "local:sub/pots.txt"]
    assert shown["results"][0]["title"] == "Kettles"
    assert "boils water" in shown["results"][0]["snippet"]
    (tmp_path / "new.txt").write_text("A new kettle.")
    shown = await tool.run({"query": 'kettle" OR "'})
    assert "local:new.txt" in [result["url"] for result in shown["results"]]
    assert (await tool.run({"query": "root bin bash"}))["results"] == []
    assert (await tool.run({"query": "!!!"}))["results"] == []


async def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    tool = WebSearch(search_provider(SearchConfig(provider="local", folder=tmp_path / "no"), Guard(Policy())))
    with pytest.raises(ToolFailed, match="cannot be searched"):
        await tool.run({"query": "x"})
