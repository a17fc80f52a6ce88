"""The usage ledger in the database: one row per request and tier."""

from collections.abc import Sequence

from tercet.store.base import LedgerEntry, UsageSum
from tercet.store.database import Connection, Database
from tercet.usage import Usage

SUMS = """
    SELECT owner, tier, COUNT(DISTINCT request_id), SUM(input_tokens), SUM(cached_tokens), SUM(output_tokens),
           SUM(reasoning_tokens), SUM(cost_usd)
    FROM ledger WHERE at >= ?1 AND at < ?2 AND (CAST(?3 AS TEXT) IS NULL OR owner = ?3)
    GROUP BY owner, tier ORDER BY owner, tier
"""


class SqlLedger:
    """The `Ledger` over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entries: Sequence[LedgerEntry]) -> None:
        """See `Ledger.add`."""
        await self._database.write(lambda connection: insert_entries(connection, entries))

    async def sums(self, since: int, until: int, owner: str | None = None) -> list[UsageSum]:
        """See `Ledger.sums`."""
        rows = await self._database.read(lambda connection: connection.execute(SUMS, (since, until, owner)).fetchall())
        return [UsageSum(row[0], row[1], row[2], Usage(*row[3:7]), row[7]) for row in rows]


def insert_entries(connection: Connection, entries: Sequence[LedgerEntry]) -> None:
    """Add ledger rows inside the transaction that `connection` is in."""
    connection.executemany(
        "INSERT INTO ledger (at, owner, request_id, tier, model, input_tokens, cached_tokens, output_tokens,"
        " reasoning_tokens, cost_usd) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                entry.at,
                entry.owner,
                entry.request_id,
                entry.tier,
                entry.model,
                entry.usage.input_tokens,
                entry.usage.cached_tokens,
                entry.usage.output_tokens,
                entry.usage.reasoning_tokens,
                entry.cost_usd,
            )
            for entry in entries
        ],
    )
