"""The child's way out: what may wait for the next frame, and what may not."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tercet.engine import outbox as module
from tercet.engine import wire
from tercet.engine.outbox import Outbox

NEVER_S = 60.0
"""A pace that no test lives to see: what arrives all the same did not wait."""
SOON_S = 20.0


class Parent:
    """The other end of the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unframer = wire.Unframer(wire.Reply)

    def receive(self, timeout_s: float = SOON_S) -> list[Any]:
        """Return the messages of what comes next. Raises `TimeoutError`."""
        self._connection.settimeout(timeout_s)
        messages: list[Any] = []
        while not messages:
            messages = self._unframer.feed(self._connection.recv(1 << 16))
        return messages


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Outbox, Parent]]:
    monkeypatch.setattr(module, "PACE_S", NEVER_S)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Outbox(ours), Parent(theirs)
        theirs.shutdown(socket.SHUT_RDWR)


def test_the_first_token_of_each_request_and_every_end_leave_at_once(ends: tuple[Outbox, Parent]) -> None:
    outbox, parent = ends
    outbox.put_text(1, "a")
    assert parent.receive() == [wire.Tokens(1, "a")]
    outbox.put_text(2, "x")
    assert parent.receive() == [wire.Tokens(2, "x")]
    outbox.put_last(wire.Ended(1, "stop"))
    assert parent.receive() == [wire.Ended(1, "stop")]


def test_tokens_that_follow_wait_and_leave_joined(ends: tuple[Outbox, Parent]) -> None:
    outbox, parent = ends
    outbox.put_text(1, "a")
    parent.receive()
    for text in "bcd":
        outbox.put_text(1, text)
    with pytest.raises(TimeoutError):
        parent.receive(0.3)
    outbox.put_last(wire.Ended(1, "length"))
    assert parent.receive() == [wire.Tokens(1, "bcd"), wire.Ended(1, "length")]


def test_an_end_takes_along_what_others_have_waiting(ends: tuple[Outbox, Parent]) -> None:
    outbox, parent = ends
    for number in (1, 2):
        outbox.put_text(number, "a")
        parent.receive()
    outbox.put_text(2, "b")
    outbox.put_last(wire.Ended(1, "stop"))
    assert parent.receive() == [wire.Ended(1, "stop"), wire.Tokens(2, "b")]
