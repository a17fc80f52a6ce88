"""The first bytes of a tunnel: the server name in a TLS ClientHello (RFC 8446, RFC 6066), read without decrypting.

A tunnel to one host that asks for another by name would reach, behind a shared front, what the policy forbids.
"""

import asyncio

from tercet.egress.refusals import Refused

HANDSHAKE = 0x16
_CLIENT_HELLO = 1
_SERVER_NAME = 0
_MAX_RECORD = 16_640
_MAX_HELLO = 65_536


async def read_hello(reader: asyncio.StreamReader, first: bytes) -> tuple[bytes, str | None]:
    """Read a whole ClientHello whose first byte is `first`; returns its bytes and the server name in lower case.

    Raises `Refused` for what is not one, `asyncio.IncompleteReadError` when it breaks off.
    """
    raw, message = b"", b""
    while True:
        header = first + await reader.readexactly(5 - len(first))
        first = b""
        length = int.from_bytes(header[3:5])
        if header[0] != HANDSHAKE or header[1] != 3 or not 0 < length <= _MAX_RECORD:
            raise Refused("malformed", "a TLS record that is not part of a ClientHello")
        fragment = await reader.readexactly(length)
        raw += header + fragment
        message += fragment
        if message[0] != _CLIENT_HELLO or len(raw) > _MAX_HELLO:
            raise Refused("malformed", "a TLS handshake that does not begin with a ClientHello")
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4]):
            return raw, _server_name(message[4 : 4 + int.from_bytes(message[1:4])])


class _Cursor:
    """Reads length-prefixed vectors; raises `Refused` past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, length: int) -> bytes:
        piece = self._data[self._at : self._at + length]
        if len(piece) != length:
            raise Refused("malformed", "a ClientHello that is shorter than it says")
        self._at += length
        return piece

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def vector(self, width: int) -> bytes:
        return self.take(self.number(width))


def _server_name(hello: bytes) -> str | None:
    cursor = _Cursor(hello)
    cursor.take(2 + 32)
    for width in (1, 2, 1):  # session id, cipher suites, compression methods
        cursor.vector(width)
    if not cursor:
        return None
    extensions = _Cursor(cursor.vector(2))
    name = None
    while extensions:
        kind, content = extensions.number(2), extensions.vector(2)
        if kind == _SERVER_NAME:
            if name is not None:
                raise Refused("malformed", "a ClientHello with two server names")
            name = _one_name(_Cursor(content))
    return name


def _one_name(content: _Cursor) -> str:
    names = _Cursor(content.vector(2))
    if names.number(1) != 0:
        raise Refused("malformed", "a server name that is not a host name")
    name = names.vector(2)
    if names or not name.isascii():
        raise Refused("malformed", "a ClientHello with two server names")
    return name.decode("ascii").lower()
