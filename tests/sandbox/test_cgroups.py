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


def test_group_that_was_not_delegated_is_left_alone(tmp_path: Path) -> None:
    tree, own = _tree(tmp_path, delegated=False)
    assert delegated_parent(tree, own) is None
    assert not list(tree.rglob("tercet-*"))
