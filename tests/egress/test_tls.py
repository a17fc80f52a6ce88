"""HTTPS through the guard, end to end: the client's TLS, its check of the certificate, and a server that answers."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tercet.egress import Guard, Policy
from tercet.errors import ToolFailed
from tercet.tools.guarded_http import GuardedHttp
from tests.egress.world import GREETING, Host, World

pytest.importorskip("cryptography", reason="makes the certificate; comes with the mcp extra")


class TlsHost(Host):
    """A host that speaks TLS."""

    def __init__(self, text: str, context: ssl.SSLContext) -> None:
        super().__init__(text)
        self._context = context

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._context)


def certificate(folder: Path, name: str) -> Path:
    """Write a self-signed certificate for `name` with its key, and return the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    clear = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, clear)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[World]:
    path = certificate(tmp_path, "shop.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    made = World()
    made.public = TlsHost(GREETING, context)
    await made.public.start()
    await made.victim.start()
    yield made
    await made.public.close()
    await made.victim.close()


async def test_https_passes(outside: World, tmp_path: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    async with Guard(Policy(), resolve=outside.resolve, connect=outside.connect) as guard:
        async with aiohttp.ClientSession() as session:
            response = await session.get("https://shop.example/", proxy=guard.url, ssl=trusting)
            assert await response.text() == GREETING
        assert guard.tally == {}
    assert outside.connected == [("93.184.216.34", 443)]


async def test_a_certificate_that_nobody_trusts_is_the_clients_to_refuse(outside: World) -> None:
    async with Guard(Policy(), resolve=outside.resolve, connect=outside.connect) as guard:
        with pytest.raises(ToolFailed, match="no valid certificate"):
            await GuardedHttp(guard).ask("GET", "https://shop.example/", max_bytes=100, timeout_s=20)
    assert outside.public.requests == []


async def test_a_refused_tunnel_says_why(outside: World) -> None:
    async with Guard(Policy(), resolve=outside.resolve, connect=outside.connect) as guard:
        with pytest.raises(ToolFailed, match=r"network policy refused https://loop\.example/: .* loopback, not public"):
            await GuardedHttp(guard).ask("GET", "https://loop.example/", max_bytes=100, timeout_s=20)
    assert outside.victim.num_connections == 0
