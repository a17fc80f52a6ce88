"""Runs inside the sandbox: reads a search as JSON from stdin, prints what it found. Standard library alone."""

import fnmatch
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from typing import Any

MAX_FILE = 20_000_000
MAX_LINE = 300
MAX_SHOWN = 16_000
"""Bytes of the matches in all, as they are printed."""

_SKIPPED = {".git", "node_modules", "__pycache__", ".venv", ".tmp"}


def paths(start: str) -> Iterator[str]:
    """Yield the plain files at or below `start`, in order; links are not followed."""
    if stat.S_ISREG(os.lstat(start).st_mode):
        yield start
    for folder, folders, names in os.walk(start):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                found = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode) and found.st_size <= MAX_FILE:
                yield path


def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the lines that match."""
    try:
        pattern = re.compile(asked["pattern"], re.IGNORECASE if asked.get("ignore_case") else 0)
    except re.error as error:
        return {"error": f"{asked['pattern']!r} is not a regular expression: {error}"}
    start = asked["path"] or "."
    if not os.path.lexists(start):
        return {"error": f"there is no {start!r}"}
    matches: list[str] = []
    room = MAX_SHOWN
    num_files = 0
    for path in paths(start):
        if not fnmatch.fnmatch(os.path.basename(path), asked.get("glob") or "*"):
            continue
        num_files += 1
        for number, line in lines(path):
            if pattern.search(line):
                shown = line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}[… {len(line) - MAX_LINE:,} cut …]"
                matches.append(f"{os.path.relpath(path)}:{number}: {shown}")
                room -= len(json.dumps(matches[-1]))
                if len(matches) == asked["max_matches"] or room < 0:
                    cut = f"stopped at {len(matches)} matches, in {path}; narrow the search"
                    return {"matches": matches, "num_files": num_files, "cut": cut}
    return {"matches": matches, "num_files": num_files}


def lines(path: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a text file; nothing of another."""
    try:
        with open(path, "rb") as file:
            if b"\0" in file.read(8192):
                return
            file.seek(0)
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8", "replace").rstrip("\r\n")
    except OSError:
        return


if __name__ == "__main__":
    sys.stdout.write(json.dumps(search(json.load(sys.stdin))))
