"""Starts a Chromium that can reach the network through the guard only, as a user who owns nothing but its profile.

Chromium keeps its own sandbox. A server that is root starts it as another user, since as root it would have none.
"""

import asyncio
import json
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from tercet.config.web import BrowserConfig
from tercet.egress import Guard
from tercet.errors import ToolFailed, Unsupported

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright, ProxySettings

_EXECUTABLES = (
    "/usr/lib/chromium/chromium",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_START_S = 45.0
_VIEWPORT = (1280, 900)
_NO_WAY_AROUND = (
    "--proxy-bypass-list=<-loopback>",  # loopback goes through the proxy as well, and is refused there
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # no name is ever looked up by Chromium itself
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-speech-api",
    "--disable-notifications",
    "--disable-file-system",
    "--disable-gpu",
)
_PREFERENCES = {
    "webrtc": {"ip_handling_policy": "disable_non_proxied_udp", "multiple_routes_enabled": False},
    "net": {"network_prediction_options": 2},
    "dns_prefetching": {"enabled": False},
    "safebrowsing": {"enabled": False},
    "credentials_enable_service": False,
    "profile": {"default_content_setting_values": {"notifications": 2, "geolocation": 2, "media_stream": 2}},
    "search": {"suggest_enabled": False},
}


class Shelf(Protocol):
    """Where files for the session go; a sandbox's `files` is one."""

    def write(self, path: str, data: bytes, /) -> object:
        """Store `data` under a relative path, making folders as needed. Raises `OSError`."""


class BrowserSettings(msgspec.Struct, frozen=True):
    """How one session browses."""

    executable: str = ""
    """Chromium's executable; empty finds one."""
    has_sandbox: bool = True
    """Whether Chromium runs in its own sandbox."""
    uid: int = 61_700
    """Where the server is root: the user and group that Chromium becomes."""
    max_download_bytes: int = 50_000_000
    max_pages: int = 5
    """Tabs at the same time; a page that opens more of them sees them closed."""


def settings_of(config: BrowserConfig) -> BrowserSettings:
    """Return the operator's settings."""
    return BrowserSettings(config.executable, config.sandbox == "on", config.uid)


def find_executable(configured: str = "") -> str:
    """Return the path of a Chromium. Raises `Unsupported` when there is none."""
    for name in (configured,) if configured else _EXECUTABLES:
        path = shutil.which(name)
        if path is not None:
            return path
    if configured:
        raise Unsupported(f"browser.executable: {configured!r} is not an executable")
    raise Unsupported(
        "the browser needs Chromium: install it (Debian: apt install chromium), or set browser.executable"
    )


class Launch:
    """One running Chromium with its profile; `close` ends it and removes the profile."""

    def __init__(self, playwright: "Playwright", context: "BrowserContext", folder: Path) -> None:
        self._playwright = playwright
        self.context = context
        self._folder = folder

    @property
    def downloads(self) -> Path:
        """Where Chromium leaves what it downloads."""
        return self._folder / "home" / "downloads"

    async def close(self) -> None:
        """End Chromium, whatever state it is in."""
        try:
            async with asyncio.timeout(10.0):
                await self.context.close()
        except Exception:  # noqa: BLE001, S110 - it may have crashed; what counts is that the driver ends it
            pass
        finally:
            await self._playwright.stop()
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


async def launch(guard: Guard, settings: BrowserSettings) -> Launch:
    """Start Chromium behind `guard`. Raises `Unsupported` for what is not installed, `ToolFailed` when it fails."""
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError as error:
        raise Unsupported("the browser needs the extra: pip install 'tercet[browser]'") from error
    executable = find_executable(settings.executable)
    folder = await asyncio.to_thread(_prepare, executable, settings)
    playwright = await async_playwright().start()
    try:
        context = await _start(playwright, folder, guard, settings, executable)
    except BaseException as error:
        await playwright.stop()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if isinstance(error, Error):
            raise _explained(error) from error
        raise
    return Launch(playwright, context, folder)


async def _start(
    playwright: "Playwright", folder: Path, guard: Guard, settings: BrowserSettings, executable: str
) -> "BrowserContext":
    home = folder / "home"
    launcher = folder / "chromium"
    proxy: ProxySettings = {"server": f"http://{guard.address}", "username": guard.user, "password": guard.token}
    context = await playwright.chromium.launch_persistent_context(
        home / "profile",
        executable_path=launcher if os.geteuid() == 0 else executable,
        headless=True,
        chromium_sandbox=settings.has_sandbox,
        args=list(_NO_WAY_AROUND),
        proxy=proxy,
        env={"HOME": str(home), "TMPDIR": str(home / "tmp"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        accept_downloads=True,
        downloads_path=home / "downloads",
        service_workers="block",
        viewport={"width": _VIEWPORT[0], "height": _VIEWPORT[1]},
        timeout=_START_S * 1000,
    )
    context.set_default_timeout(10_000)
    context.set_default_navigation_timeout(30_000)
    return context


def _prepare(executable: str, settings: BrowserSettings) -> Path:
    """Make a folder with an empty profile, and, for root, a launcher that becomes the other user first."""
    folder = Path(tempfile.mkdtemp(prefix="tercet-browser-"))
    home = folder / "home"
    for part in (home, home / "tmp", home / "downloads", home / "profile", home / "profile" / "Default"):
        part.mkdir(mode=0o700)
    (home / "profile" / "Default" / "Preferences").write_text(json.dumps(_PREFERENCES))
    if os.geteuid() == 0:
        _give_away(folder, home, executable, settings.uid)
    return folder


def _give_away(folder: Path, home: Path, executable: str, uid: int) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        shutil.rmtree(folder)
        raise Unsupported("a server that is root starts Chromium as another user with setpriv (util-linux), not found")
    become = [setpriv, f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs", "--", executable]
    launcher = folder / "chromium"
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(become)} "$@"\n')
    launcher.chmod(0o700)
    for path in (home, *home.rglob("*")):
        os.chown(path, uid, uid)
    folder.chmod(0o711)  # to pass through, not to look into


def _explained(error: Exception) -> ToolFailed:
    text = str(error)
    if "sandbox" in text.lower() and ("usable" in text.lower() or "namespace" in text.lower()):
        return ToolFailed("Chromium cannot start its sandbox on this machine; see browser.sandbox in the documentation")
    line = next((line for line in text.splitlines() if line.strip()), "no reason given")
    return ToolFailed(f"Chromium did not start: {line[:300]}")
