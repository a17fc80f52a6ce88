"""Every test of sessions runs on SQLite and on Postgres."""

import pytest

from tests.service.sessions import harness


@pytest.fixture(autouse=True, params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that the test's sessions are kept in."""
    if request.param == "postgres":
        monkeypatch.setattr(harness, "POSTGRES_URL", request.getfixturevalue("postgres_url"))
    return str(request.param)
