"""The whole store: every table family over one database, and the contents of files where that database has them."""

from pathlib import Path

from tercet.store.agents_tables import AgentTables
from tercet.store.batches import SqlBatches
from tercet.store.blobs import BlobFolder
from tercet.store.contents import Contents
from tercet.store.conversations import SqlConversations
from tercet.store.database import Database
from tercet.store.files import SqlFiles
from tercet.store.journal import SqlJournal
from tercet.store.keys import SqlKeys
from tercet.store.ledger import SqlLedger
from tercet.store.responses import SqlResponses
from tercet.store.secrets import SecretKey
from tercet.store.sessions import SessionStore
from tercet.store.sqlite import SqliteDatabase
from tercet.store.uploads import SqlUploads
from tercet.store.vectors import SqlVectors


class SqlStore:
    """The `Store` over a database."""

    def __init__(
        self, database: Database, contents: Contents, key: SecretKey, *, retention_days: float, max_responses: int
    ) -> None:
        """Seal what is confidential with `key`."""
        self.database = database
        self.responses = SqlResponses(database, retention_days=retention_days, max_responses=max_responses)
        self.conversations = SqlConversations(database, retention_days=retention_days)
        self.ledger = SqlLedger(database)
        self.journal = SqlJournal(database)
        self.keys = SqlKeys(database)
        self.files = SqlFiles(database, contents, retention_days=retention_days)
        self.uploads = SqlUploads(database, self.files)
        self.batches = SqlBatches(database, self.files, retention_days=retention_days)
        self.vectors = SqlVectors(database, retention_days=retention_days)
        self.agent_tables = AgentTables(database, self.files, key, retention_days=retention_days)
        self.sessions = SessionStore(database, self.agent_tables.cipher, retention_days=retention_days)

    async def close(self) -> None:
        """See `Store.close`."""
        await self.database.close()


class LocalStore(SqlStore):
    """The store of one machine: a SQLite file and a folder."""

    def __init__(
        self,
        path: Path,
        *,
        retention_days: float,
        max_responses: int,
        file_folder: Path | None = None,
        secret_key: str = "",
    ) -> None:
        """Open or create the database at `path`; files go to `file_folder`, by default `files` beside it.

        Secrets are sealed with `secret_key` (base64), by default with the key in `secret.key` beside the database.
        Raises `StoreFailed`, and `ConfigInvalid` for a key that is none.
        """
        contents = BlobFolder(file_folder or path.parent / "files")
        key = SecretKey(path.parent / "secret.key", secret_key)
        super().__init__(
            SqliteDatabase(path), contents, key, retention_days=retention_days, max_responses=max_responses
        )
