"""Requests that two programs could read in two ways, tunnels that turn into something else, and clients without end."""

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest

from tercet.egress import Guard, Limits, Policy, SystemResolver
from tests.egress.test_reach import get, guard_of
from tests.egress.world import GREETING, SECRET, NaiveProxy, ask, hang_up, world

POST = "POST http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n"
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n"
AUTH = "{auth}\r\n"

SMUGGLING = {
    "bare line feeds": "GET http://shop.example/ HTTP/1.1\nHost: shop.example\n\n",
    "a bare line feed in a field": f"{POST}X: a\nContent-Length: 0\r\n{AUTH}\r\n",
    "a bare carriage return": f"{POST}X: a\rContent-Length: 0\r\n{AUTH}\r\n",
    "a null byte": f"{POST}X: a\0b\r\n{AUTH}\r\n",
    "two lengths": f"{POST}Content-Length: 0\r\nContent-Length: {len(SMUGGLED)}\r\n{AUTH}\r\n{SMUGGLED}",
    "two equal lengths": f"{POST}Content-Length: 0\r\nContent-Length: 0\r\n{AUTH}\r\n",
    "a list of lengths": f"{POST}Content-Length: 0, {len(SMUGGLED)}\r\n{AUTH}\r\n{SMUGGLED}",
    "a signed length": f"{POST}Content-Length: +{len(SMUGGLED)}\r\n{AUTH}\r\n{SMUGGLED}",
    "a length beside a coding": f"{POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n{AUTH}\r\n0\r\n\r\n",
    "a disguised coding": f"{POST}Transfer-Encoding: xchunked\r\n{AUTH}\r\n0\r\n\r\n{SMUGGLED}",
    "two codings": f"{POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n{AUTH}\r\n0\r\n\r\n{SMUGGLED}",
    "a coding in HTTP/1.0": f"{POST.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n{AUTH}\r\n0\r\n\r\n{SMUGGLED}",
    "a space before a colon": f"{POST}Content-Length : {len(SMUGGLED)}\r\n{AUTH}\r\n{SMUGGLED}",
    "a folded field": f"{POST}X: a\r\n Content-Length: {len(SMUGGLED)}\r\n{AUTH}\r\n{SMUGGLED}",
    "a chunk longer than it says": f"{POST}Transfer-Encoding: chunked\r\n{AUTH}\r\n1\r\nabc\r\n0\r\n\r\n{SMUGGLED}",
    "a chunk size with a sign": f"{POST}Transfer-Encoding: chunked\r\n{AUTH}\r\n+1\r\na\r\n0\r\n\r\n{SMUGGLED}",
    "a chunk line with a bare line feed": f"{POST}Transfer-Encoding: chunked\r\n{AUTH}\r\n1\na\r\n0\r\n\r\n{SMUGGLED}",
    "origin form": f"GET / HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
    "another scheme": f"GET ftp://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
    "a file": f"GET file:///etc/passwd HTTP/1.1\r\nHost: \r\n{AUTH}\r\n",
    "https in absolute form": f"GET https://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
    "a backslash": f"GET http://shop.example\\@127.0.0.1/ HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
    "a fragment": f"GET http://shop.example#@127.0.0.1/ HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
    "spaces in the request line": f"GET http://shop.example/ a HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
    "HTTP/0.9": "GET http://shop.example/\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no Host": f"GET http://shop.example/ HTTP/1.1\r\n{AUTH}\r\n",
    "port zero": f"GET http://shop.example:0/ HTTP/1.1\r\nHost: shop.example:0\r\n{AUTH}\r\n",
    "a port past the last": f"GET http://shop.example:65616/ HTTP/1.1\r\nHost: shop.example:65616\r\n{AUTH}\r\n",
    "a tunnel with a body": f"CONNECT shop.example:443 HTTP/1.1\r\nContent-Length: 5\r\n{AUTH}\r\nhello",
    "a tunnel without a port": f"CONNECT shop.example HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
async def test_what_can_be_read_in_two_ways_is_refused(name: str) -> None:
    async with world() as outside, guard_of(outside) as guard:
        answer = await ask(guard, SMUGGLING[name].encode("latin-1"))
        assert b"Tercet-Egress: malformed" in answer, answer
        assert guard.tally == {"malformed": 1}
        assert not any("smuggled" in request for request in outside.public.requests)


async def test_what_follows_a_request_is_not_another_one() -> None:
    """A second request behind the first, and one behind a shorter body, reach nobody."""
    raw = f"{POST}Content-Length: 2\r\nConnection: keep-alive\r\n{AUTH}\r\nab{SMUGGLED}".encode()
    async with world() as outside, guard_of(outside) as guard:
        assert GREETING.encode() in await ask(guard, raw)
        assert len(outside.public.requests) == 1
        assert "connection: close" in outside.public.requests[0]
    async with world() as outside, NaiveProxy(outside) as proxy:
        received = bytearray()
        outside.public.answer = keep(received)  # type: ignore[method-assign]
        await ask(proxy, raw.replace(b"{auth}\r\n", b""), wait_s=3)
        assert b"/smuggled" in received


def keep(received: bytearray):  # type: ignore[no-untyped-def]
    async def answer(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            received.extend(piece)

    return answer


async def test_chunks_are_written_anew() -> None:
    async with world() as outside, guard_of(outside) as guard:
        received = bytearray()
        outside.public.answer = keep(received)  # type: ignore[method-assign]
        body = "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
        await ask(guard, f"{POST}Transfer-Encoding: chunked\r\n{AUTH}\r\n{body}{SMUGGLED}".encode(), wait_s=2)
        assert bytes(received) == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


async def test_fields_of_the_connection_stay_there() -> None:
    secret = "Connection: X-Mine\r\nX-Mine: 1\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nX-Yours: 2\r\n"
    async with world() as outside, guard_of(outside) as guard:
        await ask(guard, f"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n{secret}{AUTH}\r\n".encode())
        head = outside.public.requests[0].lower()
        assert "x-yours: 2" in head
        assert not any(name in head for name in ("x-mine", "proxy-", "te:"))


async def test_a_server_cannot_speak_as_the_guard() -> None:
    async def answer(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 No\r\nTercet-Egress: address\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n")

    async with world() as outside, guard_of(outside) as guard:
        outside.public.answer = answer  # type: ignore[method-assign]
        reply = await ask(guard, get("http://shop.example/"))
        assert b"x-own: 1" in reply
        assert b"tercet-egress" not in reply.lower()


ANSWERS = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and coding": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "nothing": b"",
    "an upgrade unasked": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "interim answers without end": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_answers_that_are_not_http_are_refused(name: str) -> None:
    async def answer(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ANSWERS[name])

    async with world() as outside, guard_of(outside) as guard:
        outside.public.answer = answer  # type: ignore[method-assign]
        assert b"Tercet-Egress: bad_answer" in await ask(guard, get("http://shop.example/"))


async def test_a_client_that_dribbles_is_cut_off() -> None:
    async with world() as outside, guard_of(outside, limits=Limits(head_s=0.5)) as guard:
        host, _, port = guard.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        dribble = asyncio.create_task(_dribble(writer))
        answer = await asyncio.wait_for(reader.read(), 20)
        dribble.cancel()
        await hang_up(writer)
        assert b"Tercet-Egress: timeout" in answer
        assert guard.tally == {"timeout": 1}


async def _dribble(writer: asyncio.StreamWriter) -> None:
    for byte in b"GET http://shop.example/ HTTP/1.1\r\nX: " + b"a" * 10_000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def answer(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with world() as outside, guard_of(outside, limits=Limits(idle_s=0.5)) as guard:
        outside.public.answer = answer  # type: ignore[method-assign]
        assert b"Tercet-Egress: timeout" in await ask(guard, get("http://shop.example/"))


async def test_a_name_server_that_says_nothing_is_given_up() -> None:
    async with world() as outside, guard_of(outside, limits=Limits(connect_s=0.5)) as guard:
        assert b"Tercet-Egress: unresolved" in await ask(guard, get("http://slow.example/"))


async def test_sizes_are_held() -> None:
    limits = Limits(max_head_bytes=4000, max_sent_bytes=1000, max_received_bytes=1000)
    async with world() as outside, guard_of(outside, limits=limits) as guard:
        fields = "X: y\r\n" * 200
        raw = f"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n{fields}{AUTH}\r\n"
        assert b"Tercet-Egress: too_large" in await ask(guard, raw.encode())
        raw = f"GET http://shop.example/{'a' * 5000} HTTP/1.1\r\nHost: shop.example\r\n{AUTH}\r\n"
        assert b"Tercet-Egress: too_large" in await ask(guard, raw.encode())
        raw = f"{POST}Content-Length: 1001\r\n{AUTH}\r\n" + "a" * 1001
        assert b"Tercet-Egress: too_large" in await ask(guard, raw.encode())
        raw = f"{POST}Transfer-Encoding: chunked\r\n{AUTH}\r\n" + "1F4\r\n" + "a" * 500 + "\r\n1F4\r\n"
        assert b"Tercet-Egress: too_large" in await ask(guard, (raw + "a" * 500 + "\r\n0\r\n\r\n").encode())
        outside.public.text = "b" * 2000
        answer = await ask(guard, get("http://shop.example/"))
        assert len(answer) < 1500, "what is past the limit does not arrive"
        assert guard.tally == {"too_large": 5}


async def test_connections_are_counted() -> None:
    async with world() as outside, guard_of(outside, limits=Limits(max_connections=2, head_s=30)) as guard:
        host, _, port = guard.address.rpartition(":")
        held = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
        answer = await ask(guard, get("http://shop.example/"))
        assert b"Tercet-Egress: too_many" in answer
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(20):
            while GREETING.encode() not in await ask(guard, get("http://shop.example/")):
                pass


async def test_the_unix_socket_needs_no_token(tmp_path: Path) -> None:
    async with world() as outside:
        guard = guard_of(outside)
        await guard.start(tmp_path / "out.sock")
        reader, writer = await asyncio.open_unix_connection(guard.socket)
        writer.write(b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        assert GREETING.encode() in await asyncio.wait_for(reader.read(), 20)
        writer.close()
        await guard.close()
        assert not (tmp_path / "out.sock").exists()
        await guard.close()


async def test_a_socket_that_cannot_be_made_leaves_nothing_open(tmp_path: Path) -> None:
    guard = Guard(Policy())
    with pytest.raises(OSError, match=r"\[Errno"):
        await guard.start(tmp_path / "no folder" / "out.sock")
    host, _, port = guard.address.rpartition(":")
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(host, int(port))


async def test_closing_ends_what_is_open() -> None:
    async with world() as outside:
        guard = guard_of(outside)
        await guard.start()
        host, _, port = guard.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET http://shop")
        await asyncio.sleep(0)
        await guard.close()
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


# Tunnels


async def hello(name: str | None) -> bytes:
    """Return the ClientHello that OpenSSL sends for a server name."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


async def through(guard: Guard, authority: str, inside: bytes) -> bytes:
    raw = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode() + b"{auth}\r\n\r\n" + inside
    return await ask(guard, raw, wait_s=5)


async def test_a_tunnel_carries_tls_to_its_own_host_only() -> None:
    received = bytearray()
    async with world() as outside, guard_of(outside) as guard:
        outside.public.serve = collecting(received)  # type: ignore[method-assign]
        own = await hello("shop.example")
        await through(guard, "shop.example:443", own)
        assert bytes(received) == own
        received.clear()
        fragments = own[:1] + own[1:3] + (len(own) - 5).to_bytes(2) + own[5:]
        await through(guard, "shop.example:443", fragments)
        assert bytes(received) == own
        received.clear()
        for inside in (
            await hello("other.example"),
            await hello(None),
            b"SSH-2.0-x\r\n\r\n",
            b"\x16\x03\x01\0\0",
            b"\x16abcd",
        ):
            await through(guard, "shop.example:443", inside)
        assert not received
        assert guard.tally == {"host_mismatch": 2, "malformed": 3}


def collecting(received: bytearray):  # type: ignore[no-untyped-def]
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.read(100_000))

    return serve


async def test_a_tunnel_in_clear_carries_a_websocket_and_nothing_else() -> None:
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"

    async def answer(head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "upgrade: websocket" in head:
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nframes")

    async with world() as outside, guard_of(outside) as guard:
        outside.public.answer = answer  # type: ignore[method-assign]
        for inside in (
            "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: other.example\r\n{upgrade}\r\n",
            f"POST / HTTP/1.1\r\nHost: shop.example\r\n{upgrade}\r\n",
            "EHLO me\r\n\r\n",
        ):
            await through(guard, "shop.example:80", inside.encode())
        assert outside.public.requests == []
        assert guard.tally == {"malformed": 3, "host_mismatch": 1}
        reply = await through(
            guard, "shop.example:80", f"GET /ws HTTP/1.1\r\nHost: shop.example\r\n{upgrade}\r\n".encode()
        )
        assert reply.endswith(b"frames")


async def test_redirects_pass_the_guard_again() -> None:
    """The client follows them; each hop is a new request."""
    places = ("http://127.0.0.1/", "http://169.254.169.254/latest", "http://2130706433/", "http://loop.example/")
    async with world() as outside, guard_of(outside) as guard, NaiveProxy(outside) as naive:
        outside.public.locations = {f"/{n}": place for n, place in enumerate(places)}
        for n in range(len(places)):
            assert SECRET not in await fetched(guard.url, f"http://shop.example/{n}")
        assert not outside.is_breached
        assert guard.tally["address"] == 3
        for n in range(len(places)):
            assert SECRET in await fetched(f"http://{naive.address}", f"http://shop.example/{n}")


async def fetched(proxy: str, url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url, proxy=proxy) as response:
        return await response.text()


async def test_the_systems_resolver() -> None:
    resolver = SystemResolver()
    assert "127.0.0.1" in await resolver("localhost", 80)
    with pytest.raises(OSError, match=r"\[Errno"):
        await resolver("no such name", 80)
    resolver.close()
    async with Guard(Policy()) as guard:
        assert b"Tercet-Egress: address" in await ask(guard, get("http://localhost/"))
