"""The browser of one session: one Chromium with one context, started at the first use and closed with the session.

Every action answers with what the page then is. Whatever goes wrong with Chromium is a `ToolFailed`, and the next
action starts a fresh one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from tercet.egress import Guard
from tercet.errors import ToolFailed, ToolRetry
from tercet.ids import new_id
from tercet.tools.base import JsonValue, Tool
from tercet.tools.browser_elements import Element, Elements, has_options, is_clickable, is_field
from tercet.tools.browser_events import PageEvents
from tercet.tools.browser_launch import BrowserSettings, Launch, Shelf, launch
from tercet.tools.fetch import checked_url
from tercet.tools.pages import cut, read_page, require_extra

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Page, Response

_SHORT_TEXT = 3_000
_LONG_TEXT = 20_000
_MAX_SNAPSHOT = 40_000
_MAX_HTML = 5_000_000
_QUIET_MS = 3_000
_ACTION_S = 75.0
_OPENS_TAB = """e => {
  const target = e.closest('a[target]')?.target || (e.type === 'submit' && e.form?.target) || '';
  return !['', '_self', '_parent', '_top'].includes(target);
}"""
_MAX_WAIT_S = 30.0


class Screenshot(msgspec.Struct, frozen=True):
    """A picture of the page: PNG bytes."""

    url: str
    png: bytes
    media_type: str = "image/png"


class Browser:
    """What a session does in its browser. One action at a time; the methods raise `ToolFailed` and `ToolRetry`."""

    def __init__(self, guard: Guard, settings: BrowserSettings | None = None, shelf: Shelf | None = None) -> None:
        """`guard` must be started. `shelf` takes downloads and screenshots; without one, downloads are refused.

        Raises `Unsupported` without the extra.
        """
        require_extra()
        self._guard = guard
        self._settings = settings or BrowserSettings()
        self._shelf = shelf
        self._launch: Launch | None = None
        self._events = PageEvents(self._settings, shelf)
        self._elements = Elements()
        self._lock = asyncio.Lock()
        self._is_closed = False

    def tools(self) -> list[Tool]:
        """Return the browser's actions as tools."""
        from tercet.tools.browser_tools import browser_tools

        return browser_tools(self)

    async def close(self) -> None:
        """End Chromium; safe to call again."""
        self._is_closed = True
        async with self._lock:
            await self._end()

    async def navigate(self, url: str) -> JsonValue:
        """Open an http or https URL."""
        target = checked_url(url)

        async def go(page: "Page") -> None:
            await _visit(page, target, self._guard)

        return await self._act(go)

    async def click(self, named: int | str) -> JsonValue:
        """Click an element, by its number in the last observation or by its name."""

        async def go(_: "Page") -> None:
            element = await self._element(named, is_clickable)
            opens_tab = await element.evaluate(_OPENS_TAB)
            num_seen = self._events.num_opened
            await element.click()
            if opens_tab:
                await self._events.wait_for_tab(num_seen)

        return await self._act(go)

    async def fill(self, named: int | str, text: str, *, submit: bool = False) -> JsonValue:
        """Put `text` into a field in place of what is there; `submit` presses Enter."""

        async def go(_: "Page") -> None:
            element = await self._element(named, is_field)
            await element.fill(text)
            if submit:
                await element.press("Enter")

        return await self._act(go)

    async def select(self, named: int | str, options: list[str]) -> JsonValue:
        """Choose options of a list by what they are called."""

        async def go(_: "Page") -> None:
            shown, element = await self._elements.get(named, has_options)
            if not has_options(shown):
                raise ToolRetry(f"element {named} is a {shown.role}, which has no options")
            await element.select_option(label=options)

        return await self._act(go)

    async def wait(self, seconds: float, text: str = "") -> JsonValue:
        """Wait for `text` to appear, or just wait."""

        async def go(page: "Page") -> None:
            limit_ms = min(seconds, _MAX_WAIT_S) * 1000
            if text:
                await page.get_by_text(text).first.wait_for(timeout=limit_ms)
            else:
                await page.wait_for_timeout(limit_ms)

        return await self._act(go)

    async def back(self) -> JsonValue:
        """Go back in the tab's history, or close a tab that has none."""

        async def go(page: "Page") -> None:
            if await page.go_back(wait_until="domcontentloaded") is None and self._events.num_pages > 1:
                await page.close()

        return await self._act(go)

    async def read(self, start: int = 0) -> JsonValue:
        """Observe the page again, with a longer part of its text from character `start` on."""

        async def stay(_: "Page") -> None:
            return None

        return await self._act(stay, start=start, max_chars=_LONG_TEXT)

    async def snapshot(self) -> JsonValue:
        """Return the whole accessibility tree of the page."""
        async with self._page() as page:
            part = cut(await page.locator("body").aria_snapshot(), 0, _MAX_SNAPSHOT)
            note = {"cut": part.note.partition(";")[0]} if part.note else {}
            return {"url": page.url, "snapshot": part.text} | note

    async def screenshot(self, *, is_full_page: bool = False) -> Screenshot:
        """Return a picture of what is visible, or of the whole page."""
        async with self._page() as page:
            png = await page.screenshot(full_page=is_full_page, animations="disabled")
            return Screenshot(page.url, png)

    async def saved_screenshot(self, *, is_full_page: bool = False) -> JsonValue:
        """Take a screenshot into the session's files and return where it is. Raises `ToolFailed` without a shelf."""
        if self._shelf is None:
            raise ToolFailed("this session has no files to keep a screenshot in")
        taken = await self.screenshot(is_full_page=is_full_page)
        path = f"screenshots/{new_id('shot')}.png"
        try:
            await asyncio.to_thread(self._shelf.write, path, taken.png)
        except OSError as error:
            raise ToolFailed(f"the screenshot could not be kept: {error.strerror or error}") from error
        artifact = {"path": path, "media_type": taken.media_type, "bytes": len(taken.png)}
        return {"url": taken.url, "artifact": artifact}

    async def _element(self, named: int | str, fits: Callable[[Element], bool]) -> "ElementHandle":
        shown, element = await self._elements.get(named, fits)
        if "disabled" in shown.states:
            raise ToolRetry(f"element {named} is disabled")
        if shown.role == "file":
            raise ToolRetry(f"element {named} takes files from the computer, which this browser does not give")
        return element

    async def _act(
        self, action: "Callable[[Page], Awaitable[None]]", *, start: int = 0, max_chars: int = _SHORT_TEXT
    ) -> JsonValue:
        async with self._page() as page:
            await action(page)
            return await self._observe(start, max_chars)

    async def _observe(self, start: int, max_chars: int) -> JsonValue:
        """Wait until the page is quiet, and describe it."""
        page = self._events.current
        await _settle(page)
        page = self._events.current  # a tab may have been opened or closed meanwhile
        await self._elements.drop()
        await self._elements.collect(page)
        source = (await page.content())[:_MAX_HTML]
        read = await asyncio.to_thread(read_page, source, page.url, has_links=False)
        part = cut(read.text, start, max_chars)
        shown: dict[str, JsonValue] = {"url": page.url, "title": await page.title(), "elements": self._elements.lines}
        if self._elements.num_left_out:
            shown["elements_left_out"] = self._elements.num_left_out
        shown["text"] = part.text
        if part.note:
            shown["cut"] = part.note.replace("go on with", "go on with browser_read and")
        notes = await self._events.take()
        return shown | ({"notes": notes} if notes else {})

    @contextlib.asynccontextmanager
    async def _page(self) -> AsyncIterator["Page"]:
        """Give the current page, starting Chromium where there is none; map what breaks."""
        async with self._lock:
            if self._is_closed:
                raise ToolFailed("the browser of this session has been closed")
            await asyncio.to_thread(import_module, "playwright.async_api")  # a second, which nobody else must wait for
            await self._ensure()
            from playwright.async_api import Error
            from playwright.async_api import TimeoutError as TooSlow

            try:
                async with asyncio.timeout(_ACTION_S):
                    yield self._events.current
            except TimeoutError as error:  # ours: a page can keep Chromium busy for ever
                await self._end()
                raise ToolFailed("the page does not respond; the next action starts a fresh browser") from error
            except TooSlow as error:
                raise ToolFailed(f"the page did not do this in time: {_first_line(error)}") from error
            except Error as error:
                raise await self._failed(error) from error
            if self._events.is_crashed:
                await self._end()
                raise ToolFailed("the page crashed Chromium; the next action starts a fresh one")

    async def _failed(self, error: Exception) -> ToolFailed:
        is_alive = self._launch is not None and not self._events.is_crashed
        if is_alive and self._launch is not None:
            try:
                async with asyncio.timeout(5.0):
                    await self._events.current.evaluate("1")
            except Exception:  # noqa: BLE001 - whatever it is, Chromium does not answer
                is_alive = False
        if is_alive:
            return ToolFailed(_first_line(error))
        await self._end()
        return ToolFailed("Chromium ended unexpectedly; its pages are lost, and the next action starts a fresh one")

    async def _ensure(self) -> None:
        if self._launch is not None and not self._events.is_crashed:
            return
        await self._end()
        self._launch = await launch(self._guard, self._settings)
        self._events = PageEvents(self._settings, self._shelf, self._launch.downloads)
        await self._events.attach(self._launch.context)

    async def _end(self) -> None:
        self._elements = Elements()
        ended, self._launch = self._launch, None
        await self._events.close()
        if ended is not None:
            await ended.close()


async def _visit(page: "Page", url: str, guard: Guard) -> None:
    from playwright.async_api import Error

    seen = len(guard.recent)
    try:
        response: Response | None = await page.goto(url, wait_until="domcontentloaded")
    except Error as error:
        text = _first_line(error)
        if "ERR_ABORTED" in text:
            return  # a download, of which a note tells
        if not page.is_closed() and "net::" in text:
            reasons = [refusal.message for refusal in guard.recent[seen:]]
            why = f"the network policy refused it: {reasons[-1]}" if reasons else text.partition(" at ")[0]
            raise ToolFailed(f"{url} could not be opened: {why}") from error
        raise
    if response is not None and "tercet-egress" in response.headers:
        raise ToolFailed(f"{url} could not be opened: the network policy refused it: {(await response.text()).strip()}")


async def _settle(page: "Page") -> None:
    """Give the page time to load and fall silent; one that never does is shown as it is."""
    from playwright.async_api import Error

    for state in ("domcontentloaded", "networkidle"):
        with contextlib.suppress(Error):
            await page.wait_for_load_state(state, timeout=_QUIET_MS)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
