"""`search_files`: a regular expression over the text files of the workspace.

The expression is the model's and the texts are anybody's, so the search runs inside the sandbox, where an expression
that takes for ever costs its own time limit and nothing else.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import msgspec

from tercet.errors import ToolFailed, ToolRetry
from tercet.sandbox import Sandbox
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.workspace_files import PATH_SCHEMA

MAX_MATCHES = 200
SEARCH_S = 20.0


class Found(msgspec.Struct, frozen=True):
    """What the search inside printed."""

    matches: list[str] = []
    num_files: int = 0
    cut: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class SearchFiles:
    """Lines that match, with their place."""

    box: Sandbox
    name: str = "search_files"
    description: str = "Search the text files of the workspace for a regular expression; gives path:line: text."
    effect: Effect = "reads"
    timeout_s: float = 60.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema(
            {
                "pattern": {"type": "string", "maxLength": 1000, "description": "Python regular expression"},
                "path": {**PATH_SCHEMA, "description": "file or folder to search, default everything"},
                "glob": {"type": "string", "description": "only files whose name fits, such as *.py"},
                "ignore_case": {"type": "boolean"},
            },
            optional=("path", "glob", "ignore_case"),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        program = files("tercet.tools").joinpath("inside_search.py").read_text(encoding="utf-8")
        path = "/".join(self.box.files.parts(arguments.get("path", "")))
        asked = {**arguments, "path": path, "max_matches": MAX_MATCHES}
        outcome = await self.box.run(
            ["python3", "-I", "-S", "-c", program], stdin=json.dumps(asked).encode(), timeout_s=SEARCH_S
        )
        if outcome.ended == "time":
            raise ToolRetry(f"the search took longer than {SEARCH_S:g} s; use a simpler expression or fewer files")
        try:
            found = msgspec.json.decode(outcome.stdout.data, type=Found)
        except msgspec.DecodeError as error:
            raise ToolFailed(f"the search broke: {outcome.ended}: {outcome.stderr.text[-500:]}") from error
        if found.error:
            raise ToolRetry(found.error)
        result: dict[str, Any] = {"matches": found.matches, "num_files": found.num_files}
        return {**result, "cut": found.cut} if found.cut else result
