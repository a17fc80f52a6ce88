"""Vaults through the official client: secrets go in, are rotated, and come out nowhere."""

import asyncio
import base64
import logging
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.beta.agents import Vault, VaultDeleted
from openai.types.beta.agents.vaults import Credential, CredentialDeleted

from tercet.errors import ConfigInvalid, InvalidRequest
from tercet.service.vaults import Vaults
from tercet.service.vaults_checks import checked_auth
from tercet.sessions.vaults import Secrets, SecretVariable, StaticBearer
from tercet.store.local import LocalStore
from tests.api.agents.strict import checked, checked_list
from tests.api.conftest import Dial, Serve

OAUTH: Any = {
    "type": "mcp_oauth",
    "access_token": "SECRET-access",
    "mcp_server_url": "https://mcp.example.com/v1",
    "expires_at": "2030-01-31T12:00:00Z",
    "refresh": {
        "client_id": "client",
        "refresh_token": "SECRET-refresh",
        "token_endpoint": "https://auth.example.com/token",
        "token_endpoint_auth": {"type": "client_secret_post", "client_secret": "SECRET-client"},
        "scope": "read write",
    },
}
BEARER: Any = {"type": "static_bearer", "token": "SECRET-bearer", "mcp_server_url": "https://mcp.example.com/v2"}
VARIABLE: Any = {
    "type": "environment_variable",
    "secret_name": "SERVICE_KEY",
    "secret_value": "SECRET-value",
    "networking": {"type": "limited", "allowed_hosts": ["API.example.com"]},
}


def test_vaults_are_kept_renamed_filtered_and_deleted(serve: Serve, dial: Dial) -> None:
    vaults: Any = dial(serve()).beta.agents.vaults
    bare = checked(Vault, vaults.with_raw_response.create())
    assert (bare.name, bare.metadata) == (None, {})
    vault = checked(Vault, vaults.with_raw_response.create(name="  Mail ", metadata={"team": "a"}))
    assert vault.name == "Mail"
    assert checked(Vault, vaults.with_raw_response.update(vault.id, name="Post", metadata={"team": "b"})).name == "Post"
    assert vaults.update(vault.id, name=None).name is None
    assert vaults.retrieve(vault.id).metadata == {"team": "b"}
    assert [each.id for each in checked_list(Vault, vaults.with_raw_response.list(metadata={"team": "b"}))] == [
        vault.id
    ]
    assert list(vaults.list(metadata={"team": "a"})) == []
    assert list(vaults.list(status="archived")) == []
    assert len(list(vaults.list(status=["active", "archived"], limit=1))) == 2
    checked(VaultDeleted, vaults.with_raw_response.delete(vault.id))
    with pytest.raises(openai.NotFoundError):
        vaults.retrieve(vault.id)


