"""Runs inside the sandbox around a command: carries connections from 127.0.0.1 to the proxy's Unix socket.

relay.py SOCKET COMMAND … ends as the command ends. Uses the standard library alone.
"""

import functools
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

PORT = 3128
_PIECE = 65_536


class Side:
    """One socket of a connection: what it says goes to the other side, and waits until that takes it."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.unsent = b""
        """What the other side said and this one has not taken yet."""

        self.has_ended = False


class Relay:
    """One selector over the listener, the news of an ended child, and two sides for each connection."""

    def __init__(self, proxy: str) -> None:
        self._proxy = proxy
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", PORT), backlog=64)
        self._listener.setblocking(False)
        self._watch(self._listener, selectors.EVENT_READ, lambda _: self._accept())
        self._wake, self._wakeup = socket.socketpair()
        self._wake.setblocking(False)
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._watch(self._wake, selectors.EVENT_READ, lambda _: self._wake.recv(64))

    def run(self, child: int) -> int:
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            for key, mask in self._selector.select():
                try:
                    key.data(mask)
                except OSError:
                    pass

    def _watch(self, connection: socket.socket, events: int, callback: Callable[[int], Any]) -> None:
        """Call `callback` on `events` of a socket, which replaces what was called before; nothing on no events."""
        if connection.fileno() < 0:  # closed by what came before in the same round
            return
        is_known = connection.fileno() in self._selector.get_map()
        if not events:
            if is_known:
                self._selector.unregister(connection)
        elif is_known:
            self._selector.modify(connection, events, callback)
        else:
            self._selector.register(connection, events, callback)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(self._proxy)
        except OSError:
            upstream.close()
            client.close()
            return
        self._attend(Side(client), Side(upstream))

    def _attend(self, one: Side, other: Side) -> None:
        """Wait for what the two sides can do next; both are closed when neither can do anything."""
        if one.has_ended and other.has_ended and not one.unsent and not other.unsent:
            self._close(one, other)
            return
        for side, peer in ((one, other), (other, one)):
            events = 0 if side.has_ended or peer.unsent else selectors.EVENT_READ
            events |= selectors.EVENT_WRITE if side.unsent else 0
            self._watch(side.socket, events, functools.partial(self._serve, side, peer))

    def _serve(self, side: Side, peer: Side, mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                self._send(side, peer)
            if mask & selectors.EVENT_READ and not peer.unsent:
                peer.unsent = side.socket.recv(_PIECE)
                side.has_ended = not peer.unsent
                self._send(peer, side)
        except BlockingIOError:
            pass
        except OSError:
            self._close(side, peer)
            return
        self._attend(side, peer)

    @staticmethod
    def _send(side: Side, peer: Side) -> None:
        """Give a side what waits for it, and after the last of it the end."""
        if side.unsent:
            try:
                side.unsent = side.unsent[side.socket.send(side.unsent) :]
            except BlockingIOError:
                return
        if peer.has_ended and not side.unsent:
            side.socket.shutdown(socket.SHUT_WR)

    def _close(self, *sides: Side) -> None:
        for side in sides:
            self._watch(side.socket, 0, lambda _: None)
            side.socket.close()


def main() -> None:
    relay = Relay(sys.argv[1])
    argv = sys.argv[2:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the command, which shares the group
    try:
        child = os.posix_spawnp(argv[0], argv, os.environ, setsigdef=[signal.SIGINT])
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")
    status = relay.run(child)
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
