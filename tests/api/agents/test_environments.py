"""Templates, environments and the files in them through the official client."""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.beta.agents import EnvironmentInfo
from openai.types.beta.agents.environments import (
    EnvironmentFile,
    EnvironmentTemplate,
    EnvironmentTemplateDeleted,
)

from tests.api.agents.strict import checked, checked_list, validated
from tests.api.conftest import Dial, Serve

HELLO = base64.b64encode(b"hello").decode()
INLINE: Any = {"type": "inline", "data": HELLO, "path": "/workspace/a/hello.txt"}
HOSTED = "openai_hosted"


def test_a_template_keeps_its_secrets_to_itself(serve: Serve, dial: Dial, tmp_path: Path) -> None:
    client: Any = dial(serve())
    templates: Any = client.beta.agents.environments.templates
    file = client.files.create(file=("data.csv", b"a,b\n"), purpose="user_data")
    raw = templates.with_raw_response.create(
        name="Box",
        env={"TOKEN": "SECRET-env"},
        setup_commands=[{"command": "echo SECRET-command"}],
        files=[INLINE, {"type": "file_id", "file_id": file.id, "path": "/workspace/data.csv"}],
        network={"access": "restricted", "allowed_domains": ["Example.com"]},
    )
    made = checked(EnvironmentTemplate, raw)
    assert "SECRET" not in raw.http_response.text
    assert made.network.to_dict() == {
        "access": "restricted",
        "allowed_domains": ["example.com"],
        "blocked_domains": [],
    }
    assert [entry.to_dict() for entry in made.files] == [
        {"type": "inline", "path": "/workspace/a/hello.txt", "size_bytes": 5},
        {"type": "file_id", "path": "/workspace/data.csv", "file_id": file.id},
    ]
    state = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"SECRET" not in state
    assert made.to_dict() == templates.retrieve(made.id).to_dict()


def test_templates_are_updated_listed_and_deleted(serve: Serve, dial: Dial) -> None:
    templates: Any = dial(serve()).beta.agents.environments.templates
    made = templates.create(name="Box", files=[INLINE], network={"access": "enabled"})
    changed = checked(EnvironmentTemplate, templates.with_raw_response.update(made.id, network=None))
    assert (changed.network.access, changed.name, len(changed.files)) == ("disabled", "Box", 1)
    assert templates.update(made.id, files=[], name=None).files == []
    other = templates.create()
    assert [each.id for each in checked_list(EnvironmentTemplate, templates.with_raw_response.list())] == [
        other.id,
        made.id,
    ]
    checked(EnvironmentTemplateDeleted, templates.with_raw_response.delete(made.id))
    with pytest.raises(openai.NotFoundError):
        templates.retrieve(made.id)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"desktop": {"enabled": True}}, "desktop.enabled"),
        ({"packages": {"python": ["requests"]}}, "packages.python"),
        ({"packages": {"npm": ["x"]}, "network": {"access": "disabled"}}, "packages.npm"),
        ({"packages": {"python": ["-r/etc/passwd"]}, "network": {"access": "enabled"}}, "packages.python[0]"),
        ({"packages": {"npm": ["https://evil.example/x"]}, "network": {"access": "enabled"}}, "packages.npm[0]"),
        ({"packages": {"system": ["curl"]}}, "packages.system"),
        ({"plugins": [{"name": "x"}]}, "plugins"),
        ({"skills": [{"type": "skill_reference", "skill_id": "x"}]}, "skills[0].type"),
        ({"capability_directories": ["/etc"]}, "capability_directories[0]"),
        ({"files": [{**INLINE, "path": "/workspace/.skills/x"}]}, "files[0].path"),
        ({"network": {"access": "restricted", "allowed_domains": ["*.a.com"]}}, "network.allowed_domains[0]"),
        ({"network": {"access": "enabled", "allowed_domains": ["a.com"]}}, "network.allowed_domains"),
        (
            {"network": {"access": "restricted", "allowed_domains": ["a.com"], "blocked_domains": ["b.com"]}},
            "network.blocked_domains",
        ),
        ({"files": [{**INLINE, "path": "/etc/passwd"}]}, "files[0].path"),
        ({"files": [{**INLINE, "path": "/workspace/../etc/passwd"}]}, "files[0].path"),
        ({"files": [INLINE, {**INLINE, "path": "/workspace/a"}]}, "files[0].path"),
        ({"files": [{**INLINE, "data": "not base64!"}]}, "files[0].data"),
        ({"env": {"1A": ""}}, "env"),
        ({"env": {"LD_PRELOAD": "x"}}, "env"),
        ({"setup_commands": [{"command": " "}]}, "setup_commands[0].command"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_a_template_cannot_have_is_refused_by_name(
    serve: Serve, dial: Dial, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        dial(serve()).post("/agents/environments/templates", cast_to=object, body=fields)
    assert caught.value.param == param


def test_a_file_of_another_key_cannot_be_named(serve: Serve, dial: Dial) -> None:
    server = serve(api_keys=("one", "two"))
    one, two = (dial(server, api_key=key) for key in ("one", "two"))
    file = one.files.create(file=("x", b"x"), purpose="user_data")
    entry: Any = {"type": "file_id", "file_id": file.id, "path": "/workspace/x"}
    with pytest.raises(openai.NotFoundError) as caught:
        two.beta.agents.environments.templates.create(files=[entry])
    assert caught.value.param == "files[0].file_id"
    template = one.beta.agents.environments.templates.create(files=[entry])
    with pytest.raises(openai.NotFoundError):
        two.beta.agents.environments.templates.retrieve(template.id)


@pytest.mark.parametrize(
    ("base", "override", "is_narrower"),
    [
        ({"access": "enabled"}, {"access": "restricted", "allowed_domains": ["a.com"]}, True),
        ({"access": "disabled"}, {"access": "restricted", "allowed_domains": ["a.com"]}, False),
        ({"access": "restricted", "allowed_domains": ["a.com"]}, {"access": "enabled"}, False),
        (
            {"access": "restricted", "allowed_domains": ["a.com"]},
            {"access": "restricted", "allowed_domains": ["x.a.com"]},
            True,
        ),
        (
            {"access": "restricted", "allowed_domains": ["x.a.com"]},
            {"access": "restricted", "allowed_domains": ["a.com"]},
            False,
        ),
        (
            {"access": "restricted", "allowed_domains": ["a.com"]},
            {"access": "restricted", "blocked_domains": ["b.com"]},
            False,
        ),
        (
            {"access": "restricted", "blocked_domains": ["b.com"]},
            {"access": "restricted", "allowed_domains": ["x.b.com"]},
            False,
        ),
        (
            {"access": "restricted", "blocked_domains": ["b.com"]},
            {"access": "restricted", "blocked_domains": ["b.com", "c.com"]},
            True,
        ),
        ({"access": "restricted", "blocked_domains": ["b.com"]}, {"access": "disabled"}, True),
    ],
)
def test_a_session_cannot_broaden_its_templates_network(
    serve_with_folder: Serve, dial: Dial, base: Any, override: Any, is_narrower: bool
) -> None:
    agents: Any = dial(serve_with_folder()).beta.agents
    template = agents.environments.templates.create(network=base)
    create: Callable[[], object] = lambda: agents.automations.create(  # noqa: E731  # needs no sandbox
        name="n",
        type="once",
        run_at=4_000_000_000,
        target={
            "type": "new_session",
            "agent": {"model": "nano"},
            "environment": {"type": HOSTED, "environment_template_id": template.id, "network": override},
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}],
        },
    )
    if is_narrower:
        create()
        return
    with pytest.raises(openai.BadRequestError) as caught:
        create()
    assert caught.value.param == "target.environment.network"


