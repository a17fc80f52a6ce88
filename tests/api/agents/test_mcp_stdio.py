"""MCP servers that are processes in a session's sandbox, through the official client and a running server."""

import base64
import sys
import time
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.api.agents.test_sessions import wait
from tests.api.conftest import Dial, Serve

pytest.importorskip("mcp", reason="needs the mcp extra")
pytestmark = pytest.mark.timeout(180)

SOURCE = base64.b64encode(Path(__file__).with_name("stdio_server.py").read_bytes()).decode()
HOSTED: Any = {
    "type": "openai_hosted",
    "env": {"GIVEN": "yes", "KEPT_BACK": "no"},
    "files": [{"type": "inline", "data": SOURCE, "path": "/workspace/tools/server.py"}],
}
ENDED = "whether it took effect is unknown"


def agent(*args: str, **more: Any) -> Any:
    """Return an agent with the server; Python is the one that tests run with, which sandboxes see."""
    transport = {
        "type": "stdio",
        "command": sys.executable,
        "args": ["server.py", *args],
        "cwd": "/workspace/tools",
        "env_vars": ["GIVEN"],
    }
    return {
        "model": "nano",
        "tools": [{"type": "mcp", "server_label": "notes", "transport": transport, "required": True}],
        "tercet": more,
    }


def script(*names: str) -> list[dict[str, Any]]:
    """Call one tool after the other, then answer."""
    lines: list[dict[str, Any]] = []
    for turn, name in enumerate(names):
        arguments = {"text": "milk"} if name == "note" else {}
        lines.append({"turn": turn, "calls": [{"name": f"notes__{name}", "arguments": arguments}]})
    return [*lines, {"turn": len(names), "text": "Done."}]


def outputs(sessions: Any, session_id: str) -> list[Any]:
    """Return the calls of a session."""
    return [item for item in sessions.items.list(session_id, order="asc") if item.type == "mcp_call"]


def processes(marker: str) -> list[str]:
    """Return the processes of this machine that run the server of a workspace."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if marker in line and "bwrap" not in line:
                found.append(line)
    return found


def test_its_tools_work_confined_and_it_lives_as_long_as_the_session(serve_hosted: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve_hosted(*script("look", "note"))).beta.agents.sessions
    marker = "server.py --of-the-first-test"
    asked = agent("--of-the-first-test")
    made = sessions.create(agent=asked, environment=HOSTED, input="go")
    wait(sessions, made.id)
    look, note = outputs(sessions, made.id)
    assert (look.server_label, look.name) == ("notes", "notes__look")
    assert "calls=1 given=yes network=closed cwd=/workspace/tools" in str(look.output)
    assert "KEPT_BACK" not in str(look.output)
    assert note.to_dict()["tercet"]["effect"] == "writes"
    assert look.to_dict()["tercet"]["effect"] == "reads"
    assert processes(marker), "it stays for the next turn"
    sessions.events.create(made.id, events=[message("again")])
    wait(sessions, made.id)
    assert "calls=2" in outputs(sessions, made.id)[2].output["result"], "it is the same process"
    sessions.delete(made.id)
    until(lambda: not processes(marker))


def test_one_that_dies_in_a_call_or_with_the_service_is_started_again(serve_hosted: Serve, dial: Dial) -> None:
    lines = script("die", "look")
    server = serve_hosted(*lines)
    sessions: Any = dial(server).beta.agents.sessions
    made = sessions.create(agent=agent(), environment=HOSTED, input="go")
    wait(sessions, made.id)
    died, look = outputs(sessions, made.id)
    assert ENDED in str(died.to_dict())
    assert "calls=1 given=yes" in str(look.output)
    server.stop()
    sessions = dial(serve_hosted(*lines)).beta.agents.sessions
    sessions.events.create(made.id, events=[message("again")])
    wait(sessions, made.id)
    assert "calls=1 given=yes" in str(outputs(sessions, made.id)[3].output)


def test_what_writes_waits_for_a_person(serve_hosted: Serve, dial: Dial) -> None:
    client = dial(serve_hosted(*script("look", "note")))
    sessions: Any = client.beta.agents.sessions
    asked = agent(approvals={"by_effect": {"writes": "ask"}})
    made = sessions.create(agent=asked, environment=HOSTED, input="go")
    wait(sessions, made.id, "requires_action")
    (action,) = sessions.retrieve(made.id).required_actions
    assert (action.type, action.request.server_label, action.request.name) == (
        "mcp_approval_request",
        "notes",
        "notes__note",
    )
    files: Any = client.beta.agents.environments.files
    held = [file.path for file in files.list(made.environment.id, path="/workspace/tools")]
    assert "/workspace/tools/notes.txt" not in held
    answer: Any = {
        "type": "agent.session.input.mcp_approval_request_result",
        "request_id": action.request_id,
        "response": {"type": "mcp_tool_call", "decision": "approve"},
    }
    sessions.events.create(made.id, events=[answer])
    wait(sessions, made.id)
    paths = [file.path for file in files.list(made.environment.id, path="/workspace/tools")]
    assert "/workspace/tools/notes.txt" in paths


def test_a_required_one_that_does_not_come_up_fails_the_turn_with_its_words(serve_hosted: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve_hosted({"text": "x"})).beta.agents.sessions
    made = sessions.create(agent=agent("broken"), environment=HOSTED, input="go")
    wait(sessions, made.id)
    (turn,) = sessions.turns.list(made.id)
    assert turn.status == "failed"
    assert "this server never comes up" in turn.error.message


def test_a_remote_one_from_the_environment_needs_one(serve_with_folder: Serve, dial: Dial) -> None:
    sessions: Any = dial(serve_with_folder({"text": "x"})).beta.agents.sessions
    tool: Any = {
        "type": "mcp",
        "server_label": "far",
        "transport": {"type": "http", "server_url": "https://mcp.example.com"},
        "connection_origin": "environment",
    }
    asked: Any = {"model": "nano", "tools": [tool]}
    with pytest.raises(openai.BadRequestError) as caught:
        sessions.create(agent=asked, environment={"type": "none"}, input="go")
    assert caught.value.param == "agent.tools[0].connection_origin"


@pytest.mark.parametrize(
    ("environment", "transport", "more", "param"),
    [
        ({"type": "none"}, {}, {}, "agent.tools[0].transport"),
        (HOSTED, {"cwd": "/etc"}, {}, "agent.tools[0].transport.cwd"),
        (HOSTED, {"env": {"TOKEN": "x"}}, {}, "agent.tools[0].transport.env"),
        (HOSTED, {}, {"connection_origin": "service"}, "agent.tools[0].connection_origin"),
        (HOSTED, {}, {"credential_id": "cred_1"}, "agent.tools[0].credential_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    serve_with_folder: Serve, dial: Dial, environment: Any, transport: Any, more: Any, param: str
) -> None:
    sessions: Any = dial(serve_with_folder({"text": "x"})).beta.agents.sessions
    asked = agent()
    asked["tools"][0] |= more
    asked["tools"][0]["transport"] |= transport
    with pytest.raises(openai.BadRequestError) as caught:
        sessions.create(agent=asked, environment=environment, input="go")
    assert caught.value.param == param


def message(text: str) -> Any:
    """Return an input."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "agent.session.input.message", "input": [{"role": "user", "content": content}]}


def until(is_so: Any) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
