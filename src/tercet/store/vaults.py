"""Vaults and their credentials. The secrets are a column of their own, sealed for the credential's id, read apart."""

from collections.abc import Callable

import msgspec

from tercet.errors import NotFound
from tercet.sessions.vaults import CredentialRecord, Secrets, VaultRecord
from tercet.store.agents import Change, Codec, Rows
from tercet.store.database import Connection, Database
from tercet.store.filing import Page
from tercet.store.secrets import Cipher, keep_sample

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Secrets).decode


class VaultRows(Rows[VaultRecord]):
    """Vaults."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "vaults", Codec(VaultRecord))

    def remove(self, connection: Connection, record_id: str, owner: str) -> bool:
        """Forget a vault and its credentials."""
        is_gone = super().remove(connection, record_id, owner)
        if is_gone:
            connection.execute("DELETE FROM vault_credentials WHERE vault_id = ?", (record_id,))
        return is_gone


class CredentialRows(Rows[CredentialRecord]):
    """The credentials of every vault."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        super().__init__(database, "vault_credentials", Codec(CredentialRecord))
        self._cipher = cipher

    async def add_to_vault(self, record: CredentialRecord, secrets: Secrets, most: int) -> bool:
        """Keep a credential in a vault that holds fewer than `most`; return whether it did.

        Raises `NotFound` when the vault is gone.
        """

        def run(connection: Connection) -> bool:
            found = connection.execute(
                "SELECT id FROM vaults WHERE id = ? AND owner = ? /*! FOR UPDATE */", (record.vault_id, record.owner)
            ).fetchone()
            if found is None:
                raise NotFound(f"There is no vault {record.vault_id!r}.", param="vault_id")
            count = "SELECT COUNT(*) FROM vault_credentials WHERE vault_id = ?"
            if connection.execute(count, (record.vault_id,)).fetchone()[0] >= most:
                return False
            connection.execute(
                "INSERT INTO vault_credentials (id, owner, vault_id, record, secrets) VALUES (?, ?, ?, ?, ?)",
                (
                    record.id,
                    record.owner,
                    record.vault_id,
                    self.codec.encode(connection, record),
                    self._seal(connection, record.id, secrets),
                ),
            )
            return True

        return await self.database.write(run)

    async def rotate(
        self, record_id: str, owner: str, change: Change[CredentialRecord], renew: Callable[[Secrets], Secrets]
    ) -> CredentialRecord | None:
        """Replace the record and its secrets together; None when there is no such credential.

        What `change` and `renew` raise is raised, and nothing is changed.
        """

        def run(connection: Connection) -> CredentialRecord | None:
            row = connection.execute(
                "SELECT record, secrets FROM vault_credentials WHERE id = ? AND owner = ? /*! FOR UPDATE */",
                (record_id, owner),
            ).fetchone()
            if row is None:
                return None
            record = change(self.codec.decode(row[0], record_id))
            secrets = self._open(row[1], record_id)
            connection.execute(
                "UPDATE vault_credentials SET record = ?, secrets = ? WHERE id = ?",
                (
                    self.codec.encode(connection, record),
                    self._seal(connection, record_id, renew(secrets)),
                    record_id,
                ),
            )
            return record

        return await self.database.write(run)

    async def with_secrets(self, owner: str, vault_ids: tuple[str, ...]) -> list[tuple[CredentialRecord, Secrets]]:
        """Return the credentials of the owner's vaults with their secrets, in the order of the vaults and of age."""

        def read(connection: Connection) -> list[tuple[CredentialRecord, Secrets]]:
            found: list[tuple[CredentialRecord, Secrets]] = []
            for vault_id in vault_ids:
                rows = connection.execute(
                    "SELECT id, record, secrets FROM vault_credentials"
                    " WHERE vault_id = ? AND owner = ? ORDER BY number",
                    (vault_id, owner),
                ).fetchall()
                found += [(self.codec.decode(row[1], row[0]), self._open(row[2], row[0])) for row in rows]
            return found

        return await self.database.read(read)

    async def of_vault(self, vault_id: str, owner: str, page: Page, metadata: dict[str, str]) -> list[CredentialRecord]:
        """Return a page of a vault's credentials whose metadata has all the pairs of `metadata`."""
        keep = (lambda record: metadata.items() <= record.metadata.items()) if metadata else None
        return await self.list(owner, page, keep, "vault_id = ?", (vault_id,))

    def _seal(self, connection: Connection, record_id: str, secrets: Secrets) -> bytes:
        keep_sample(connection, self._cipher)
        return self._cipher.seal(_encode(secrets), f"{record_id} secrets")

    def _open(self, sealed: bytes, record_id: str) -> Secrets:
        return _decode(self._cipher.open(bytes(sealed), f"{record_id} secrets"))
