"""Runs every attack against a kind of sandbox and, as the control, without one; prints the results as JSON lines.

battery.py KIND FOLDER: decoys and workspaces lie in FOLDER.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tercet.sandbox import Limits, Sandbox, SandboxSpec, open_sandbox, remove_workspace
from tests.sandbox.decoys import TOKEN, Decoys
from tests.sandbox.host_attacks import HOST, Host, Scene
from tests.sandbox.inside_attacks import INSIDE, PRELUDE, Inside

LIMITS = Limits(
    memory_mb=256, num_processes=48, cpu_s=30, file_mb=24, workspace_mb=48, workspace_files=1500, tmp_mb=16,
    output_kb=40, flood_mb=8,
)  # fmt: skip
TIMEOUT_S = 40.0
AT_ONCE = 6
ATTACKS: list[Inside | Host] = [*INSIDE, *HOST]


class Battery:
    """One run over all attacks."""

    def __init__(self, kind: Any, folder: Path, decoys: Decoys) -> None:
        self._kind = kind
        self._folder = folder
        self._decoys = decoys
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        await asyncio.gather(*(self._one(number, attack) for number, attack in enumerate(ATTACKS)))

    async def _one(self, number: int, attack: Inside | Host) -> None:
        if len(sys.argv) > 3 and sys.argv[3] not in attack.name:
            return
        workspace, control = self._folder / f"box-{number}" / "ws", self._folder / f"control-{number}"
        async with self._places:
            control.mkdir()
            workspace.parent.mkdir()
            workspace.parent.chmod(0o711)  # without bubblewrap, the way to a workspace is walked
            box = await open_sandbox(SandboxSpec(workspace=workspace, limits=LIMITS), kind=self._kind)
            began = time.monotonic()
            try:
                if isinstance(attack, Inside):
                    result = await self._inside(attack, box, workspace, control)
                else:
                    result = await self._host(attack, Scene(box, workspace, control, self._decoys))
            finally:
                await box.close()
            await asyncio.to_thread(remove_workspace, workspace)
            await asyncio.to_thread(remove_workspace, control)
        told = {"name": attack.name, "group": attack.group, "s": round(time.monotonic() - began, 1), **result}
        print(json.dumps(told), flush=True)

    async def _inside(self, attack: Inside, box: Sandbox, workspace: Path, control: Path) -> dict[str, Any]:
        source = PRELUDE + attack.code
        with self._victim() as places:
            outcome = await box.run(
                ["python3", "-c", source], timeout_s=TIMEOUT_S, environment={"ATTACK": json.dumps(places)}
            )
            text = outcome.stdout.text + outcome.stderr.text
            held = not await asyncio.to_thread(self._won, attack, outcome.stdout.text, workspace)
        result = {"held": held, "how": outcome.ended if outcome.ended != "exited" else text.strip()[-200:]}
        if attack.needs_root and os.getuid() != 0:
            return {**result, "control": None, "why": "needs root"}
        if attack.needs and not os.path.exists(attack.needs):
            return {**result, "control": None, "why": f"there is no {attack.needs} on this machine"}
        with self._victim() as places:
            process = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-I", "-c", source], cwd=control, close_fds=False, capture_output=True, timeout=60,
                env={**os.environ, "ATTACK": json.dumps(places)}, check=False,
            )  # fmt: skip
            said = process.stdout.decode(errors="replace")
            result["control"] = await asyncio.to_thread(self._won, attack, said, control)
            if not result["control"]:
                result["why"] = process.stderr.decode(errors="replace")[-300:]
        return result

    @contextlib.contextmanager
    def _victim(self) -> Any:
        """Yield the places with a process that may be killed."""
        victim = self._decoys.process()
        places = {**self._decoys.places, "victim": victim.pid}
        yield places
        if victim.poll() is None:
            victim.send_signal(signal.SIGKILL)

    def _won(self, attack: Inside, said: str, cwd: Path) -> bool:
        if not attack.leaves:
            return "WON" in said or TOKEN in said
        if attack.leaves in self._decoys.places:
            left = Path(self._decoys.places[attack.leaves])
            is_left = left.exists()
            left.unlink(missing_ok=True)
            return is_left
        beat = cwd / attack.leaves
        before = beat.stat().st_size if beat.exists() else 0
        time.sleep(0.5)
        return beat.exists() and beat.stat().st_size > before

    async def _host(self, attack: Host, scene: Scene) -> dict[str, Any]:
        held = not await attack.held(scene)
        return {"held": held, "how": "", "control": await attack.control(scene)}


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    with Decoys(folder) as decoys:
        asyncio.run(Battery(kind, folder, decoys).run())


if __name__ == "__main__":
    main()
