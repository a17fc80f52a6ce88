"""The clients that agents are written with, each against a running server of ours."""

import gc
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.api.conftest import serve

__all__ = ["serve"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a foreign suite's test that skips itself, unless the module's `SKIPPED` says why it does."""
    report = yield
    listed = getattr(item.module, "SKIPPED", None)
    if report.skipped and listed is not None and item.originalname not in listed:
        report.outcome = "failed"
        report.longrepr = f"{item.originalname} was skipped and is not in SKIPPED: {report.longrepr}"
    return report


@pytest.fixture(autouse=True, scope="module")
def sockets_are_collected() -> Iterator[None]:
    """Collect what these clients leave open while their own tests run, so that no other test is blamed for it."""
    yield
    gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let these clients leave a socket to the collector: that is theirs to mend, and shows up in any later test."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
