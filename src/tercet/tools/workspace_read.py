"""`read_file` and `list_files`: what lies in the workspace."""

import asyncio
from dataclasses import dataclass
from typing import Any

from tercet.errors import ToolRetry
from tercet.sandbox import Entry, Sandbox
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.workspace_files import MAX_SHOWN, PATH_SCHEMA, read_text, told_to_the_model

MAX_LINES = 2000
MAX_LINE = 2000
"""Characters; what goes beyond is cut off and counted."""

MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Lines of a text file, as they are."""

    box: Sandbox
    name: str = "read_file"
    description: str = "Read a text file of the workspace, whole or from a line on."
    effect: Effect = "reads"
    timeout_s: float = 30.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema(
            {
                "path": PATH_SCHEMA,
                "start_line": {"type": "integer", "minimum": 1, "description": "first line, default 1"},
                "max_lines": {"type": "integer", "minimum": 1, "maximum": MAX_LINES},
            },
            optional=("start_line", "max_lines"),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        return await asyncio.to_thread(self._read, arguments)

    def _read(self, arguments: Arguments) -> JsonValue:
        lines = read_text(self.box.files, arguments["path"]).splitlines(keepends=True)
        start, most = arguments.get("start_line", 1), arguments.get("max_lines", MAX_LINES)
        if start > max(1, len(lines)):
            raise ToolRetry(f"{arguments['path']!r} has {len(lines)} lines; there is no line {start}")
        shown: list[str] = []
        room = MAX_SHOWN
        for line in lines[start - 1 : start - 1 + most]:
            text = line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}[… {len(line) - MAX_LINE:,} cut …]\n"
            room -= len(text)
            if room < 0:
                break
            shown.append(text)
        result: dict[str, Any] = {"text": "".join(shown), "num_lines": len(lines)}
        last = start - 1 + len(shown)
        if start > 1 or last < len(lines):
            result["shown"] = f"lines {start} to {last} of {len(lines)}"
        return result


@dataclass(frozen=True, slots=True)
class ListFiles:
    """The entries of a folder, or of all folders below it."""

    box: Sandbox
    name: str = "list_files"
    description: str = "List the files of a folder of the workspace."
    effect: Effect = "reads"
    timeout_s: float = 30.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema(
            {"path": {**PATH_SCHEMA, "default": ""}, "recursive": {"type": "boolean", "default": False}},
            optional=("path", "recursive"),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        return await asyncio.to_thread(self._list, arguments.get("path", ""), arguments.get("recursive", False))

    def _list(self, path: str, recursive: bool) -> JsonValue:
        shown: list[str] = []
        with told_to_the_model():
            for entry in self.box.files.walk(path) if recursive else self.box.files.list(path):
                if len(shown) == MAX_ENTRIES:
                    return {"files": shown, "cut": f"only the first {MAX_ENTRIES:,} are shown; name a folder below"}
                shown.append(_shown(entry))
        return {"files": shown}


def _shown(entry: Entry) -> str:
    match entry.kind:
        case "folder":
            return f"{entry.path}/"
        case "file":
            return f"{entry.path} ({entry.size:,} bytes)"
        case kind:
            return f"{entry.path} ({'link' if kind == 'link' else 'special file'}, not readable here)"
