"""The tools of one run, by name: what is offered to the model, and the checked way to call them.

Whatever can go wrong with a call becomes `ToolRetry` or `ToolFailed`, whose messages the model reads.
"""

import asyncio
import difflib
import logging
from collections.abc import Iterable

import msgspec

from tercet.errors import ToolFailed, ToolRetry
from tercet.items import ToolCall, ToolDefinition
from tercet.schema import check_schema, instance_violation
from tercet.tools.base import Arguments, JsonValue, Tool, definition

log = logging.getLogger(__name__)


class Registry:
    """An immutable set of tools with distinct names."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        """Index `tools`; raises `ValueError` for a name used twice, `InvalidRequest` for a bad schema."""
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ValueError(f"two tools are named {tool.name!r}")
            check_schema(tool.parameters, f"the parameters of {tool.name}")
            self._tools[tool.name] = tool

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """The tools as a model request offers them, in the order given."""
        return tuple(definition(tool) for tool in self._tools.values())

    def get(self, name: str) -> Tool:
        """Return the tool called `name`; raises `ToolRetry` that names the nearest ones."""
        if name in self._tools:
            return self._tools[name]
        raise ToolRetry(f"there is no tool {name!r}; {suggestion(name, self._tools)}")

    def find(self, name: str) -> Tool | None:
        """Return the tool called `name`, if there is one."""
        return self._tools.get(name)

    def may_write(self, calls: Iterable[ToolCall]) -> bool:
        """Tell whether any of `calls` is of a tool that changes the world."""
        tools = (self._tools.get(call.name) for call in calls)
        return any(tool is not None and tool.effect == "writes" for tool in tools)

    async def call(self, name: str, arguments: str) -> JsonValue:
        """Run the tool `name` on JSON text. Raises `ToolRetry` and `ToolFailed`."""
        tool = self.get(name)
        checked = _decode(tool, arguments)
        try:
            async with asyncio.timeout(tool.timeout_s) as limit:
                return await tool.run(checked)
        except ToolFailed:
            raise
        except Exception as error:  # a tool may be anybody's code, and its defects are not the run's
            if limit.expired():
                raise ToolFailed(f"{name} gave no result within {tool.timeout_s:g} seconds") from error
            log.exception("the tool %s broke", name)
            raise ToolFailed(f"{name} broke: {type(error).__name__}: {error}") from error


def _decode(tool: Tool, arguments: str) -> Arguments:
    try:
        value = msgspec.json.decode(arguments or "{}")
    except msgspec.DecodeError as error:
        raise ToolRetry(f"the arguments of {tool.name} are not JSON: {error}") from error
    wrong = instance_violation(tool.parameters, value)
    if wrong is not None:
        raise ToolRetry(f"the arguments of {tool.name} are wrong: {wrong}")
    checked: Arguments = value
    return checked


def suggestion(wrong: str, known: Iterable[str], *, max_listed: int = 20) -> str:
    """Return `did you mean …?` when one of `known` is close to `wrong`, else the list of them."""
    names = list(known)
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.7)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names or not max_listed:
        return "nothing of a similar name is known" if names else "there are none"
    more = f" and {len(names) - max_listed} more" if len(names) > max_listed else ""
    return f"there are: {', '.join(names[:max_listed])}{more}"
