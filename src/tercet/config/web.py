"""The way out to the network and what uses it: the egress guard, the browser, the search provider."""

from pathlib import Path
from typing import Literal

import msgspec

SearchProvider = Literal["", "searxng", "brave", "local"]


class EgressConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tools, browsers, sandboxes and MCP servers may reach beyond the public Internet's ports 80 and 443."""

    allow: tuple[str, ...] = ()
    """`host:port`, exactly as clients name it, that may be reached although it is private (`127.0.0.1:8080`)."""
    ports: tuple[int, ...] = (80, 443)
    """TCP ports of public hosts that may be reached."""


class BrowserConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The Chromium of the browser tool; needs the `browser` extra."""

    executable: str = ""
    """Chromium's executable; default the first of chromium, chromium-browser, google-chrome in the search path."""
    sandbox: Literal["on", "off"] = "on"
    """off: Chromium without its own sandbox, where the machine gives it none (containers without user namespaces)."""
    uid: int = 61_700
    """Where the server is root: the user and group that Chromium runs as, who should own nothing else."""


class SearchConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers `web_search`; without a provider the tool is refused."""

    provider: SearchProvider = ""
    """searxng: an instance at `url` that serves JSON. brave: Brave's API. local: the text files in `folder`."""
    url: str = ""
    """searxng: the instance. brave: default the public API."""
    api_key_env: str = ""
    """brave: the environment variable that holds the key; default BRAVE_API_KEY."""
    folder: Path | None = None
    """local: the folder to search."""
