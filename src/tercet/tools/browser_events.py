"""What a page does unasked: dialogs, new tabs, downloads, crashes. Each is dealt with and told to the model.

Messages are put away (confirm and prompt are declined), a new tab becomes the current one, a download goes into the
session's files.
"""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

from tercet.tools.browser_launch import BrowserSettings, Shelf

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Dialog, Download, Page

_DOWNLOAD_S = 60.0
_TAB_S = 5.0
_POLL_S = 0.1
_MAX_NOTES = 20
_DOTS = re.compile(r"\.{2,}")
_UNSAFE = re.compile(r"[^\w.() -]", re.ASCII)


class PageEvents:
    """Follows one context."""

    def __init__(self, settings: BrowserSettings, shelf: Shelf | None, downloads: Path | None = None) -> None:
        """`downloads` is where Chromium writes a download while it goes on."""
        self._settings = settings
        self._shelf = shelf
        self._downloads = downloads
        self._pages: list[Page] = []
        self._notes: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = asyncio.Event()
        self.num_opened = 0
        self.is_crashed = False

    @property
    def current(self) -> "Page":
        """The tab that actions are for."""
        return self._pages[-1]

    @property
    def num_pages(self) -> int:
        """Open tabs."""
        return len(self._pages)

    async def attach(self, context: "BrowserContext") -> None:
        """Follow `context` from now on; it gets a page if it has none."""
        context.on("close", lambda _: self._mark_crashed())
        if not context.pages:
            await context.new_page()
        self._follow(context.pages[0])
        context.on("page", self._on_page)

    async def wait_for_tab(self, num_seen: int) -> None:
        """Wait a little until more than `num_seen` tabs have been opened."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TAB_S):
                while self.num_opened <= num_seen:
                    self._opened.clear()
                    await self._opened.wait()

    async def take(self) -> list[str]:
        """Return what has happened since the last time, once downloads under way have ended."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_DOWNLOAD_S)
        notes, self._notes = self._notes, []
        return notes

    async def close(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _follow(self, page: "Page") -> None:
        self._pages.append(page)
        page.on("dialog", lambda dialog: self._spawn(self._on_dialog(dialog)))
        page.on("download", lambda download: self._spawn(self._on_download(download)))
        page.on("crash", lambda _: self._mark_crashed())
        page.on("close", self._on_close)

    def _on_page(self, page: "Page") -> None:
        if page in self._pages:
            return
        self.num_opened += 1
        self._opened.set()
        if len(self._pages) >= self._settings.max_pages:
            self._note("the page opened one tab too many, which was closed")
            self._spawn(_close(page))
            return
        self._follow(page)
        self._note("a new tab was opened and is the current one; browser_back closes it")

    def _on_close(self, page: "Page") -> None:
        if page in self._pages:
            self._pages.remove(page)
        if not self._pages:
            self._mark_crashed()

    def _mark_crashed(self) -> None:
        self.is_crashed = True

    async def _on_dialog(self, dialog: "Dialog") -> None:
        message = f"{dialog.type} dialog: {dialog.message[:500]!r}"
        is_accepted = dialog.type in ("alert", "beforeunload")
        with contextlib.suppress(Exception):  # the page may be gone
            await (dialog.accept() if is_accepted else dialog.dismiss())
        self._note(f"{message} ({'accepted' if is_accepted else 'declined'})")

    async def _on_download(self, download: "Download") -> None:
        name = safe_name(download.suggested_filename)
        if self._shelf is None:
            await download.cancel()
            self._note(f"a download of {name!r} was refused: this session has no files")
            return
        fetching = asyncio.create_task(download.path())
        try:
            async with asyncio.timeout(_DOWNLOAD_S):
                while not fetching.done() and not self._is_too_large():
                    await asyncio.wait({fetching}, timeout=_POLL_S)
            if not fetching.done():
                await download.cancel()
                raise _TooLarge
            await self._keep(name, Path(await fetching))
        except _TooLarge:
            self._note(f"a download of {name!r} was stopped: it is over {self._settings.max_download_bytes} bytes")
        except TimeoutError:
            await download.cancel()
            self._note(f"a download of {name!r} was stopped after {_DOWNLOAD_S:g} seconds")
        except Exception as error:  # noqa: BLE001 - the driver's, or the disk's; the page goes on without the file
            self._note(f"a download of {name!r} failed: {type(error).__name__}")
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    def _is_too_large(self) -> bool:
        return self._downloads is not None and _size(self._downloads) > self._settings.max_download_bytes

    async def _keep(self, name: str, path: Path) -> None:
        assert self._shelf is not None
        data = await asyncio.to_thread(_read, path, self._settings.max_download_bytes)
        if data is None:
            raise _TooLarge
        kept = f"downloads/{secrets.token_hex(4)}-{name}"
        await asyncio.to_thread(self._shelf.write, kept, data)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        self._note(f"downloaded {kept} ({len(data)} bytes)")

    def _note(self, text: str) -> None:
        if len(self._notes) < _MAX_NOTES:
            self._notes.append(text)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _TooLarge(Exception):
    """A download is over the limit."""


def safe_name(suggested: str) -> str:
    """Return a file name without a path, control characters or a leading dot."""
    name = _DOTS.sub(".", _UNSAFE.sub("_", Path(suggested.replace("\\", "/")).name)).lstrip(". ")
    return name[-120:] or "download"


async def _close(page: "Page") -> None:
    with contextlib.suppress(Exception):  # it may close itself
        await page.close()


def _size(folder: Path) -> int:
    """Return the bytes of the largest file in `folder`."""
    sizes = [0]
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            sizes.append(path.lstat().st_size)
    return max(sizes)


def _read(path: Path, max_bytes: int) -> bytes | None:
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    return data if len(data) <= max_bytes else None
