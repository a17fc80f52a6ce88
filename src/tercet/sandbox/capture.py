"""Reading what a process writes without being drowned: the start and the end are kept, the rest is counted."""

import asyncio
import os
from collections import deque
from collections.abc import Callable

from tercet.sandbox.base import MB, Captured, Limits

_PIECE = 65_536


class Capture:
    """One output stream of a process, read as it comes. Give `writer` to the process, then close it here."""

    def __init__(self, limits: Limits) -> None:
        """Open a pipe."""
        self.on_flood: Callable[[], None] = _ignore
        """Called when more came than anybody would read."""

        self._half = limits.output_kb * 1000 // 2
        self._flood = limits.flood_mb * MB
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._reset()

    def start(self) -> None:
        """Begin to read; the process has the writing end by now."""
        self.close_writer()
        self._loop.add_reader(self._reader, self._on_readable)

    def close_writer(self) -> None:
        """Close this side's writing end, so that the end of the process is the end of the stream."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def take(self) -> Captured:
        """Return everything that was written before now, and begin anew."""
        while not self._ended.is_set() and self._read_once():
            pass
        captured = Captured(bytes(self._head), b"".join(self._tail), self._num_cut)
        self._reset()
        return captured

    async def end(self) -> None:
        """Wait until no process holds the other end."""
        await self._ended.wait()

    def close(self) -> None:
        """Stop reading; idempotent."""
        self.close_writer()
        self._finish()
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1

    def _reset(self) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._num_cut = 0
        self._total = 0

    def _on_readable(self) -> None:
        self._read_once()

    def _read_once(self) -> bool:
        """Read a piece; tell whether there may be more at once."""
        if self._reader < 0:
            return False
        try:
            piece = os.read(self._reader, _PIECE)
        except BlockingIOError:
            return False
        if not piece:
            self._finish()
            return False
        self._keep(piece)
        return self._total < self._flood

    def _finish(self) -> None:
        if not self._ended.is_set():
            self._loop.remove_reader(self._reader)
            self._ended.set()

    def _keep(self, piece: bytes) -> None:
        before, self._total = self._total, self._total + len(piece)
        if before < self._flood <= self._total:
            self.on_flood()
        room = self._half - len(self._head)
        self._head += piece[:room] if room > 0 else b""
        rest = piece[max(room, 0) :][-self._half :]
        self._num_cut += len(piece) - max(min(room, len(piece)), 0) - len(rest)
        if rest:
            self._tail.append(rest)
            self._tail_bytes += len(rest)
        while self._tail_bytes > self._half:
            excess = self._tail_bytes - self._half
            oldest = self._tail.popleft()
            if len(oldest) > excess:
                self._tail.appendleft(oldest[excess:])
            dropped = min(excess, len(oldest))
            self._tail_bytes -= dropped
            self._num_cut += dropped


def _ignore() -> None:
    pass
