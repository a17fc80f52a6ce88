"""The store of any number of machines: a Postgres database that also holds the contents of files.

Needs the extra `tercet[postgres]`; imported only where a Postgres URL is set.
"""

from tercet.errors import ConfigInvalid
from tercet.store.local import SqlStore
from tercet.store.secrets import SecretKey

try:
    from tercet.store.postgres import PostgresDatabase
    from tercet.store.postgres_contents import PostgresContents
except ImportError as error:
    if error.name is None or not error.name.startswith("psycopg"):
        raise
    raise ConfigInvalid(
        "setting 'store.url' names a Postgres database, which needs more packages: pip install 'tercet[postgres]'",
        param="store.url",
    ) from error


class SharedStore(SqlStore):
    """The store of several processes, on one machine or many."""

    def __init__(self, url: str, key: SecretKey, *, retention_days: float, max_responses: int) -> None:
        """Connect to the database at `url`, sealing secrets with `key`, the same in every process.

        Raises `StoreFailed`, and `ConfigInvalid` for what is not such a URL.
        """
        database = PostgresDatabase(url)
        contents = PostgresContents(database)
        super().__init__(database, contents, key, retention_days=retention_days, max_responses=max_responses)
