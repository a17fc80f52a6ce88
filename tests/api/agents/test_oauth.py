"""OAuth credentials of MCP servers: renewed when they end or are rejected, once, with tokens that rotate."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import uvicorn

from tercet.config import Config, EgressConfig
from tercet.egress import system_authorities
from tests.api.agents.test_mcp_stdio import message
from tests.api.agents.test_sessions import NONE, wait
from tests.api.conftest import Dial, Serve, Server
from tests.egress.test_tls import certificate

pytest.importorskip("mcp", reason="needs the mcp extra")
pytestmark = pytest.mark.timeout(120)
CALL = {"turn": 0, "calls": [{"name": "things__add", "arguments": {"a": 1, "b": 2}}]}


class Place:
    """An MCP server that takes one token, and the token endpoint that gives the next one."""

    def __init__(self) -> None:
        from mcp.server import MCPServer

        server = MCPServer("things")

        @server.tool()
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        self._app: Any = server.streamable_http_app()
        self.token, self.refresh_token = "SECRET-access-0", "SECRET-refresh-0"
        self.renewals: list[dict[str, str]] = []
        self.is_denying = False
        self.port = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/token":
            await self._renew(receive, send)
        elif dict(scope["headers"]).get(b"authorization") != f"Bearer {self.token}".encode():
            await _answer(send, 401, {"error": "invalid_token"})
        else:
            await self._app(scope, receive, send)

    async def _renew(self, receive: Any, send: Any) -> None:
        body = (await receive())["body"].decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.renewals.append(form)
        if self.is_denying or form["refresh_token"] != self.refresh_token:
            await _answer(send, 400, {"error": "invalid_grant", "error_description": "SECRET-words"})
            return
        number = len(self.renewals)
        self.token, self.refresh_token = f"SECRET-access-{number}", f"SECRET-refresh-{number}"
        answer = {"access_token": self.token, "refresh_token": self.refresh_token}
        await _answer(send, 200, {**answer, "token_type": "Bearer", "expires_in": 3600})


async def _answer(send: Any, status: int, value: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    path = certificate(tmp_path, "localhost")
    trusted = "-----BEGIN CERT" + path.read_text().partition("-----BEGIN CERT")[2]
    (tmp_path / "trusted.pem").write_text(system_authorities() + trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    made = Place()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]
    config = uvicorn.Config(made, ssl_certfile=str(path), log_config=None, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    async def serve() -> None:
        await server.serve(sockets=[listener])
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.1)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    yield made
    server.should_exit = True
    thread.join(20)
    listener.close()


class Setting:
    """A running server whose owner has a credential for the place."""

    def __init__(self, server: Server, client: Any, place: Place, expires_at: str | None, client_auth: Any) -> None:
        self.agents = client.beta.agents
        self.url = f"https://localhost:{place.port}/mcp"
        self.vault = self.agents.vaults.create(name="v")
        refresh = {
            "client_id": "client",
            "refresh_token": place.refresh_token,
            "token_endpoint": f"https://localhost:{place.port}/token",
            "token_endpoint_auth": client_auth,
            "scope": "read",
            "resource": "https://localhost/",
        }
        auth = {"type": "mcp_oauth", "access_token": "SECRET-access-0", "mcp_server_url": self.url, "refresh": refresh}
        self.credential = self.agents.vaults.credentials.create(
            self.vault.id, auth={**auth, "expires_at": expires_at}, name="mail"
        )

    def session(self, *, is_required: bool = True) -> Any:
        transport = {"type": "http", "server_url": self.url}
        tool = {"type": "mcp", "server_label": "things", "transport": transport, "required": is_required}
        return self.agents.sessions.create(
            agent={"model": "nano", "tools": [tool]}, environment=NONE, input="go", vault_ids=[self.vault.id]
        )

    def results(self, session_id: str) -> list[Any]:
        wait(self.agents.sessions, session_id)
        items = self.agents.sessions.items.list(session_id, order="asc")
        return [item.to_dict() for item in items if item.type == "mcp_call"]


def setting(serve: Serve, dial: Dial, place: Place, expires_at: str | None = None, client_auth: Any = None) -> Setting:
    config = Config(egress=EgressConfig(allow=(f"localhost:{place.port}",)))
    server = serve(CALL, {"turn": 1, "text": "Three."}, config=config)
    auth = client_auth or {"type": "client_secret_post", "client_secret": "SECRET-client"}
    return Setting(server, dial(server), place, expires_at, auth)


def test_a_token_that_has_ended_is_renewed_and_rotated(
    serve_with_folder: Serve, dial: Dial, place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tercet")
    here = setting(serve_with_folder, dial, place, "2020-01-01T00:00:00Z")
    made = here.session()
    (first,) = here.results(made.id)
    assert "3" in str(first["output"]), first
    assert place.renewals == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "SECRET-refresh-0",
            "scope": "read",
            "resource": "https://localhost/",
            "client_id": "client",
            "client_secret": "SECRET-client",
        }
    ]
    kept = here.agents.vaults.credentials.with_raw_response.retrieve(here.credential.id, vault_id=here.vault.id)
    assert kept.parse().auth.expires_at > "2026"
    place.token = "SECRET-revoked"  # the server forgets it: the next call is refused, and made again with a new one
    here.agents.sessions.events.create(made.id, events=[message("again")])
    second = here.results(made.id)[-1]
    assert "3" in str(second["output"]), second
    assert [form["refresh_token"] for form in place.renewals] == ["SECRET-refresh-0", "SECRET-refresh-1"]
    state = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"SECRET" not in state
    assert "SECRET" not in kept.http_response.text + caplog.text + str(second)


def test_many_sessions_renew_it_once(serve_with_folder: Serve, dial: Dial, place: Place) -> None:
    here = setting(serve_with_folder, dial, place, "2020-01-01T00:00:00Z", {"type": "none"})
    with ThreadPoolExecutor(4) as pool:
        sessions = list(pool.map(lambda _: here.session(), range(4)))
    assert all("3" in str(here.results(session.id)[0]["output"]) for session in sessions)
    assert len(place.renewals) == 1


def test_a_session_is_told_when_it_cannot_be_renewed(serve_with_folder: Serve, dial: Dial, place: Place) -> None:
    here = setting(serve_with_folder, dial, place, None)
    made = here.session()
    assert "3" in str(here.results(made.id)[0]["output"])
    place.token, place.is_denying = "SECRET-revoked", True
    here.agents.sessions.events.create(made.id, events=[message("again")])
    failed = str(here.results(made.id)[-1])
    assert "the credential 'mail'" in failed
    assert "cannot be renewed: the token endpoint of localhost answered 400 (invalid_grant)" in failed
    assert "SECRET" not in failed
    fresh = here.session()
    wait(here.agents.sessions, fresh.id)
    (turn,) = here.agents.sessions.turns.list(fresh.id)
    assert turn.status == "failed"
    assert "cannot be renewed" in turn.error.message


def test_a_bearer_that_is_not_accepted_says_so(serve_with_folder: Serve, dial: Dial, place: Place) -> None:
    here = setting(serve_with_folder, dial, place, None)
    here.agents.vaults.credentials.delete(here.credential.id, vault_id=here.vault.id)
    bearer = {"type": "static_bearer", "token": "SECRET-wrong", "mcp_server_url": here.url}
    here.agents.vaults.credentials.create(here.vault.id, auth=bearer, name="plain")
    made = here.session()
    wait(here.agents.sessions, made.id)
    (turn,) = here.agents.sessions.turns.list(made.id)
    assert "did not accept the credential 'plain'" in turn.error.message