def test_self_hosted_environments_are_refused_by_name(serve: Serve, dial: Dial) -> None:
    agents: Any = dial(serve()).beta.agents
    with pytest.raises(openai.BadRequestError, match="exec-server") as caught:
        agents.sessions.create(
            agent={"model": "nano"}, environment={"type": "self_hosted", "workspace_directory": "/w"}, input="x"
        )
    assert caught.value.param == "environment.type"


def test_an_environment_is_made_once_per_key_and_holds_live_files(serve_hosted: Serve, dial: Dial) -> None:
    environments: Any = dial(serve_hosted()).beta.agents.environments
    asked: Any = {"type": HOSTED, "files": [INLINE]}
    made = checked(EnvironmentInfo, environments.with_raw_response.create(environment=asked, idempotency_key="k"))
    assert environments.create(environment=asked, idempotency_key="k").id == made.id
    with pytest.raises(openai.ConflictError):
        environments.create(environment={"type": HOSTED}, idempotency_key="k")
    assert [file.path for file in made.files] == ["/workspace/a/hello.txt"]
    assert [each.id for each in checked_list(EnvironmentInfo, environments.with_raw_response.list())] == [made.id]
    put = checked(
        EnvironmentFile,
        environments.files.with_raw_response.create(
            made.id, type="inline", data=base64.b64encode(b"bye").decode(), path="/workspace/b.txt"
        ),
    )
    assert (put.path, put.size_bytes) == ("/workspace/b.txt", 3)
    page = environments.files.with_raw_response.list(made.id, limit=1, order="asc")
    validated(EnvironmentFile, page.http_response.json()["data"][0])
    paths = [file.path for file in environments.files.list(made.id, limit=1, order="asc")]
    assert [path for path in paths if "outputs" not in path] == ["/workspace/a/hello.txt", "/workspace/b.txt"]
    assert [file.path for file in environments.files.list(made.id, path="/workspace/a")] == ["/workspace/a/hello.txt"]
    with pytest.raises(openai.BadRequestError):
        environments.files.list(made.id, path="/etc")
    assert environments.retrieve(made.id).status == "ready"


def test_a_session_is_forked_with_its_workspace_as_it_was(serve_hosted: Serve, dial: Dial) -> None:
    write: Any = {"when": "^Go$", "turn": 0, "calls": [{"name": "shell", "arguments": {"command": "echo 1 > one"}}]}
    more: Any = {"turn": 1, "calls": [{"name": "shell", "arguments": {"command": "echo 2 > two; rm one"}}]}
    client: Any = dial(serve_hosted(write, more, {"turn": 2, "text": "Done."}))
    sessions: Any = client.beta.agents.sessions
    made = sessions.create(agent={"model": "nano"}, environment={"type": HOSTED}, input="Go")
    wait(sessions, made.id)
    items = list(sessions.items.list(made.id, order="asc"))
    second = [number for number, item in enumerate(items) if item.type != "message"][1]
    fork = client.post(f"/agents/sessions/{made.id}/fork", cast_to=dict[str, Any], body={"item": second})
    assert fork["environment"]["id"] != made.environment.id
    files: Any = client.beta.agents.environments.files
    paths = {entry.path for entry in files.list(fork["environment"]["id"])}
    assert "/workspace/one" in paths
    assert "/workspace/two" not in paths
    with pytest.raises(openai.BadRequestError):
        client.post(f"/agents/sessions/{made.id}/fork", cast_to=dict[str, Any], body={"item": 99})


def wait(sessions: Any, session_id: str) -> None:
    deadline = time.monotonic() + 60
    while sessions.retrieve(session_id).status != "idle":
        assert time.monotonic() < deadline
        time.sleep(0.05)
