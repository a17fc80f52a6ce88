"""API keys in the database, kept as digests."""

from typing import Any

from tercet.store.base import ApiKey
from tercet.store.database import Database

_COLUMNS = ", ".join(ApiKey.__struct_fields__)
_PLACES = ", ".join("?" * len(ApiKey.__struct_fields__))
_INSERT = f"INSERT INTO api_keys ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608  # names from our own code
_SELECT = f"SELECT {_COLUMNS} FROM api_keys "  # noqa: S608  # likewise


class SqlKeys:
    """The `KeyStore` over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> None:
        """See `KeyStore.add`."""
        values = tuple(getattr(key, name) for name in ApiKey.__struct_fields__)
        await self._database.write(lambda connection: connection.execute(_INSERT, values))

    async def find(self, digest: str) -> ApiKey | None:
        """See `KeyStore.find`."""
        found = await self._select("WHERE digest = ?", digest)
        return found[0] if found else None

    async def all(self) -> list[ApiKey]:
        """See `KeyStore.all`."""
        return await self._select("ORDER BY created_at, id")

    async def revoke(self, key_id: str, at: int) -> bool:
        """See `KeyStore.revoke`."""
        statement = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
        return await self._database.write(lambda connection: connection.execute(statement, (at, key_id)).rowcount > 0)

    async def _select(self, clause: str, *values: Any) -> list[ApiKey]:
        rows = await self._database.read(lambda connection: connection.execute(_SELECT + clause, values).fetchall())
        return [ApiKey(*row) for row in rows]
