"""The floors of docs/architecture.md, enforced: a module imports from its own floor or a lower one only."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tercet"
FLOORS: dict[str, int] = {
    **dict.fromkeys(("errors", "items", "events", "usage", "ids", "clock", "schema", "config", "records"), 0),
    **dict.fromkeys(("grounding", "numerals", "sessions", "confidence", "searching", "hosted"), 0),
    **dict.fromkeys(("store", "engine", "sandbox", "egress", "telemetry"), 1),
    **dict.fromkeys(("backends", "tools"), 2),
    **dict.fromkeys(("routing", "agents", "guarantees", "tuning"), 3),
    "service": 4,
    "api": 5,
    **dict.fromkeys(("main", "server", "cli", "__main__"), 6),
}
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def part_of(dotted: str) -> str:
    """Return the top-level part of a module of the package: `tercet.api.openai.chat` is in `api`."""
    return dotted.split(".")[1]


def imports_of(path: Path) -> set[str]:
    """Return the dotted names of the package's own modules that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            names |= {f"{module}.{alias.name}" for alias in node.names} if module == "tercet" else {module}
    return {name for name in names if name.startswith("tercet.") and name != "tercet.__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_stay_on_their_floor(path: Path) -> None:
    relative = path.relative_to(SOURCE).with_suffix("")
    floor = FLOORS[relative.parts[0]]
    above = {name for name in imports_of(path) if FLOORS[part_of(name)] > floor}
    assert not above, f"{relative} (floor {floor}) imports from above: {sorted(above)}"


def test_the_check_sees_imports_inside_functions(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text("def late():\n    from tercet.api.app import create_app\n    import tercet.service\n")
    assert imports_of(sample) == {"tercet.api.app", "tercet.service"}


def test_files_stay_within_one_idea() -> None:
    long = {str(path.relative_to(SOURCE)): n for path in MODULES if (n := len(path.read_text().splitlines())) > 500}
    assert not long, f"split by noun: {long}"
