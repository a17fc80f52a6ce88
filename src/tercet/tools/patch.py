"""`apply_patch`: several changes to several files, all of them or none."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tercet.errors import ToolFailed, ToolRetry
from tercet.sandbox import Beneath, Sandbox
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.patch_apply import apply_hunks
from tercet.tools.patch_text import FileChange, parse_patch
from tercet.tools.workspace_files import decoded, read_bytes, told_to_the_model

Contents = dict[str, bytes | None]
"""Path → what the file holds; None: there is none."""


@dataclass(frozen=True, slots=True)
class ApplyPatch:
    """The patch is checked whole before anything is written."""

    box: Sandbox
    name: str = "apply_patch"
    description: str = "Change files of the workspace by a patch from '*** Begin Patch' to '*** End Patch'."
    effect: Effect = "writes"
    timeout_s: float = 60.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema({"patch": {"type": "string", "minLength": 1, "maxLength": 2_000_000}})

    async def run(self, arguments: Arguments) -> JsonValue:
        changes = parse_patch(arguments["patch"])
        await asyncio.to_thread(_apply, self.box.files, changes)
        return {change.path: _summary(change) for change in changes}

    async def happened(self, arguments: Arguments) -> bool | None:
        """Tell by whether the patch still fits, or else what undoes it; None when both or neither does."""
        return await asyncio.to_thread(_happened, self.box.files, arguments["patch"])


def _summary(change: FileChange) -> str:
    match change.kind:
        case "add":
            return "added"
        case "delete":
            return "deleted"
        case _:
            count = f"{len(change.hunks)} hunk{'s' if len(change.hunks) != 1 else ''} applied"
            return f"{count}, moved to {change.move_to}" if change.move_to else count


def _apply(files: Beneath, changes: list[FileChange]) -> None:
    before: Contents = {}
    after: Contents = {}
    for change in changes:
        _plan(files, change, before, after)
    done: list[str] = []
    try:
        for path, content in after.items():
            done.append(path)
            _put(files, path, content)
    except OSError as error:
        for path in reversed(done):
            _put(files, path, before[path])
        raise ToolRetry(f"nothing was changed: {error.filename!r} {error.strerror}") from error


def _put(files: Beneath, path: str, content: bytes | None) -> None:
    if content is not None:
        files.write(path, content)
    elif files.stat(path) is not None:
        files.remove(path)


def _plan(files: Beneath, change: FileChange, before: Contents, after: Contents) -> None:
    """Note what a change finds and what it leaves. Raises `ToolRetry` when it does not fit."""
    path = change.path
    if change.kind == "add":
        _require_free(files, path)
        before[path], after[path] = None, change.text.encode("utf-8", "replace")
        return
    before[path] = content = read_bytes(files, path)
    if change.kind == "delete":
        after[path] = None
        return
    changed = apply_hunks(path, decoded(content, path), change.hunks).encode("utf-8", "replace")
    if change.move_to is None:
        after[path] = changed
        return
    _require_free(files, change.move_to)
    before[change.move_to], after[change.move_to] = None, changed
    after[path] = None


def _require_free(files: Beneath, path: str) -> None:
    with told_to_the_model():
        if files.stat(path) is not None:
            raise ToolRetry(f"{path!r} is already there; use '*** Update File: {path}'")


def _happened(files: Beneath, patch: str) -> bool | None:
    try:
        changes = parse_patch(patch)
    except ToolFailed:
        return False
    is_new = _fits(files, changes)
    is_old = _fits(files, [undone for change in changes for undone in _undoing(change)]) and _as_added(files, changes)
    return None if is_new == is_old else is_old


def _fits(files: Beneath, changes: list[FileChange]) -> bool:
    before: Contents = {}
    after: Contents = {}
    try:
        for change in changes:
            _plan(files, change, before, after)
    except ToolFailed:
        return False
    return True


def _undoing(change: FileChange) -> list[FileChange]:
    """Return what would undo a change; of a deleted file the text is not known, but that it is gone."""
    match change.kind:
        case "add":
            return [FileChange("delete", change.path)]
        case "delete":
            return [FileChange("add", change.path)]
        case _:
            hunks = tuple(hunk.reversed() for hunk in change.hunks)
            back = change.path if change.move_to else None
            return [FileChange("update", change.move_to or change.path, hunks, move_to=back)]


def _as_added(files: Beneath, changes: list[FileChange]) -> bool:
    added = (change for change in changes if change.kind == "add")
    return all(read_bytes(files, change.path) == change.text.encode("utf-8", "replace") for change in added)
