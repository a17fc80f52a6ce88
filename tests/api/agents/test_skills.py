"""Skills and packages of hosted environments through the official client: sent, announced, read, and not changed."""

import asyncio
import base64
import hashlib
import io
import json
import shutil
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.beta import AgentSession
from openai.types.beta.agents.environments import EnvironmentTemplate

from tercet.config import Config, EgressConfig
from tercet.errors import InvalidRequest, RequestTooLarge
from tercet.items import ModelRequest
from tercet.service.capabilities import SkillArchive, front_matter, unpacked
from tests.api.agents.strict import checked
from tests.api.agents.test_sessions import wait
from tests.api.conftest import Dial, Serve, Server
from tests.egress.world import Host

pytestmark = pytest.mark.timeout(180)

GUIDE = "---\nname: reports\ndescription: >\n  How reports\n  are written.\n---\nBegin with the total.\n"
ABOUT = "How reports are written."
ONE = "kit/skills/one/SKILL.md"
SCRIPT = "#!/usr/bin/env node\nconsole.log('tiny says hello');\n"
BAD: Any = {"type": "base64", "media_type": "application/zip", "data": "AAAA"}


def zipped(files: dict[str, str], kind: int = stat.S_IFREG) -> bytes:
    """Return an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (kind | 0o644) << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def recorded(server: Server) -> list[ModelRequest]:
    """Return where the requests to the nano tier's model are from now on."""
    backend: Any = server.service._tiers["nano"].backend
    generate, requests = backend.generate, list[ModelRequest]()

    def generating(request: ModelRequest) -> Any:
        requests.append(request)
        return generate(request)

    backend.generate = generating
    return requests


def skill(files: dict[str, str] | None = None, name: str = "reports", description: str = ABOUT) -> Any:
    data = base64.b64encode(zipped({"reports/SKILL.md": GUIDE} if files is None else files)).decode()
    source = {"type": "base64", "media_type": "application/zip", "data": data}
    return {"type": "inline", "name": name, "description": description, "source": source}


CHANGE = """
cd /workspace
echo no >> .skills/reports/SKILL.md; rm -rf .skills; mv .skills other; mkdir .skills/new; chmod 777 .skills/reports
ls -A .skills; cat .skills/reports/SKILL.md .skills/reports/more/table.csv
"""


def test_a_skill_is_announced_readable_and_fixed(serve_hosted: Serve, dial: Dial) -> None:
    files = {"reports/SKILL.md": GUIDE, "reports/more/table.csv": "a,b"}
    path = "/workspace/.skills/reports/SKILL.md"
    server = serve_hosted(
        {"turn": 0, "calls": [{"name": "read_file", "arguments": {"path": path}}]},
        {"turn": 1, "calls": [{"name": "shell", "arguments": {"command": CHANGE}}]},
        {"turn": 2, "calls": [{"name": "write_file", "arguments": {"path": path, "text": "x"}}]},
        {"turn": 3, "text": "Read."},
    )
    agents: Any = dial(server).beta.agents
    raw = agents.environments.templates.with_raw_response.create(skills=[skill(files)], name="t")
    template = checked(EnvironmentTemplate, raw)
    assert [each.to_dict() for each in template.skills] == [{"type": "inline", "name": "reports", "description": ABOUT}]
    made = checked(
        AgentSession,
        agents.sessions.with_raw_response.create(
            agent={"model": "nano"},
            environment={"type": "openai_hosted", "environment_template_id": template.id},
            input="go",
        ),
    )
    assert made.environment.skills[0].name == "reports"
    assert made.environment.files == []
    wait(agents.sessions, made.id)
    read, shell, write = [item for item in agents.sessions.items.list(made.id, order="asc") if item.type != "message"]
    assert "Begin with the total." in str(read.output)
    said = str(shell.to_dict())
    assert said.count("Read-only file system") + said.count("Device or resource busy") >= 4
    assert json.loads(shell.output)["stdout"].endswith("Begin with the total.\na,b")
    assert "cannot be changed" in str(write.to_dict())
    assert agents.environments.templates.update(template.id, skills=None).skills == []


