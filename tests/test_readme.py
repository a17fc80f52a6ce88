"""The README's first command, as a newcomer runs it: the shipped model, a real file, no server, no key."""

import re
import shlex
from pathlib import Path

from tests.cli.command import tercet

ROOT = Path(__file__).parents[1]


def test_the_first_command_answers_its_task(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"tercet (run .*)", readme)
    assert found is not None
    command, task, file = shlex.split(found[1])
    done = tercet(tmp_path, command, task, str(ROOT / file))
    assert done.returncode == 0, done.stderr
    assert "The total is 2637.55." in done.stdout
