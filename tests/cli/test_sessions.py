"""`tercet sessions` against a server in a process of its own: at work, asked, killed, looked at again."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from tercet.sandbox import confinement
from tests.api.process import prepare, serving
from tests.cli.command import free_port, tercet

SCRIPT = (
    {
        "when": "Count",
        "turn": 0,
        "text": "I look first.",
        "calls": [
            {"name": "set_goal", "arguments": {"goal": "count the lines", "constraints": []}},
            {"name": "read_file", "arguments": {"path": "names.txt"}},
        ],
    },
    {"turn": 1, "calls": [{"name": "python", "arguments": {"code": "len(open('/workspace/names.txt').readlines())"}}]},
    {"turn": 2, "text": "There are 3 names."},
    {"when": "again", "turn": 0, "text": "Still 3."},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    offered = asyncio.run(confinement())
    if offered.kind is None:
        pytest.skip(f"this machine confines nothing: {offered.reason}")
    prepare(tmp_path, *SCRIPT)
    (tmp_path / "names.txt").write_text("Ada\nBo\nCy\n")
    return tmp_path


def test_a_session_is_started_approved_after_a_kill_and_shown(folder: Path) -> None:
    port = free_port()
    server = f"http://127.0.0.1:{port}/v1"

    def sessions(*arguments: str) -> str:
        done = tercet(folder, "sessions", "--base-url", server, *arguments)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    with serving(folder, port):
        told = sessions("start", "Count the names", "names.txt", "--tier", "nano", "--ask", "python")
        assert "plan: count the lines" in told
        assert "approve? python(" in told
        (session_id,) = set(re.findall(r"session_\w+", told))
        (request_id,) = set(re.findall(r"apr_\w+", told))
    with serving(folder, port):
        assert "requires_action" in sessions("list")
        sessions("approve", session_id, request_id)
        told = sessions("watch", session_id)
        assert '"value":"3"' in told
        assert "There are 3 names." in told
        assert "turn completed" in told
        assert "no request" in sessions("approve", session_id, request_id)
        assert "Still 3." in sessions("send", session_id, "again please")
        shown = sessions("show", session_id)
        assert "› Count the names" in shown
        assert "idle" in shown
        replayed = sessions("replay", session_id)
        assert replayed.index("There are 3 names.") < replayed.index("Still 3.")
        sessions("delete", session_id)
        assert "Error:" in sessions("show", session_id)
        assert "There are no sessions." in sessions("list")


def test_without_a_server_it_says_how_to_start_one(tmp_path: Path) -> None:
    done = tercet(tmp_path, "sessions", "--base-url", f"http://127.0.0.1:{free_port()}/v1", "list")
    assert done.returncode == 1
    assert "tercet serve" in done.stderr


def test_train_names_a_bad_line_before_it_loads_anything(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(json.dumps({"messages": [{"role": "bot", "content": "x"}]}))
    done = tercet(tmp_path, "train", "calls.jsonl")
    assert done.returncode == 1
    assert "line 1" in done.stderr
    assert "role" in done.stderr
