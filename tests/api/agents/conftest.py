"""A server with a state folder for hosted environments, where the machine can confine what runs in them."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tercet.config import Config
from tercet.routing.tiers import Tier
from tercet.sandbox import confinement
from tercet.service import Service
from tercet.service.sessions.web import Web
from tercet.store.local import LocalStore
from tests.api.conftest import Serve, Server
from tests.support import scripted_backend


@pytest.fixture
def serve_with_folder(tmp_path: Path) -> Iterator[Serve]:
    """Return a function that serves script lines with a folder for environments."""
    with ExitStack() as stack:

        def start(*lines: dict[str, Any], config: Config | None = None, **settings: Any) -> Server:
            store = LocalStore(tmp_path / "state" / "tercet.db", retention_days=30, max_responses=1000)
            tiers = {"nano": Tier("nano", scripted_backend(tmp_path, *lines)), "mini": Tier("mini")}
            service = Service(tiers, store, environment_folder=tmp_path / "environments", web=Web(config))
            server = Server(service, **settings)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def serve_hosted(serve_with_folder: Serve) -> Serve:
    """Return the same, where the machine can confine what runs in an environment."""
    offered = asyncio.run(confinement())
    if offered.kind is None:
        pytest.skip(f"this machine confines nothing: {offered.reason}")
    return serve_with_folder
