"""What environments begin with: contents that were sent inline, kept while something needs them."""

from collections.abc import Iterable, Sequence

from tercet.clock import now_s
from tercet.errors import RunConflict
from tercet.sessions.environments import SeedFile
from tercet.store.database import Connection, Database
from tercet.store.files import SqlFiles
from tercet.store.filing import Incoming

STAGED_S = 86_400
"""How long a content waits for the template or environment that it was sent for."""
KEY_LIFETIME_S = 86_400


class EnvironmentKeys:
    """Which environment was made for which idempotency key, for a day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, owner: str, key: str, digest: str, environment_id: str) -> str:
        """Return the environment of `key`: the one that was made for it, or else `environment_id` from now on.

        Raises `RunConflict` when the key came with another request, told by its `digest`.
        """

        def run(connection: Connection) -> str:
            connection.execute("DELETE FROM environment_keys WHERE created_at < ?", (now_s() - KEY_LIFETIME_S,))
            row = connection.execute(
                "SELECT digest, environment_id FROM environment_keys WHERE owner = ? AND idempotency_key = ?",
                (owner, key),
            ).fetchone()
            if row is None:
                connection.execute(
                    "INSERT INTO environment_keys (owner, idempotency_key, digest, environment_id, created_at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (owner, key, digest, environment_id, now_s()),
                )
                return environment_id
            if row[0] != digest:
                raise RunConflict(
                    f"The idempotency key {key[:100]!r} was used for another request.", code="idempotency_key_reused"
                )
            return str(row[1])

        return await self._database.write(run)


class SeedContents:
    """Contents that were sent inline, on their way to a template or an environment."""

    def __init__(self, database: Database, files: SqlFiles) -> None:
        self._database = database
        self._files = files

    async def stage(self, contents: Sequence[Incoming], holder: str) -> None:
        """Keep contents for a day, until something holds them for longer. Raises `StoreFailed`."""
        ends_at = now_s() + STAGED_S

        def hold(connection: Connection) -> None:
            for content in contents:
                hold_content(connection, content.digest, holder, ends_at)

        await self._files.place_all("contents of an environment", contents, hold)

    async def purge(self) -> None:
        """Let go of staged contents whose day is over; the purge of files removes them."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM seed_contents WHERE ends_at < ?", (now_s(),)).rowcount
        )


def hold_contents(connection: Connection, holder: str, files: Iterable[SeedFile]) -> None:
    """Say that `holder` needs the inline contents among `files`."""
    for digest in {file.digest for file in files if file.digest is not None}:
        hold_content(connection, digest, holder, None)


def release_contents(connection: Connection, holder: str) -> None:
    """Say that `holder` needs no content any more."""
    connection.execute("DELETE FROM seed_contents WHERE holder = ?", (holder,))


def hold_content(connection: Connection, digest: str, holder: str, ends_at: int | None) -> None:
    """Say that `holder` needs a content, until `ends_at` or its release."""
    connection.execute(
        "INSERT INTO seed_contents (digest, holder, ends_at) VALUES (?, ?, ?)"
        " ON CONFLICT (digest, holder) DO UPDATE SET ends_at = excluded.ends_at",
        (digest, holder, ends_at),
    )
