"""Why something was not let through: the reasons, the error that carries one, and their tally."""

import logging
from collections import Counter, deque
from collections.abc import Mapping
from typing import Literal

import msgspec

log = logging.getLogger(__name__)

REASON_HEADER = "Tercet-Egress"
"""Response header with the reason. Only the guard sets it: it is removed from what servers answer."""

Reason = Literal[
    "malformed",  # the request is not exactly the HTTP that it must be
    "host_mismatch",  # Host, TLS server name and target are not the same
    "encoded_address",  # an address written otherwise than in its one canonical form
    "port",  # not an allowed port
    "disabled",  # the environment has no network
    "domain_not_allowed",  # not among the allowed domains
    "domain_blocked",  # among the blocked domains
    "address",  # the name leads to an address that is not public
    "unresolved",  # the name has no address
    "unreachable",  # no connection could be made
    "bad_answer",  # the server's answer is not HTTP
    "in_clear",  # a secret would be sent without TLS
    "untrusted",  # a server that is to be sent secrets has a certificate that this machine does not trust
    "timeout",
    "too_large",
    "too_many",
    "unauthorized",
]

_STATUS: dict[Reason, int] = {
    "malformed": 400,
    "host_mismatch": 400,
    "unauthorized": 407,
    "too_large": 413,
    "unresolved": 502,
    "unreachable": 502,
    "bad_answer": 502,
    "untrusted": 502,
    "too_many": 503,
    "timeout": 504,
}
_MAX_SHOWN = 100
_MAX_RECENT = 50


class Refusal(msgspec.Struct, frozen=True):
    """One thing that was not let through. `host` is as the client wrote it, shortened; no path, query or header."""

    reason: Reason
    message: str
    host: str = ""


class Refused(Exception):
    """Raised inside the guard; becomes an answer to the client, and never leaves the package."""

    def __init__(self, reason: Reason, message: str, host: str = "") -> None:
        super().__init__(message)
        self.refusal = Refusal(reason, message, shown(host))

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return _STATUS.get(self.refusal.reason, 403)

    def at(self, target: object) -> "Refused":
        """Return this error with the host, where it does not name one yet."""
        host = self.refusal.host or str(target)
        return Refused(self.refusal.reason, self.refusal.message, host)


class Tally:
    """Counts refusals by reason, keeps the last ones and logs each."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self.recent: deque[Refusal] = deque(maxlen=_MAX_RECENT)

    @property
    def counts(self) -> Mapping[str, int]:
        """Refusals so far by reason."""
        return dict(self._counts)

    def add(self, refusal: Refusal) -> None:
        """Count and log one refusal."""
        self._counts[refusal.reason] += 1
        self.recent.append(refusal)
        log.info("egress refused (%s) %s: %s", refusal.reason, refusal.host, refusal.message)


def shown(text: str) -> str:
    """Return `text` as it may be logged: printable ASCII, shortened, and without what stands before an `@`."""
    visible = "".join(c if c.isascii() and c.isprintable() else "?" for c in text.rpartition("@")[2])
    return visible if len(visible) <= _MAX_SHOWN else visible[:_MAX_SHOWN] + "…"
