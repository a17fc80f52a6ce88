"""The browser tool on a small shop, in a real Chromium behind a guard."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tercet.egress import Guard, Policy
from tercet.errors import ToolFailed, ToolRetry, Unsupported
from tercet.tools.browser import Browser
from tercet.tools.browser_events import safe_name
from tercet.tools.browser_launch import BrowserSettings, find_executable
from tercet.tools.registry import Registry
from tests.egress.world import World, world

pytest.importorskip("playwright", reason="needs the browser extra")
try:
    find_executable()
except Unsupported as error:
    pytest.skip(f"needs a system Chromium: {error}", allow_module_level=True)

pytestmark = pytest.mark.timeout(300)

SHOP = """<title>Shop</title><h1>The shop</h1><p>Kettles of every kind, sold since 1901 in the old town hall.</p>
<a href="/kettle">Steel kettle</a> <a href="/kettle" target="_blank">in a new tab</a>
<form action="/found"><input name="q" aria-label="Search"><select name="size" aria-label="Size">
<option>small</option><option>large</option></select><input type="checkbox" id="c"><label for="c">In stock</label>
<input type="password" aria-label="Code" value="hunter2"><button>Find</button></form><button disabled>Buy</button>
<input type="file" aria-label="Upload"><div id="shadow"></div><iframe srcdoc="<button>Inside</button>"></iframe>
<script>document.getElementById('shadow').attachShadow({mode: 'open'}).innerHTML = '<button>Hidden away</button>'
</script>"""
PAGES = {
    "/": SHOP,
    "/kettle": "<title>Steel kettle</title><h1>Steel kettle</h1><p>It costs 24.50 and holds 1.7 litres.</p>",
    "/found": "<title>Found</title><h1>Found</h1><p>What was asked for is shown in the address.</p>",
    "/changing": '<title>c</title><button onclick="this.remove()">Go</button><button id=b>Keep</button>'
    "<button onclick=\"document.getElementById('b').textContent='Delete'\">Swap</button>",
    "/twins": "<title>t</title><input aria-label=Search><button onclick=\"document.title='searched'\">Search</button>"
    "<button onclick=\"document.title='3'\">Add</button><button onclick=\"document.title='4'\">Add</button>"
    "<a href='/kettle'>Kettle</a> <a href='/kettle'>Kettle</a>",
    "/talks": "<title>t</title><script>alert('hello'); document.title = confirm('sure?') ? 'yes' : 'no'</script>",
    "/tabs": "<title>t</title><p>Tabs.</p><script>for (let i = 0; i < 9; i++) window.open('/kettle')</script>",
    "/files": "<title>f</title><a href='/data.bin' download='../../evil name.csv'>get</a>"
    "<a href='/huge.bin' download>huge</a>",
    "/stuck": "<title>s</title><button onclick='for (;;) {}'>Stick</button>",
    "/late": "<title>l</title><script>setTimeout(() => document.body.append('now it is here'), 800)</script>",
}


class Kept(dict[str, bytes]):
    """A shelf in memory."""

    def write(self, path: str, data: bytes, /) -> None:
        self[path] = data


@pytest.fixture
async def outside() -> AsyncIterator[World]:
    async with world() as made:
        made.public.pages = {path: ("text/html", text.encode()) for path, text in PAGES.items()}
        made.public.pages["/data.bin"] = ("application/octet-stream", b"a,b\n1,2\n")
        made.public.pages["/huge.bin"] = ("application/octet-stream", b"x" * 300_000)
        yield made


@pytest.fixture
async def shelf() -> Kept:
    return Kept()


@pytest.fixture
async def browser(outside: World, shelf: Kept) -> AsyncIterator[Browser]:
    async with Guard(Policy(), resolve=outside.resolve, connect=outside.connect) as guard:
        made = Browser(guard, BrowserSettings(max_download_bytes=100_000), shelf)
        yield made
        await made.close()


def number_of(shown: dict[str, list[str]], part: str) -> int:
    line = next(line for line in shown["elements"] if part in line)
    return int(line[1 : line.index("]")])


async def test_a_visit_to_the_shop(outside: World, browser: Browser, shelf: Kept) -> None:
    shown = await browser.navigate("http://shop.example/")
    assert shown["title"] == "Shop"
    assert "since 1901" in shown["text"]
    lines = "\n".join(shown["elements"])
    assert "link 'Steel kettle' to /kettle" in lines
    assert "searchbox" in lines or "textbox 'Search' value ''" in lines
    assert "combobox 'Size' value 'small' options ['small', 'large']" in lines
    assert "button 'Buy' (disabled)" in lines
    assert "button 'Hidden away'" in lines
    assert "button 'Inside'" in lines
    assert "value '(hidden)'" in lines
    assert "hunter2" not in lines
    for part, problem in (("'Buy'", "disabled"), ("'Upload'", "files")):
        with pytest.raises(ToolRetry, match=problem):
            await browser.click(number_of(shown, part))
    shown = await browser.fill(number_of(shown, "'Search'"), "kettle & pot")
    assert "value 'kettle & pot'" in "\n".join(shown["elements"])
    shown = await browser.select(number_of(shown, "'Size'"), ["large"])
    shown = await browser.click(number_of(shown, "'In stock'"))
    assert "checkbox 'In stock' (checked)" in "\n".join(shown["elements"])
    shown = await browser.click(number_of(shown, "'Find'"))
    assert shown["url"] == "http://shop.example/found?q=kettle+%26+pot&size=large"
    shown = await browser.back()
    assert shown["title"] == "Shop"
    picture = await browser.saved_screenshot()
    assert shelf[picture["artifact"]["path"]].startswith(b"\x89PNG\r\n")
    assert picture["artifact"]["bytes"] == len(shelf[picture["artifact"]["path"]])
    snapshot = await browser.snapshot()
    assert 'heading "The shop"' in snapshot["snapshot"]


async def test_stale_numbers_are_refused(browser: Browser) -> None:
    shown = await browser.navigate("http://shop.example/changing")
    go, keep, swap = (number_of(shown, name) for name in ("'Go'", "'Keep'", "'Swap'"))
    with pytest.raises(ToolRetry, match="1 to 3"):
        await browser.click(9)
    page = browser._events.current
    await page.evaluate("document.getElementById('b').textContent = 'Delete'")
    with pytest.raises(ToolRetry, match="no longer button 'Keep'"):
        await browser.click(keep)
    await page.evaluate("document.querySelector('button').remove()")
    with pytest.raises(ToolRetry, match="is gone"):
        await browser.click(go)
    await page.goto("http://shop.example/kettle")
    with pytest.raises(ToolRetry, match="is gone"):
        await browser.click(swap)


async def test_elements_are_meant_by_their_names_too(outside: World, browser: Browser) -> None:
    shown = await browser.navigate("http://shop.example/")
    assert "[" not in shown["text"], "links are told once, among the elements"
    shown = await browser.fill("search", "kettle & pot")
    assert "value 'kettle & pot'" in "\n".join(shown["elements"])
    await browser.select("Size", ["large"])
    with pytest.raises(ToolRetry, match="disabled"):
        await browser.click("Buy")
    with pytest.raises(ToolRetry, match="no element is called 'Rocket'"):
        await browser.click("Rocket")
    shown = await browser.click("Find")
    assert shown["url"] == "http://shop.example/found?q=kettle+%26+pot&size=large"
    await browser.back()
    shown = await browser.click("steel  KETTLE")
    assert shown["title"] == "Steel kettle"


async def test_a_name_of_several_elements(outside: World, browser: Browser) -> None:
    shown = await browser.navigate("http://shop.example/twins")
    with pytest.raises(ToolRetry, match="elements 3, 4 are called 'Add': give the number of one"):
        await browser.click("Add")
    shown = await browser.click("[4]")
    assert shown["title"] == "4"
    shown = await browser.fill("Search", "oak")
    assert "[1] textbox 'Search' value 'oak'" in shown["elements"]
    shown = await browser.click("Search")
    assert shown["title"] == "searched"
    shown = await browser.click("Kettle")
    assert shown["title"] == "Steel kettle"


async def test_dialogs_are_put_away_and_told(browser: Browser) -> None:
    shown = await browser.navigate("http://shop.example/talks")
    assert shown["title"] == "no"
    assert shown["notes"] == ["alert dialog: 'hello' (accepted)", "confirm dialog: 'sure?' (declined)"]


async def test_new_tabs(browser: Browser) -> None:
    shown = await browser.navigate("http://shop.example/")
    shown = await browser.click(number_of(shown, "'in a new tab'"))
    assert shown["title"] == "Steel kettle"
    assert "a new tab was opened" in shown["notes"][0]
    shown = await browser.back()
    assert shown["title"] == "Shop"
    shown = await browser.navigate("http://shop.example/tabs")
    assert any("one tab too many" in note for note in shown["notes"])
    assert browser._events.num_pages <= 5


async def test_downloads_go_to_the_sessions_files(browser: Browser, shelf: Kept) -> None:
    shown = await browser.navigate("http://shop.example/files")
    shown = await browser.click(number_of(shown, "'get'"))
    assert shown["notes"][0].startswith("downloaded downloads/")
    (path,) = shelf
    assert path.startswith("downloads/")
    assert path.endswith("evil name.csv")
    assert ".." not in path
    assert shelf[path] == b"a,b\n1,2\n"
    shown = await browser.click(number_of(shown, "'huge'"))
    assert "over 100000 bytes" in shown["notes"][0]
    assert len(shelf) == 1


async def test_waiting(browser: Browser) -> None:
    await browser.navigate("http://shop.example/late")
    shown = await browser.wait(10, "now it is here")
    assert "now it is here" in shown["text"]
    with pytest.raises(ToolFailed, match="in time"):
        await browser.wait(0.5, "never")


async def test_a_crash_is_told_and_the_next_call_works(browser: Browser) -> None:
    await browser.navigate("http://shop.example/")
    assert browser._launch is not None
    for pid in chromiums(browser._launch._folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with pytest.raises(ToolFailed, match="the next action starts a fresh one"):
        await browser.read()
    shown = await browser.navigate("http://shop.example/kettle")
    assert shown["title"] == "Steel kettle"


async def test_nothing_is_left_behind(browser: Browser) -> None:
    await browser.navigate("http://shop.example/")
    assert browser._launch is not None
    folder = browser._launch._folder
    pids = chromiums(folder)
    assert pids
    if os.geteuid() == 0:
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in pids} == {61_700}
    assert not any("--no-sandbox" in Path(f"/proc/{pid}/cmdline").read_text() for pid in pids)
    await browser.close()
    assert not folder.exists()
    assert not chromiums(folder)
    with pytest.raises(ToolFailed, match="closed"):
        await browser.read()
    await browser.close()


async def test_pages_that_hang_are_given_up(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = await browser.navigate("http://shop.example/stuck")
    monkeypatch.setattr("tercet.tools.browser._ACTION_S", 3.0)
    with pytest.raises(ToolFailed):
        await browser.click(number_of(shown, "'Stick'"))
    monkeypatch.undo()
    assert (await browser.navigate("http://shop.example/kettle"))["title"] == "Steel kettle"


async def test_the_tools_have_schemas_and_effects(browser: Browser) -> None:
    registry = Registry(browser.tools())
    names = {definition.name for definition in registry.definitions}
    actions = ("navigate", "click", "fill", "select", "wait", "back", "read", "snapshot", "screenshot")
    assert names == {f"browser_{action}" for action in actions}
    assert registry.get("browser_click").effect == "writes"
    assert registry.get("browser_read").effect == "reads"
    shown = await registry.call("browser_navigate", '{"url": "http://shop.example/kettle"}')
    assert shown["title"] == "Steel kettle"
    with pytest.raises(ToolRetry):
        await registry.call("browser_click", '{"element": 0}')


@pytest.mark.parametrize(
    ("suggested", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\\b.txt", "b.txt"),
        (".bashrc", "bashrc"),
        ("", "download"),
        ("x\0\n.csv", "x__.csv"),
    ],
)
def test_names_of_downloads_are_names(suggested: str, name: str) -> None:
    assert safe_name(suggested) == name


async def test_an_executable_that_is_none(outside: World) -> None:
    async with Guard(Policy()) as guard:
        browser = Browser(guard, BrowserSettings(executable="/no/such/chromium"))
        with pytest.raises(Unsupported, match=r"browser\.executable"):
            await browser.navigate("http://shop.example/")
        browser = Browser(guard, BrowserSettings(executable="/bin/false"))
        with pytest.raises(ToolFailed, match="did not start"):
            await browser.navigate("http://shop.example/")
        await browser.close()


def chromiums(folder: Path) -> list[int]:
    """Return the processes that work in a profile folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                is_ours = str(folder) in (entry / "cmdline").read_text()
            except OSError:
                continue
            if is_ours:
                found.append(int(entry.name))
    return found
