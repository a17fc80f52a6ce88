"""The attacks on the server's own hands: what lies in the workspace, and what comes over the interpreter's line.

Each has a control: the same attack on the obvious way to do it, which must fall for it.
"""

import asyncio
import io
import json
import logging
import os
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from tercet.sandbox import Sandbox, SandboxSpec, open_sandbox, remove_workspace
from tests.sandbox.decoys import TOKEN, Decoys


class Scene(NamedTuple):
    """What an attack on the host has before it."""

    box: Sandbox
    workspace: Path
    control: Path
    decoys: Decoys

    async def plant(self, command: str) -> None:
        """Let the attacker prepare the workspace, and the control's folder alike."""
        values = {name: str(value) for name, value in self.decoys.places.items()}
        outcome = await self.box.run(["sh", "-c", command], timeout_s=20, environment=values)
        assert outcome.exit_code == 0, outcome
        process = await asyncio.create_subprocess_shell(command, cwd=self.control, env={**os.environ, **values})
        assert await process.wait() == 0


Attempt = Callable[[Scene], Awaitable[bool]]
"""Tells whether the attack succeeded."""


class Host(NamedTuple):
    """An attack with its control."""

    name: str
    group: str
    held: Attempt
    control: Attempt


def _reading(path: str, command: str) -> tuple[Attempt, Attempt]:
    async def held(scene: Scene) -> bool:
        await scene.plant(command.format(**scene.decoys.places))
        wanted = path.format(**scene.decoys.places)
        try:
            return TOKEN.encode() in await asyncio.to_thread(scene.box.files.read, wanted)
        except OSError:
            return False

    async def control(scene: Scene) -> bool:
        wanted = path.format(**scene.decoys.places)
        return TOKEN in await asyncio.to_thread((scene.control / wanted).read_text)

    return held, control


async def _write_held(scene: Scene) -> bool:
    victim = scene.decoys.folder / "victim"
    victim.write_text("whole")
    await scene.plant(f"ln -s {victim} to-write")
    try:
        await asyncio.to_thread(scene.box.files.write, "to-write", b"broken")
    except OSError:
        pass
    return victim.read_text() != "whole"


async def _write_control(scene: Scene) -> bool:
    victim = scene.decoys.folder / "victim"
    (scene.control / "to-write").write_text("broken")
    return victim.read_text() != "whole"


_SWAP = """
import os, time
end = time.time() + 3
os.mkdir("safe"); open("safe/id_rsa", "w").close()
while time.time() < end:
    os.rename("safe", "swap"); os.symlink(SECRET, "safe"); os.unlink("safe"); os.rename("swap", "safe")
"""


async def _race_held(scene: Scene) -> bool:
    code = _SWAP.replace("SECRET", repr(os.path.dirname(scene.decoys.places["ssh_key"])))
    swapping = asyncio.create_task(scene.box.run(["python3", "-c", code], timeout_s=30))
    stolen = False
    while not swapping.done():
        stolen |= await asyncio.to_thread(_read_often, lambda: scene.box.files.read("safe/id_rsa"))
    assert (await swapping).exit_code == 0, await swapping
    return stolen


async def _race_control(scene: Scene) -> bool:
    """Check, then open: between the two the folder is swapped."""
    path = scene.control / "safe" / "id_rsa"

    def checked() -> bytes:
        if path.parent.is_symlink():
            raise OSError
        return path.read_bytes()

    stop = threading.Event()

    def swap() -> None:
        path.parent.mkdir()
        path.touch()
        while not stop.is_set():
            path.parent.rename(scene.control / "swap")
            path.parent.symlink_to(os.path.dirname(scene.decoys.places["ssh_key"]))
            time.sleep(0.0001)
            path.parent.unlink()
            (scene.control / "swap").rename(path.parent)

    thread = threading.Thread(target=swap)
    thread.start()
    stolen, end = False, time.monotonic() + 20
    while not stolen and time.monotonic() < end:
        stolen = await asyncio.to_thread(_read_often, checked)
    stop.set()
    thread.join()
    return stolen


def _read_often(read: Callable[[], bytes]) -> bool:
    for _ in range(200):
        try:
            if TOKEN.encode() in read():
                return True
        except OSError:
            pass
    return False


async def _blocks(work: Callable[[], object], fifo: Path) -> bool:
    """Tell whether `work` is still waiting after two seconds, and free it."""
    waiting = asyncio.ensure_future(asyncio.to_thread(work))
    done, _ = await asyncio.wait([waiting], timeout=2)
    if done:
        waiting.exception()
        return False
    os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    await asyncio.wait([waiting])
    return True


