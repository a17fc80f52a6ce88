"""What the file tools share: text files of a workspace, and the model's way of being told what is wrong with a path."""

import contextlib
import difflib
from collections.abc import Iterator

from tercet.errors import ToolFailed, ToolRetry
from tercet.sandbox import Beneath

MAX_TEXT_BYTES = 10_000_000
MAX_SHOWN = 60_000
"""Characters of a result."""

PATH_SCHEMA = {"type": "string", "description": "relative to the workspace"}


@contextlib.contextmanager
def told_to_the_model() -> Iterator[None]:
    """Turn a refusal of the file system into words that the model can act on."""
    try:
        yield
    except OSError as error:
        raise ToolRetry(f"{error.filename!r} {error.strerror}") from error


def read_text(files: Beneath, path: str) -> str:
    """Return the text of a file. Raises `ToolRetry`, and `ToolFailed` for what is not UTF-8."""
    return decoded(read_bytes(files, path), path)


def read_bytes(files: Beneath, path: str) -> bytes:
    """Return a file's content. Raises `ToolRetry`, with the nearest name when there is no such file."""
    with told_to_the_model():
        try:
            return files.read(path, max_bytes=MAX_TEXT_BYTES)
        except FileNotFoundError:
            raise ToolRetry(f"there is no file {path!r}{_nearest(files, path)}") from None


def decoded(content: bytes, path: str) -> str:
    """Return `content` as text. Raises `ToolFailed` when it is not."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolFailed(f"{path!r} is not a UTF-8 text file ({len(content):,} bytes)") from error
    if "\0" in text:
        raise ToolFailed(f"{path!r} is not a text file ({len(content):,} bytes)")
    return text


def _nearest(files: Beneath, path: str) -> str:
    names: list[str] = []
    for entry in files.walk():
        names += [entry.path] if entry.kind == "file" else []
        if len(names) > 2000:
            break
    close = difflib.get_close_matches("/".join(files.parts(path)), names, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""


def cut(text: str, limit: int = MAX_SHOWN) -> str:
    """Return `text` with its middle left out and counted, if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters cut …]\n{text[-half:]}"
