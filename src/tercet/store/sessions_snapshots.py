"""Workspaces as they were, by their place in a session; and which place a fork can begin at.

A tree is a value like a plan is. The rows of a session hold its trees and packs until the last of its forks is gone.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from tercet.errors import RunConflict
from tercet.sessions.snapshots import KeptEntry, Snapshot, Tree
from tercet.sessions.turns import Call
from tercet.store.database import NO_LIMIT, Connection
from tercet.store.environments import hold_content
from tercet.store.sessions_rows import decode_item, keep_value, read_value

SNAPSHOTS = """
    CREATE TABLE session_snapshots (
        session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, place INTEGER NOT NULL,
        tree BLOB REFERENCES session_values, size INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (session, place)
    ) WITHOUT ROWID;
    CREATE INDEX session_snapshots_by_tree ON session_snapshots (tree) WHERE tree IS NOT NULL
"""
_TOLD = 8
_UNTOUCHING = ("function", "plan", "subagent")
_decode_tree = msgspec.msgpack.Decoder(Tree).decode
Chain = Sequence[tuple[int, int | None]]


def address_of(payload: bytes) -> bytes:
    """Return where a tree is kept."""
    return hashlib.blake2b(payload, digest_size=20).digest()


def keep_snapshot(connection: Connection, session: int, session_id: str, place: int, snapshot: Snapshot) -> bool:
    """Keep the workspace before item `place`; return whether it was not kept yet."""
    known = connection.execute(
        "SELECT 1 FROM session_snapshots WHERE session = ? AND place = ?", (session, place)
    ).fetchone()
    if known:
        return False
    if snapshot.tree is not None:
        keep_value(connection, snapshot.tree)
    connection.execute(
        "INSERT INTO session_snapshots (session, place, tree, size, reason) VALUES (?, ?, ?, ?, ?)",
        (session, place, snapshot.address, snapshot.size, snapshot.reason),
    )
    for digest in snapshot.packs:
        hold_content(connection, digest, session_id, None)
        connection.execute("DELETE FROM seed_contents WHERE digest = ? AND holder = ?", (digest, snapshot.holder))
    return True


def latest_tree(connection: Connection, chain: Chain) -> tuple[bytes | None, int]:
    """Return the last tree of a session or those that it shares items with, and the bytes that its own rows hold."""
    session = chain[-1][0]
    size = connection.execute(
        "SELECT COALESCE(SUM(size), 0) FROM session_snapshots WHERE session = ?", (session,)
    ).fetchone()[0]
    rows = _rows(connection, chain)
    return next((bytes(tree) for _, tree, _ in reversed(rows) if tree is not None), None), int(size)


def tree_at(connection: Connection, chain: Chain, place: int) -> bytes:
    """Return the workspace as it was before item `place`.

    It is known where a snapshot was kept, and where nothing was done to the workspace between that and `place`.
    Raises `RunConflict` for any other place, and names those that there are.
    """
    rows = _rows(connection, chain)
    before = [row for row in rows if row[0] <= place][-1:]
    after = [row for row in rows if row[0] > place][:1]
    reason = ""
    for at, tree, why in (*before, *after):
        if not _is_touched(connection, chain, min(at, place), max(at, place)):
            if tree is not None:
                return bytes(tree)
            reason = f": {why}"
    kept = [str(at) for at, tree, _ in rows if tree is not None]
    places = f"it was before items {', '.join(kept[-_TOLD:])}" if kept else "nor was it anywhere else"
    raise RunConflict(
        f"The workspace was not kept as it was before item {place}{reason}; {places}.",
        param="item",
        code="no_snapshot",
    )


def read_tree(connection: Connection, address: bytes) -> dict[str, KeptEntry]:
    """Return what lies in a workspace, by path."""
    trees: list[Tree] = []
    base: bytes | None = address
    while base is not None:
        trees.append(_decode_tree(read_value(connection, base)))
        base = trees[-1].base
    entries: dict[str, KeptEntry] = {}
    for tree in reversed(trees):
        for path in tree.removed:
            entries.pop(path, None)
        entries |= {entry.path: entry for entry in tree.entries}
    return entries


def depth_of(connection: Connection, address: bytes) -> int:
    """Return how many trees a tree rests on."""
    return _decode_tree(read_value(connection, address)).depth


def _rows(connection: Connection, chain: Chain) -> list[tuple[int, bytes | None, str]]:
    rows: list[tuple[int, bytes | None, str]] = []
    for session, limit in chain:
        rows += connection.execute(
            "SELECT place, tree, reason FROM session_snapshots WHERE session = ? AND place <= ? ORDER BY place",
            (session, NO_LIMIT if limit is None else limit),
        ).fetchall()
    return rows


def _is_touched(connection: Connection, chain: Chain, begin: int, end: int) -> bool:
    """Whether a call that could change the workspace stands among the items from `begin` to before `end`."""
    for session, limit in chain:
        rows = connection.execute(
            "SELECT item FROM session_items WHERE session = ? AND place >= ? AND place < ?",
            (session, begin, end if limit is None else min(end, limit)),
        ).fetchall()
        for (payload,) in rows:
            call = decode_item(payload).content
            if isinstance(call, Call) and call.effect != "pure" and call.kind not in _UNTOUCHING:
                return True
    return False
