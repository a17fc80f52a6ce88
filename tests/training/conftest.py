"""Tests of the trainer need torch, which the service and its tests do not; `make training` installs and runs them."""

from importlib.util import find_spec
from pathlib import Path

WITHOUT_TORCH = ("test_encode.py", "test_pack.py", "test_shards.py", "test_stock.py", "test_tokenizer.py")
TESTS = sorted(path.name for path in Path(__file__).parent.glob("test_*.py"))
collect_ignore = [] if find_spec("torch") else [name for name in TESTS if name not in WITHOUT_TORCH]


def pytest_report_header() -> str:
    """Say so when tests are left out."""
    return f"torch is not installed, left out: {', '.join(collect_ignore)}" if collect_ignore else ""
