"""The search of files by what they say: a query in, the passages that were found out.

Where is searched, and how, is given to the tool when it is made; a model decides on nothing but the query.
"""

from collections.abc import Awaitable, Callable, Sequence

from tercet.items import JsonSchema, Passage, ToolDefinition
from tercet.tools.base import Arguments, Effect, JsonValue, object_schema

NAME = "file_search"
DESCRIPTION = "Search the files for passages that help to answer."
NOTHING = "Nothing was found."
MIN_SHOWN = 200
"""Characters of a passage under which there is no use in showing it."""
Find = Callable[[str], Awaitable[Sequence[Passage]]]


class FileSearchTool:
    """The tool over one way of finding."""

    name = NAME
    description = DESCRIPTION
    effect: Effect = "reads"
    timeout_s = 60.0

    def __init__(self, find: Find, *, max_characters: int = 16_000) -> None:
        """Show the model at most `max_characters` of what `find` returns."""
        self._find = find
        self._max_characters = max_characters
        self.parameters: JsonSchema = parameters()

    async def run(self, arguments: Arguments) -> JsonValue:
        """Search; raises what the search raises."""
        return rendered(await self._find(arguments["query"]), self._max_characters)


def parameters() -> JsonSchema:
    """Return the schema of the tool's arguments."""
    return object_schema({"query": {"type": "string", "description": "what to look for"}})


def offered() -> ToolDefinition:
    """Return the tool as a model request offers it."""
    return ToolDefinition(NAME, DESCRIPTION, parameters(), strict=True)


def rendered(passages: Sequence[Passage], max_characters: int) -> str:
    """Return what a model is told of what was found: the best first, as much as there is room for."""
    told: list[str] = []
    left = max_characters
    for passage in passages:
        head = f"[{passage.filename}]\n"
        room = left - len(head)
        if told and room < min(MIN_SHOWN, len(passage.text)):
            break
        text = passage.text if len(passage.text) <= room else passage.text[: max(room, 0)] + "…"
        told.append(head + text)
        left = room - len(text)
    return "\n\n".join(told) or NOTHING
