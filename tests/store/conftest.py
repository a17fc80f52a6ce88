"""Every test of the store that takes one of these runs on SQLite and on Postgres."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tercet.store.blobs import BlobFolder
from tercet.store.contents import Contents
from tercet.store.database import Database
from tercet.store.local import SqlStore
from tercet.store.postgres import PostgresDatabase
from tercet.store.postgres_contents import PostgresContents
from tercet.store.secrets import SecretKey
from tercet.store.sqlite import SqliteDatabase

Open = Callable[[], Database]


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The database that the test runs on."""
    return str(request.param)


@pytest.fixture
def open_database(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """What opens the test's database; more than once, it is as if by several processes."""
    if dialect == "sqlite":
        return lambda: SqliteDatabase(tmp_path / "tercet.db")
    url: str = request.getfixturevalue("postgres_url")
    return lambda: PostgresDatabase(url, patience_s=5.0)


@pytest.fixture
async def database(open_database: Open) -> AsyncIterator[Database]:
    """A database with the schema."""
    opened = open_database()
    yield opened
    await opened.close()


@pytest.fixture
def contents(database: Database, tmp_path: Path) -> Contents:
    """What holds contents of files beside the database."""
    return BlobFolder(tmp_path / "files") if database.dialect == "sqlite" else PostgresContents(database)


@pytest.fixture
def store(database: Database, contents: Contents, tmp_path: Path) -> SqlStore:
    """A whole store."""
    return SqlStore(database, contents, SecretKey(tmp_path / "secret.key"), retention_days=30, max_responses=10)
