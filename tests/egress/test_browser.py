"""A real Chromium with a hostile page in it: nothing on loopback, and nothing private, hears from it.

The control is the same Chromium with the same pages and no guard.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tercet.egress import Guard, Limits, Policy
from tercet.errors import ToolFailed, Unsupported
from tercet.tools.browser import Browser
from tercet.tools.browser_launch import find_executable
from tests.egress.world import World, world

pytest.importorskip("playwright", reason="needs the browser extra")
try:
    EXECUTABLE = find_executable()
except Unsupported as error:
    pytest.skip(f"needs a system Chromium: {error}", allow_module_level=True)

pytestmark = [pytest.mark.timeout(400), pytest.mark.asyncio(loop_scope="module")]

SCRIPTS = {
    "fetch": "fetch('http://127.0.0.1:PORT/').then(r => r.text())",
    "fetch without CORS": "fetch('http://127.0.0.1:PORT/', {mode: 'no-cors'})",
    "fetch of localhost": "fetch('http://localhost:PORT/', {mode: 'no-cors'})",
    "fetch of a name under localhost": "fetch('http://a.localhost:PORT/', {mode: 'no-cors'})",
    "fetch of ::1": "fetch('http://[::1]:PORT/', {mode: 'no-cors'})",
    "fetch of 0.0.0.0": "fetch('http://0.0.0.0:PORT/', {mode: 'no-cors'})",
    "fetch of a decimal address": "fetch('http://2130706433:PORT/', {mode: 'no-cors'})",
    "fetch of port 80": "fetch('http://127.0.0.1/', {mode: 'no-cors'})",
    "fetch of the metadata service": "fetch('http://169.254.169.254/latest/meta-data/', {mode: 'no-cors'})",
    "fetch of a name that leads inside": "fetch('http://inside.example/', {mode: 'no-cors'})",
    "XMLHttpRequest": "const x = new XMLHttpRequest(); x.open('GET', 'http://127.0.0.1:PORT/'); x.send()",
    "beacon": "navigator.sendBeacon('http://127.0.0.1:PORT/', 'x')",
    "image": "new Image().src = 'http://127.0.0.1:PORT/a.png'",
    "script": "document.head.append(Object.assign(document.createElement('script'), {src: 'http://127.0.0.1:PORT/'}))",
    "iframe": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://127.0.0.1:PORT/'}))",
    "form": "const f = document.createElement('form'); f.action = 'http://127.0.0.1:PORT/'; f.method = 'post'; "
    "document.body.append(f); f.submit()",
    "location": "location = 'http://127.0.0.1:PORT/'",
    "window.open": "window.open('http://127.0.0.1:PORT/')",
    "WebSocket": "new WebSocket('ws://127.0.0.1:PORT/')",
    "event source": "new EventSource('http://127.0.0.1:PORT/')",
    "worker": "new Worker(URL.createObjectURL(new Blob([\"fetch('http://127.0.0.1:PORT/', {mode: 'no-cors'})\"])))",
    "shared worker": "new SharedWorker(URL.createObjectURL("
    "new Blob([\"fetch('http://127.0.0.1:PORT/', {mode: 'no-cors'})\"])))",
    "preload": "document.head.append(Object.assign(document.createElement('link'), "
    "{rel: 'preload', as: 'fetch', href: 'http://127.0.0.1:PORT/', crossOrigin: ''}))",
    "prerender": "document.head.append(Object.assign(document.createElement('script'), {type: 'speculationrules', "
    "text: JSON.stringify({prefetch: [{source: 'list', urls: ['http://127.0.0.1:PORT/']}]})}))",
    "stylesheet": "document.head.append(Object.assign(document.createElement('style'), "
    "{textContent: 'body {background: url(http://127.0.0.1:PORT/)}'}))",
    "meta refresh": "document.head.append(Object.assign(document.createElement('meta'), "
    "{httpEquiv: 'refresh', content: '0; url=http://127.0.0.1:PORT/'}))",
    "STUN": "const p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:UDP'}]}); "
    "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))",
    "TURN over TCP": "const p = new RTCPeerConnection({iceServers: "
    "[{urls: 'turn:127.0.0.1:PORT?transport=tcp', username: 'a', credential: 'b'}]}); "
    "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))",
}
NO_CONTROL = {
    "fetch of port 80",  # without the world's wiring nothing listens there
    "fetch of the metadata service",
    "fetch of a name that leads inside",
    "fetch of ::1",
    "prerender",
}


class Udp(asyncio.DatagramProtocol):
    """Counts datagrams on a loopback port."""

    def __init__(self) -> None:
        self.num_received = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.num_received += 1


class Ground:
    """A world, a browser in it, and a UDP port that a page may try to reach."""

    def __init__(self, outside: World, guard: Guard, browser: Browser, udp: Udp, udp_port: int) -> None:
        self.outside = outside
        self.guard = guard
        self.browser = browser
        self.udp = udp
        self.udp_port = udp_port
        self.num_pages = 0
        self.touched: list[str] = []

    def page(self, script: str) -> str:
        """Publish a page that runs `script`, and return its URL."""
        self.num_pages += 1
        text = script.replace("PORT", str(self.outside.victim.port)).replace("UDP", str(self.udp_port))
        body = f"<title>p</title><body>{'A page. ' * 40}<script>{text}</script>"
        self.outside.public.pages[f"/{self.num_pages}"] = ("text/html", body.encode())
        return f"http://shop.example/{self.num_pages}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground() -> AsyncIterator[Ground]:
    async with world() as outside:
        guard = Guard(Policy(), limits=Limits(), resolve=outside.resolve, connect=outside.connect)
        await guard.start()
        udp = Udp()
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: udp, ("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        browser = Browser(guard)
        yield Ground(outside, guard, browser, udp, port)
        await browser.close()
        await guard.close()
        transport.close()


@pytest.mark.parametrize("name", SCRIPTS)
async def test_page_scripts_reach_nothing_private(ground: Ground, name: str) -> None:
    await ground.browser.navigate(ground.page(SCRIPTS[name]))
    await ground.browser.wait(1.0)
    assert ground.outside.victim.requests == []
    assert ground.outside.victim.num_connections == 0
    assert ground.udp.num_received == 0


async def test_public_hosts_are_reached_by_every_means(ground: Ground) -> None:
    """The guard stands in nobody's way: pages, fetches and WebSockets to public hosts pass, with the token."""
    script = "fetch('http://other.example/').then(r => r.text()).then(t => document.body.append('got ' + t))"
    shown = await ground.browser.navigate(ground.page(script))
    await ground.browser.wait(5, "got hello")
    assert shown["url"].startswith("http://shop.example/")
    asked = len(ground.outside.public.requests)
    await ground.browser.navigate(ground.page("new WebSocket('ws://other.example/socket')"))
    await ground.browser.wait(1.0)
    heads = ground.outside.public.requests[asked:]
    assert any(head.startswith("GET /socket ") and "websocket" in head.lower() for head in heads)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/", "http://inside.example/", "http://shop.example/go"]
)
async def test_navigation_says_why_it_was_refused(ground: Ground, url: str) -> None:
    ground.outside.public.locations["/go"] = "http://10.0.0.7/"
    with pytest.raises(ToolFailed, match="not public"):
        await ground.browser.navigate(url)
    assert ground.outside.victim.requests == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "chrome://settings", "view-source:http://shop.example/", "javascript:1", "data:,x"]
)
async def test_other_schemes_are_refused(ground: Ground, url: str) -> None:
    with pytest.raises(ToolFailed, match="http or https"):
        await ground.browser.navigate(url)


