"""Workspaces kept as they are between two steps, so that a session can be forked there; and put back for a fork.

Only what changed since the last snapshot is read, told by its marks in the file system, and kept.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress

import msgspec

from tercet.errors import StoreFailed
from tercet.sandbox import Beneath
from tercet.sandbox.beneath import Entry
from tercet.service.sessions.setting_up import SKILLS_FOLDER
from tercet.sessions.snapshots import KeptEntry, Snapshot, Tree
from tercet.store.environments import SeedContents
from tercet.store.filing import FileStore, Incoming
from tercet.store.sessions import SessionStore
from tercet.store.sessions_rows import encode
from tercet.store.sessions_snapshots import address_of

log = logging.getLogger(__name__)

MAX_ENTRIES = 20_000
MAX_FILE = 64_000_000
MAX_CHANGED = 256_000_000
"""Bytes of changed files that one snapshot keeps."""
MAX_OF_SESSION = 1_000_000_000
"""Bytes of contents that a session's snapshots keep."""
MAX_DEPTH = 16
"""A tree that would rest on more others says everything again."""
RACY_NS = 50_000_000
"""A file that changed so shortly before it was looked at may change again without another mark."""

READ_AT_ONCE = 4_000_000
NEW = "new"
"""Stands for the pack that is being written."""

Mark = tuple[int, int, int]


class Seen(msgspec.Struct):
    """A workspace as it was when it was last looked at."""

    address: bytes | None = None
    entries: dict[str, KeptEntry] = {}
    marks: dict[str, Mark] = {}
    """Of files whose entry is known to hold as long as their mark does."""
    depth: int = 0
    size: int = 0
    """Bytes of contents that the session's snapshots keep."""


class Taken(msgspec.Struct, frozen=True):
    """A snapshot to be kept, and what is seen of the workspace once it is."""

    snapshot: Snapshot
    seen: Seen


class CannotKeep(Exception):
    """The workspace cannot be kept; the text says why."""


class Snapshots:
    """Takes snapshots of workspaces. What it reads has been written by code of a model."""

    def __init__(self, store: SessionStore, files: FileStore, seeds: SeedContents) -> None:
        self._store = store
        self._files = files
        self._seeds = seeds

    async def take(self, workspace: Beneath, session_id: str, holder: str, seen: Seen | None) -> Taken:
        """Return the workspace as it is, its contents staged for `holder`. Nothing raises but cancellation."""
        try:
            seen = seen or await self._last_seen(session_id)
            return await self._taken(workspace, holder, seen)
        except (CannotKeep, OSError, StoreFailed) as error:
            reason = str(error) if isinstance(error, CannotKeep) else f"it cannot be read or kept: {error}"
            log.info("a workspace of session %s is not kept: %s", session_id, reason)
            return Taken(Snapshot(reason=reason), seen or Seen())

    async def _last_seen(self, session_id: str) -> Seen:
        address, depth, size = await self._store.latest_snapshot(session_id)
        return Seen(address, await self._store.tree(address) if address else {}, depth=depth, size=size)

    async def _taken(self, workspace: Beneath, holder: str, seen: Seen) -> Taken:
        began_ns = time.time_ns()
        found = await asyncio.to_thread(_walked, workspace)
        suspects = [
            entry
            for entry in found
            if seen.marks.get(entry.path) != entry.mark or seen.entries[entry.path].mode != entry.mode
        ]
        removed = seen.entries.keys() - {entry.path for entry in found}
        changed: list[KeptEntry] = []
        marks = {path: mark for path, mark in seen.marks.items() if path not in removed}
        packs: tuple[str, ...] = ()
        size = 0
        async with self._files.receive() as pack:
            while suspects:
                looks = await asyncio.to_thread(_read_some, workspace, suspects)
                contents: list[bytes] = []
                for entry, now, content in looks:
                    marks.pop(entry.path, None)
                    if entry.kind != "folder" and began_ns - entry.mark[2] > RACY_NS:
                        marks[entry.path] = entry.mark
                    kept = _kept(now, seen.entries.get(entry.path), size)
                    if kept is None:
                        continue
                    changed.append(kept)
                    if kept.pack == NEW:
                        contents.append(content)
                        size += len(content)
                        _check_room(size, seen.size)
                if contents:
                    await pack.write(b"".join(contents))
            if size:
                changed = await self._sealed(pack, changed, holder)
                packs = (pack.digest,)
        return _next(seen, changed, removed, marks, Snapshot(packs=packs, holder=holder, size=size))

    async def _sealed(self, pack: Incoming, changed: Sequence[KeptEntry], holder: str) -> list[KeptEntry]:
        """Keep a pack, and return the entries that lie in it with its name."""
        await self._seeds.stage([pack], holder)
        return [msgspec.structs.replace(entry, pack=pack.digest) if entry.pack == NEW else entry for entry in changed]

    async def restore(self, workspace: Beneath, address: bytes) -> None:
        """Put a workspace back as it was. Raises `OSError` and `StoreFailed`."""
        entries = await self._store.tree(address)
        for path, entry in sorted(entries.items()):
            match entry.kind:
                case "folder":
                    await asyncio.to_thread(workspace.make_folder, path)
                case "link":
                    await asyncio.to_thread(workspace.make_link, path, entry.target)
                case "file":
                    content = b""
                    if entry.size:
                        chunks = self._files.read(entry.pack, entry.offset, entry.size)
                        content = b"".join([chunk async for chunk in chunks])
                    await asyncio.to_thread(workspace.write, path, content)
        await asyncio.to_thread(_stamp, workspace, entries)


