"""Hosted environments: seeded, set up once, worked in through the sandbox, published from, kept and removed."""

from pathlib import Path

import msgspec
import pytest

from tercet.errors import InvalidRequest, RunConflict, Unsupported
from tercet.sandbox import confinement
from tercet.service.sessions import SessionDraft
from tercet.sessions.agents import AgentSpec, Builtin, ProgrammaticCalls
from tercet.sessions.environments import Hosted, NetworkPolicy, SelfHosted
from tercet.sessions.events import EnvironmentChanged
from tests.service.sessions.harness import (
    ALL,
    OWNER,
    Host,
    begun,
    call,
    calls,
    idle,
    items,
    kept,
    running,
    said,
    tell,
    until,
)

SPEC = AgentSpec("nano")
WRITE = "open('/workspace/outputs/sum.txt', 'w').write(str(sum(range(10))))"


@pytest.fixture(autouse=True)
async def sandbox() -> None:
    found = await confinement()
    if found.kind is None:
        pytest.skip(f"nothing confines code here: {found.reason}")


async def test_an_agent_works_in_its_workspace_and_publishes_what_it_made(tmp_path: Path) -> None:
    lines = (
        {"turn": 0, "calls": [call("shell", command="echo $WHO; cat made"), call("python", code=WRITE)]},
        {"turn": 1, "text": "Written."},
    )
    hosted = Hosted(env={"WHO": "ann"}, setup_commands=("echo setup > made",))
    async with running(tmp_path, *lines, environment_folder=tmp_path / "environments") as sessions:
        session = await begun(sessions, SPEC, environment=hosted)
        record = await idle(sessions, session.id)
        shell, python = calls(await items(sessions, session.id))
        assert (shell.kind, shell.data["exit_code"]) == ("command", 0)
        assert '"stdout":"ann\\nsetup\\n"' in str(shell.output)
        assert python.error is None
        (artifact,) = await sessions.artifacts(session.id, OWNER)
        assert (artifact.path, artifact.size) == ("/workspace/outputs/sum.txt", 2)
        _, content = await sessions.artifact_content(session.id, OWNER, artifact.id)
        assert b"".join([chunk async for chunk in content]) == b"45"
        told = [
            n.event.environment for n in await kept(sessions, session.id) if isinstance(n.event, EnvironmentChanged)
        ]
        assert [environment.status for environment in told] == ["pending", "ready"]
        assert all(isinstance(e.spec, Hosted) and not e.spec.env and not e.spec.setup_commands for e in told)
        assert record.environment_id is not None
        files = await sessions.workspace(record.environment_id, OWNER)
        assert files.read("made") == b"setup\n"
        await tell(sessions, session.id, "again")
        await until(
            sessions, session.id, lambda r: r.status == "idle" and r.usage.output_tokens > record.usage.output_tokens
        )
        await idle(sessions, session.id)
        assert len(await sessions.artifacts(session.id, OWNER)) == 1, "what is unchanged is not published again"
        await sessions.delete_artifact(session.id, OWNER, artifact.id)
        assert await sessions.artifacts(session.id, OWNER) == []
        await sessions.delete(session.id, OWNER)
        assert not (tmp_path / "environments" / record.environment_id).exists()


async def test_a_workspace_outlives_its_server(tmp_path: Path) -> None:
    lines = ({"when": "^go$", "calls": [call("shell", command="date >> log; wc -l < log")]}, {"text": "ok"})
    hosted = Hosted(setup_commands=("echo once >> log",))
    host = Host(tmp_path, *lines, environment_folder=tmp_path / "environments")
    await host.sessions.start()
    session = await begun(host.sessions, SPEC, environment=hosted)
    await idle(host.sessions, session.id)
    await host.close()
    async with running(tmp_path, *lines, environment_folder=tmp_path / "environments") as sessions:
        before = await idle(sessions, session.id)
        await tell(sessions, session.id, "go")
        await until(
            sessions, session.id, lambda r: r.status == "idle" and r.usage.output_tokens > before.usage.output_tokens
        )
        await idle(sessions, session.id)
        outputs = [str(one.output) for one in calls(await items(sessions, session.id))]
        assert '"stdout":"2\\n"' in outputs[0]
        assert '"stdout":"3\\n"' in outputs[1]


async def test_code_may_call_the_agents_other_tools(tmp_path: Path) -> None:
    code = "call_tool('calculator', {'expression': '6*7'})['value'] + 1"
    lines = ({"turn": 0, "calls": [call("python", code=code)]}, {"turn": 1, "when": "43", "text": "43."})
    spec = AgentSpec("nano", tools=(Builtin("calculator"), Builtin("python"), ProgrammaticCalls()))
    async with running(tmp_path, *lines, environment_folder=tmp_path / "environments") as sessions:
        session = await begun(sessions, spec, environment=Hosted())
        await idle(sessions, session.id)
        assert said(await items(sessions, session.id))[-1] == "43."


async def test_an_environment_that_cannot_be_made_ready_fails_the_turn_and_says_why(tmp_path: Path) -> None:
    hosted = Hosted(setup_commands=("echo no >&2; exit 3",))
    async with running(tmp_path, {"text": "x"}, environment_folder=tmp_path / "environments") as sessions:
        session = await begun(sessions, SPEC, environment=hosted)
        await idle(sessions, session.id)
        (turn,) = await sessions.turns(session.id, OWNER, ALL)
        assert turn.failure is not None
        assert turn.failure.code == "sandbox_error"
        assert "setup command 1 ended with 3: no" in turn.failure.message
        record = await sessions.get(session.id, OWNER)
        assert record.environment_id is not None
        assert (await sessions.environment(record.environment_id, OWNER)).status == "failed"


async def test_what_cannot_be_had_is_refused_by_name(tmp_path: Path) -> None:
    async with running(tmp_path, {"text": "x"}, environment_folder=tmp_path / "environments") as sessions:
        with pytest.raises(Unsupported, match="Self-hosted"):
            await sessions.create(SessionDraft(OWNER, SPEC, environment=SelfHosted("/work")))
        with pytest.raises(InvalidRequest, match="needs a hosted environment"):
            await sessions.create(SessionDraft(OWNER, msgspec.structs.replace(SPEC, tools=(Builtin("shell"),))))
        wrong = NetworkPolicy("enabled", allowed_domains=("example.com",))
        with pytest.raises(InvalidRequest):
            await sessions.create(SessionDraft(OWNER, SPEC, environment=Hosted(wrong)))
        session = await sessions.create(SessionDraft(OWNER, SPEC, environment=Hosted()))
        with pytest.raises(RunConflict, match="before item 0; nor was it anywhere else"):
            await sessions.fork(session.id, OWNER, 0)
        assert session.environment_id is not None
        with pytest.raises(RunConflict):
            await sessions.create(SessionDraft(OWNER, SPEC, environment=session.environment_id))
