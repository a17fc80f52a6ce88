"""What the rest of Tercet knows of a tool, and the smallest way to make one from a function.

A tool knows nothing of models, agents or sessions: JSON arguments come in, a JSON value goes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from tercet.items import JsonSchema, ToolDefinition

Effect = Literal["pure", "reads", "writes"]
"""`pure`: the arguments alone decide the result. `reads`: also the world. `writes`: it changes the world."""

JsonValue = Any
"""Whatever `json.dumps` takes."""

Arguments = Mapping[str, Any]


class Tool(Protocol):
    """One thing that a model may call."""

    @property
    def name(self) -> str:
        """What the model calls it; letters, digits and underscores."""

    @property
    def description(self) -> str:
        """One sentence, for the model."""

    @property
    def parameters(self) -> JsonSchema:
        """A JSON schema of type object, without references."""

    @property
    def effect(self) -> Effect:
        """What running it may do; decides what may be repeated."""

    @property
    def timeout_s(self) -> float:
        """Seconds after which a run is abandoned."""

    async def run(self, arguments: Arguments) -> JsonValue:
        """Do the work; `arguments` already satisfy `parameters`.

        Raises `ToolRetry` when other arguments could succeed, `ToolFailed` when none would.
        """


@runtime_checkable
class Checkable(Protocol):
    """A tool that writes and can tell afterwards whether it has, for a call whose outcome was lost."""

    async def happened(self, arguments: Arguments) -> bool | None:
        """Tell whether the effect of these arguments is there: None when that cannot be known."""


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A tool that is one quick function: it must not block or wait."""

    name: str
    description: str
    parameters: JsonSchema
    function: Callable[[Arguments], JsonValue]
    effect: Effect = "pure"
    timeout_s: float = 5.0

    async def run(self, arguments: Arguments) -> JsonValue:
        """Call the function; raises what it raises."""
        return self.function(arguments)


def object_schema(properties: dict[str, JsonSchema], *, optional: tuple[str, ...] = ()) -> JsonSchema:
    """Return the schema of an object with exactly these properties, all required but `optional`."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def definition(tool: Tool) -> ToolDefinition:
    """Return `tool` as a model request offers it."""
    return ToolDefinition(tool.name, tool.description, tool.parameters)
