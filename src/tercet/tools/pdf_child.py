"""The process that reads one PDF: the file from its input, the text to its output, within limits that it sets first.

Run as a script, so that it loads nothing of the service. What it prints is JSON: `{"text": …}` or `{"error": …}`.
"""

import json
import sys
from typing import Any

MAX_PAGES = 2000
MAX_CHARACTERS = 4_000_000
MAX_MEMORY = 1 << 30
MAX_CPU_S = 30
HYPHENS = ("\x02\r\n", "\ufffe\r\n", "\x02", "\ufffe")
"""What PDFium puts where a word is divided at the end of a line."""


def confine() -> None:
    """Limit what the process may use; what a system does not limit is left to whoever started it."""
    try:
        import resource
    except ImportError:
        return
    for name, limit in (
        ("RLIMIT_AS", MAX_MEMORY),
        ("RLIMIT_CPU", MAX_CPU_S),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 16),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (AttributeError, OSError, ValueError):
            continue


def read(content: bytes) -> dict[str, str]:
    """Return the text of a PDF, page by page, or why there is none."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        is_locked = "assword" in str(error)
        return {"error": "it needs a password" if is_locked else "it is broken"}
    if len(document) > MAX_PAGES:
        return {"error": f"it has {len(document)} pages; at most {MAX_PAGES} are read"}
    texts: list[str] = []
    left = MAX_CHARACTERS
    for number in range(len(document)):
        text = _page_text(document, number)
        left -= len(text)
        if left < 0:
            return {"error": f"it has more than {MAX_CHARACTERS} characters of text"}
        texts.append(text)
    whole = "\n\n".join(filter(None, texts))
    return {"text": whole} if whole else {"error": "it holds no text: its pages may be images"}


def _page_text(document: Any, number: int) -> str:
    page = document[number]
    text_page = page.get_textpage()
    try:
        text: str = text_page.get_text_bounded()
    finally:
        text_page.close()
        page.close()
    for hyphen in HYPHENS:
        text = text.replace(hyphen, "")
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def main() -> None:
    """Read one file."""
    content = sys.stdin.buffer.read()
    import pypdfium2  # noqa: F401  # before the limits on open files

    confine()
    try:
        found = read(content)
    except MemoryError:
        found = {"error": "reading it takes too much memory"}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
