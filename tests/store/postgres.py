"""A Postgres server for the tests: started once, a database for each test, copied from one with the schema."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tercet.store.postgres import PostgresDatabase

SCRIPT = Path(__file__).parents[2] / "scripts" / "postgres.sh"
CANNOT_INSTALL = 3
UNSYNCED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """A running server, which ends with its input."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process = process
        self.url = url
        self._template = ""

    def tell(self, word: str) -> None:
        """Have the server `stop`, `kill` (crash) or `start`, and wait until it has."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == word

    def execute(self, statement: str) -> None:
        """Run a statement of an administrator."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty_database(self) -> str:
        """Return the URL of a new database without a schema."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return self._url_of(name)

    def database(self) -> str:
        """Return the URL of a new database with the schema."""
        if not self._template:
            url = self.empty_database()
            PostgresDatabase(url).discard()
            self._template = urlsplit(url).path[1:]
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return self._url_of(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")

    def _url_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))


@contextmanager
def serving(*settings: str) -> Iterator[PostgresServer]:
    """Run a server; where there is none and none can be installed, skip the test, but not in CI."""
    command = ["bash", str(SCRIPT), "serve", *settings]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            code = process.wait()
            if code == CANNOT_INSTALL and not os.environ.get("CI"):
                pytest.skip(
                    "there is no Postgres server here, and none can be installed (scripts/postgres.sh says why)"
                )
            pytest.fail(f"scripts/postgres.sh ended with {code}")
        try:
            yield PostgresServer(process, url)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)
