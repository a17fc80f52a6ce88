"""A certificate authority of one guard: it signs for the hosts that credentials are for, and for no others.

Its key exists in this process only, as long as the guard; whoever trusts it trusts it for those hosts alone, which
its certificate says itself (name constraints).
"""

import ipaddress
import os
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_VALID = timedelta(days=90)
_SKEW = timedelta(days=1)


class Authority:
    """Makes a server's certificate for each host that is asked for."""

    def __init__(self, domains: Iterable[str]) -> None:
        """Sign for `domains`: names with what is below them, and IPv4 addresses."""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tercet egress guard of one session")])
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._certificate = self._signed(
            self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0), _constraints(domains)
        )

    @property
    def pem(self) -> str:
        """The authority's certificate, which holds nothing secret."""
        return _pem(self._certificate).decode("ascii")

    def context(self, host: str) -> ssl.SSLContext:
        """Return what a guard needs to speak as `host`."""
        if host not in self._contexts:
            self._contexts[host] = self._context(host)
        return self._contexts[host]

    def _context(self, host: str) -> ssl.SSLContext:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_general_name(host)])
        certificate = self._signed(x509.Name([]), key.public_key(), x509.BasicConstraints(False, None), names)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        _load(context, _pem(certificate) + secret)
        return context

    def _signed(
        self, subject: "x509.Name", key: "ec.EllipticCurvePublicKey", *extensions: "x509.ExtensionType"
    ) -> "x509.Certificate":
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import ExtendedKeyUsageOID

        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + _VALID)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        is_authority = subject == self._name
        usage = x509.KeyUsage(
            digital_signature=not is_authority,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=is_authority,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
        if not is_authority:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
            builder = builder.add_extension(purpose, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def system_authorities() -> str:
    """Return the certificates that this machine trusts, as PEM."""
    paths = ssl.get_default_verify_paths()
    for file in (paths.cafile, paths.openssl_cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if file and Path(file).is_file():
            return Path(file).read_text(encoding="utf-8", errors="replace")
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in found)


def _constraints(domains: Iterable[str]) -> "x509.NameConstraints":
    from cryptography import x509

    permitted = [_general_name(domain, is_subtree=True) for domain in domains]
    excluded: list[x509.GeneralName] = []
    if not any(isinstance(name, x509.DNSName) for name in permitted):
        permitted.append(x509.DNSName("invalid"))  # or names would be left out of the constraint
    if not any(isinstance(name, x509.IPAddress) for name in permitted):
        excluded.append(x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")))
    excluded.append(x509.IPAddress(ipaddress.ip_network("::/0")))
    return x509.NameConstraints(permitted, excluded)


def _general_name(host: str, *, is_subtree: bool = False) -> "x509.GeneralName":
    from cryptography import x509

    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return x509.DNSName(host)
    return x509.IPAddress(ipaddress.ip_network(f"{address}/32") if is_subtree else address)


def _pem(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)


def _load(context: ssl.SSLContext, chain: bytes) -> None:
    """Give a context its certificate and key, which the standard library takes from files only: one in memory."""
    file = os.memfd_create("tercet-leaf", os.MFD_CLOEXEC)
    try:
        os.write(file, chain)
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
