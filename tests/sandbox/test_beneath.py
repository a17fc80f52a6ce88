"""Files of a workspace from the server's side, with `openat2` and step by step."""

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tercet.sandbox import Beneath, Limits, openat2, remove_workspace
from tercet.sandbox.quota import Quota, Usage


@pytest.fixture(params=["openat2", "step by step"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beneath]:
    if request.param != "openat2":
        monkeypatch.setattr(openat2, "is_served", lambda: False)
    elif not openat2.is_served():
        pytest.skip("this kernel has no openat2")
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret").write_text("outside")
    opened = Beneath(folder, "/workspace")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inside"


def test_files_are_written_read_listed_and_removed(files: Beneath, folder: Path) -> None:
    files.write("a/b/c.txt", b"one")
    files.write("/workspace/a/b/c.txt", b"two")
    assert files.read("/workspace/a/b/c.txt") == b"two"
    assert [entry.path for entry in files.walk()] == ["a", "a/b", "a/b/c.txt"]
    assert [(entry.path, entry.kind, entry.size) for entry in files.list("a/b")] == [("a/b/c.txt", "file", 3)]
    assert os.listdir(folder / "a" / "b") == ["c.txt"]
    files.remove("a/b/c.txt")
    assert files.stat("a/b/c.txt") is None
    with pytest.raises(FileNotFoundError, match=r"a/b/c\.txt"):
        files.read("a/b/c.txt")


def test_mode_of_a_replaced_file_is_kept(files: Beneath, folder: Path) -> None:
    files.write("run.sh", b"1")
    (folder / "run.sh").chmod(0o755)
    files.write("run.sh", b"2")
    assert (folder / "run.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "path", ["../secret", "a/../../secret", "/etc/passwd", "/workspace/../secret", "a\0b", "/workspacex"]
)
def test_paths_that_lead_out_are_refused(files: Beneath, path: str) -> None:
    for attempt in (files.read, files.stat, files.remove, files.list, lambda path: files.write(path, b"x")):
        with pytest.raises(PermissionError):
            attempt(path)


def test_links_are_told_and_not_followed(files: Beneath, folder: Path, tmp_path: Path) -> None:
    (folder / "file").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    (folder / "inner").mkdir()
    (folder / "within").symlink_to("inner")
    found = files.stat("file")
    assert found is not None
    assert found.kind == "link"
    for path in ("file", "up/secret", "up/inside/file", "within/new"):
        with pytest.raises(OSError, match=path) as refused:
            files.read(path)
        assert refused.value.errno in (errno.EACCES, errno.ENOTDIR)
    for path in ("file", "up/new", "within/new"):
        with pytest.raises(OSError, match=path):
            files.write(path, b"broken")
    assert [entry.path for entry in files.walk()] == ["file", "inner", "up", "within"]
    files.remove("up")
    assert (tmp_path / "secret").read_text() == "outside"


def test_what_is_no_plain_file_blocks_nobody(files: Beneath, folder: Path) -> None:
    os.mkfifo(folder / "fifo")
    began = time.monotonic()
    for attempt in (files.read, lambda path: files.write(path, b"x")):
        with pytest.raises(PermissionError, match="plain file"):
            attempt("fifo")
    with pytest.raises(IsADirectoryError):
        files.read("")
    assert time.monotonic() - began < 5


def test_long_files_are_refused(files: Beneath) -> None:
    files.write("long", b"x" * 1001)
    with pytest.raises(OSError, match="1,001 bytes") as refused:
        files.read("long", max_bytes=1000)
    assert refused.value.errno == errno.EFBIG
    assert len(files.read("long", max_bytes=1001)) == 1001


def test_quota_counts_what_the_server_writes(tmp_path: Path) -> None:
    quota = Quota(tmp_path, Limits(workspace_mb=1, workspace_files=3))
    files = Beneath(tmp_path, "/workspace", quota=quota)
    files.write("a", b"x" * 600_000)
    with pytest.raises(OSError, match=r"does not fit: the workspace holds 0\.[56]"):
        files.write("b", b"x" * 600_000)
    files.remove("a")
    files.write("b", b"x" * 600_000)
    files.write("c", b"")
    files.write("d", b"")
    with pytest.raises(OSError, match="3 of 3 files"):
        files.write("e", b"")
    files.close()


def test_usage_counts_a_hole_as_nothing_and_a_hard_link_once(tmp_path: Path) -> None:
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 10**9)
    (tmp_path / "full").write_bytes(b"x" * 40_960)
    os.link(tmp_path / "full", tmp_path / "again")
    (tmp_path / "up").symlink_to("/usr")
    usage = Quota(tmp_path, Limits()).measure()
    assert usage.num_files == 4
    assert usage.num_bytes < 100_000
    assert Quota(tmp_path, Limits(workspace_mb=1)).is_full(Usage(1_000_000, 1))


def test_locked_and_deep_workspaces_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    here = folder
    for _ in range(60):
        here = here / "d"
    here.mkdir(parents=True)
    (here / "file").touch()
    for locked in (here, here.parent, folder / "d"):
        locked.chmod(0)
    remove_workspace(folder)
    assert not folder.exists()
    remove_workspace(folder)
