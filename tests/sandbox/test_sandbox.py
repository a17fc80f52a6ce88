"""The sandbox as its users know it: commands, the interpreter, limits, and what is left when the server is gone."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tercet.errors import SandboxUnavailable, ToolFailed
from tercet.sandbox import Confinement, Kind, Limits, Network, Sandbox, SandboxSpec, open_sandbox
from tercet.sandbox.opening import closed_way
from tests.sandbox.conftest import SMALL

SLOW = pytest.mark.timeout(240)


def test_a_python_that_only_root_can_come_to_says_what_to_change(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    closed.chmod(0o700)
    said = closed_way([str(closed / "bin")])
    assert "chmod o+x" in said
    assert f"Python lies in '{closed}/bin'" in said
    assert closed_way(["/usr/bin"]) == ""


@SLOW
async def test_command_tells_its_output_and_status(box: Sandbox) -> None:
    outcome = await box.run(["sh", "-c", "cat; echo bad >&2; exit 3"], stdin=b"given", timeout_s=60)
    assert (outcome.ended, outcome.exit_code) == ("exited", 3)
    assert (outcome.stdout.text, outcome.stderr.text) == ("given", "bad\n")


@SLOW
async def test_command_runs_in_a_folder_of_the_workspace_only(box: Sandbox) -> None:
    await asyncio.to_thread(box.files.write, "sub/dir/f", b"x")
    assert (await box.run(["ls"], cwd="sub/dir", timeout_s=60)).stdout.text == "f\n"
    for wrong in ("..", "/etc", "sub/dir/f", "nowhere"):
        with pytest.raises(OSError, match=wrong):
            await box.run(["ls"], cwd=wrong, timeout_s=60)


@SLOW
async def test_what_is_written_belongs_to_the_sandbox_and_stays(machine: Confinement, workspace: Path) -> None:
    box = await open_sandbox(SandboxSpec(workspace=workspace))
    await box.run(["sh", "-c", "echo one > made"], timeout_s=60)
    await asyncio.to_thread(box.files.write, "given", b"two")
    await box.close()
    again = await open_sandbox(SandboxSpec(workspace=workspace))
    outcome = await again.run(["sh", "-c", "echo more >> given; cat made given"], timeout_s=60)
    assert outcome.stdout.text == "one\ntwomore\n"
    assert await asyncio.to_thread(again.files.read, "made") == b"one\n"
    await again.close()
    if os.getuid() == 0:
        assert {(workspace / name).stat().st_uid for name in ("made", "given")} == {workspace.stat().st_uid}
        assert workspace.stat().st_uid != 0


@SLOW
async def test_output_keeps_its_start_and_end_and_says_what_is_missing(box: Sandbox) -> None:
    outcome = await box.run(["python3", "-c", "print('A' * 500_000 + 'Z', end='')"], timeout_s=60)
    captured = outcome.stdout
    assert captured.num_cut == 500_001 - 40_000
    assert len(captured.data) == 40_000
    assert captured.text.startswith("AAA")
    assert captured.text.endswith("Z")
    assert "460,001 bytes cut" in captured.text


@SLOW
async def test_environment_is_what_was_given(machine: Confinement, workspace: Path) -> None:
    box = await open_sandbox(SandboxSpec(workspace=workspace, environment={"GIVEN": "a b\nc"}))
    outcome = await box.run(["env", "-0"], timeout_s=60, environment={"MORE": "1"})
    names = {pair.partition("=")[0] for pair in outcome.stdout.text.split("\0") if pair}
    assert "GIVEN=a b\nc" in outcome.stdout.text
    assert names <= {"GIVEN", "MORE", "PATH", "HOME", "TMPDIR", "USER", "LANG", "TERM", "PWD"}
    await box.close()


@SLOW
async def test_values_cannot_become_options_of_the_confinement(machine: Confinement, workspace: Path) -> None:
    environment = {"A": "x\0--bind\0/\0/host"}
    box = await open_sandbox(SandboxSpec(workspace=workspace, environment=environment))
    with pytest.raises(ValueError, match="'A' cannot be a variable"):
        await box.run(["true"], timeout_s=60)
    await box.close()
    box = await open_sandbox(SandboxSpec(workspace=workspace))
    for name in ("", "A=B", "A\0B"):
        with pytest.raises(ValueError, match="cannot be a variable"):
            await box.run(["true"], timeout_s=60, environment={name: "x"})
    with pytest.raises(ValueError, match=r"null|NUL"):
        await box.run(["echo", "x\0--bind"], timeout_s=60)
    assert (await box.run(["echo", "--bind", "/", "/host"], timeout_s=60)).stdout.text == "--bind / /host\n"
    await box.close()


@SLOW
async def test_cancelled_command_is_ended(box: Sandbox) -> None:
    command = asyncio.create_task(
        box.run(["sh", "-c", "while true; do echo . >> beat; sleep 0.05; done"], timeout_s=60)
    )
    while await asyncio.to_thread(box.files.stat, "beat") is None:
        await asyncio.sleep(0.05)
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command
    size = len(await asyncio.to_thread(box.files.read, "beat"))
    await asyncio.sleep(0.5)
    assert len(await asyncio.to_thread(box.files.read, "beat")) == size


@SLOW
async def test_full_workspace_can_be_cleared_but_not_filled(machine: Confinement, workspace: Path) -> None:
    limits = Limits(workspace_mb=4, file_mb=24)
    box = await open_sandbox(SandboxSpec(workspace=workspace, limits=limits))
    await box.run(["sh", "-c", "head -c 6000000 /dev/urandom > big; sync; sleep 1"], timeout_s=60)
    with pytest.raises(OSError, match="does not fit"):
        await asyncio.to_thread(box.files.write, "more", b"x")
    outcome = await box.run(["sh", "-c", "echo more >> big"], timeout_s=60)
    assert outcome.exit_code != 0
    outcome = await box.run(["sh", "-c", "rm big && echo cleared"], timeout_s=60)
    assert outcome.stdout.text == "cleared\n"
    await asyncio.to_thread(box.files.write, "more", b"x")
    await box.close()


@SLOW
async def test_interpreter_keeps_variables_and_shows_values(box: Sandbox) -> None:
    python = box.interpreter()
    first = await python.execute("x = 40\nprint('out')\nx + 2", timeout_s=60)
    assert (first.ended, first.value, first.stdout.text, first.is_fresh) == ("done", "42", "out\n", True)
    second = await python.execute("x / 0", timeout_s=60)
    assert second.error is not None
    assert "ZeroDivisionError" in second.error
    assert "x / 0" in second.error
    assert "interpreter.py" not in second.error
    third = await python.execute("import os\nos.system('echo deep')\nx", timeout_s=60)
    assert (third.value, third.stdout.text, third.is_fresh) == ("40", "deep\n", False)


@SLOW
async def test_interrupted_cell_keeps_variables(box: Sandbox) -> None:
    python = box.interpreter()
    await python.execute("x = 1", timeout_s=60)
    for endless in ("while True: pass", "import time; time.sleep(100)", "import os; os.system('sleep 100')"):
        cell = await python.execute(endless, timeout_s=1)
        assert cell.ended == "interrupted", cell
    assert (await python.execute("x", timeout_s=60)).value == "1"


@SLOW
async def test_interpreter_comes_back_after_a_crash(box: Sandbox) -> None:
    python = box.interpreter()
    await python.execute("x = 1", timeout_s=60)
    crashed = await python.execute("import os; print('last words', flush=True); os.abort()", timeout_s=60)
    assert (crashed.ended, crashed.stdout.text) == ("crashed", "last words\n")
    cell = await python.execute("'x' in dir()", timeout_s=60)
    assert (cell.value, cell.is_fresh) == ("False", True)
    memory = await python.execute("b = [bytearray(b'x' * 50_000_000) for _ in range(9)]", timeout_s=60)
    assert memory.ended == "memory" or "MemoryError" in (memory.error or "")


@SLOW
async def test_code_calls_tools_and_reads_their_errors(box: Sandbox) -> None:
    async def call_tool(name: str, arguments: dict[str, Any]) -> Any:
        if name == "broken":
            raise ToolFailed("it is broken")
        return {"name": name, **arguments}

    python = box.interpreter()
    code = "[call_tool('add', {'n': n})['n'] for n in range(50)][-1]"
    assert (await python.execute(code, timeout_s=60, call_tool=call_tool)).value == "49"
    cell = await python.execute("call_tool('broken')", timeout_s=60, call_tool=call_tool)
    assert "RuntimeError: it is broken" in (cell.error or "")
    cell = await python.execute("call_tool('add')", timeout_s=60)
    assert "no tools can be called" in (cell.error or "")


class _Proxy(threading.Thread):
    """Answers every connection to a Unix socket with what it was sent first."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                line = client.recv(4096).split(b"\r\n")[0]
                body = b"seen " + line + b" " + b"x" * 300_000
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@SLOW
async def test_network_leads_to_the_proxy_alone(machine: Confinement, workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.sock"
    proxy = _Proxy(path)
    proxy.start()
    spec = SandboxSpec(workspace=workspace, network=Network(path))
    if machine.kind != "bubblewrap":
        with pytest.raises(SandboxUnavailable, match="needs bubblewrap"):
            await open_sandbox(spec)
        proxy.close()
        return
    box = await open_sandbox(spec)
    try:
        code = "import urllib.request as u; b = u.urlopen('http://example.com/a').read(); print(b[:40], len(b))"
        outcome = await box.run(["python3", "-c", code], timeout_s=90)
        assert "seen GET http://example.com/a" in outcome.stdout.text, outcome
        direct = "import socket; socket.create_connection(('1.1.1.1', 80), 5)"
        assert "unreachable" in (await box.run(["python3", "-c", direct], timeout_s=90)).stderr.text
        cell = await box.interpreter().execute(f"{code}\nimport os; os.environ['HTTPS_PROXY']", timeout_s=90)
        assert "seen GET" in cell.stdout.text
        assert cell.value == "'http://127.0.0.1:3128'"
        assert (await box.run(["sh", "-c", "exit 7"], timeout_s=90)).exit_code == 7
    finally:
        await box.close()
        proxy.close()


_SERVER = """
import asyncio, sys
from pathlib import Path
from tercet.sandbox import SandboxSpec, open_sandbox
async def main():
    box = await open_sandbox(SandboxSpec(workspace=Path(sys.argv[1])), kind=sys.argv[2])
    code = (
        "import os, time\\nif os.fork(): time.sleep(100)\\n"
        "os.setsid()\\nwhile True:\\n open(N, 'a').write('.')\\n time.sleep(0.05)"
    )
    await asyncio.gather(
        box.run(["python3", "-c", code.replace("N", "'one'")], timeout_s=100),
        box.interpreter().execute(code.replace("N", "'two'"), timeout_s=100),
    )
asyncio.run(main())
"""


@SLOW
async def test_everything_ends_with_a_killed_server(machine: Confinement, workspace: Path) -> None:
    assert machine.kind is not None
    source = Path(__file__).parents[2] / "src"
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(workspace), machine.kind], env={**os.environ, "PYTHONPATH": str(source)}
    )
    beats = [workspace / "one", workspace / "two"]
    try:
        await _until(lambda: all(beat.exists() and beat.stat().st_size > 3 for beat in beats))
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    await _until(lambda: _is_still(beats))


