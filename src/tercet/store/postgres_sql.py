"""How Postgres is reached and spoken to: its address, a connection's settings, the portable statements in its words."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from psycopg import adapt, conninfo
from psycopg.abc import Buffer
from psycopg.types.string import StrDumper

from tercet.errors import ConfigInvalid

IDLE_IN_TRANSACTION_S = 4
"""A process that is frozen inside a transaction keeps its locks for so long; less than a lease."""
_SESSION = {
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_S}s",
    "lock_timeout": "30s",
    "timezone": "UTC",
    "client_min_messages": "warning",
}
_REACHING: dict[str, Any] = {
    "application_name": "tercet",
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
_PIECE = re.compile(r"'(?:[^']|'')*'|/\*!(.*?)\*/|\?(\d*)|%", re.DOTALL)


class Address(msgspec.Struct, frozen=True):
    """Where the database is. `shown` may be seen by anybody; `conninfo` holds the password."""

    conninfo: str
    shown: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read a `postgresql://` URL. Raises `ConfigInvalid`, without the URL, which may hold a password."""
        try:
            parts = conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise ConfigInvalid("setting 'store.url' is not a valid Postgres URL", param="store.url") from None
        shown = f"postgresql://{parts.get('host', '')}{':' if 'port' in parts else ''}{parts.get('port', '')}"
        settings = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
        parts["options"] = f"{parts.get('options') or ''} {settings}".strip()
        return cls(conninfo.make_conninfo("", **(_REACHING | parts)), f"{shown}/{parts.get('dbname') or ''}")


class Translated(msgspec.Struct, frozen=True):
    """A portable statement as psycopg takes it."""

    text: bytes
    is_numbered: bool

    def arranged(self, values: Sequence[Any]) -> Sequence[Any] | dict[str, Any]:
        """Return `values` as the statement's placeholders name them."""
        if not self.is_numbered:
            return values
        return {f"p{number}": value for number, value in enumerate(values, 1)}


@lru_cache(1024)
def translated(statement: str) -> Translated:
    """Return a statement of the portable subset (see `store/database.py`) in psycopg's words."""
    is_numbered = False

    def replaced(piece: re.Match[str]) -> str:
        nonlocal is_numbered
        text = piece[0]
        if text == "%":
            return "%%"
        if text.startswith("'"):
            return text.replace("%", "%%")
        if text.startswith("?"):
            is_numbered = is_numbered or bool(piece[2])
            return f"%(p{piece[2]})s" if piece[2] else "%s"
        return piece[1]

    text = _PIECE.sub(replaced, statement)
    return Translated(text.encode(), is_numbered)


def open_connection(address: Address) -> "psycopg.Connection[Any]":
    """Connect, with values as the portable subset has them. Raises `psycopg.OperationalError`."""
    connection = psycopg.Connection.connect(address.conninfo, autocommit=True)
    connection.adapters.register_dumper(str, _Text)
    connection.adapters.register_dumper(bool, _Flag)
    return connection


class _Text(StrDumper):
    """Text without NUL, which Postgres cannot hold: it becomes the character that stands for the unreadable."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd"))


class _Flag(adapt.Dumper):
    """A truth value as the integer that columns hold."""

    oid = psycopg.adapters.types["int8"].oid

    def dump(self, obj: bool) -> Buffer | None:
        return b"1" if obj else b"0"
