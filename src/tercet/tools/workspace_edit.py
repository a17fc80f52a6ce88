"""`write_file` and `edit_file`: each whole or not at all, and each able to tell later whether it happened."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tercet.errors import ToolFailed, ToolRetry
from tercet.sandbox import Sandbox
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.workspace_files import MAX_TEXT_BYTES, PATH_SCHEMA, read_text, told_to_the_model


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file with exactly this text."""

    box: Sandbox
    name: str = "write_file"
    description: str = "Write a text file of the workspace, replacing what is there; folders are made."
    effect: Effect = "writes"
    timeout_s: float = 30.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema({"path": PATH_SCHEMA, "text": {"type": "string"}})

    async def run(self, arguments: Arguments) -> JsonValue:
        content = arguments["text"].encode("utf-8", "replace")
        with told_to_the_model():
            await asyncio.to_thread(self.box.files.write, arguments["path"], content)
        return {"written": arguments["path"], "num_bytes": len(content)}

    async def happened(self, arguments: Arguments) -> bool | None:
        """Tell whether the file has this very text."""
        content: bytes = arguments["text"].encode("utf-8", "replace")
        try:
            found = await asyncio.to_thread(self.box.files.read, arguments["path"], max_bytes=len(content))
        except OSError:
            return False
        return found == content


@dataclass(frozen=True, slots=True)
class EditFile:
    """One passage of a file replaced by another."""

    box: Sandbox
    name: str = "edit_file"
    description: str = "Replace a passage of a text file; old_text must occur exactly once unless all is true."
    effect: Effect = "writes"
    timeout_s: float = 30.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema(
            {
                "path": PATH_SCHEMA,
                "old_text": {"type": "string", "minLength": 1},
                "new_text": {"type": "string"},
                "all": {"type": "boolean", "description": "replace every occurrence"},
            },
            optional=("all",),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        return await asyncio.to_thread(self._edit, arguments)

    def _edit(self, arguments: Arguments) -> JsonValue:
        path, old, new = arguments["path"], arguments["old_text"], arguments["new_text"]
        text = read_text(self.box.files, path)
        count = text.count(old)
        if count == 0:
            raise ToolRetry(f"old_text does not occur in {path!r}; read the file and copy the passage exactly")
        if count > 1 and not arguments.get("all"):
            raise ToolRetry(f"old_text occurs {count} times in {path!r}; give more of its surroundings, or all: true")
        content = text.replace(old, new).encode("utf-8", "replace")
        if len(content) > MAX_TEXT_BYTES:
            raise ToolFailed(f"{path!r} would have {len(content):,} bytes; the most is {MAX_TEXT_BYTES:,}")
        with told_to_the_model():
            self.box.files.write(path, content)
        return {"edited": path, "num_replaced": count}

    async def happened(self, arguments: Arguments) -> bool | None:
        """Tell by which of the two passages is there; None when that says nothing."""
        try:
            text = await asyncio.to_thread(read_text, self.box.files, arguments["path"])
        except ToolFailed:
            return None
        old, new = arguments["old_text"], arguments["new_text"]
        has_old, has_new = old in text, bool(new) and new in text
        if has_old and not has_new:
            return False
        return True if has_new and not has_old else None
