"""Environments of sessions in the database, sealed; and what holds the contents that they begin with."""

from tercet.clock import now_s
from tercet.sessions.environments import EnvironmentRecord, Hosted
from tercet.store.agents import Codec, Rows
from tercet.store.database import Connection, Database
from tercet.store.environments import hold_contents, release_contents
from tercet.store.secrets import Cipher


class Environments(Rows[EnvironmentRecord]):
    """Environments, sealed: their variables and setup commands are confidential."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        super().__init__(database, "environments", Codec(EnvironmentRecord, cipher))

    def columns(self, record: EnvironmentRecord) -> dict[str, int]:
        """See `Rows.columns`."""
        return {"used_at": now_s()}

    def insert(self, connection: Connection, record: EnvironmentRecord) -> None:
        """Add an environment and hold the contents that it begins with."""
        super().insert(connection, record)
        if isinstance(record.spec, Hosted):
            hold_contents(connection, record.id, record.spec.seeds)

    def remove(self, connection: Connection, record_id: str, owner: str) -> bool:
        """Forget an environment and let go of its contents."""
        release_contents(connection, record_id)
        return super().remove(connection, record_id, owner)
