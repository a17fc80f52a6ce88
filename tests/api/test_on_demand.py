"""Doors that are imported when they are first asked: what a start leaves out, and that first requests are answered."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tercet.api.openai import files
from tests.api.conftest import Serve
from tests.api.plain import request

LATER = {
    "tercet.api.anthropic.door",
    "tercet.api.gemini.door",
    "tercet.api.openai.files",
    "tercet.api.openai.agents.sessions",
    "tercet.tools.workspace",
    "python_multipart",
}
STARTED = """
import sys
from tercet import server
from tercet.config import load
server.create_app(server.build_service(load().config))
print(*sys.modules)
"""
FIRST_REQUESTS = (
    ("GET", "/v1/files", 200),
    ("POST", "/v1/uploads/upload_x/cancel", 404),
    ("GET", "/v1/agents", 200),
    ("GET", "/v1/agents/sessions/session_x", 404),
    ("GET", "/v1beta/models", 200),
    ("POST", "/v1/messages", 400),
)


def test_a_server_is_made_without_what_nobody_has_asked_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTED],
        env={**os.environ, "TERCET_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stdout.split())
    assert "tercet.api.openai.chat" in imported
    assert imported.isdisjoint(LATER), imported & LATER


def test_first_requests_are_answered(serve: Serve) -> None:
    server = serve({"text": "x"})
    for method, path, status in FIRST_REQUESTS:
        assert request(server, method, path, b"{}" if method == "POST" else None).status == status, path


def test_many_first_requests_at_once_make_one_door(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(files.FilesDoor):
        def __init__(self, *arguments: object) -> None:
            made.append(self)
            super().__init__(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "FilesDoor", Counted)
    server = serve({"text": "x"})
    assert not made
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: request(server, "GET", "/v1/files").status, range(8)))
    assert (statuses, len(made)) == ([200] * 8, 1)
