"""Credentials of the kind `environment_variable`: from a vault to a host on the network, past the sandbox, unseen."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tercet.config import Config, EgressConfig
from tercet.egress import system_authorities
from tests.api.agents.test_mcp_stdio import message
from tests.api.agents.test_sessions import wait
from tests.api.conftest import Dial, Serve
from tests.egress.test_tls import TlsHost, certificate

pytestmark = pytest.mark.timeout(180)

FIRST, SECOND = "SECRET-first-value", "SECRET-second-value"
ASK = """
import os, urllib.request
request = urllib.request.Request("https://localhost:PORT/", headers={"X-Key": os.environ["SERVICE_KEY"]})
print(os.environ["SERVICE_KEY"], urllib.request.urlopen(request, timeout=30).read().decode())
"""


class Repeating(TlsHost):
    """Repeats the head of each request."""

    async def answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = head.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repeating]:
    """Run a host with TLS on localhost that this machine trusts."""
    path = certificate(tmp_path, "localhost")
    trusted = "-----BEGIN CERT" + path.read_text().partition("-----BEGIN CERT")[2]
    (tmp_path / "trusted.pem").write_text(system_authorities() + trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    made = Repeating("", context)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(made.start(), loop).result(10)
    yield made
    asyncio.run_coroutine_threadsafe(made.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def variable(value: str = FIRST, **networking: Any) -> Any:
    return {
        "type": "environment_variable",
        "secret_name": "SERVICE_KEY",
        "secret_value": value,
        "networking": networking or {"type": "limited", "allowed_hosts": ["localhost"]},
    }


def environment(**network: Any) -> Any:
    return {"type": "openai_hosted", "network": network or {"access": "restricted", "allowed_domains": ["localhost"]}}


def test_a_secret_goes_to_its_host_and_is_seen_nowhere_else(
    serve_hosted: Serve, dial: Dial, host: Repeating, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tercet")
    code = ASK.replace("PORT", str(host.port))
    server = serve_hosted(
        {"turn": 0, "calls": [{"name": "python", "arguments": {"code": code}}]},
        {"turn": 1, "text": "Asked."},
        config=Config(egress=EgressConfig(allow=(f"localhost:{host.port}",))),
    )
    agents: Any = dial(server).beta.agents
    vault = agents.vaults.create(name="v")
    credential = agents.vaults.credentials.create(vault.id, auth=variable(), name="c")
    made = agents.sessions.create(agent={"model": "nano"}, environment=environment(), input="go", vault_ids=[vault.id])
    wait(agents.sessions, made.id)
    assert f"x-key: {FIRST}" in host.requests[-1]
    agents.vaults.credentials.update(
        credential.id, vault_id=vault.id, auth={"type": "environment_variable", "secret_value": SECOND}
    )
    agents.sessions.events.create(made.id, events=[message("again")])
    wait(agents.sessions, made.id)
    assert f"x-key: {SECOND}" in host.requests[-1], "a rotated secret counts at once"
    agents.vaults.credentials.delete(credential.id, vault_id=vault.id)
    agents.sessions.events.create(made.id, events=[message("again")])
    wait(agents.sessions, made.id)
    assert "x-key: tercet_secret_" in host.requests[-1], "one that is deleted goes nowhere"
    items = agents.sessions.items.with_raw_response.list(made.id, limit=100).http_response.text
    assert items.count("tercet_secret_") >= 6
    replay = agents.sessions.with_raw_response.retrieve(made.id).http_response.text
    replay += dial(server).get(f"/agents/sessions/{made.id}/replay", cast_to=str)
    traces = agents.sessions.traces.with_raw_response.list(made.id).http_response.text
    assert not any("SECRET" in text for text in (items, replay, traces, caplog.text))
    kept = [path for folder in ("state", "environments") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not any(b"SECRET" in path.read_bytes() for path in kept)


def test_an_environment_made_ahead_may_have_vaults(serve_hosted: Serve, dial: Dial) -> None:
    show = {"name": "shell", "arguments": {"command": "echo $SERVICE_KEY and $OTHER_KEY"}}
    agents: Any = dial(serve_hosted({"turn": 0, "calls": [show]}, {"turn": 1, "text": "Seen."})).beta.agents
    first, second = agents.vaults.create(name="a"), agents.vaults.create(name="b")
    agents.vaults.credentials.create(first.id, auth=variable(), name="c")
    agents.vaults.credentials.create(second.id, auth={**variable(), "secret_name": "OTHER_KEY"}, name="d")
    box = agents.environments.create(environment=environment(), vault_ids=[first.id])
    made = agents.sessions.create(
        agent={"model": "nano"},
        environment={"type": "openai_hosted", "environment_id": box.id},
        input="go",
        vault_ids=[second.id],
    )
    wait(agents.sessions, made.id)
    (call,) = [item for item in agents.sessions.items.list(made.id) if item.type == "command_execution"]
    assert str(call.to_dict()).count("tercet_secret_") >= 2


@pytest.mark.parametrize(
    ("auths", "hosted", "param"),
    [
        ([variable(type="unrestricted")], environment(access="enabled"), "environment.network.access"),
        ([variable(type="unrestricted")], environment(access="disabled"), "environment.network.access"),
        ([variable(), variable()], environment(), "vault_ids"),
        ([variable()], {**environment(), "env": {"SERVICE_KEY": "x"}}, "environment.env"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(
    serve_with_folder: Serve, dial: Dial, auths: list[Any], hosted: Any, param: str
) -> None:
    agents: Any = dial(serve_with_folder({"text": "x"})).beta.agents
    vault = agents.vaults.create(name="v")
    for number, auth in enumerate(auths):
        agents.vaults.credentials.create(vault.id, auth=auth, name=str(number))
    with pytest.raises(openai.BadRequestError) as caught:
        agents.sessions.create(agent={"model": "nano"}, environment=hosted, input="go", vault_ids=[vault.id])
    assert caught.value.param == param
    with pytest.raises(openai.BadRequestError):
        agents.environments.create(environment=hosted, vault_ids=[vault.id])
    words: Any = {"role": "user", "content": [{"type": "input_text", "text": "go"}]}
    target: Any = {"type": "new_session", "agent": {"model": "nano"}, "environment": hosted, "input": [words]}
    with pytest.raises(openai.BadRequestError) as caught:
        agents.automations.create(
            type="once", name="n", run_at=4_000_000_000, target={**target, "vault_ids": [vault.id]}
        )
    assert caught.value.param == f"target.{param}"
