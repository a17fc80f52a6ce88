"""Codex and Claude Code against the running server, where they are installed (`npm install -g`)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.conftest import Serve

ANSWER = "Hello from the model."
CODEX_CONFIG = """
model = "nano"
model_provider = "tercet"
web_search = "disabled"

[model_providers.tercet]
name = "Tercet"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "TERCET_KEY"
"""


def _run(folder: Path, program: str, *arguments: str, **variables: str) -> str:
    """Run a program in a folder and a home of its own; return what it printed."""
    (folder / "work").mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    done = subprocess.run(
        [program, *arguments],
        cwd=folder / "work",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("codex") is None, reason="Codex is not installed: npm install -g @openai/codex")
def test_codex(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CODEX_CONFIG.format(url=serve({"text": ANSWER}).url), encoding="utf-8")
    said = _run(
        tmp_path,
        "codex",
        *("exec", "--skip-git-repo-check", "say hello"),
        CODEX_HOME=str(tmp_path),
        TERCET_KEY="none",
    )
    assert ANSWER in said


@pytest.mark.skipif(
    shutil.which("claude") is None, reason="Claude Code is not installed: npm install -g @anthropic-ai/claude-code"
)
def test_claude_code(serve: Serve, tmp_path: Path) -> None:
    server = serve({"text": ANSWER})
    said = _run(
        tmp_path,
        "claude",
        *("-p", "say hello", "--model", "nano"),
        ANTHROPIC_BASE_URL=server.url,
        ANTHROPIC_API_KEY="none",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
    )
    assert ANSWER in said
