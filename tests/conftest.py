"""What tests of every folder may ask for: a Postgres database of their own."""

from collections.abc import Iterator

import pytest

from tests.store.postgres import UNSYNCED, PostgresServer, serving


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole session, which does not sync: nothing here survives anything."""
    with serving(*UNSYNCED) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a database with the schema, for this test alone."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)
