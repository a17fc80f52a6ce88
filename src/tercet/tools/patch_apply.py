"""Where the hunks of a patch belong in a text, and the text that follows."""

from collections.abc import Callable, Sequence

from tercet.errors import ToolRetry
from tercet.tools.patch_text import Hunk

_LOOSER: tuple[Callable[[str], str], ...] = (str, str.rstrip, str.strip)
"""How lines are compared: exactly if that finds a place, then without what cannot be seen."""


def apply_hunks(path: str, text: str, hunks: Sequence[Hunk]) -> str:
    """Return `text` with all hunks applied. Raises `ToolRetry` that names the hunk which does not fit."""
    ending = "\r\n" if "\r\n" in text and text.count("\r\n") == text.count("\n") else "\n"
    lines = text.split(ending)
    has_end = lines[-1] == ""
    if has_end:
        lines.pop()
    position = 0
    for hunk in hunks:
        start = _place(path, lines, hunk, position)
        replaced = _replacement(lines[start : start + len(hunk.old)], hunk)
        lines[start : start + len(hunk.old)] = replaced
        position = start + len(replaced)
    return ending.join(lines) + (ending if lines and (has_end or not text) else "")


def _place(path: str, lines: list[str], hunk: Hunk, position: int) -> int:
    """Return the index of the line that a hunk begins at, from `position` on."""
    for anchor in hunk.anchors:
        found = _find(lines, (anchor,), position)
        if found is None:
            raise ToolRetry(
                f"hunk {hunk.number} of {path!r}: the line '@@ {anchor}' is not in the file{_below(position)}"
            )
        position = found if hunk.old and _same(hunk.old[0], anchor) else found + 1
    if not hunk.old:
        if hunk.is_last or not lines:
            return len(lines)
        if hunk.anchors:
            return position
        raise ToolRetry(f"hunk {hunk.number} of {path!r} does not say where: add lines that stay, or an @@ line")
    if hunk.is_last:
        start = len(lines) - len(hunk.old)
        if start >= position and _find(lines, hunk.old, start) == start:
            return start
    found = _find(lines, hunk.old, position)
    if found is None:
        raise ToolRetry(f"hunk {hunk.number} of {path!r} does not fit: {_mismatch(lines, hunk, position)}")
    return found


def _find(lines: Sequence[str], wanted: Sequence[str], position: int) -> int | None:
    for form in _LOOSER:
        formed = [form(line) for line in wanted]
        for start in range(position, len(lines) - len(wanted) + 1):
            if all(form(lines[start + offset]) == line for offset, line in enumerate(formed)):
                return start
    return None


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()


def _replacement(found: Sequence[str], hunk: Hunk) -> list[str]:
    """Return the new lines; those that stay are the file's own, whatever the patch's spaces."""
    kept = iter(found)
    replaced: list[str] = []
    for line in hunk.lines:
        if line.sign == "+":
            replaced.append(line.text)
        elif line.sign == "-":
            next(kept)
        else:
            replaced.append(next(kept))
    return replaced


def _mismatch(lines: Sequence[str], hunk: Hunk, position: int) -> str:
    """Say how far the hunk's lines are found where most of them are."""
    best, best_start = 0, position
    for start in range(position, len(lines)):
        matched = 0
        while matched < len(hunk.old) and start + matched < len(lines):
            if not _same(lines[start + matched], hunk.old[matched]):
                break
            matched += 1
        if matched > best:
            best, best_start = matched, start
    if best == 0:
        return f"no line {hunk.old[0]!r} is in the file{_below(position)}"
    here = best_start + best
    is_there = repr(lines[here]) if here < len(lines) else "the end of the file"
    return f"after its line {best}, at line {here + 1} of the file, it wants {hunk.old[best]!r} but there is {is_there}"


def _below(position: int) -> str:
    return f" below line {position}" if position else ""