@pytest.mark.parametrize("auth", [OAUTH, BEARER, VARIABLE], ids=lambda auth: auth["type"])
def test_a_credential_shows_everything_but_its_secrets(
    serve: Serve, dial: Dial, auth: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tercet")
    vaults: Any = dial(serve()).beta.agents.vaults
    vault = vaults.create(name="v")
    raw = vaults.credentials.with_raw_response.create(vault.id, auth=auth, name=" c ", metadata={"a": "b"})
    made = checked(Credential, raw)
    assert (made.name, made.vault_id, made.metadata, made.auth.type) == ("c", vault.id, {"a": "b"}, auth["type"])
    texts = [
        raw.http_response.text,
        vaults.credentials.with_raw_response.retrieve(made.id, vault_id=vault.id).http_response.text,
        vaults.credentials.with_raw_response.list(vault.id).http_response.text,
        caplog.text,
    ]
    assert not any("SECRET" in text for text in texts)
    state = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"SECRET" not in state
    assert b"example.com" in state
    checked(CredentialDeleted, vaults.credentials.with_raw_response.delete(made.id, vault_id=vault.id))
    assert list(vaults.credentials.list(vault.id)) == []


def test_secrets_are_for_the_runtime_and_rotated_together(serve: Serve, dial: Dial) -> None:
    server = serve()
    vaults: Any = dial(server).beta.agents.vaults
    vault = vaults.create(name="v")
    oauth = vaults.credentials.create(vault.id, auth=OAUTH, name="o")
    bearer = vaults.credentials.create(vault.id, auth=BEARER, name="b")
    found = _secrets(server, vault.id)
    assert {secret.credential_id: secret.value for secret in found} == {
        oauth.id: "SECRET-access",
        bearer.id: "SECRET-bearer",
    }
    assert "SECRET" not in repr(found)
    changed = checked(
        Credential,
        vaults.credentials.with_raw_response.update(
            oauth.id,
            vault_id=vault.id,
            auth={"type": "mcp_oauth", "access_token": "SECRET-new", "refresh": {"scope": None}},
        ),
    )
    assert changed.auth.expires_at is None, "a new token without an end has none"
    assert changed.auth.refresh.scope is None
    assert changed.auth.refresh.client_id == "client"
    vaults.credentials.update(bearer.id, vault_id=vault.id, auth={"type": "static_bearer", "token": "SECRET-2"})
    assert {secret.value for secret in _secrets(server, vault.id)} == {"SECRET-new", "SECRET-2"}
    kept = vaults.credentials.update(bearer.id, vault_id=vault.id, metadata={"x": "y"})
    assert kept.metadata == {"x": "y"}
    assert {secret.value for secret in _secrets(server, vault.id)} == {"SECRET-new", "SECRET-2"}


def test_a_bearer_is_found_by_the_url_of_its_server(serve: Serve, dial: Dial) -> None:
    server = serve()
    vaults: Any = dial(server).beta.agents.vaults
    vault = vaults.create(name="v")
    first = vaults.credentials.create(vault.id, auth=BEARER, name="b")

    def bearer(url: str, credential_id: str | None = None) -> Any:
        return asyncio.run_coroutine_threadsafe(
            server.service.bearers.bearer_for(url, (vault.id,), "", credential_id), server.loop
        ).result(20)

    assert bearer("https://MCP.example.com:443/v2/").credential_id == first.id
    assert bearer("https://mcp.example.com/other") is None
    vaults.credentials.create(vault.id, auth=BEARER, name="b2")
    with pytest.raises(Exception, match="Several credentials"):
        bearer("https://mcp.example.com/v2")
    assert bearer("https://mcp.example.com/v2", first.id).value == "SECRET-bearer"
    with pytest.raises(Exception, match="not in the session's vaults"):
        bearer("https://mcp.example.com/v2", "cred_other")


@pytest.mark.parametrize(
    ("auth", "param"),
    [
        ({**BEARER, "mcp_server_url": "http://mcp.example.com"}, "auth.mcp_server_url"),
        ({**BEARER, "mcp_server_url": "https://user:pw@mcp.example.com"}, "auth.mcp_server_url"),
        ({**BEARER, "token": "a\r\nb"}, "auth.token"),
        ({**BEARER, "token": ""}, "auth.token"),
        ({**OAUTH, "expires_at": "tomorrow"}, "auth.expires_at"),
        ({**OAUTH, "refresh": {**OAUTH["refresh"], "token_endpoint": "ftp://x"}}, "auth.refresh.token_endpoint"),
        ({**VARIABLE, "secret_name": "PATH"}, "auth.secret_name"),
        ({**VARIABLE, "secret_value": "SECRET\n"}, "auth.secret_value"),
        ({"type": "password"}, "auth.type"),
    ],
)
def test_what_is_no_credential_is_refused_by_name(serve: Serve, dial: Dial, auth: Any, param: str) -> None:
    vaults: Any = dial(serve()).beta.agents.vaults
    vault = vaults.create(name="v")
    with pytest.raises(openai.BadRequestError) as caught:
        vaults.credentials.create(vault.id, auth=auth, name="c")
    assert caught.value.param == param
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hosts", "param"),
    [
        ("1A", ("a.com",), "auth.secret_name"),
        ("CODEX_A", ("a.com",), "auth.secret_name"),
        ("https_proxy", ("a.com",), "auth.secret_name"),
        ("A", ("*.example.com",), "auth.networking.allowed_hosts[0]"),
        ("A", ("a.com", "::1"), "auth.networking.allowed_hosts[1]"),
        ("A", ("a.com", "https://b.com"), "auth.networking.allowed_hosts[1]"),
        ("A", ("0177.0.0.1",), "auth.networking.allowed_hosts[0]"),
        ("A", ("a.com", "A.COM"), "auth.networking.allowed_hosts"),
        ("A", (), "auth.networking.allowed_hosts"),
    ],
)
def test_names_and_hosts_of_variables_are_checked(name: str, hosts: tuple[str, ...], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        checked_auth(SecretVariable(name, hosts), "auth")
    assert caught.value.param == param


def test_a_rotation_keeps_the_kind_of_credential(serve: Serve, dial: Dial) -> None:
    vaults: Any = dial(serve()).beta.agents.vaults
    vault = vaults.create(name="v")
    bearer = vaults.credentials.create(vault.id, auth=BEARER, name="b")
    with pytest.raises(openai.BadRequestError) as caught:
        vaults.credentials.update(
            bearer.id, vault_id=vault.id, auth={"type": "environment_variable", "secret_value": "x"}
        )
    assert caught.value.param == "auth.type"


def test_another_key_sees_no_vault_and_no_credential(serve: Serve, dial: Dial) -> None:
    server = serve(api_keys=("one", "two"))
    one, two = (dial(server, api_key=key).beta.agents.vaults for key in ("one", "two"))
    vault = one.create(name="v")
    credential = one.credentials.create(vault.id, auth=BEARER, name="b")
    other = two.create(name="w")
    for call in (
        lambda: two.retrieve(vault.id),
        lambda: two.delete(vault.id),
        lambda: two.credentials.create(vault.id, auth=BEARER, name="x"),
        lambda: two.credentials.retrieve(credential.id, vault_id=vault.id),
        lambda: two.credentials.retrieve(credential.id, vault_id=other.id),
        lambda: two.credentials.delete(credential.id, vault_id=vault.id),
        lambda: two.credentials.list(vault.id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()


async def test_a_wrong_key_is_found_at_the_start(tmp_path: Path) -> None:
    def store(key: str = "") -> LocalStore:
        return LocalStore(tmp_path / "t.db", retention_days=1, max_responses=1, secret_key=key)

    first = store()
    vault = await Vaults(first.agent_tables).create("", "v", {})
    await first.agent_tables.check()
    await Vaults(first.agent_tables).add_credential(
        vault.id, "", "c", StaticBearer("https://a.example.com"), Secrets("s"), {}
    )
    await first.agent_tables.check()
    await first.close()
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    second = store(base64.b64encode(b"x" * 32).decode())
    with pytest.raises(ConfigInvalid, match="another key"):
        await second.agent_tables.check()
    with pytest.raises(ConfigInvalid, match="another key"):
        await Vaults(second.agent_tables).add_credential(
            vault.id, "", "c", StaticBearer("https://a.example.com"), Secrets("s"), {}
        )
    await second.close()
    with pytest.raises(ConfigInvalid, match="32 bytes"):
        store("short")
    (tmp_path / "secret.key").chmod(0o644)
    third = store()
    with pytest.raises(ConfigInvalid, match="0600"):
        await third.agent_tables.check()
    await third.close()


def _secrets(server: Any, vault_id: str) -> Any:
    work = server.service.vaults.secrets_for((vault_id,), "")
    return asyncio.run_coroutine_threadsafe(work, server.loop).result(20)
