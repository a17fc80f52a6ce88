"""What is known of a turn while its steps are written down, and the transaction that writes them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tercet.agents.thread import Thread
from tercet.service.sessions.budget import Hold as Reserved
from tercet.service.sessions.live import Live
from tercet.service.sessions.loading import Progress
from tercet.service.sessions.shortening import Shortening
from tercet.service.sessions.snapshots import Seen, Taken
from tercet.service.sessions.toolbox import Kit
from tercet.sessions.turns import (
    Artifact,
    Call,
    SessionItem,
    TurnRecord,
)
from tercet.store.base import Lease, LedgerEntry
from tercet.store.sessions import SessionStore
from tercet.store.sessions_edit import SessionEdit
from tercet.store.sessions_edit_items import ROOT

T = TypeVar("T")


Operation = Callable[[SessionEdit], None]


class Recording:
    """A turn that one worker has, and what was prepared to be written of it."""

    def __init__(
        self,
        store: SessionStore,
        live: Live,
        lease: Lease,
        turn: TurnRecord,
        thread: Thread,
        kit: Kit,
        progress: Progress,
        items: list[SessionItem],
        num_signals: int,
        take_entries: Callable[[], list[LedgerEntry]],
        shortening: Shortening | None = None,
    ) -> None:
        """Record what happens to `thread` in `turn`; `items` are those of the turn so far."""
        self._store = store
        self._live = live
        self._lease = lease
        self.turn = turn
        self._thread = thread
        self._toolset = kit.toolset
        self._kit = kit
        self._progress = progress
        self._num_signals = num_signals
        self._num_heard = -1
        """The session's signals when the inbox was emptied last: without another one nothing was left there since."""
        self._take_entries = take_entries
        self._operations: list[Operation] = []
        self._calls = {item.content.call_id: item for item in items if isinstance(item.content, Call)}
        self._steps = dict(progress.open_calls)
        self._model_step: int | None = None
        self._reserved = 0.0
        self._is_limited = False
        self.estimate: Callable[[], Awaitable[Reserved]]
        """Finds out what the next model call may cost at most."""
        self._shortening = shortening
        self._summary_step = 0
        self._summary_reserved = 0.0
        self.expires_s = 86_400
        """Seconds after which a request for approval counts as denied."""
        self.reserve: Reserved | None = None
        """What the next model call may cost at most; None: nothing is reserved."""
        self.is_over = False
        """The turn has ended, or waits."""
        self.is_stale = False
        """Something happened while the turn was about to wait: it is to be read again."""
        self.taken: Taken | None = None
        """The workspace as it is before the model is asked, to be kept with that step."""
        self._seen: Seen | None = None
        self.artifacts: list[Artifact] = []
        """Files that are published together with the turn's end."""
        self.budget_usd: float | None = None
        """Of a subagent: what its turns may cost."""

    @property
    def num_output(self) -> int:
        """The index of the next output item."""
        return self._progress.num_output

    @property
    def thread_id(self) -> str:
        """Whose thread this is."""
        return self.turn.subagent_id or ROOT

    def _next_number(self) -> int:
        number = self._progress.next_number
        self._progress.next_number += 1
        return number

    async def _flush(self, last: Callable[[SessionEdit], T] | None = None) -> T | None:
        """Write what was prepared, and `last`, in one transaction; return what `last` returned."""
        operations, self._operations = self._operations, []

        def work(edit: SessionEdit) -> T | None:
            for operation in operations:
                operation(edit)
            return last(edit) if last is not None else None

        if not operations and last is None:
            return None
        value, told = await self._store.edit(self.turn.session_id, work, lease=self._lease)
        self._live.publish(self.turn.session_id, told)
        return value
