"""Secrets that a sandbox knows by placeholders: where each may go, how it is put into a request, and taken out again.

Pure but for asking for the values, which are fetched for each request and kept nowhere. In answers the values are put
back to their placeholders, so that a server that repeats what it was sent does not give them away.
"""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote, quote_plus

import msgspec

from tercet.egress.hosts import Target
from tercet.egress.policy import Policy, covers
from tercet.egress.refusals import Refused

PORTS = (443, 8443)
"""TLS ports at which placeholders are replaced; operators' own hosts besides."""
SHORTEST = 8
"""Shorter values are too common to be looked for in answers."""
_BASIC = re.compile(r"basic +([A-Za-z0-9+/=]+)", re.IGNORECASE)
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Variable(msgspec.Struct, frozen=True):
    """One secret. `placeholder` has letters, digits and underscores only, so that nothing escapes it."""

    placeholder: str
    hosts: tuple[str, ...] | None = None
    """Names and IPv4 addresses, these very ones; None: all that the policy's `allowed_domains` cover."""


Reveal = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""Returns the values of placeholders as they are now; those that are gone are left out."""


class Injection(msgspec.Struct, frozen=True):
    """The secrets of one guard."""

    variables: tuple[Variable, ...]
    reveal: Reveal

    def domains(self, policy: Policy) -> tuple[str, ...]:
        """Return the names and addresses for which placeholders may be replaced."""
        found = [variable.hosts or policy.allowed_domains for variable in self.variables]
        return tuple(dict.fromkeys(host for hosts in found for host in hosts))

    def placeholders(self, target: Target, policy: Policy) -> tuple[str, ...]:
        """Return the placeholders of the secrets that `target` may be sent."""
        if target.port not in PORTS and not policy.is_operators(target):
            return ()
        return tuple(each.placeholder for each in self.variables if _is_for(each, target, policy))

    def is_clear(self, target: Target, policy: Policy, texts: Sequence[str]) -> bool:
        """Tell whether a request in clear names a secret that is for this host, and would give it to the network."""
        if policy.is_operators(target):
            return False
        named = (each.placeholder for each in self.variables if _is_for(each, target, policy))
        return any(placeholder in text for placeholder in named for text in texts)


def _is_for(variable: Variable, target: Target, policy: Policy) -> bool:
    if variable.hosts is not None:
        return target.name in variable.hosts
    return policy.access == "restricted" and covers(policy.allowed_domains, target.name)


class Rewriting:
    """Puts the values for one exchange into its request, and takes them out of its answer."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` are those of the placeholders that the server may be sent."""
        self._values = values
        self._forms: dict[bytes, bytes] = {}
        for placeholder, value in values.items():
            if len(value.encode()) >= SHORTEST:
                mask = placeholder.encode()
                self._forms |= dict.fromkeys(_forms(value), mask)
        self.has_put = False
        """Whether a value went into the request."""

    def path(self, path: str) -> str:
        """Return a path and query with values in it, encoded for URLs."""
        return self._put(path, lambda value: quote(value, safe=""))

    def fields(self, fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return header fields with values in them, also in Basic authorization. Raises `Refused`."""
        return tuple((name, self._field(value)) for name, value in fields)

    def body(self, body: bytes, content_type: str) -> bytes:
        """Return a body with values in it, escaped as its type asks."""
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            escape: Callable[[str], str] = quote_plus
        elif kind == "application/json" or kind.endswith("+json"):
            escape = lambda value: json.dumps(value)[1:-1]  # noqa: E731 - one of three
        else:
            escape = str
        for placeholder, value in self._values.items():
            if placeholder.encode() in body:
                self.has_put = True
                body = body.replace(placeholder.encode(), escape(value).encode())
        return body

    def masked(self, fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return an answer's header fields without values; a field whose name holds one is left out."""
        return tuple((name, self.masked_text(value)) for name, value in fields if not self._is_named(name))

    def masked_text(self, text: str) -> str:
        """Return a text of an answer's head without values."""
        return self.redactor().whole(text.encode("latin-1")).decode("latin-1")

    def _is_named(self, name: str) -> bool:
        lowered = name.lower().encode()
        return any(form.lower() in lowered for form in self._forms)

    def redactor(self) -> "Redactor":
        """Return what takes values out of an answer's body."""
        return Redactor(self._forms)

    def _field(self, value: str) -> str:
        basic = _BASIC.fullmatch(value.strip())
        if basic is not None:
            return self._basic(basic[1]) or value
        changed = self._put(value, lambda secret: secret.encode().decode("latin-1"))
        if not _FIELD_VALUE.fullmatch(changed):
            raise Refused("malformed", "a secret with control characters cannot stand in a header field")
        return changed

    def _basic(self, encoded: str) -> str | None:
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        changed = self._put(pair, str)
        if changed == pair:
            return None
        token = base64.b64encode(changed.encode())
        self._forms[token] = encoded.encode()
        return f"Basic {token.decode()}"

    def _put(self, text: str, escape: Callable[[str], str]) -> str:
        for placeholder, value in self._values.items():
            if placeholder in text:
                self.has_put = True
                text = text.replace(placeholder, escape(value))
        return text


class Redactor:
    """Replaces byte strings in a stream, wherever its pieces are divided."""

    def __init__(self, forms: Mapping[bytes, bytes]) -> None:
        self._forms = forms
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first))) if forms else None
        self._firsts = frozenset(form[0] for form in forms)
        self._longest = max(map(len, forms), default=1)
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece; return what can be passed on."""
        if self._pattern is None:
            return piece
        text, done, passed = self._held + piece, 0, bytearray()
        while True:
            match = self._pattern.search(text, done)
            open_from = self._open_from(text, done)
            if match is None or open_from <= match.start():
                break
            passed += text[done : match.start()] + self._forms[match[0]]
            done = match.end()
        self._held = text[open_from:]
        return bytes(passed + text[done:open_from])

    def end(self) -> bytes:
        """Return what was held back."""
        held, self._held = self._held, b""
        return held if self._pattern is None else self._pattern.sub(lambda match: self._forms[match[0]], held)

    def whole(self, text: bytes) -> bytes:
        """Return all of a text without the strings."""
        return self.feed(text) + self.end()

    def _open_from(self, text: bytes, begin: int) -> int:
        """Return from where on `text` may be the beginning of a string that is not all there yet."""
        for place in range(max(begin, len(text) - self._longest + 1), len(text)):
            if text[place] in self._firsts:
                rest = text[place:]
                if any(len(form) > len(rest) and form.startswith(rest) for form in self._forms):
                    return place
        return len(text)


def _forms(value: str) -> set[bytes]:
    """Return a value as it may stand in an answer: as it is, and as URLs, JSON and Base64 write it."""
    texts = {value, quote(value, safe=""), quote(value), quote_plus(value)}
    for is_ascii in (True, False):
        inside = json.dumps(value, ensure_ascii=is_ascii)[1:-1]
        texts |= {inside, json.dumps(inside, ensure_ascii=is_ascii)[1:-1]}  # JSON, and JSON as text in JSON
    packed = (encode(value.encode()).rstrip(b"=") for encode in (base64.b64encode, base64.urlsafe_b64encode))
    return {*(text.encode() for text in texts), *packed}
