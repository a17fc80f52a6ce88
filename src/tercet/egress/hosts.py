"""Reads who a client wants to reach, in the one way that leaves nothing to interpretation. Pure.

Programs disagree on what `0x7f.1`, `127.1`, `２１３` or `example.com.` name; whatever they disagree on is refused.
"""

import re
from ipaddress import IPv4Address, IPv6Address

import msgspec

from tercet.egress.addresses import Address
from tercet.egress.refusals import Refused

_MAX_NAME = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


class Target(msgspec.Struct, frozen=True):
    """A host and a port. `name` is lower case; for an address it is its canonical text without brackets."""

    name: str
    port: int
    address: Address | None = None

    @property
    def host(self) -> str:
        """The host as it stands in a URL, without the port."""
        return f"[{self.name}]" if isinstance(self.address, IPv6Address) else self.name

    def authority(self, default_port: int) -> str:
        """Return host and port as the Host field has them; the scheme's own port is left out."""
        return self.host if self.port == default_port else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_authority(text: str, default_port: int | None) -> Target:
    """Read `host`, `host:port` or `[v6]:port`; a missing port is `default_port`, and needed where that is None.

    Raises `Refused` for user names, zones, encoded addresses, and any name that is not plain ASCII labels.
    """
    if "@" in text:
        raise Refused("malformed", "a host with a user name before it", text)
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise Refused("malformed", "an IPv6 address whose brackets do not close", text)
        address = _ipv6(inner)
        return Target(str(address), _port(rest[1:] if rest else None, default_port, text), address)
    host, colon, port = text.partition(":")
    name = parse_host(host)
    return Target(name, _port(port if colon else None, default_port, text), _ipv4(name))


def parse_host(text: str) -> str:
    """Return a host name or IPv4 address in lower case. Raises `Refused`."""
    name = text.lower() if text.isascii() else ""
    if not name:
        raise Refused("encoded_address", "a host with characters beyond ASCII, or none", text)
    if name.endswith("."):
        raise Refused("encoded_address", "a host name that ends in a dot", text)
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        if _ipv4(name) is None:
            raise Refused("encoded_address", "an IPv4 address that is not four decimal numbers", text)
    elif len(name) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused("malformed", "a host that is neither a name nor an address", text)
    return name


def _ipv6(text: str) -> Address:
    try:
        address = IPv6Address(text)
    except ValueError as error:
        raise Refused("encoded_address", "something in brackets that is not an IPv6 address", text) from error
    if address.scope_id is not None:
        raise Refused("encoded_address", "an IPv6 address with a zone", text)
    return address


def _ipv4(name: str) -> Address | None:
    try:
        return IPv4Address(name)
    except ValueError:
        return None


def _port(text: str | None, default: int | None, whole: str) -> int:
    if text is None and default is not None:
        return default
    if text is None or not _PORT.fullmatch(text) or int(text) > 65_535:
        raise Refused("malformed", "a port that is not a number from 1 to 65535", whole)
    return int(text)
