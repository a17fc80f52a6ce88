"""The clients that agents are written with, each against a running server of ours."""

from collections.abc import Generator

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
