"""Templates of environments: sealed whole, since they hold variables and commands that are nobody else's to read."""

from tercet.sessions.environments import TemplateRecord
from tercet.store.agents import Codec, Rows
from tercet.store.database import Connection, Database
from tercet.store.environments import hold_contents, release_contents
from tercet.store.secrets import Cipher


class TemplateRows(Rows[TemplateRecord]):
    """Saved configurations of environments."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        super().__init__(database, "environment_templates", Codec(TemplateRecord, cipher))

    def insert(self, connection: Connection, record: TemplateRecord) -> None:
        """Add a template and hold its contents."""
        super().insert(connection, record)
        hold_contents(connection, record.id, record.spec.seeds)

    def replace(self, connection: Connection, record: TemplateRecord) -> None:
        """Change a template; contents that it no longer names are let go."""
        super().replace(connection, record)
        release_contents(connection, record.id)
        hold_contents(connection, record.id, record.spec.seeds)

    def remove(self, connection: Connection, record_id: str, owner: str) -> bool:
        """Forget a template and let go of its contents."""
        is_gone = super().remove(connection, record_id, owner)
        if is_gone:
            release_contents(connection, record_id)
        return is_gone
