"""The engine's child process with one message more: complete requests directly, with nothing of ours between.

`benchmarks/engine.py` starts it in the place of `tercet.engine.child`, so that both drives meet the same loaded model
in the same process: two processes of one program differ by several per cent in speed, by where their memory lies.
"""

import threading
import time
from typing import Any

import msgspec

from tercet.engine import child, wire

DIRECT_PATH = "/direct"


class _Usage(msgspec.Struct):
    total_tokens: int


class _LastChunk(msgspec.Struct):
    usage: _Usage


class DirectChild(child.Child):
    """Answers `DIRECT_PATH` itself; everything else is the engine's."""

    def handle(self, message: Any) -> None:
        if isinstance(message, wire.Call) and message.path == DIRECT_PATH:
            threading.Thread(target=self._drive, args=(message,), daemon=True).start()
        else:
            super().handle(message)

    def _drive(self, message: wire.Call) -> None:
        """Answer with the tokens of prompts and answers, and the seconds from the first call to the last end."""
        bodies = msgspec.msgpack.decode(message.body, type=list[bytes])
        totals: list[int] = []
        threads = [threading.Thread(target=self._complete, args=(body, totals)) for body in bodies]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        measured = (sum(totals), time.perf_counter() - started)
        self.outbox.put_last(wire.Answer(message.id, 200, msgspec.msgpack.encode(measured)))

    def _complete(self, body: bytes, totals: list[int]) -> None:
        """A thread per request, whose callback keeps the last event and does nothing else."""
        last = [b""]

        def on_chunk(chunk: bytes) -> bool:
            last[0] = chunk
            return False

        self.server.handle_completions(body, on_chunk)
        totals.append(msgspec.json.decode(last[0], type=_LastChunk).usage.total_tokens)


if __name__ == "__main__":
    child.Child = DirectChild  # type: ignore[misc]
    child.main()
