"""The child's way out: results of all requests, gathered and written as twenty frames a second.

A token that follows closely on a write waits for the next one; the first token of a request, and its end, do not.
"""

import socket
import threading
from typing import Any

from tercet.engine import wire

PACE_S = 0.05
"""Least time between two writes that only bring more tokens; models of fewer than 20 tokens a second never wait for it.
A write costs both processes some half a millisecond of CPU, in which a small model decodes a token: what streaming
takes from a fast model is the number of writes, and twenty a second still read as a flow."""


class Outbox:
    """Thread-safe; messages of one request leave in the order in which they were put."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._messages: list[Any] = []
        self._texts: dict[int, list[str]] = {}
        self._started: set[int] = set()
        self._has_some = threading.Event()
        self._is_urgent = threading.Event()
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, message: Any) -> None:
        """Send `message` with the next frame."""
        with self._lock:
            self._messages.append(message)
        self._has_some.set()

    def put_text(self, request_id: int, text: str) -> None:
        """Send one token's text; texts of one request that leave together leave joined."""
        with self._lock:
            texts = self._texts.get(request_id)
            if texts is not None:
                texts.append(text)
                return
            self._texts[request_id] = [text]
        if request_id not in self._started:
            self._started.add(request_id)
            self._is_urgent.set()
        self._has_some.set()

    def put_last(self, message: Any) -> None:
        """Send the last message of a request, now."""
        with self._lock:
            texts = self._texts.pop(message.id, None) if hasattr(message, "id") else None
            if texts:
                self._messages.append(wire.Tokens(message.id, "".join(texts)))
            self._messages.append(message)
        self._started.discard(getattr(message, "id", -1))
        self._is_urgent.set()
        self._has_some.set()

    def _take(self) -> list[Any]:
        with self._lock:
            messages, self._messages = self._messages, []
            texts, self._texts = self._texts, {}
        messages += [wire.Tokens(key, "".join(parts)) for key, parts in texts.items()]
        return messages

    def _write(self) -> None:
        try:
            while True:
                self._has_some.wait()
                self._has_some.clear()
                self._is_urgent.clear()  # by now for what is taken below; what is urgent later sets it again
                if messages := self._take():
                    self._connection.sendall(wire.frame(messages))
                self._is_urgent.wait(PACE_S)
        except OSError:
            return  # the parent is gone; the reading side ends the process
