"""What a tool may know of the call that it runs for, and how it says that its result comes later.

Set around each call by whoever runs it; a tool that does not ask is none the wiser.
"""

from collections.abc import Callable
from contextvars import ContextVar

import msgspec

from tercet.errors import ToolFailed


class CallContext(msgspec.Struct, frozen=True):
    """One call. `key` is the same whenever this call is tried again, and no other call's."""

    call_id: str
    key: str = ""
    tell: Callable[[str], None] | None = None
    """Takes text that the tool produces while it runs, for people who watch."""


CURRENT_CALL: ContextVar[CallContext | None] = ContextVar("current_call", default=None)


class NotYet(ToolFailed):
    """The result depends on something that has not happened; the call is to be made again once it may have."""

    code = "not_yet"
