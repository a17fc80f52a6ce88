"""What the loop knows of a tool that the service runs: how its call is shown, begun, made, and read by the model."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tercet.items import HostedItem, Item, McpApprovalRequest, Message, ToolCall, ToolDefinition
from tercet.store.vector_texts import words_of

MIN_SHOWN = 300
"""Characters that every call may show the model."""
MAX_QUERY_CHARACTERS = 1000


class HostedTool(Protocol):
    """One tool as one response uses it; it may hold what that response has found so far."""

    @property
    def definition(self) -> ToolDefinition:
        """The tool as the model is offered it."""

    @property
    def kind(self) -> str:
        """What its steps are called in the journal."""

    @property
    def max_calls(self) -> int:
        """After so many calls of its kind it is withdrawn where the client names no number."""

    @property
    def is_spent(self) -> bool:
        """Whether a further call would bring nothing, so that the model must answer."""

    def announced(self, call_id: str) -> HostedItem | None:
        """Return the item of a call whose arguments are still to come; None: it is shown only once they are known."""

    def begun(self, call: ToolCall) -> HostedItem:
        """Return the item of a call before it is made."""

    def waiting(self, call: ToolCall) -> McpApprovalRequest | None:
        """Return what asks the client to approve the call, where it must be asked."""

    def intent(self, call: ToolCall) -> object:
        """Return what the journal is told before the call is made; the same whenever the same call is made again."""

    def unknown(self, call: ToolCall) -> HostedItem | None:
        """Return the outcome of a call that was begun and of which no outcome is known; None: it is made again."""

    async def run(self, call: ToolCall, max_characters: int, key: str) -> HostedItem:
        """Make the call and show the model at most so many characters; what fails is an outcome too.

        `key` is the same whenever this call is tried again, and no other call's. Raises `StoreFailed`.
        """

    def take(self, item: HostedItem) -> None:
        """Remember what a call brought, made now or before."""


class Queries:
    """The queries of one response, to one tool."""

    def __init__(self, items: Sequence[Item]) -> None:
        """`items` are the conversation: the user's words stand in for a query that says nothing."""
        self._items = items
        self._made: set[str] = set()
        self.is_repeating = False
        """Whether the last one was made before, so that the model has read what there is."""

    def of(self, call: ToolCall) -> str:
        """Return what the model looks for."""
        try:
            query = str(msgspec.json.decode(call.arguments, type=dict[str, object]).get("query", ""))
        except msgspec.DecodeError:
            query = ""
        if len("".join(words_of(query))) < 2:
            query = next(filter(None, map(_users_words, reversed(self._items))), query)
        return query.strip()[:MAX_QUERY_CHARACTERS] or " "

    def note(self, query: str) -> None:
        """Remember a query that was made."""
        self.is_repeating = query in self._made
        self._made.add(query)


def _users_words(item: Item) -> str:
    return item.text.strip() if isinstance(item, Message) and item.role == "user" else ""
