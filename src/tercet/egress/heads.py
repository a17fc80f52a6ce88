"""The heads of HTTP/1 messages, read strictly: what two programs could read in two ways is refused.

Bare line feeds, folded fields, spaces before a colon, two lengths, a length beside a transfer coding: all of them
are how a request is smuggled past a proxy.
"""

import asyncio
import re
from collections.abc import Iterable
from typing import Protocol

import msgspec

from tercet.egress.hosts import Target, parse_authority
from tercet.egress.limits import Limits
from tercet.egress.refusals import REASON_HEADER, Reason, Refused

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the grammar's name for it
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([\x21-\x7e]+) HTTP/1\.([01])")
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
_FIELD = re.compile(rf"({_TOKEN}):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-connection proxy-authorization proxy-authenticate proxy-authentication-info te "
    "trailer transfer-encoding upgrade expect content-length host".split()
)

Fields = tuple[tuple[str, str], ...]


class Framing(msgspec.Struct, frozen=True):
    """How a body ends: after `length` bytes, with the last chunk, or, where neither is set, with the connection."""

    length: int | None = None
    is_chunked: bool = False


class RequestHead(msgspec.Struct, frozen=True):
    """A request for the proxy. `path` is in origin form; `is_tunnel` marks a CONNECT."""

    method: str
    target: Target
    path: str
    minor: int
    fields: Fields
    framing: Framing
    is_tunnel: bool = False


class ResponseHead(msgspec.Struct, frozen=True):
    """A server's answer."""

    status: int
    phrase: str
    fields: Fields
    framing: Framing


class Lines(Protocol):
    """What lines are read from; an `asyncio.StreamReader` is one."""

    async def readuntil(self, separator: bytes = ..., /) -> bytes:
        """Return the bytes up to and with `separator`."""


async def read_lines(reader: Lines, limits: Limits, wrong: Reason = "malformed") -> list[str]:
    """Read the lines of one head, as Latin-1 without their ends. Raises `Refused`, `EOFError` before the first byte.

    `wrong` is the reason given for a head that is not one.
    """
    lines: list[str] = []
    num_bytes = 0
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if not lines and not error.partial:
                raise EOFError from error
            raise Refused(wrong, "a head that breaks off") from error
        except asyncio.LimitOverrunError as error:
            raise Refused("too_large", f"a head of more than {limits.max_head_bytes} bytes") from error
        num_bytes += len(line)
        if num_bytes > limits.max_head_bytes or len(lines) > limits.max_fields:
            raise Refused("too_large", f"a head over {limits.max_head_bytes} bytes or {limits.max_fields} fields")
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
            raise Refused(wrong, "a line that does not end in CR LF, or has a control character in it")
        if line == b"\r\n":
            return lines
        lines.append(line[:-2].decode("latin-1"))


def parse_request(lines: list[str]) -> RequestHead:
    """Read a proxy request: CONNECT, or a method with an absolute `http:` URL. Raises `Refused`."""
    match = _REQUEST_LINE.fullmatch(lines[0]) if lines else None
    if match is None:
        raise Refused("malformed", "a request line that is not HTTP/1.0 or 1.1")
    method, text, minor = match[1], match[2], int(match[3])
    fields = parse_fields(lines[1:])
    if method == "CONNECT":
        target, path = parse_authority(text, default_port=None), ""
        _check_host(fields, target, default_port=target.port, is_needed=False)
        if _all(fields, "content-length") or _all(fields, "transfer-encoding"):
            raise Refused("malformed", "a CONNECT with a body", text)
        return RequestHead(method, target, path, minor, fields, Framing(), is_tunnel=True)
    target, path = _absolute(text)
    _check_host(fields, target, default_port=80, is_needed=minor == 1)
    return RequestHead(method, target, path, minor, fields, request_framing(fields, minor))


def parse_inner(lines: list[str], target: Target, default_port: int) -> RequestHead:
    """Read a request inside a tunnel to `target`: a path, and a Host field that names the target. Raises `Refused`."""
    match = _REQUEST_LINE.fullmatch(lines[0]) if lines else None
    if match is None or match[1] == "CONNECT" or not match[2].startswith("/") or "#" in match[2]:
        raise Refused("malformed", "a request line in a tunnel that is not a method, a path and HTTP/1.0 or 1.1")
    minor = int(match[3])
    fields = parse_fields(lines[1:])
    _check_host(fields, target, default_port=default_port, is_needed=True)
    return RequestHead(match[1], target, match[2], minor, fields, request_framing(fields, minor))


