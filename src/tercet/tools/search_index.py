"""A full-text index (SQLite FTS5, in memory) over the text files of a folder, rebuilt when the folder has changed."""

import asyncio
import re
import sqlite3
from pathlib import Path

import msgspec

from tercet.errors import ToolFailed

_SUFFIXES = (".txt", ".md", ".markdown", ".rst", ".html", ".htm", ".csv", ".json", ".jsonl", ".xml", ".log")
_MAX_FILES = 20_000
_MAX_FILE_BYTES = 2_000_000
_WORD = re.compile(r"\w+")

Signature = tuple[tuple[str, int, int], ...]


class Found(msgspec.Struct, frozen=True):
    """One file that matches; `path` is relative to the folder."""

    title: str
    path: str
    snippet: str


class FolderIndex:
    """Searches one folder. The operator's: links in it are not followed out of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._signature: Signature | None = None
        self._index: sqlite3.Connection | None = None
        self._lock = asyncio.Lock()

    async def search(self, query: str, max_results: int) -> list[Found]:
        """Return the files that have any of the words, the best first. Raises `ToolFailed`."""
        async with self._lock:
            return await asyncio.to_thread(self._search, query, max_results)

    def close(self) -> None:
        """Give the memory back; safe to call again."""
        if self._index is not None:
            self._index.close()
        self._index = self._signature = None

    def _search(self, query: str, max_results: int) -> list[Found]:
        words = _WORD.findall(query)
        if not words:
            return []
        try:
            index = self._fresh()
            rows = index.execute(
                "SELECT title, path, snippet(page, 2, '', '', ' … ', 40) FROM page WHERE page MATCH ? "
                "ORDER BY bm25(page, 4.0, 2.0, 1.0) LIMIT ?",
                (" OR ".join(f'"{word}"' for word in words), max_results),
            )
            return [Found(*row) for row in rows]
        except (OSError, sqlite3.Error) as error:
            raise ToolFailed(f"the local index cannot be searched: {error}") from error

    def _fresh(self) -> sqlite3.Connection:
        """Return the index, rebuilt if a file was added, removed or changed."""
        files = self._files()
        signature = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
        if self._index is None or signature != self._signature:
            self.close()
            index = sqlite3.connect(":memory:", check_same_thread=False)
            index.execute("CREATE VIRTUAL TABLE page USING fts5(title, path, text, tokenize='porter unicode61')")
            index.executemany("INSERT INTO page VALUES (?, ?, ?)", map(self._row, files))
            self._index, self._signature = index, signature
        return self._index

    def _files(self) -> list[Path]:
        root = self._folder.resolve(strict=True)
        found = (path for path in sorted(root.rglob("*")) if path.suffix.lower() in _SUFFIXES and not path.is_symlink())
        inside = (path for path in found if path.is_file() and path.resolve().is_relative_to(root))
        return [path for path, _ in zip(inside, range(_MAX_FILES), strict=False)]

    def _row(self, path: Path) -> tuple[str, str, str]:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
        heading = next((line.strip("# \t") for line in text.splitlines() if line.strip()), "")
        return heading[:200] or path.name, str(path.relative_to(self._folder.resolve())), text