def test_capability_directories_are_looked_through_once_they_are_there(serve_hosted: Serve, dial: Dial) -> None:
    guide = base64.b64encode(GUIDE.encode()).decode()
    server = serve_hosted({"text": "Fine."})
    asked = recorded(server)
    agents: Any = dial(server).beta.agents
    hosted: Any = {
        "type": "openai_hosted",
        "files": [{"type": "inline", "data": guide, "path": f"/workspace/{ONE}"}],
        "setup_commands": [
            {"command": "mkdir -p other/two && sed s/reports/letters/ kit/skills/one/SKILL.md > other/two/SKILL.md"}
        ],
        "capability_directories": ["/workspace/kit", "/workspace/other/"],
    }
    made = agents.sessions.create(agent={"model": "nano"}, environment=hosted, input="go")
    assert made.environment.capability_directories == ["/workspace/kit", "/workspace/other"]
    wait(agents.sessions, made.id)
    first = str(asked[0].items[0])
    assert f"- reports (/workspace/{ONE}): {ABOUT}" in first
    assert f"- letters (/workspace/other/two/SKILL.md): {ABOUT.replace('reports', 'letters')}" in first
    missing = agents.sessions.create(
        agent={"model": "nano"}, environment={**hosted, "capability_directories": ["/workspace/none"]}, input="go"
    )
    wait(agents.sessions, missing.id)
    (turn,) = agents.sessions.turns.list(missing.id)
    assert "'/workspace/none' is not there" in turn.error.message


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (skill({"x": "y"}), "skills[0].source.data"),
        (skill(name="other"), "skills[0].name"),
        (skill(description="Another."), "skills[0].description"),
        (skill({"SKILL.md": GUIDE, "../x": "y"}), "skills[0].source.data"),
        (skill({"SKILL.md": GUIDE, "a": "y", "a/b": "y"}), "skills[0].source.data"),
        (skill({"SKILL.md": GUIDE, "/etc/x": "y"}), "skills[0].source.data"),
        (
            {**skill(), "source": BAD},
            "skills[0].source.data",
        ),
        (
            {**skill(), "source": {**BAD, "data": "?"}},
            "skills[0].source.data",
        ),
        ({"type": "skill_reference", "skill_id": "skill_1"}, "skills[0].type"),
    ],
)
def test_what_is_no_skill_is_refused_by_name(serve: Serve, dial: Dial, asked: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        dial(serve()).beta.agents.environments.templates.create(skills=[asked])
    assert caught.value.param == param


def test_links_and_bombs_in_archives_are_refused() -> None:
    link = SkillArchive("reports", ABOUT, zipped({"SKILL.md": GUIDE, "x": "/etc/passwd"}, stat.S_IFLNK))
    with pytest.raises(InvalidRequest, match="no plain file"):
        unpacked(link, "skills[0]")
    bomb = SkillArchive("reports", ABOUT, zipped({"SKILL.md": GUIDE, "x": "0" * 33_000_000}))
    assert len(bomb.data) < 100_000
    with pytest.raises(RequestTooLarge, match="at most"):
        unpacked(bomb, "skills[0]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nname: a\ndescription: b # c\n---\n", {"name": "a", "description": "b"}),
        ('---\nname: "a: b"\nmetadata:\n  x: y\n---\n', {"name": "a: b", "metadata": "x: y"}),
        (
            "---\ndescription: |\n  one\n\n  two\nname: 'it''s'\n---\nname: no",
            {"description": "one\n\ntwo", "name": "it's"},
        ),
        ("# no\n---\nname: a\n---\n", {}),
    ],
)
def test_front_matter(text: str, said: dict[str, str]) -> None:
    assert front_matter(text) == said


def wheel() -> bytes:
    about = "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    commands = "[console_scripts]\ntiny = tiny_thing:say\n"
    files = {
        "tiny_thing.py": "def say():\n    print('tiny says hello')\n",
        "tiny_thing-1.0.dist-info/METADATA": about,
        "tiny_thing-1.0.dist-info/WHEEL": tags,
        "tiny_thing-1.0.dist-info/entry_points.txt": commands,
    }
    record = "".join(f"{name},,\n" for name in files) + "tiny_thing-1.0.dist-info/RECORD,,\n"
    return zipped({**files, "tiny_thing-1.0.dist-info/RECORD": record})


