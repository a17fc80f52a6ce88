"""The patch format that models of the GPT-4.1 family write, as values: which files, and in them which hunks.

*** Begin Patch
*** Update File: path            (may be followed by *** Move to: path)
@@ a line above the change       (any number; each is looked for below the one before)
 a line that stays
-a line that goes
+a line that comes
*** End of File                  (the hunk is the last of the file)
*** Add File: path               (every line begins with +)
*** Delete File: path
*** End Patch
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from tercet.errors import ToolRetry

_BEGIN, _END, _END_OF_FILE, _MOVE = "*** Begin Patch", "*** End Patch", "*** End of File", "*** Move to: "
_HEADINGS = {"*** Update File: ": "update", "*** Add File: ": "add", "*** Delete File: ": "delete"}


class Line(msgspec.Struct, frozen=True):
    """A line of a hunk: it stays, goes or comes."""

    sign: Literal[" ", "-", "+"]
    text: str


class Hunk(msgspec.Struct, frozen=True):
    """One place of a file that changes."""

    number: int
    """From 1, within its file."""

    anchors: tuple[str, ...]
    lines: tuple[Line, ...]
    is_last: bool = False
    """The hunk reaches the end of the file."""

    @property
    def old(self) -> tuple[str, ...]:
        """The lines that must be there."""
        return tuple(line.text for line in self.lines if line.sign != "+")

    @property
    def new(self) -> tuple[str, ...]:
        """The lines that will be there."""
        return tuple(line.text for line in self.lines if line.sign != "-")

    def reversed(self) -> "Hunk":
        """Return the hunk that undoes this one."""
        signs: dict[str, Literal[" ", "-", "+"]] = {" ": " ", "-": "+", "+": "-"}
        return Hunk(
            self.number, self.anchors, tuple(Line(signs[one.sign], one.text) for one in self.lines), self.is_last
        )


class FileChange(msgspec.Struct, frozen=True):
    """What a patch does to one file."""

    kind: Literal["update", "add", "delete"]
    path: str
    hunks: tuple[Hunk, ...] = ()
    text: str = ""
    """Of a file that is added."""

    move_to: str | None = None


def parse_patch(text: str) -> list[FileChange]:
    """Return the changes of a patch, in order. Raises `ToolRetry` that names the line which is not understood."""
    lines = text.strip("\n").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    if not lines or lines[0].strip() != _BEGIN:
        raise ToolRetry(f"a patch begins with the line {_BEGIN!r}; this one with {lines[0][:80]!r}")
    if lines[-1].strip() != _END:
        raise ToolRetry(f"a patch ends with the line {_END!r}; this one with {lines[-1][:80]!r}")
    changes = [_change(heading, number, body) for heading, number, body in _sections(lines[1:-1])]
    if not changes:
        raise ToolRetry("the patch changes no file")
    paths = [path for change in changes for path in (change.path, change.move_to) if path]
    for path in paths:
        if paths.count(path) > 1:
            raise ToolRetry(f"the patch names {path!r} twice; put all its hunks under one heading")
    return changes


def _sections(lines: list[str]) -> Iterator[tuple[str, int, list[str]]]:
    """Yield each heading with its line number and the lines below it."""
    heading, start = "", 0
    body: list[str] = []
    for number, line in enumerate(lines, start=2):
        if line.startswith(tuple(_HEADINGS)):
            if heading:
                yield heading, start, body
            heading, start, body = line, number, []
        elif heading:
            body.append(line)
        elif line.strip():
            raise ToolRetry(
                f"line {number} of the patch is not a heading such as '*** Update File: path': {line[:80]!r}"
            )
    if heading:
        yield heading, start, body


def _change(heading: str, number: int, body: list[str]) -> FileChange:
    prefix = next(prefix for prefix in _HEADINGS if heading.startswith(prefix))
    path = heading.removeprefix(prefix).strip()
    if not path:
        raise ToolRetry(f"line {number} of the patch names no file: {heading!r}")
    match _HEADINGS[prefix]:
        case "add":
            return FileChange("add", path, text=_added(path, number, body))
        case "delete":
            if any(line.strip() for line in body):
                raise ToolRetry(f"below '*** Delete File: {path}' there can be no lines")
            return FileChange("delete", path)
        case _:
            return _update(path, number, body)


def _added(path: str, number: int, body: list[str]) -> str:
    for offset, line in enumerate(body, start=1):
        if not line.startswith("+"):
            raise ToolRetry(f"line {number + offset} of the patch: each line of the new file {path!r} begins with +")
    return "".join(f"{line[1:]}\n" for line in body)


class _Hunks:
    """The hunks of one file as their lines come."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._anchors: list[str] = []
        self._lines: list[Line] = []
        self.done: list[Hunk] = []

    def anchor(self, text: str) -> None:
        if self._lines:
            self.finish()
        if text := text.strip().removesuffix("@@").strip():
            self._anchors.append(text)

    def line(self, text: str) -> bool:
        """Take a line; tell whether it is one of a hunk."""
        match text[:1]:
            case " " | "-" | "+" as sign:
                self._lines.append(Line(sign, text[1:]))
            case "":
                self._lines.append(Line(" ", ""))  # an empty line that stays, written without its space
            case _:
                return False
        return True

    def finish(self, *, is_last: bool = False) -> None:
        """End a hunk. Raises `ToolRetry` when it changes nothing."""
        if self._lines or self._anchors:
            if all(line.sign == " " for line in self._lines):
                raise ToolRetry(f"{self.name} changes nothing: it has no line with + or -")
            self.done.append(Hunk(len(self.done) + 1, tuple(self._anchors), tuple(self._lines), is_last))
        self._anchors, self._lines = [], []

    @property
    def name(self) -> str:
        """How the hunk that is being read is called."""
        return f"hunk {len(self.done) + 1} of {self._path!r}"


def _update(path: str, number: int, body: list[str]) -> FileChange:
    move_to = None
    if body and body[0].startswith(_MOVE):
        move_to, number, body = body[0].removeprefix(_MOVE).strip(), number + 1, body[1:]
    while body and not body[-1]:
        body = body[:-1]  # empty lines before the next heading belong to nothing
    hunks = _Hunks(path)
    for offset, line in enumerate(body, start=1):
        if line.startswith("@@"):
            hunks.anchor(line[2:])
        elif line.strip() == _END_OF_FILE:
            hunks.finish(is_last=True)
        elif not hunks.line(line):
            raise ToolRetry(
                f"line {number + offset} of the patch begins with {line[0]!r}; in {hunks.name} each line begins "
                "with a space, - or +"
            )
    hunks.finish()
    if not hunks.done and move_to is None:
        raise ToolRetry(f"the patch has no hunk for {path!r}")
    return FileChange("update", path, tuple(hunks.done), move_to=move_to)
