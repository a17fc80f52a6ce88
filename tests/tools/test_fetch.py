"""The fetch tool against a small web behind a guard."""

from collections.abc import AsyncIterator

import pytest

from tercet.egress import Guard, Policy
from tercet.errors import ToolFailed, ToolRetry
from tercet.tools.fetch import MAX_BYTES, MAX_CHARS, Fetch
from tests.egress.world import SECRET, World, world

pytest.importorskip("trafilatura", reason="needs the web extra")

ARTICLE = """<html><head><title>Kettles &amp; pots</title><script>var secret = 'script text'</script></head><body>
<nav><a href="/">Home</a></nav><article><h1>Kettles</h1><p>A kettle boils water. It has a spout, a lid and a handle, and
it stands on the stove until the water sings. Kettles have been made of iron, copper and steel for many centuries.</p>
<p>The best kettle is the one that pours without dripping; ask anybody who has ever scalded a hand on a bad one.</p>
<table><tr><th>Kettle</th><th>Price</th></tr><tr><td>Steel</td><td>24.50</td></tr></table></article></body></html>"""


@pytest.fixture
async def outside() -> AsyncIterator[World]:
    async with world() as made:
        yield made


@pytest.fixture
async def fetch(outside: World) -> AsyncIterator[Fetch]:
    async with Guard(Policy(), resolve=outside.resolve, connect=outside.connect) as guard:
        yield Fetch(guard)


async def test_pages_come_as_text(outside: World, fetch: Fetch) -> None:
    outside.public.pages["/kettles"] = ("text/html; charset=utf-8", ARTICLE.encode())
    shown = await fetch.run({"url": "http://shop.example/kettles#top"})
    assert shown["title"] == "Kettles & pots"
    assert shown["status"] == 200
    assert "pours without dripping" in shown["text"]
    assert "24.50" in shown["text"]
    assert "script text" not in shown["text"]
    assert "cut" not in shown


async def test_pages_without_an_article_come_whole(outside: World, fetch: Fetch) -> None:
    body = "<title>List</title><body><ul><li>One</li><li>Two <b>bold</b></li></ul><script>hidden()</script>"
    outside.public.pages["/list"] = ("text/html", body.encode())
    shown = await fetch.run({"url": "http://shop.example/list"})
    assert "One" in shown["text"]
    assert "bold" in shown["text"]
    assert "hidden" not in shown["text"]


async def test_long_texts_are_cut_and_say_so(outside: World, fetch: Fetch) -> None:
    text = "".join(f"{n:09d}\n" for n in range(5000))
    outside.public.pages["/long"] = ("text/plain", text.encode())
    first = await fetch.run({"url": "http://shop.example/long"})
    assert first["text"] == text[:MAX_CHARS]
    assert first["cut"] == f"cut: characters 0 to {MAX_CHARS} of 50000; go on with start={MAX_CHARS}"
    last = await fetch.run({"url": "http://shop.example/long", "start": 40_000})
    assert last["text"] == text[40_000:]
    assert "cut" not in last


async def test_large_answers_are_read_in_part(outside: World, fetch: Fetch) -> None:
    outside.public.pages["/huge"] = ("text/plain", b"a" * (MAX_BYTES + 10))
    shown = await fetch.run({"url": "http://shop.example/huge"})
    assert shown["cut"].endswith(f"only the first {MAX_BYTES} bytes were read")


async def test_charsets_are_honoured(outside: World, fetch: Fetch) -> None:
    outside.public.pages["/latin"] = ("text/plain; charset=iso-8859-1", "Käse".encode("latin-1"))
    outside.public.pages["/meta"] = ("text/html", '<meta charset="windows-1252"><p>Käse €'.encode("cp1252"))
    outside.public.pages["/wrong"] = ("text/plain; charset=nonsense", "Käse".encode())
    for path in ("latin", "meta", "wrong"):
        assert "Käse" in (await fetch.run({"url": f"http://shop.example/{path}"}))["text"]


async def test_what_is_not_text_is_refused(outside: World, fetch: Fetch) -> None:
    outside.public.pages["/a.zip"] = ("application/zip", b"PK")
    with pytest.raises(ToolFailed, match="application/zip"):
        await fetch.run({"url": "http://shop.example/a.zip"})


async def test_head_shows_the_header(outside: World, fetch: Fetch) -> None:
    shown = await fetch.run({"url": "http://shop.example/", "method": "HEAD"})
    assert (shown["status"], shown["content_type"], shown["length"]) == (200, "text/plain", "18")
    assert "text" not in shown


async def test_redirects_are_followed_within_the_policy(outside: World, fetch: Fetch) -> None:
    outside.public.locations = {
        "/a": "/b",
        "/b": "http://other.example/",
        "/inside": "http://10.0.0.7/",
        "/file": "file:///etc/passwd",
        "/round": "/round",
    }
    assert (await fetch.run({"url": "http://shop.example/a"}))["url"] == "http://other.example/"
    with pytest.raises(ToolFailed, match="not public"):
        await fetch.run({"url": "http://shop.example/inside"})
    with pytest.raises(ToolFailed, match="http or https"):
        await fetch.run({"url": "http://shop.example/file"})
    with pytest.raises(ToolFailed, match="redirects"):
        await fetch.run({"url": "http://shop.example/round"})
    assert not outside.is_breached


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://meta.example/", "http://[::1]/", "https://10.0.0.7/"])
async def test_private_addresses_are_refused(outside: World, fetch: Fetch, url: str) -> None:
    with pytest.raises(ToolFailed, match="network policy"):
        await fetch.run({"url": url})
    assert not outside.is_breached


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://shop.example/", "shop.example", "http://u:p@shop.example/"]
)
async def test_other_urls_are_for_the_model_to_correct(fetch: Fetch, url: str) -> None:
    with pytest.raises(ToolRetry):
        await fetch.run({"url": url})


async def test_the_environment_cannot_lead_around_the_guard(
    outside: World, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{outside.victim.port}")
    shown = await fetch.run({"url": "http://shop.example/"})
    assert SECRET not in shown["text"]