@pytest.mark.parametrize(
    "script",
    [
        "location = 'file:///etc/hostname'",
        "window.open('file:///etc/hostname')",
        "document.body.innerHTML = '<iframe src=\"file:///etc/hostname\"></iframe>'",
        "document.body.innerHTML = '<a id=a href=\"file:///etc/hostname\">x</a>'; document.getElementById('a').click()",
        "location = 'chrome://version'",
        "location = 'view-source:file:///etc/hostname'",
        "document.body.innerHTML = '<object data=\"file:///etc/hostname\"></object>'",
    ],
)
async def test_pages_cannot_open_files(ground: Ground, script: str) -> None:
    await ground.browser.navigate(ground.page(script))
    await ground.browser.wait(0.5)
    shown = await ground.browser.read()
    snapshot = await ground.browser.snapshot()
    held = Path("/etc/hostname").read_text().strip()
    assert not shown["url"].startswith(("file:", "chrome:", "view-source:"))
    assert held not in shown["text"]
    assert held not in snapshot["snapshot"]


async def test_service_workers_are_blocked(ground: Ground) -> None:
    ground.outside.public.pages["/worker.js"] = ("text/javascript", b"fetch('http://127.0.0.1:1/')")
    script = (
        "Promise.resolve().then(() => navigator.serviceWorker.register('/worker.js'))"
        ".then(() => document.body.append('registered'), () => document.body.append('no worker'))"
    )
    await ground.browser.navigate(ground.page(script))
    await ground.browser.wait(2.0)
    assert not any("GET /worker.js" in head for head in ground.outside.public.requests)


async def test_the_policy_holds_for_every_resource(ground: Ground) -> None:
    """What a page of an allowed domain loads from others is refused."""
    only_shop = Policy(access="restricted", allowed_domains=("shop.example",))
    guard = Guard(only_shop, resolve=ground.outside.resolve, connect=ground.outside.connect)
    await guard.start()
    browser = Browser(guard)
    before = len(ground.outside.public.requests)
    await browser.navigate(ground.page("fetch('http://other.example/', {mode: 'no-cors'})"))
    await browser.wait(1.0)
    await browser.close()
    await guard.close()
    assert not any("other.example" in head for head in ground.outside.public.requests[before:])
    assert guard.tally["domain_not_allowed"] >= 1


async def test_the_control_reaches_everything() -> None:
    """The same scripts in the same Chromium without the guard arrive: the cases above have teeth."""
    from playwright.async_api import async_playwright

    arrived: dict[str, bool] = {}
    udp = Udp()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: udp, ("127.0.0.1", 0))
    port = str(transport.get_extra_info("sockname")[1])
    async with world() as outside, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox"])
        base = f"http://127.0.0.1:{outside.public.port}"
        for number, (name, script) in enumerate(SCRIPTS.items()):
            text = script.replace("PORT", str(outside.victim.port)).replace("UDP", port)
            outside.public.pages[f"/{number}"] = ("text/html", f"<body><script>{text}</script>".encode())
            page = await chromium.new_page()
            before = outside.victim.num_connections + udp.num_received
            await page.goto(f"{base}/{number}", wait_until="commit")
            for _ in range(30):
                if outside.victim.num_connections + udp.num_received > before:
                    break
                await asyncio.sleep(0.1)
            arrived[name] = outside.victim.num_connections + udp.num_received > before
            await page.close()
        await chromium.close()
    transport.close()
    held = {name for name, is_there in arrived.items() if not is_there} - NO_CONTROL
    assert not held, f"these cases reach nothing even without the guard: {held}"
