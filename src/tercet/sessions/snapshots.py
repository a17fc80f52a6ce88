"""A workspace as it was at a place in its session: what lay in it, and where the contents are kept.

A tree says what changed since another one. Contents of one snapshot lie behind each other in one pack.
"""

from typing import Literal

import msgspec


class KeptEntry(msgspec.Struct, frozen=True, array_like=True):
    """A file, folder or link of a workspace. `path` is relative to it."""

    path: str
    kind: Literal["file", "folder", "link"]
    mode: int = 0
    size: int = 0
    modified_ns: int = 0
    digest: bytes = b""
    """Of a file's content, or of what a link names."""
    pack: str = ""
    """Hexadecimal SHA-256 of the pack that holds a file's content; empty for an empty one."""
    offset: int = 0
    target: str = ""
    """What a link names."""


class Tree(msgspec.Struct, frozen=True, array_like=True):
    """What lies in a workspace: what `base` says, with these entries, and without those that were removed."""

    entries: tuple[KeptEntry, ...] = ()
    removed: tuple[str, ...] = ()
    base: bytes | None = None
    """The address of another tree; None: the entries are all there is."""
    depth: int = 0
    """How many trees it rests on."""


class Snapshot(msgspec.Struct, frozen=True):
    """A workspace to be kept at a place. Without a tree it could not be, and `reason` says why."""

    address: bytes | None = None
    tree: bytes | None = None
    """The encoded tree; None: it is kept already."""
    packs: tuple[str, ...] = ()
    holder: str = ""
    """Who holds the packs until the snapshot is kept."""
    size: int = 0
    """Bytes of contents that it adds."""
    reason: str = ""