async def _fifo_held(scene: Scene) -> bool:
    await scene.plant("mkfifo pipe")
    return await _blocks(lambda: scene.box.files.read("pipe"), scene.workspace / "pipe")


async def _fifo_control(scene: Scene) -> bool:
    return await _blocks(lambda: (scene.control / "pipe").read_bytes(), scene.control / "pipe")


async def _long_held(scene: Scene) -> bool:
    await scene.plant("head -c 20000000 /dev/zero > long")
    try:
        return len(await asyncio.to_thread(scene.box.files.read, "long", max_bytes=1_000_000)) > 1_000_000
    except OSError:
        return False


async def _long_control(scene: Scene) -> bool:
    return len((scene.control / "long").read_bytes()) > 1_000_000


async def _removal_held(scene: Scene) -> bool:
    treasure = scene.decoys.folder / "treasure"
    treasure.mkdir()
    (treasure / "kept").touch()
    folder = scene.workspace.parent / "removed"
    folder.mkdir()
    (folder / "link").symlink_to(treasure)
    await asyncio.to_thread(remove_workspace, folder)
    return folder.exists() or not (treasure / "kept").exists()


async def _removal_control(scene: Scene) -> bool:
    """Delete all that a walk finds."""
    folder = scene.control / "removed"
    folder.mkdir()
    (folder / "link").symlink_to(scene.decoys.folder / "treasure")
    for above, _, names in os.walk(folder, followlinks=True):
        for name in names:
            os.unlink(os.path.join(above, name))
    return not (scene.decoys.folder / "treasure" / "kept").exists()


def _dig(folder: Path, depth: int) -> None:
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


async def _deep_held(scene: Scene) -> bool:
    folder = scene.workspace.parent / "deep"
    await asyncio.to_thread(_dig, folder, 3000)
    await asyncio.to_thread(remove_workspace, folder)
    return folder.exists()


async def _deep_control(scene: Scene) -> bool:
    """Delete by walking paths."""
    folder = scene.control / "deep"
    await asyncio.to_thread(_dig, folder, 3000)
    try:
        for above, folders, _ in os.walk(folder, topdown=False):
            for name in folders:
                os.rmdir(os.path.join(above, name))
        os.rmdir(folder)
    except (OSError, RecursionError):
        pass
    is_left = folder.exists()
    await asyncio.to_thread(remove_workspace, folder)
    return is_left


def _frame(code: str) -> str:
    """Return code that writes to every socket it can find, as the interpreter's line is one."""
    return f"""
import os, stat
for number in range(3, 256):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode): os.write(number, {code})
    except OSError: pass
"""


def _line(code: str) -> Attempt:
    """Break the line; the attack succeeds unless the cell ends soon and the next one works."""

    async def held(scene: Scene) -> bool:
        python = scene.box.interpreter()
        try:
            async with asyncio.timeout(30):
                await python.execute(_frame(code) + "\nimport time; time.sleep(2)", timeout_s=10)
                return (await python.execute("6 * 7", timeout_s=30)).value != "42"
        except TimeoutError:
            return True

    return held


async def _giant_control(scene: Scene) -> bool:
    """Wait for as many bytes as are announced."""
    reader = asyncio.StreamReader()
    reader.feed_data(struct.pack(">I", 0xFFFFFFFF) + b"x")
    try:
        async with asyncio.timeout(1):
            (length,) = struct.unpack(">I", await reader.readexactly(4))
            await reader.readexactly(length)
    except TimeoutError:
        return True
    return False


async def _nested_control(scene: Scene) -> bool:
    """Decode with the standard library."""
    try:
        json.loads("[" * 200_000)
    except RecursionError:
        return True
    return False


async def _forged_control(scene: Scene) -> bool:
    """Believe whatever is said."""
    frame = json.loads('{"type": "done", "number": 999, "value": "forged"}')
    return bool(frame["value"] == "forged")


async def _forged_held(scene: Scene) -> bool:
    frame = b'{"type": "done", "number": 999, "value": "forged"}'
    told = struct.pack(">I", len(frame)) + frame
    cell = await scene.box.interpreter().execute(_frame(repr(told)) + "\nimport time; time.sleep(2)", timeout_s=10)
    return cell.value is not None


_FORGED_LINE = "x\nCRITICAL forged line"


async def _log_held(scene: Scene) -> bool:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        code = f"import sys, os\nfor s in sys.stdout, sys.stderr: print({_FORGED_LINE!r}, file=s)\nos._exit(1)"
        await scene.box.run(["python3", "-c", code, _FORGED_LINE], timeout_s=20)
        await scene.box.interpreter().execute(code, timeout_s=20)
        await scene.box.run(["python3", "-c", "b = bytearray(b'x') * 1_000_000_000", _FORGED_LINE], timeout_s=20)
    finally:
        logging.getLogger().removeHandler(handler)
    return "\nCRITICAL forged" in log.getvalue()