async def _until(is_so: Any) -> None:
    end = time.monotonic() + 90
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def _is_still(beats: list[Path]) -> bool:
    before = [beat.stat().st_size for beat in beats]
    time.sleep(0.6)
    return [beat.stat().st_size for beat in beats] == before


@SLOW
async def test_nothing_runs_where_nothing_confines(workspace: Path) -> None:
    foreign: Kind = "bubblewrap" if sys.platform == "darwin" else "seatbelt"
    with pytest.raises(SandboxUnavailable, match="cannot be confined on this machine"):
        await open_sandbox(SandboxSpec(workspace=workspace), kind=foreign)
    assert not workspace.exists()


@SLOW
def test_sandbox_under_uvloop(machine: Confinement, workspace: Path) -> None:
    """The server's own event loop starts processes and reads sockets in its own way."""

    async def use() -> None:
        box = await open_sandbox(SandboxSpec(workspace=workspace))
        assert (await box.run(["cat"], stdin=b"x" * 30_000, timeout_s=60)).stdout.data == b"x" * 30_000
        python = box.interpreter()
        assert (await python.execute("6 * 7", timeout_s=60)).value == "42"
        assert (await python.execute("while True: pass", timeout_s=1)).ended == "interrupted"
        assert (await box.run(["sleep", "60"], timeout_s=1)).ended == "time"
        await box.close()

    uvloop.run(use())