def tarball() -> bytes:
    about = {"name": "tiny-thing", "version": "1.0.0", "bin": {"tiny": "tiny.js"}}
    files = {"package/package.json": json.dumps(about), "package/tiny.js": SCRIPT}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def index() -> Iterator[int]:
    """Serve indexes of packages on a port of this machine, as pip and npm ask for them; each has one."""
    host = Host("no such package")
    name, content = "tiny_thing-1.0-py3-none-any.whl", wheel()
    link = f'<a href="/{name}#sha256={hashlib.sha256(content).hexdigest()}">{name}</a>'
    host.pages = {
        "/simple/tiny-thing/": ("text/html", f"<!DOCTYPE html><html><body>{link}</body></html>".encode()),
        f"/{name}": ("application/octet-stream", content),
    }
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(host.start(), loop).result(10)
    packed = tarball()
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(packed).digest()).decode()}"
    dist = {"tarball": f"http://localhost:{host.port}/tiny-thing.tgz", "integrity": integrity}
    version = {"name": "tiny-thing", "version": "1.0.0", "bin": {"tiny": "tiny.js"}, "dist": dist}
    known = {"name": "tiny-thing", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    host.pages["/tiny-thing"] = ("application/json", json.dumps(known).encode())
    host.pages["/tiny-thing.tgz"] = ("application/octet-stream", packed)
    yield host.port
    asyncio.run_coroutine_threadsafe(host.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_python_packages_are_installed_through_the_environments_own_network(
    serve_hosted: Serve, dial: Dial, index: int
) -> None:
    server = serve_hosted(
        {"turn": 0, "calls": [{"name": "python", "arguments": {"code": "import tiny_thing; tiny_thing.say()"}}]},
        {"turn": 1, "calls": [{"name": "shell", "arguments": {"command": "tiny"}}]},
        {"turn": 2, "text": "Used."},
        config=Config(egress=EgressConfig(allow=(f"localhost:{index}",))),
    )
    agents: Any = dial(server).beta.agents
    hosted: Any = {
        "type": "openai_hosted",
        "network": {"access": "restricted", "allowed_domains": ["localhost"]},
        "env": {"PIP_INDEX_URL": f"http://localhost:{index}/simple/"},
        "packages": {"python": ["tiny-thing==1.0"]},
    }
    made = agents.sessions.create(agent={"model": "nano"}, environment=hosted, input="go")
    assert made.environment.packages.python == ["tiny-thing==1.0"]
    wait(agents.sessions, made.id)
    used = [item for item in agents.sessions.items.list(made.id, order="asc") if item.type != "message"]
    assert all("tiny says hello" in str(item.to_dict()) for item in used), used
    wrong = agents.sessions.create(
        agent={"model": "nano"}, environment={**hosted, "packages": {"python": ["absent-thing"]}}, input="go"
    )
    wait(agents.sessions, wrong.id)
    (turn,) = agents.sessions.turns.list(wrong.id)
    assert "packages.python ended with 1" in turn.error.message


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_packages_are_installed_likewise(serve_hosted: Serve, dial: Dial, index: int) -> None:
    server = serve_hosted(
        {"turn": 0, "calls": [{"name": "shell", "arguments": {"command": "tiny"}}]},
        {"turn": 1, "text": "Used."},
        config=Config(egress=EgressConfig(allow=(f"localhost:{index}",))),
    )
    agents: Any = dial(server).beta.agents
    hosted: Any = {
        "type": "openai_hosted",
        "network": {"access": "restricted", "allowed_domains": ["localhost"]},
        "env": {"npm_config_registry": f"http://localhost:{index}/"},
        "packages": {"npm": ["tiny-thing"]},
    }
    made = agents.sessions.create(agent={"model": "nano"}, environment=hosted, input="go")
    assert made.environment.packages.npm == ["tiny-thing"]
    wait(agents.sessions, made.id)
    (turn,) = agents.sessions.turns.list(made.id)
    assert turn.status == "completed", turn.error
    (used,) = [item for item in agents.sessions.items.list(made.id) if item.type != "message"]
    assert "tiny says hello" in str(used.to_dict())
