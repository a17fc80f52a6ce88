"""`shell`: a command line in the sandbox, and everything it started ended when it ends."""

from dataclasses import dataclass
from typing import Any

from tercet.errors import ToolRetry
from tercet.sandbox import Sandbox
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema
from tercet.tools.sandboxed import STOPPED

DEFAULT_S, MAX_S = 60, 600


@dataclass(frozen=True, slots=True)
class ShellTool:
    """`/bin/sh -c` with a time limit of the model's choice."""

    box: Sandbox
    name: str = "shell"
    description: str = "Run a shell command in the workspace. Nothing that it starts outlives it."
    effect: Effect = "writes"
    timeout_s: float = MAX_S + 60.0

    @property
    def parameters(self) -> dict[str, Any]:
        return object_schema(
            {
                "command": {"type": "string", "minLength": 1, "maxLength": 100_000},
                "cwd": {"type": "string", "description": "folder of the workspace to run it in"},
                "timeout_s": {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_S, "default": DEFAULT_S},
            },
            optional=("cwd", "timeout_s"),
        )

    async def run(self, arguments: Arguments) -> JsonValue:
        try:
            outcome = await self.box.run(
                ["/bin/sh", "-c", arguments["command"]],
                cwd=arguments.get("cwd", ""),
                timeout_s=arguments.get("timeout_s", DEFAULT_S),
            )
        except ValueError as error:
            raise ToolRetry(f"the command cannot be run: {error}") from error
        except OSError as error:
            raise ToolRetry(f"cwd {error.filename!r} {error.strerror}") from error
        result: dict[str, Any] = {"exit_code": outcome.exit_code, "stdout": outcome.stdout.text}
        if outcome.stderr.text:
            result["stderr"] = outcome.stderr.text
        if outcome.ended != "exited":
            result["stopped"] = STOPPED[outcome.ended]
        return result
