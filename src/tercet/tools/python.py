"""`python`: cells of code in the session's one interpreter, whose variables stay from call to call."""

from dataclasses import dataclass
from typing import Any

from tercet.sandbox import CallTool, Cell, Sandbox
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.sandboxed import STOPPED
from tercet.tools.workspace_files import cut

DEFAULT_S, MAX_S = 60, 600


@dataclass(slots=True)
class PythonTool:
    """The value of the last expression, what was printed, and the traceback if there was one."""

    box: Sandbox
    call_tool: CallTool | None = None
    """Answers `call_tool(name, arguments)` in the code; None: code may call no tools."""

    name: str = "python"
    description: str = "Run Python code; variables stay for later calls, and the value of a last expression is shown."
    effect: Effect = "writes"
    timeout_s: float = MAX_S + 90.0
    has_run: bool = False
    """Whether code has run in this session before, so that a new interpreter must be told of."""

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema(
            {
                "code": {"type": "string", "minLength": 1, "maxLength": 200_000},
                "timeout_s": {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_S, "default": DEFAULT_S},
            },
            optional=("timeout_s",),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        timeout_s = arguments.get("timeout_s", DEFAULT_S)
        cell = await self.box.interpreter().execute(arguments["code"], timeout_s=timeout_s, call_tool=self.call_tool)
        is_restarted = cell.is_fresh and self.has_run
        self.has_run = True
        return _shown(cell, timeout_s, is_restarted)


def _shown(cell: Cell, timeout_s: float, is_restarted: bool) -> JsonValue:
    parts = {"value": cell.value, "stdout": cell.stdout.text, "stderr": cell.stderr.text, "error": cell.error}
    result: dict[str, Any] = {name: cut(part) for name, part in parts.items() if part}
    notes = []
    if is_restarted:
        notes.append("the interpreter was restarted before this code: earlier variables are gone")
    match cell.ended:
        case "done":
            pass
        case "interrupted":
            notes.append(f"interrupted after {timeout_s:g} s; variables are kept")
        case "crashed":
            notes.append("the interpreter ended; variables are gone")
        case reason:
            notes.append(f"stopped: {STOPPED[reason]}; variables are gone")
    return {**result, "note": "; ".join(notes)} if notes else result or {"value": None}
