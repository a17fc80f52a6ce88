"""From the content of a file to its text: plain text, Markdown, HTML, JSON, CSV, code. What is not text is refused.

Formats that need a program of their own to be read (Word, images) are refused by name, and not guessed at; PDFs are
read elsewhere.
"""

import codecs
import re
from html.parser import HTMLParser

from tercet.errors import Unsupported

MAX_FILE_BYTES = 32_000_000
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive (Word, Excel and PowerPoint files are such)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_IS_HTML = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figcaption footer form h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol option p pre section table td th title tr ul".split()
)
_HIDDEN = frozenset({"script", "style", "template", "noscript"})
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
_GAPS = re.compile(r"\s*\n\s*\n\s*")


def text_of(content: bytes, filename: str) -> str:
    """Return the text of a file. Raises `Unsupported` for what is no text."""
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            message = f"{filename!r} is {what}, which is not read here: give its text."
            raise Unsupported(message, code="unsupported_file")
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Unsupported(f"{filename!r} is not text in UTF-8 or UTF-16.", code="unsupported_file") from None
    if "\0" in text:
        raise Unsupported(f"{filename!r} is not text: it holds zero bytes.", code="unsupported_file")
    if filename.lower().endswith((".html", ".htm", ".xhtml")) or _IS_HTML.match(text[:2000]):
        text = _text_of_html(text)
    return text.replace("\r\n", "\n")


class _Page(HTMLParser):
    """Collects what a reader of a page sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._num_hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._num_hidden += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n\n" if tag.startswith(("h", "p")) else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._num_hidden = max(0, self._num_hidden - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._num_hidden:
            self.pieces.append(data)


def _text_of_html(text: str) -> str:
    page = _Page()
    page.feed(text)
    page.close()
    return _GAPS.sub("\n\n", _BLANKS.sub(" ", "".join(page.pieces))).strip()