async def _log_control(scene: Scene) -> bool:
    log = io.StringIO()
    logger = logging.Logger("control")
    logger.addHandler(logging.StreamHandler(log))
    logger.warning("the command said %s", _FORGED_LINE)
    return "\nCRITICAL forged" in log.getvalue()


_DEAF = "import signal\nfor n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)"
_CATCHING = "while True:\n try:\n  while True: pass\n except BaseException: pass"


async def _loop_held(scene: Scene) -> bool:
    outcome = await scene.box.run(["python3", "-c", f"{_DEAF}\nwhile True: pass"], timeout_s=1.5)
    cell = await scene.box.interpreter().execute(f"{_DEAF}\n{_CATCHING}", timeout_s=1)
    return outcome.ended != "time" or cell.ended != "time"


async def _loop_control(scene: Scene) -> bool:
    process = await asyncio.create_subprocess_exec(
        "python3", "-c", f"{_DEAF}\nprint(flush=True)\nwhile True: pass", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 1.5)
    except TimeoutError:
        process.kill()
        await process.communicate()
        return True
    return False


async def _stdin_held(scene: Scene) -> bool:
    return (await scene.box.run(["cat"], timeout_s=5)).ended != "exited"


async def _stdin_control(scene: Scene) -> bool:
    process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    done, _ = await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=1.5)
    process.kill()
    await process.communicate()
    return not done


async def _flood_held(scene: Scene) -> bool:
    outcome = await scene.box.run(["yes"], timeout_s=30)
    return outcome.ended != "output" or len(outcome.stdout.data) > 100_000


async def _flood_control(scene: Scene) -> bool:
    process = await asyncio.create_subprocess_shell("yes | head -c 20000000", stdout=asyncio.subprocess.PIPE)
    stdout, _ = await process.communicate()
    return len(stdout) > 100_000


async def _sessions_held(scene: Scene) -> bool:
    """Two sandboxes: one looks for the files and the processes of the other."""
    other = await open_sandbox(SandboxSpec(workspace=scene.workspace.parent / "second"), kind=scene.box.kind)
    try:
        await asyncio.to_thread(other.files.write, "secret", TOKEN.encode())
        holding = asyncio.create_task(other.run(["sleep", "5", TOKEN], timeout_s=4))
        find = f"cat {scene.workspace.parent}/second/secret /workspace/../second/secret; cat /proc/*/cmdline; true"
        outcome = await scene.box.run(["sh", "-c", find], timeout_s=20)
        await holding
        return TOKEN in outcome.stdout.text
    finally:
        await other.close()


async def _sessions_control(scene: Scene) -> bool:
    path = scene.control / "second"
    path.write_text(TOKEN)
    process = await asyncio.create_subprocess_exec("cat", str(path), stdout=asyncio.subprocess.PIPE)
    stdout, _ = await process.communicate()
    return TOKEN in stdout.decode()


HOST = [
    Host("link to a secret", "host", *_reading("link", "ln -s {ssh_key} link")),
    Host("link to a folder above", "host", *_reading("up{ssh_key}", "ln -s / up")),
    Host("link through /proc/self/root", "host", *_reading("magic{ssh_key}", "ln -s /proc/self/root magic")),
    Host("path with dot dot", "host", *_reading("../../../../../../../../../..{ssh_key}", "true")),
    Host("absolute path", "host", *_reading("{ssh_key}", "true")),
    Host("write through a link", "host", _write_held, _write_control),
    Host("folder swapped for a link", "host", _race_held, _race_control),
    Host("FIFO in place of a file", "host", _fifo_held, _fifo_control),
    Host("file too long to read", "host", _long_held, _long_control),
    Host("link in a workspace that is removed", "host", _removal_held, _removal_control),
    Host("workspace too deep to remove", "host", _deep_held, _deep_control),
    Host("frame of four gigabytes", "protocol", _line("b'\\xff\\xff\\xff\\xff'"), _giant_control),
    Host(
        "frame nested without end", "protocol", _line("(100_000).to_bytes(4, 'big') + b'[' * 100_000"), _nested_control
    ),
    Host("forged frame", "protocol", _forged_held, _forged_control),
    Host("lines for the log", "protocol", _log_held, _log_control),
    Host("endless loop that ignores signals", "time", _loop_held, _loop_control),
    Host("waiting for input", "time", _stdin_held, _stdin_control),
    Host("flood of output", "time", _flood_held, _flood_control),
    Host("another live session", "processes", _sessions_held, _sessions_control),
]