async def test_closed_sandbox_runs_nothing(box: Sandbox) -> None:
    await box.close()
    await box.close()
    with pytest.raises(SandboxUnavailable, match="closed"):
        await box.interpreter().execute("1", timeout_s=5)


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="memory_mb"):
        Limits(memory_mb=0)
    assert SMALL.memory_mb == 256


async def test_workspace_of_somebody_else_is_refused(machine: Confinement, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SandboxUnavailable, match="is not a folder"):
        await open_sandbox(SandboxSpec(workspace=folder))


@SLOW
async def test_a_program_is_spoken_with_and_sees_only_what_it_is_given(box: Sandbox) -> None:
    code = "import os, sys; print(sorted(os.environ), flush=True); sys.stderr.write('heard'); print(input()[::-1])"
    async with box.converse([sys.executable, "-c", code], environment={"GIVEN": "1"}, cwd="") as process:
        names = await process.reader.readline()
        process.writer.write(b"abc\n")
        assert await process.reader.readline() == b"cba\n"
        assert await process.reader.read() == b""
        assert process.words() == "heard"
    assert b"GIVEN" in names


@SLOW
async def test_a_program_that_is_spoken_with_ends_with_the_sandbox(machine: Confinement, workspace: Path) -> None:
    opened = await open_sandbox(SandboxSpec(workspace=workspace, environment={"KEPT_BACK": "1"}))
    async with opened.converse(["sh", "-c", "env; exec sleep 600"], environment={}) as process:
        assert (await process.reader.readline()).partition(b"=")[0] != b"KEPT_BACK"
        await opened.close()
        async with asyncio.timeout(30):
            assert b"KEPT_BACK" not in await process.reader.read()
    with pytest.raises(SandboxUnavailable):
        async with opened.converse(["true"], environment={}):
            pass
