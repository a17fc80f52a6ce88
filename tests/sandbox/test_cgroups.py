"""Delegated cgroups, on a tree of plain files: what is written where, and that nothing is taken that was not given."""

import os
from pathlib import Path

import pytest

from tercet.sandbox import Limits
from tercet.sandbox.cgroups import Cgroup, delegated_parent


def _tree(folder: Path, *, delegated: bool) -> tuple[Path, Path]:
    own = folder / "own"
    own.write_text("5:devices:/\n0::/system.slice/tercet.service\n")
    group = folder / "cgroup" / "system.slice" / "tercet.service"
    group.mkdir(parents=True)
    (group / "cgroup.controllers").write_text("cpu memory pids\n")
    (group / "cgroup.procs").write_text("101\n102\n")
    if delegated:
        try:
            os.setxattr(group, "user.delegate", b"1")
        except OSError:
            pytest.skip("this file system keeps no user attributes")
    return folder / "cgroup", own


def test_delegated_group_is_used_and_the_server_moves_beside(tmp_path: Path) -> None:
    tree, own = _tree(tmp_path, delegated=True)
    parent = delegated_parent(tree, own)
    assert parent == tree / "system.slice" / "tercet.service"
    assert (parent / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (parent / "tercet-server" / "cgroup.procs").read_text() == "102"
    group = Cgroup(parent, Limits(memory_mb=5, num_processes=7))
    group.admit(4711)
    (folder,) = [path for path in parent.glob("tercet-*") if path.name != "tercet-server"]
    values = {path.name: path.read_text() for path in folder.iterdir()}
    assert values["memory.max"] == "5000000"
    assert values["pids.max"] == "7"
    assert values["cgroup.procs"] == "4711"


def _container(folder: Path, line: str, *, has_type: bool = True) -> tuple[Path, Path]:
    """Return the tree that a container sees, and the file that says where in it the server is."""
    own, tree = folder / "own", folder / "cgroup"
    own.write_text(line)
    tree.mkdir()
    (tree / "cgroup.controllers").write_text("cpu memory pids\n")
    (tree / "cgroup.procs").write_text("1\n")
    if has_type:
        (tree / "cgroup.type").write_text("domain\n")
    return tree, own


@pytest.mark.parametrize("line", ["0::/\n", "0::/tercet-server\n"])
def test_a_containers_own_tree_is_used_also_after_a_restart(tmp_path: Path, line: str) -> None:
    tree, own = _container(tmp_path, line)
    (tree / "tercet-sandbox-left").mkdir()
    assert delegated_parent(tree, own) == tree
    assert (tree / "tercet-server" / "cgroup.procs").read_text() == "1"
    assert not (tree / "tercet-sandbox-left").exists(), "what a killed server left is swept away"


def test_the_machines_own_topmost_group_is_left_alone(tmp_path: Path) -> None:
    tree, own = _container(tmp_path, "0::/\n", has_type=False)
    assert delegated_parent(tree, own) is None
    assert not list(tree.glob("tercet-*"))


def test_a_tree_that_is_mounted_read_only_is_not_used(tmp_path: Path) -> None:
    tree, own = _container(tmp_path, "0::/\n")
    (tree / "tercet-server").write_text("where no folder can be made")
    assert delegated_parent(tree, own) is None


def test_the_end_by_lack_of_memory_is_told_once(tmp_path: Path) -> None:
    group = Cgroup(tmp_path, Limits())
    assert not group.ran_out()
    (folder,) = tmp_path.glob("tercet-sandbox-*")
    (folder / "memory.events").write_text("low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 1\n")
    assert group.ran_out()
    assert not group.ran_out()


def test_a_group_that_was_swept_away_is_made_again(tmp_path: Path) -> None:
    group = Cgroup(tmp_path, Limits(num_processes=7))
    (folder,) = tmp_path.glob("tercet-sandbox-*")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    group.admit(4711)
    assert (folder / "pids.max").read_text() == "7"


def test_group_that_was_not_delegated_is_left_alone(tmp_path: Path) -> None:
    tree, own = _tree(tmp_path, delegated=False)
    assert delegated_parent(tree, own) is None
    assert not list(tree.rglob("tercet-*"))
