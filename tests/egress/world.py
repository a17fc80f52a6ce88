"""A small Internet on loopback: public hosts, a private victim, a resolver, and a naive proxy as the control.

Only the resolver and the last hop are stand-ins. Public addresses lead to a public server, every other address to the
victim, so that whatever gets past the checks is seen to arrive.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tercet.egress.addresses import special_kind

SECRET = "the-victims-secret"
GREETING = "hello from outside"
PUBLIC = "93.184.216.34"
OTHER = "93.184.216.35"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

NAMES: dict[str, list[list[str]]] = {
    "shop.example": [[PUBLIC]],
    "www.shop.example": [[PUBLIC]],
    "other.example": [[OTHER]],
    "six.example": [["2606:2800:220:1::1"]],
    "inside.example": [["10.0.0.7"]],
    "loop.example": [["127.0.0.1"]],
    "meta.example": [["169.254.169.254"]],
    "mixed.example": [[PUBLIC, "127.0.0.1"]],
    "mixed6.example": [[PUBLIC, "::1"]],
    "mapped.example": [["::ffff:10.0.0.7"]],
    "nat64.example": [["64:ff9b::7f00:1"]],
    "rebind.example": [[PUBLIC], ["127.0.0.1"]],
    "rebound.example": [["127.0.0.1"], [PUBLIC]],
    "garbage.example": [["not an address"]],
}
"""Name → the answers that it gives one after the other; the last one stays."""


class Listener:
    """A TCP server on a free loopback port that leaves nothing behind when closed."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.num_connections = 0

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.num_connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.serve(reader, writer)
        finally:
            self._tasks.discard(task)
            await hang_up(writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection and wait until it is."""
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


class Host(Listener):
    """A server that answers every request with one text and remembers what it was asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.requests: list[str] = []
        self.locations: dict[str, str] = {}
        self.pages: dict[str, tuple[str, bytes]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.requests.append(head)
        await self.answer(head, reader, writer)
        await writer.drain()

    async def answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = head.split(" ")[1]
        if path in self.locations:
            writer.write(
                f"HTTP/1.1 302 Found\r\nLocation: {self.locations[path]}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return
        kind, body = self.pages.get(path.partition("?")[0], ("text/plain", self.text.encode()))
        cors = "Access-Control-Allow-Origin: *\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{cors}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)


class World:
    """The hosts, and the two functions through which a proxy sees them."""

    def __init__(self) -> None:
        self.public = Host(GREETING)
        self.victim = Host(SECRET)
        self.connected: list[tuple[str, int]] = []
        self.asked: list[str] = []

    async def resolve(self, name: str, port: int) -> Sequence[str]:
        """Answer from `NAMES`, in turn; a slow name never answers."""
        self.asked.append(name)
        if name == "slow.example":
            await asyncio.sleep(3600)
        answers = NAMES.get(name)
        if answers is None:
            raise OSError("no such name")
        turn = self.asked.count(name) - 1
        return answers[min(turn, len(answers) - 1)]

    async def connect(self, address: str, port: int, *, limit: int = 65_536) -> Streams:
        """Lead public addresses to the public server, and all others to the victim."""
        self.connected.append((address, port))
        host = self.public if special_kind(ip_address(address)) is None else self.victim
        return await asyncio.open_connection("127.0.0.1", host.port, limit=limit)

    @property
    def is_breached(self) -> bool:
        """Whether anything reached the victim."""
        return bool(self.victim.requests)


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Start a world and stop it."""
    made = World()
    await made.public.start()
    await made.victim.start()
    try:
        yield made
    finally:
        await made.public.close()
        await made.victim.close()


class Proxy(Protocol):
    """What both the guard and the control are to a test."""

    @property
    def address(self) -> str: ...

    @property
    def token(self) -> str: ...


class NaiveProxy(Listener):
    """A forward proxy as written in an afternoon: it parses leniently, resolves when it needs to, and connects."""

    token = ""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> "NaiveProxy":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(Exception):
            await self._exchange(reader, writer)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [line.rstrip(b"\r\n") async for line in _head(reader)]
        method, target, _ = lines[0].decode("utf-8", "replace").split(" ", 2)
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            server = await self._dial(host, int(port))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            parts = urlsplit(target)  # the port is read from Host
            hosts = [line[5:].strip().decode() for line in lines if line.lower().startswith(b"host:")]
            host = (hosts[-1] if hosts else parts.netloc).rpartition("@")[2]
            name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
            server = await self._dial(name or host, int(port) if name and port else 80)
            rest = [line for line in lines[1:] if not line.lower().startswith(b"proxy-")]
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            server[1].write(b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), *rest, b"", b""]))
        try:
            await asyncio.gather(_pipe(reader, server[1]), _pipe(server[0], writer))
        finally:
            await hang_up(server[1])

    async def _dial(self, host: str, port: int) -> Streams:
        name = unquote(host).rpartition("@")[2].strip("[]").partition("%")[0]
        for address in await self._lookup(name):
            with contextlib.suppress(OSError):
                return await self._world.connect(address, port)
        raise OSError(name)

    async def _lookup(self, name: str) -> Sequence[str]:
        with contextlib.suppress(ValueError):
            return [str(ip_address(name))]
        with contextlib.suppress(OSError):  # octal, hexadecimal and short forms, as the C library reads them
            return [socket.inet_ntoa(socket.inet_aton(name))]
        with contextlib.suppress(OSError, UnicodeError):
            return [socket.inet_ntoa(socket.inet_aton(name.encode("idna").decode().rstrip(".")))]
        await self._world.resolve(name.rstrip("."), 0)  # to look at it
        return list(reversed(await self._world.resolve(name.rstrip("."), 0)))  # and again, to use it


async def _head(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while (line := await reader.readline()).strip():
        yield line


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def ask(proxy: Proxy, raw: bytes, *, wait_s: float = 20.0) -> bytes:
    """Send raw bytes to a proxy and return everything that comes back. `{auth}` becomes the token's header field."""
    import base64

    token = base64.b64encode(f"guard:{proxy.token}".encode())
    raw = raw.replace(b"{auth}", b"Proxy-Authorization: Basic " + token)
    host, _, port = proxy.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(raw)
        async with asyncio.timeout(wait_s):
            return await reader.read()
    except (OSError, TimeoutError):
        return b""
    finally:
        await hang_up(writer)
