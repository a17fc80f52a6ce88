"""Vaults: credentials that sessions use and nobody reads back; rotation; and the secrets, for the runtime alone."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound
from tercet.ids import new_id
from tercet.service.vaults_checks import check_secrets, checked_auth, checked_name
from tercet.service.vaults_secrets import (
    SECRET_FIELDS,
    Renewal,
    Secret,
    check_variables,
    kind_of,
    renewed_auth,
    renewed_secrets,
    secret_of,
)
from tercet.sessions.environments import Hosted
from tercet.sessions.vaults import CredentialAuth, CredentialRecord, Secrets, VaultRecord
from tercet.store.agents_tables import AgentTables
from tercet.store.filing import Page

MAX_CREDENTIALS = 100
"""In one vault."""
MAX_VAULTS_AT_ONCE = 10


class Vaults:
    """The vaults of every owner."""

    def __init__(self, tables: AgentTables) -> None:
        self._vaults = tables.vaults
        self._credentials = tables.credentials

    async def create(self, owner: str, name: str | None, metadata: Mapping[str, str]) -> VaultRecord:
        """Keep a new vault. Raises `InvalidRequest`."""
        name = None if name is None else checked_name(name, "name")
        record = VaultRecord(new_id("vault"), owner, now_s(), name, dict(metadata))
        await self._vaults.add(record)
        return record

    async def get(self, vault_id: str, owner: str) -> VaultRecord:
        """Return a vault. Raises `NotFound`, also for another owner's."""
        record = await self._vaults.get(vault_id, owner)
        if record is None:
            raise no_vault(vault_id)
        return record

    async def update(
        self,
        vault_id: str,
        owner: str,
        name: str | UnsetType | None = UNSET,
        metadata: Mapping[str, str] | UnsetType = UNSET,
    ) -> VaultRecord:
        """Change what is given. Raises `NotFound` and `InvalidRequest`."""
        changes: dict[str, object] = {}
        if name is not UNSET:
            changes["name"] = None if name is None else checked_name(name, "name")
        if metadata is not UNSET:
            changes["metadata"] = dict(metadata)
        record = await self._vaults.change(vault_id, owner, lambda old: msgspec.structs.replace(old, **changes))
        if record is None:
            raise no_vault(vault_id)
        return record

    async def delete(self, vault_id: str, owner: str) -> None:
        """Forget a vault and its credentials. Raises `NotFound`."""
        if not await self._vaults.delete(vault_id, owner):
            raise no_vault(vault_id)

    async def check(self, vault_ids: tuple[str, ...], owner: str, param: str = "vault_ids") -> None:
        """Raise `InvalidRequest` unless these are distinct vaults of the owner, ten at most."""
        if len(vault_ids) > MAX_VAULTS_AT_ONCE or len(set(vault_ids)) != len(vault_ids):
            raise InvalidRequest(
                f"Invalid value for {param!r}: expected at most {MAX_VAULTS_AT_ONCE} distinct vaults.",
                param=param,
                code="invalid_value",
            )
        for index, vault_id in enumerate(vault_ids):
            if await self._vaults.get(vault_id, owner) is None:
                raise NotFound(f"There is no vault {vault_id!r}.", param=f"{param}[{index}]", code="vault_not_found")

    async def add_credential(
        self, vault_id: str, owner: str, name: str, auth: CredentialAuth, secrets: Secrets, metadata: Mapping[str, str]
    ) -> CredentialRecord:
        """Keep a credential. Raises `NotFound` and `InvalidRequest`."""
        name, auth = checked_name(name, "name"), checked_auth(auth, "auth")
        check_secrets(secrets, SECRET_FIELDS[kind_of(auth)])
        now = now_s()
        record = CredentialRecord(new_id("cred"), owner, vault_id, now, now, name, auth, dict(metadata))
        if not await self._credentials.add_to_vault(record, secrets, MAX_CREDENTIALS):
            raise InvalidRequest(f"The vault holds {MAX_CREDENTIALS} credentials, which is the limit.")
        return record

    async def credential(self, credential_id: str, vault_id: str, owner: str) -> CredentialRecord:
        """Return what is known of a credential, which is not its secrets. Raises `NotFound`."""
        record = await self._credentials.get(credential_id, owner)
        if record is None or record.vault_id != vault_id:
            raise no_credential(credential_id)
        return record

    async def list_credentials(
        self, vault_id: str, owner: str, page: Page, metadata: Mapping[str, str]
    ) -> list[CredentialRecord]:
        """Return a page of a vault's credentials. Raises `NotFound`."""
        await self.get(vault_id, owner)
        return await self._credentials.of_vault(vault_id, owner, page, dict(metadata))

    async def update_credential(
        self,
        credential_id: str,
        vault_id: str,
        owner: str,
        renewal: Renewal | None,
        metadata: Mapping[str, str] | UnsetType = UNSET,
    ) -> CredentialRecord:
        """Replace secrets or metadata, together or not at all. Raises `NotFound` and `InvalidRequest`."""
        await self.credential(credential_id, vault_id, owner)

        def change(old: CredentialRecord) -> CredentialRecord:
            auth = old.auth if renewal is None else renewed_auth(old.auth, renewal)
            kept = old.metadata if metadata is UNSET else dict(metadata)
            return msgspec.structs.replace(old, auth=auth, metadata=kept, updated_at=now_s())

        def renew(old: Secrets) -> Secrets:
            return old if renewal is None else renewed_secrets(old, renewal)

        record = await self._credentials.rotate(credential_id, owner, change, renew)
        if record is None:
            raise no_credential(credential_id)
        return record

    async def delete_credential(self, credential_id: str, vault_id: str, owner: str) -> None:
        """Forget a credential. Raises `NotFound`."""
        await self.credential(credential_id, vault_id, owner)
        if not await self._credentials.delete(credential_id, owner):
            raise no_credential(credential_id)

    async def secrets_for(self, vault_ids: tuple[str, ...], owner: str) -> list[Secret]:
        """Return the credentials of a session's vaults with their secrets. For the runtime alone."""
        return [secret_of(*found) for found in await self._credentials.with_secrets(owner, vault_ids)]

    async def variables(self, vault_ids: tuple[str, ...], owner: str) -> list[Secret]:
        """Return the secrets of vaults that are for sandboxes. For the runtime alone."""
        found = await self.secrets_for(vault_ids, owner) if vault_ids else []
        return [secret for secret in found if secret.variable is not None]

    async def check_variables(self, vault_ids: tuple[str, ...], owner: str, spec: Hosted, prefix: str = "") -> None:
        """Raise `InvalidRequest` (fields behind `prefix`) for vaults whose variables an environment cannot have."""
        check_variables(await self.variables(vault_ids, owner), spec, prefix)

    async def list(self, owner: str, page: Page, metadata: Mapping[str, str]) -> list[VaultRecord]:
        """Return a page of the vaults whose metadata has all these pairs."""
        keep = (lambda record: metadata.items() <= record.metadata.items()) if metadata else None
        return await self._vaults.list(owner, page, keep)


def no_vault(vault_id: str) -> NotFound:
    """Return the error for a vault that is not there."""
    return NotFound(f"There is no vault {vault_id!r}.", param="vault_id", code="vault_not_found")


def no_credential(credential_id: str) -> NotFound:
    """Return the error for a credential that is not there."""
    return NotFound(
        f"There is no credential {credential_id!r} in this vault.", param="credential_id", code="credential_not_found"
    )
