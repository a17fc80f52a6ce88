"""From a web page to what a model reads: its main text through trafilatura, or, where that finds little, all of it
through markdownify. Pure functions of the page; scripts and styles never count as text.
"""

import html
import re
from importlib.util import find_spec

import msgspec

from tercet.errors import Unsupported

_ENOUGH = 200
"""Characters below which trafilatura's choice is compared with the whole page."""
_TITLE = re.compile(r"<title[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)
_INVISIBLE = ("script", "style", "noscript", "template", "svg", "head", "iframe", "object")
_BLANK_LINES = re.compile(r"\n\s*\n\s*(?:\n\s*)+")


class Page(msgspec.Struct, frozen=True):
    """A page's title and its text as Markdown."""

    title: str
    text: str


class Cut(msgspec.Struct, frozen=True):
    """A stretch of a text, and what the model is told of the rest."""

    text: str
    note: str = ""


def require_extra() -> None:
    """Raise `Unsupported` unless the packages of the `web` extra are installed."""
    for package in ("markdownify", "trafilatura"):  # found, not imported: that takes a second, and a thread will do it
        if find_spec(package) is None:
            raise Unsupported(f"reading web pages needs the extra: pip install 'tercet[web]' ({package})")


def read_page(source: str, url: str = "", *, has_links: bool = True) -> Page:
    """Return title and text of an HTML page, links with their addresses unless `has_links` is false.

    Takes seconds on large pages: call it in a thread.
    """
    import trafilatura

    found = _TITLE.search(source)
    title = " ".join(html.unescape(found[1]).split())[:300] if found else ""
    text = trafilatura.extract(
        source,
        url=url or None,
        output_format="markdown",
        include_links=has_links,
        include_tables=True,
        favor_recall=True,
    )
    text = (text or "").strip()
    if len(text) < _ENOUGH:
        whole = _everything(source, has_links)
        text = whole if len(whole) > len(text) else text
    return Page(title, text)


def cut(text: str, start: int, max_chars: int) -> Cut:
    """Return `max_chars` of `text` from `start`, and a note that says what is missing and how to get it."""
    if start >= len(text) and start:
        return Cut("", f"the text has {len(text)} characters; there is nothing from {start} on")
    end = min(len(text), start + max_chars)
    if end == len(text):
        return Cut(text[start:end])
    return Cut(text[start:end], f"cut: characters {start} to {end} of {len(text)}; go on with start={end}")


def _everything(source: str, has_links: bool) -> str:
    """Return all visible text of a page as Markdown."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(source, "lxml")
    for element in soup.find_all(_INVISIBLE):
        element.decompose()
    text: str = MarkdownConverter(heading_style="ATX", strip=None if has_links else ["a"]).convert_soup(soup)
    return _BLANK_LINES.sub("\n\n", text).strip()