def _walked(workspace: Beneath) -> list[Entry]:
    """Return what lies in a workspace, sockets and the like left out, and skills, which are put there anew."""
    found: list[Entry] = []
    for entry in workspace.walk():
        if entry.kind == "other" or entry.path.split("/", 1)[0] == SKILLS_FOLDER:
            continue
        if len(found) == MAX_ENTRIES:
            raise CannotKeep(f"it had more than {MAX_ENTRIES:,} files and folders")
        if entry.kind == "file" and entry.size > MAX_FILE:
            raise CannotKeep(f"{entry.path!r} had more than {MAX_FILE:,} bytes")
        _check_text(entry.path, entry.path)
        found.append(entry)
    return found


def _check_text(text: str, path: str) -> None:
    """Refuse what is no text: a tree is kept as text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CannotKeep(f"the name or target of {path!r} is not UTF-8") from None


def _read(workspace: Beneath, entry: Entry) -> tuple[KeptEntry, bytes]:
    """Return what is kept of an entry, and a file's content."""
    match entry.kind:
        case "link":
            target = workspace.read_link(entry.path)
            _check_text(target, entry.path)
            return KeptEntry(entry.path, "link", digest=_digest(target.encode()), target=target), b""
        case "folder":
            return KeptEntry(entry.path, "folder", entry.mode), b""
        case _:
            content = workspace.read(entry.path, max_bytes=MAX_FILE)
            modified_ns = entry.mark[1]
            return KeptEntry(entry.path, "file", entry.mode, len(content), modified_ns, _digest(content)), content


def _read_some(workspace: Beneath, suspects: list[Entry]) -> list[tuple[Entry, KeptEntry, bytes]]:
    """Take the first entries off `suspects`, as many as make up a piece of work, and return what is kept of each."""
    looks: list[tuple[Entry, KeptEntry, bytes]] = []
    num_bytes = 0
    while suspects and num_bytes < READ_AT_ONCE and len(looks) < MAX_ENTRIES // 10:
        entry = suspects.pop()
        with suppress(FileNotFoundError):
            now, content = _read(workspace, entry)
            looks.append((entry, now, content))
            num_bytes += len(content)
    return looks


def _kept(now: KeptEntry, known: KeptEntry | None, offset: int) -> KeptEntry | None:
    """Return what is to be said of an entry, whose content comes at `offset` if it is new; None: nothing changed."""
    if known is not None and _is_same(known, now):
        return None
    if known is not None and known.kind == now.kind == "file" and known.digest == now.digest:
        return msgspec.structs.replace(now, pack=known.pack, offset=known.offset)
    return msgspec.structs.replace(now, pack=NEW, offset=offset) if now.size else now


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=20).digest()


def _is_same(known: KeptEntry, now: KeptEntry) -> bool:
    """Whether nothing changed, wherever its content is kept."""
    return msgspec.structs.replace(known, pack="", offset=0) == now


def _check_room(size: int, size_of_session: int) -> None:
    if size > MAX_CHANGED:
        raise CannotKeep(f"more than {MAX_CHANGED:,} bytes had changed at once")
    if size_of_session + size > MAX_OF_SESSION:
        raise CannotKeep(f"the session's earlier workspaces hold {MAX_OF_SESSION:,} bytes, which is the limit")


def _next(
    seen: Seen,
    changed: Sequence[KeptEntry],
    removed: Set[str],
    marks: dict[str, Mark],
    packed: Snapshot,
) -> Taken:
    """Return the snapshot that these changes make, whose contents are `packed`, and what is then seen."""
    if seen.address is not None and not changed and not removed:
        return Taken(Snapshot(seen.address), Seen(seen.address, seen.entries, marks, seen.depth, seen.size))
    entries = {path: entry for path, entry in seen.entries.items() if path not in removed}
    entries |= {entry.path: entry for entry in changed}
    if seen.address is None or seen.depth >= MAX_DEPTH or len(changed) > len(entries) // 2:
        tree = Tree(tuple(entries.values()))
    else:
        tree = Tree(tuple(changed), tuple(removed), seen.address, seen.depth + 1)
    payload = encode(tree)
    address = address_of(payload)
    snapshot = msgspec.structs.replace(packed, address=address, tree=payload)
    return Taken(snapshot, Seen(address, entries, marks, tree.depth, seen.size + packed.size))


def _stamp(workspace: Beneath, entries: Mapping[str, KeptEntry]) -> None:
    """Give files and folders back their permissions, the deepest first, since a folder may be closed to writing."""
    for path, entry in sorted(entries.items(), reverse=True):
        if entry.kind == "file":
            workspace.stamp(path, entry.mode, entry.modified_ns)
        elif entry.kind == "folder":
            workspace.stamp(path, entry.mode, time.time_ns())
