"""What a session's own tools change: prepared while the call runs, written in the transaction of its outcome.

So such a call takes effect exactly once, and may be made again whenever its outcome is not on disk.
"""

from collections.abc import Callable

from tercet.store.sessions_edit import SessionEdit
from tercet.tools.context import CURRENT_CALL

Effect = Callable[[SessionEdit], None]


class Effects:
    """The prepared changes of one turn, by call."""

    def __init__(self) -> None:
        self._by_call: dict[str, Effect] = {}

    def prepare(self, effect: Effect) -> None:
        """Have `effect` written with the outcome of the call that runs now."""
        context = CURRENT_CALL.get()
        assert context is not None, "tools of a session run inside a call"
        self._by_call[context.call_id] = effect

    def take(self, call_id: str) -> Effect | None:
        """Return what a call has prepared, and forget it."""
        return self._by_call.pop(call_id, None)