def parse_response(lines: list[str], method: str) -> ResponseHead:
    """Read a server's answer to `method`. Raises `Refused`."""
    match = _STATUS_LINE.fullmatch(lines[0]) if lines else None
    if match is None:
        raise Refused("bad_answer", "the server's answer is not HTTP/1")
    fields = parse_fields(lines[1:], "bad_answer")
    status = int(match[2])
    if method == "HEAD" or status < 200 or status in (204, 304):
        return ResponseHead(status, match[3] or "", fields, Framing(length=0))
    lengths, codings = _all(fields, "content-length"), _all(fields, "transfer-encoding")
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise Refused("bad_answer", "the server's answer has two lengths")
    if codings and codings[0].lower() != "chunked":
        raise Refused("bad_answer", "the server's answer has a transfer coding that is not chunked")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Refused("bad_answer", "the server's answer has a length that is not a number")
    framing = Framing(int(lengths[0]) if lengths else None, bool(codings))
    return ResponseHead(status, match[3] or "", fields, framing)


def parse_fields(lines: Iterable[str], wrong: Reason = "malformed") -> Fields:
    """Read header fields; names come back in lower case. Raises `Refused` with the reason `wrong`."""
    fields = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise Refused(wrong, "a header field that is folded, or has spaces or control characters in its name")
        fields.append((match[1].lower(), match[2].rstrip(" \t")))
    return tuple(fields)


def request_framing(fields: Fields, minor: int) -> Framing:
    """Return how a request's body ends; without length and coding there is none. Raises `Refused`."""
    lengths, codings = _all(fields, "content-length"), _all(fields, "transfer-encoding")
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise Refused("malformed", "a request with two lengths")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Refused("malformed", "a request with a length that is not a number")
    if codings and (codings[0].lower() != "chunked" or minor == 0):
        raise Refused("malformed", "a request with a transfer coding that is not chunked")
    return Framing(int(lengths[0]) if lengths else 0, bool(codings))


def field(fields: Fields, name: str) -> str | None:
    """Return the value of the first field called `name` (lower case)."""
    return next((value for key, value in fields if key == name), None)


def end_to_end(fields: Fields) -> Fields:
    """Return the fields that go on to the other side; Host and the framing are written anew by the guard."""
    named = {name.strip().lower() for value in _all(fields, "connection") for name in value.split(",")}
    dropped = _HOP_BY_HOP | named | {REASON_HEADER.lower()}
    return tuple((name, value) for name, value in fields if name not in dropped)


def render(first: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the bytes of a head."""
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in fields), "", ""]).encode("latin-1")


def framing_fields(framing: Framing) -> Fields:
    """Return the field that says how a body ends, if any."""
    if framing.is_chunked:
        return (("transfer-encoding", "chunked"),)
    return () if framing.length is None else (("content-length", str(framing.length)),)


def _absolute(text: str) -> tuple[Target, str]:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() != "http":
        message = "https is reached by CONNECT" if scheme.lower() == "https" else "only absolute http URLs are served"
        raise Refused("malformed", message)
    end = re.search(r"[/?#\\]", rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    if "\\" in rest or "#" in rest:
        raise Refused("malformed", "a URL with a backslash or a fragment", authority)
    return parse_authority(authority, default_port=80), path if path.startswith("/") else "/" + path


def _check_host(fields: Fields, target: Target, *, default_port: int, is_needed: bool) -> None:
    """Raise `Refused` unless there is one Host field and it names the target."""
    hosts = _all(fields, "host")
    if len(hosts) > 1 or (is_needed and not hosts):
        raise Refused("malformed", "a request must have one Host field", str(target))
    if hosts and parse_authority(hosts[0], default_port) != target:
        raise Refused("host_mismatch", "the Host field names another host than the target", str(target))


def _all(fields: Fields, name: str) -> list[str]:
    return [value for key, value in fields if key == name]
