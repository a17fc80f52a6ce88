"""What the store keeps encrypted: AES-256-GCM under one key of the installation, bound to the place it is stored at.

The key comes from the operator or from a file that is made at its first use. The database holds a sample sealed with
the key, so that a wrong key is found at the start and not when a secret is needed.
"""

import base64
import binascii
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tercet.errors import ConfigInvalid, StoreFailed
from tercet.store.database import Connection, Database

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VARIABLE = "TERCET_SECRET_KEY"
KEY_BYTES = 32
_FORM, _NONCE_BYTES = b"\x01", 12
_SAMPLE = "installation"
_HOW = "it must be 32 bytes as base64, such as `openssl rand -base64 32` prints"


class SecretKey:
    """The installation's key: given, or kept in a file that only its user may read and that is made when needed."""

    def __init__(self, file: Path, given: str = "") -> None:
        """Use `given` (base64), or else the key in `file`. Raises `ConfigInvalid` for a key that is none."""
        self._file = file
        self._key = _decode(given, KEY_VARIABLE) if given else None

    def get(self) -> bytes:
        """Return the key, making the file if there is none. Raises `ConfigInvalid`."""
        if self._key is None:
            with suppress(FileExistsError):
                self._create()
            self._key = self._read()
        return self._key

    def _create(self) -> None:
        """Write a new key, whole or not at all; another process may be quicker."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._file.exists():
                return
            draft = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.link(draft, self._file)
            finally:
                draft.unlink()
        except FileExistsError:
            raise
        except OSError as error:
            raise ConfigInvalid(f"cannot make the key file {str(self._file)!r}: {error.strerror}") from error

    def _read(self) -> bytes:
        try:
            if os.name == "posix" and self._file.stat().st_mode & 0o077:
                raise ConfigInvalid(
                    f"the key file {str(self._file)!r} may be read by others: set its mode to 0600 (chmod 600)"
                )
            return _decode(self._file.read_text(encoding="ascii").strip(), f"the key file {str(self._file)!r}")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigInvalid(f"cannot read the key file {str(self._file)!r}: {error}") from error


class Cipher:
    """Seals bytes and opens them again. What was sealed for one context cannot be opened for another."""

    def __init__(self, key: SecretKey) -> None:
        """The key is fetched, and made if need be, when something is sealed or opened for the first time."""
        self._source = key
        self._aead: AESGCM | None = None

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return `plain` encrypted for `context`, such as the id of its row. Raises `ConfigInvalid`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + nonce + self._cipher().encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed. Raises `StoreFailed` when the key or the context is another, or a bit has changed."""
        from cryptography.exceptions import InvalidTag

        start = len(_FORM) + _NONCE_BYTES
        try:
            if sealed[:1] != _FORM:
                raise InvalidTag
            return self._cipher().decrypt(sealed[1:start], sealed[start:], context.encode())
        except InvalidTag:
            raise StoreFailed(
                f"a secret of {context!r} cannot be decrypted: the key is another or it was changed"
            ) from None

    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # at the first secret, not at the start

        if self._aead is None:
            self._aead = AESGCM(self._source.get())
        return self._aead


async def check_key(database: Database, cipher: Cipher) -> None:
    """Raise `ConfigInvalid` when the store's secrets were sealed with another key; without any, no key is needed."""

    def read(connection: Connection) -> bytes | None:
        row = connection.execute("SELECT sealed FROM secret_samples WHERE name = ?", (_SAMPLE,)).fetchone()
        return None if row is None else bytes(row[0])

    sealed = await database.read(read)
    if sealed is None:
        return
    try:
        cipher.open(sealed, _SAMPLE)
    except StoreFailed:
        raise ConfigInvalid(
            "the secrets in the database were sealed with another key than this one: give back its key file, or set "
            f"{KEY_VARIABLE} to the key, the same in every process that shares the database"
        ) from None


def keep_sample(connection: Connection, cipher: Cipher) -> None:
    """Keep the sample that `check_key` reads, inside the transaction of a first secret. Raises `ConfigInvalid`."""
    row = connection.execute("SELECT sealed FROM secret_samples WHERE name = ?", (_SAMPLE,)).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO secret_samples (name, sealed) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            (_SAMPLE, cipher.seal(_SAMPLE.encode(), _SAMPLE)),
        )
        return
    try:
        cipher.open(bytes(row[0]), _SAMPLE)
    except StoreFailed:
        raise ConfigInvalid(
            f"the secrets in the database were sealed with another key: set {KEY_VARIABLE} to it"
        ) from None


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigInvalid(f"{where} is no key: {_HOW}") from None
    if len(key) != KEY_BYTES:
        raise ConfigInvalid(f"{where} is no key: {_HOW}, not {len(key)}")
    return key
