"""Deleting a workspace whatever was built in it: folders too deep for a path, modes that lock the owner out."""

import contextlib
import os
from pathlib import Path

from tercet.sandbox.quota import open_folder


def remove_workspace(folder: Path) -> None:
    """Delete `folder` and all in it. No process of a sandbox may be running there.

    Nothing outside is touched: links are deleted, not followed. Does nothing when there is no such folder.
    """
    above = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        root = open_folder(folder.name, above)
        if root is None:
            return
        try:
            _empty(root)
        finally:
            os.close(root)
        os.rmdir(folder.name, dir_fd=above)
    finally:
        os.close(above)


def _empty(root: int) -> None:
    """Delete what lies in a folder. What lies deeper is first moved up, so that depth costs nothing."""
    number = 0
    while names := os.listdir(root):
        for name in names:
            below = None if _unlink(name, root) else open_folder(name, root)
            if below is None:
                continue
            try:
                for inner in os.listdir(below):
                    if not _unlink(inner, below):
                        number += 1
                        os.rename(inner, f".removed-{number}", src_dir_fd=below, dst_dir_fd=root)
            finally:
                os.close(below)
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(name, dir_fd=root)


def _unlink(name: str, folder: int) -> bool:
    """Delete what is not a folder; tell whether it is gone."""
    try:
        os.unlink(name, dir_fd=folder)
    except (IsADirectoryError, PermissionError):  # PermissionError: a folder, on macOS
        return False
    except FileNotFoundError:
        return True
    return True
