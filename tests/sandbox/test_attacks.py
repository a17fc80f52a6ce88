"""Every attack of the battery is held by every kind of sandbox, and succeeds where there is none.

As root the battery runs in namespaces of its own, for root and for a normal user; else for whoever runs the tests.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.battery import ATTACKS
from tests.sandbox.stage import UNSHARE

NORMAL_USER = 54_321
REPOSITORY = Path(__file__).parents[2]
RUN_S = 900

IS_ROOT = os.getuid() == 0
RUNS = [("bubblewrap", True), ("bubblewrap", False), ("landlock", True), ("landlock", False)]

_table: dict[str, dict[str, str]] = {}
"""Attack → run → how it ended with and without a sandbox."""


def _battery(kind: str, as_root: bool) -> dict[str, dict[str, Any]]:
    folder = Path(tempfile.mkdtemp(prefix="tercet-battery-"))
    folder.chmod(0o777)
    argv = [sys.executable, "-m", "tests.sandbox.battery", kind, str(folder)]
    if IS_ROOT:
        user = 0 if as_root else NORMAL_USER
        argv = [*UNSHARE, sys.executable, str(Path(__file__).with_name("stage.py")), str(user), *argv]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        process = subprocess.run(
            argv, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=RUN_S, check=False
        )
        if "code cannot be confined" in process.stderr:
            pytest.skip(f"no {kind} here: {process.stderr.strip().splitlines()[-1]}")
        assert process.returncode == 0, process.stderr[-3000:]
        results = [json.loads(line) for line in process.stdout.splitlines()]
        return {result["name"]: result for result in results}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}-{'root' if run[1] else 'user'}")
def results(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    kind, as_root = request.param
    if as_root and not IS_ROOT:
        pytest.skip("the half for root needs root")
    found = _battery(kind, as_root)
    for name, result in found.items():
        without = {True: "succeeds", False: "FAILS", None: f"not tried: {result.get('why')}"}[result["control"]]
        held = "held" if result["held"] else "BROKEN"
        _table.setdefault(name, {})[f"{kind}, {'root' if as_root else 'user'}"] = f"{held} / {without}"
    return found


@pytest.mark.timeout(RUN_S + 60)
@pytest.mark.parametrize("name", [attack.name for attack in ATTACKS])
def test_attack_is_held(results: dict[str, dict[str, Any]], name: str) -> None:
    result = results[name]
    assert result["held"], result
    assert result["control"] is not False, f"the attack fails without a sandbox too, so it shows nothing: {result}"


@pytest.mark.timeout(RUN_S + 60)
def test_battery_has_teeth(results: dict[str, dict[str, Any]]) -> None:
    """At least 40 attacks succeed where nothing holds them."""
    assert sum(result["control"] is True for result in results.values()) >= 40


def test_table_of_results(capsys: pytest.CaptureFixture[str]) -> None:
    """Print what was seen: for each run, with the sandbox and without."""
    runs = sorted({run for row in _table.values() for run in row})
    with capsys.disabled():
        print()
        for run in runs:
            print(f"\n{run:54} with       without")
            for name, row in _table.items():
                held, _, without = row.get(run, "-").partition(" / ")
                print(f"  {name:52} {held:10} {without}")
