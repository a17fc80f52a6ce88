"""What the sandbox's tests share: a sandbox over a new workspace, and what this machine can confine with."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tercet.sandbox import Confinement, Limits, Sandbox, SandboxSpec, confinement, open_sandbox, remove_workspace

SMALL = Limits(memory_mb=256, num_processes=48, file_mb=24, workspace_mb=48, workspace_files=1500, output_kb=40)


@pytest.fixture(scope="session")
def machine() -> Confinement:
    """What this machine offers; the tests need something."""
    found = asyncio.run(confinement())
    if found.kind is None:
        pytest.skip(f"nothing confines code on this machine: {found.reason}")
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A place for a workspace, cleared of whatever is built there."""
    folder = tmp_path / "workspace"
    yield folder
    if folder.exists():
        remove_workspace(folder)


@pytest.fixture
async def box(machine: Confinement, workspace: Path) -> AsyncIterator[Sandbox]:
    """An open sandbox."""
    opened = await open_sandbox(SandboxSpec(workspace=workspace, limits=SMALL))
    yield opened
    await opened.close()
