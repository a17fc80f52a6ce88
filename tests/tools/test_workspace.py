"""The tools over a sandbox, called as a model calls them: by name, with JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tercet.errors import ToolFailed, ToolRetry
from tercet.sandbox import Limits, Sandbox, SandboxSpec, confinement, open_sandbox, remove_workspace
from tercet.tools.base import Checkable, Tool
from tercet.tools.registry import Registry
from tercet.tools.workspace import workspace_tools

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    found = await confinement()
    if found.kind is None:
        pytest.skip(f"nothing confines code on this machine: {found.reason}")
    opened = await open_sandbox(SandboxSpec(workspace=tmp_path / "ws", limits=Limits(output_kb=20)))
    yield opened
    await opened.close()
    remove_workspace(tmp_path / "ws")


class Calls:
    """Calls tools by name."""

    def __init__(self, tools: tuple[Tool, ...]) -> None:
        self._registry = Registry(tools)
        self.tools = {tool.name: tool for tool in tools}

    async def __call__(self, name: str, **arguments: Any) -> Any:
        return await self._registry.call(name, json.dumps(arguments))

    async def happened(self, name: str, **arguments: Any) -> bool | None:
        tool = self.tools[name]
        assert isinstance(tool, Checkable)
        return await tool.happened(arguments)


@pytest.fixture
def call(box: Sandbox) -> Calls:
    return Calls(workspace_tools(box))


def test_tools_say_what_they_do_to_the_world(call: Calls) -> None:
    assert {name: tool.effect for name, tool in call.tools.items()} == {
        "python": "writes",
        "shell": "writes",
        "read_file": "reads",
        "write_file": "writes",
        "edit_file": "writes",
        "list_files": "reads",
        "search_files": "reads",
        "apply_patch": "writes",
    }
    checkable = {name for name, tool in call.tools.items() if isinstance(tool, Checkable)}
    assert checkable == {"write_file", "edit_file", "apply_patch"}


async def test_files_are_written_read_edited_and_found(call: Calls) -> None:
    assert await call.happened("write_file", path="src/a.py", text="x = 1\ny = 2\n") is False
    assert await call("write_file", path="src/a.py", text="x = 1\ny = 2\n") == {"written": "src/a.py", "num_bytes": 12}
    assert await call.happened("write_file", path="src/a.py", text="x = 1\ny = 2\n") is True
    assert await call("read_file", path="src/a.py", start_line=2) == {
        "text": "y = 2\n",
        "num_lines": 2,
        "shown": "lines 2 to 2 of 2",
    }
    edit = {"path": "src/a.py", "old_text": "y = 2", "new_text": "y = 3"}
    assert await call.happened("edit_file", **edit) is False
    assert await call("edit_file", **edit) == {"edited": "src/a.py", "num_replaced": 1}
    assert await call.happened("edit_file", **edit) is True
    assert await call("list_files", recursive=True) == {"files": ["src/", "src/a.py (12 bytes)"]}
    found = await call("search_files", pattern=r"^Y\s", ignore_case=True, glob="*.py")
    assert found == {"matches": ["src/a.py:2: y = 3"], "num_files": 1}


async def test_mistakes_are_told_so_that_they_can_be_corrected(call: Calls) -> None:
    await call("write_file", path="notes.txt", text="a a\n")
    await call("shell", command="printf '\\377\\000' > raw; ln -s /etc/passwd link")
    mistakes: list[tuple[str, str, dict[str, Any]]] = [
        ("did you mean 'notes.txt'", "read_file", {"path": "note.txt"}),
        ("is outside the workspace", "read_file", {"path": "/etc/passwd"}),
        ("symbolic link", "read_file", {"path": "link"}),
        ("not a UTF-8 text file", "read_file", {"path": "raw"}),
        ("there is no line 9", "read_file", {"path": "notes.txt", "start_line": 9}),
        ("occurs 2 times", "edit_file", {"path": "notes.txt", "old_text": "a", "new_text": "b"}),
        ("does not occur", "edit_file", {"path": "notes.txt", "old_text": "zz", "new_text": "b"}),
        ("is not a regular expression", "search_files", {"pattern": "("}),
        ("there is no 'nowhere'", "search_files", {"pattern": "x", "path": "nowhere"}),
        ("cwd 'nowhere'", "shell", {"command": "ls", "cwd": "nowhere"}),
        ("has .. in it", "write_file", {"path": "../x", "text": ""}),
    ]
    for words, name, arguments in mistakes:
        with pytest.raises((ToolRetry, ToolFailed)) as refused:
            await call(name, **arguments)
        assert words in str(refused.value)


async def test_expression_that_takes_for_ever_costs_only_its_limit(
    call: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tercet.tools.workspace_search.SEARCH_S", 2.0)
    await call("write_file", path="a", text="a" * 50 + "!\n")
    with pytest.raises(ToolRetry, match="longer than 2 s"):
        await call("search_files", pattern="(a+)+$")


async def test_long_results_say_what_was_cut(call: Calls) -> None:
    await call("shell", command="seq 100000 > many; mkdir d; cd d; seq 1100 | xargs touch")
    read = await call("read_file", path="many")
    assert read["num_lines"] == 100_000
    assert read["shown"] == "lines 1 to 2000 of 100000"
    assert "only the first 1,000" in (await call("list_files", path="d"))["cut"]
    assert "stopped at 200 matches" in (await call("search_files", pattern="1"))["cut"]
    shell = await call("shell", command="cat many")
    assert "bytes cut" in shell["stdout"]
    assert len(shell["stdout"]) < 25_000


async def test_shell_tells_status_streams_and_limits(call: Calls) -> None:
    await call("write_file", path="d/f", text="x")
    assert await call("shell", command="ls; exit 4", cwd="d") == {"exit_code": 4, "stdout": "f\n"}
    stopped = await call("shell", command="echo begun; echo why >&2; sleep 60", timeout_s=2)
    assert stopped == {
        "exit_code": None,
        "stdout": "begun\n",
        "stderr": "why\n",
        "stopped": "it ran longer than its time limit",
    }


async def test_python_keeps_state_and_tells_when_it_is_gone(call: Calls) -> None:
    assert await call("python", code="x = 20\nprint('hi')\nx + 1") == {"value": "21", "stdout": "hi\n"}
    assert await call("python", code="x = 22") == {"value": None}
    interrupted = await call("python", code="while True: pass", timeout_s=1)
    assert interrupted["note"] == "interrupted after 1 s; variables are kept"
    assert await call("python", code="x") == {"value": "22"}
    assert (await call("python", code="import os; os._exit(1)"))["note"] == "the interpreter ended; variables are gone"
    again = await call("python", code="x")
    assert "earlier variables are gone" in again["note"]
    assert "NameError" in again["error"]


async def test_python_after_a_restart_of_the_server_is_told_to_be_new(box: Sandbox) -> None:
    call = Calls(workspace_tools(box, has_run=True))
    assert "earlier variables are gone" in (await call("python", code="1"))["note"]


async def test_code_in_python_calls_tools(box: Sandbox) -> None:
    async def call_tool(name: str, arguments: dict[str, Any]) -> Any:
        return {"called": name, **arguments}

    call = Calls(workspace_tools(box, call_tool=call_tool))
    assert await call("python", code="call_tool('look', n=1)['n'] + 1") == {"value": "2"}


async def test_calls_side_by_side(call: Calls) -> None:
    results = await asyncio.gather(*(call("shell", command=f"echo {n}") for n in range(6)))
    assert [result["stdout"] for result in results] == [f"{n}\n" for n in range(6)]
