"""The tables of what sessions are made from, as one value: they share a cipher and the contents of files."""

from tercet.clock import now_s
from tercet.store.agents import AgentRows
from tercet.store.automations import AutomationRows, InvocationRows
from tercet.store.database import Database
from tercet.store.environments import EnvironmentKeys, SeedContents
from tercet.store.files import SqlFiles
from tercet.store.secrets import Cipher, SecretKey, check_key, keep_sample
from tercet.store.templates import TemplateRows
from tercet.store.vaults import CredentialRows, VaultRows


class AgentTables:
    """Saved agents, templates, vaults, credentials, automations and their invocations."""

    def __init__(self, database: Database, files: SqlFiles, key: SecretKey, *, retention_days: float = 30.0) -> None:
        """Seal what is confidential with `key`; keep delivered invocations for `retention_days`."""
        self._database = database
        self._retention_s = int(retention_days * 86_400)
        self.cipher = Cipher(key)
        self.agents = AgentRows(database)
        self.templates = TemplateRows(database, self.cipher)
        self.seeds = SeedContents(database, files)
        self.environment_keys = EnvironmentKeys(database)
        self.vaults = VaultRows(database)
        self.credentials = CredentialRows(database, self.cipher)
        self.invocations = InvocationRows(database, self.cipher)
        self.automations = AutomationRows(database, self.cipher, self.invocations)

    async def purge(self) -> None:
        """Let go of contents that nobody came for, and of old invocations."""
        await self.seeds.purge()
        await self.invocations.purge(now_s() - self._retention_s)

    async def seal(self, plain: bytes, context: str) -> bytes:
        """Return `plain` sealed for `context`; that the key is needed from now on is kept. Raises `ConfigInvalid`."""
        await self._database.write(lambda connection: keep_sample(connection, self.cipher))
        return self.cipher.seal(plain, context)

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed for `context`. Raises `StoreFailed` when the key is another."""
        return self.cipher.open(sealed, context)

    async def check(self) -> None:
        """Raise `ConfigInvalid` when the secrets were sealed with another key."""
        await check_key(self._database, self.cipher)
