"""The tools of an agent as the loop needs them: what the model is offered, and what kind of thing each of them is."""

from collections.abc import Mapping, Sequence

import msgspec

from tercet.errors import ToolFailed
from tercet.items import ToolCall, ToolDefinition
from tercet.sessions.agents import ClientFunction
from tercet.sessions.turns import CallKind
from tercet.tools.base import Checkable, Effect, Tool
from tercet.tools.context import CURRENT_CALL, CallContext
from tercet.tools.registry import Registry


class Offer(msgspec.Struct, frozen=True):
    """What is known of a tool that the model may call. `is_clients`: the client executes it."""

    name: str
    kind: CallKind = "builtin"
    effect: Effect = "writes"
    server_label: str | None = None
    is_clients: bool = False


class Toolset:
    """A registry of tools that run here, and functions that run at the client's.

    Deferred functions are offered only once they are in `found`, which a tool search adds to.
    """

    def __init__(
        self,
        registry: Registry,
        functions: Sequence[ClientFunction] = (),
        kinds: Mapping[str, CallKind] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """`kinds` and `labels` say of tools by name what doors show them as, and whose MCP server they are."""
        self.registry = registry
        self.functions = {function.name: function for function in functions}
        self.found: set[str] = set()
        self._kinds = kinds or {}
        self._labels = labels or {}

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """What the model is offered now, always in the same order."""
        functions = tuple(
            ToolDefinition(function.name, function.description, function.parameters)
            for function in self.functions.values()
            if not function.is_deferred or function.name in self.found
        )
        return (*self.registry.definitions, *functions)

    def offer(self, name: str) -> Offer:
        """Return what is known of the tool called `name`; one that does not exist will fail when it is called."""
        if name in self.functions:
            return Offer(name, "function", "writes", is_clients=True)
        tool = self.tool(name)
        return Offer(name, self._kinds.get(name, "builtin"), tool.effect if tool else "pure", self._labels.get(name))

    def tool(self, name: str) -> Tool | None:
        """Return the tool that runs here under this name."""
        return self.registry.find(name)

    async def happened(self, call: ToolCall, context: CallContext | None = None) -> bool | None:
        """Say whether the effect of an interrupted call is there; None: its tool cannot tell."""
        tool = self.tool(call.name)
        if not isinstance(tool, Checkable):
            return None
        CURRENT_CALL.set(context or CallContext(call.call_id))
        try:
            found = await tool.happened(msgspec.json.decode(call.arguments or "{}"))
        except (ToolFailed, OSError, msgspec.DecodeError):
            return None
        return found
