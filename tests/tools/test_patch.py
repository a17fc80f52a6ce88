"""The patch format: where hunks belong, what is refused and in which words, and that a patch is whole or nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tercet.errors import ToolFailed, ToolRetry
from tercet.sandbox import Beneath
from tercet.tools.patch import ApplyPatch
from tercet.tools.patch_apply import apply_hunks
from tercet.tools.patch_text import parse_patch
from tests.tools.workspace_support import FolderBox


def patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def applied(text: str, *lines: str) -> str:
    (change,) = parse_patch(patch("*** Update File: f", *lines))
    return apply_hunks("f", text, change.hunks)


SOURCE = "class A:\n    def run(self):\n        return 1\n\nclass B:\n    def run(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("a\nb\nc\n", ("@@", " a", "-b", "+B", " c"), "a\nB\nc\n"),
        ("a\nb\nc\n", (" a", "-b", "+B", " c"), "a\nB\nc\n"),
        ("a\nb\nc", ("@@", "-c", "+C"), "a\nb\nC"),
        ("a\r\nb\r\n", ("@@", " a", "-b", "+B"), "a\r\nB\r\n"),
        ("", ("@@", "+one"), "one\n"),
        ("x\nx\n", ("@@", "-x", "+y", "*** End of File"), "x\ny\n"),
        ("a\nb\n", ("@@", "+c", "*** End of File"), "a\nb\nc\n"),
        ("a  \nb\n", ("@@", " a", "-b", "+B"), "a  \nB\n"),
        ("\tif x:\n\t\ty\n", ("@@", " if x:", "-\t\ty", "+\t\tz"), "\tif x:\n\t\tz\n"),
        ("a\n\nb\n", ("@@", " a", "", "-b", "+B"), "a\n\nB\n"),
        (SOURCE, ("@@ class B:", "     def run(self):", "-        return 1", "+        return 2"),
         SOURCE[:-2] + "2\n"),
        (SOURCE, ("@@ class B:", "@@     def run(self):", "-        return 1", "+        return 2"),
         SOURCE[:-2] + "2\n"),
        (SOURCE, ("@@ class B:", "+    x = 0"), SOURCE.replace("class B:\n", "class B:\n    x = 0\n")),
        ("1\n2\n3\n4\n5\n", ("@@", "-1", "+one", "@@", "-5", "+five"), "one\n2\n3\n4\nfive\n"),
        ("a\nb\n", ("@@", " a", "-b"), "a\n"),
    ],
)  # fmt: skip
def test_hunks_find_their_place(text: str, lines: tuple[str, ...], expected: str) -> None:
    assert applied(text, *lines) == expected


@pytest.mark.parametrize(
    ("text", "lines", "words"),
    [
        ("a\nb\n", ("@@", " a", "-x", "+y"), "after its line 1, at line 2 of the file, it wants 'x' but there is 'b'"),
        ("a\n", ("@@", "-q", "+y"), "no line 'q' is in the file"),
        ("a\nb\n", ("@@", "-a", "+A", "@@", "-zzz", "+y"), "hunk 2 of 'f' does not fit"),
        ("a\nb\n", ("@@", "-b", "+B", "@@", "-a", "+A"), "hunk 2 of 'f' does not fit: no line 'a' is in"),
        ("a\n", ("@@ class Q:", "-a", "+b"), "the line '@@ class Q:' is not in the file"),
        ("a\n", ("@@", "+b"), "does not say where"),
        ("a\n", ("@@", " a"), "hunk 1 of 'f' changes nothing"),
        ("a\n", ("@@", "*bad"), "line 4 of the patch begins with '*'"),
        ("a\n", (), "has no hunk for 'f'"),
    ],
)  # fmt: skip
def test_hunks_that_do_not_fit_are_named(text: str, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(ToolRetry) as refused:
        applied(text, *lines)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "begins with the line '*** Begin Patch'"),
        ("*** Begin Patch\n*** Add File: a\n+x", "ends with the line '*** End Patch'"),
        (patch(), "changes no file"),
        (patch("what is this"), "line 2 of the patch is not a heading"),
        (patch("*** Add File: a", "x"), "line 3 of the patch: each line of the new file 'a' begins with +"),
        (patch("*** Delete File: a", "-x"), "there can be no lines"),
        (patch("*** Delete File: a", "*** Add File: a", "+x"), "names 'a' twice"),
        (patch("*** Add File:  ", "+x"), "names no file"),
    ],
)
def test_what_is_no_patch_is_told(text: str, words: str) -> None:
    with pytest.raises(ToolRetry) as refused:
        parse_patch(text)
    assert words in str(refused.value)


@pytest.fixture
def box(tmp_path: Path) -> FolderBox:
    return FolderBox(Beneath(tmp_path, "/workspace"))


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


EVERYTHING = patch(
    "*** Update File: a.txt", "@@", "-one", "+ONE", "*** Add File: new/b.txt", "+b", "*** Delete File: c.txt",
    "*** Update File: d.txt", "*** Move to: moved.txt", "@@", " d", "+e",
)  # fmt: skip


async def run(box: FolderBox, text: str) -> Any:
    return await ApplyPatch(box).run({"patch": text})


async def test_patch_changes_adds_deletes_and_moves(box: FolderBox, tmp_path: Path) -> None:
    for name, text in {"a.txt": "one\n", "c.txt": "c\n", "d.txt": "d\n"}.items():
        (tmp_path / name).write_text(text)
    tool = ApplyPatch(box)
    assert await tool.happened({"patch": EVERYTHING}) is False
    assert await run(box, EVERYTHING) == {
        "a.txt": "1 hunk applied",
        "new/b.txt": "added",
        "c.txt": "deleted",
        "d.txt": "1 hunk applied, moved to moved.txt",
    }
    assert tree(tmp_path) == {"a.txt": "ONE\n", "moved.txt": "d\ne\n", "new/b.txt": "b\n"}
    assert await tool.happened({"patch": EVERYTHING}) is True
    (tmp_path / "a.txt").write_text("something else\n")
    assert await tool.happened({"patch": EVERYTHING}) is None


@pytest.mark.parametrize(
    "last",
    [
        ("*** Update File: missing.txt", "@@", "-x", "+y"),
        ("*** Add File: c.txt", "+x"),
        ("*** Delete File: missing.txt",),
        ("*** Update File: c.txt", "@@", "-nothing like it", "+y"),
        ("*** Add File: ../out.txt", "+x"),
        ("*** Update File: c.txt", "*** Move to: a2.txt", "@@", "-c", "+C"),
    ],
)
async def test_patch_is_whole_or_nothing(box: FolderBox, tmp_path: Path, last: tuple[str, ...]) -> None:
    for name, text in {"a.txt": "one\n", "a2.txt": "two\n", "c.txt": "c\n"}.items():
        (tmp_path / name).write_text(text)
    before = tree(tmp_path)
    with pytest.raises(ToolFailed):
        await run(box, patch("*** Update File: a.txt", "@@", "-one", "+ONE", *last))
    assert tree(tmp_path) == before


async def test_failed_write_is_taken_back(box: FolderBox, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n")
    (tmp_path / "blocked").write_text("a file where a folder should be")
    with pytest.raises(ToolRetry, match=r"nothing was changed|is already there"):
        await run(box, patch("*** Update File: a.txt", "@@", "-one", "+ONE", "*** Add File: blocked/b.txt", "+x"))
    assert (tmp_path / "a.txt").read_text() == "one\n"
    assert await asyncio.to_thread(lambda: (tmp_path / "blocked").is_file())
