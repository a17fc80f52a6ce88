"""A real server on a free port for the tests of the doors, and the official clients to call it with."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from openai import AsyncOpenAI, OpenAI

from tercet.api.app import create_app
from tercet.backends.base import Backend
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.store.local import LocalStore
from tests.support import scripted_service

Serve = Callable[..., "Server"]
Dial = Callable[..., OpenAI]
START_TIMEOUT_S = 20.0


class Server:
    """An application served by uvicorn in a thread of its own, so that blocking clients can call it too."""

    def __init__(self, service: Service, **settings: Any) -> None:
        self.service = service
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(create_app(service, **settings), log_config=None, timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()
        deadline = threading.Event()
        waited_s = 0.0
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert waited_s < START_TIMEOUT_S, "the server did not start in time"
            deadline.wait(0.01)
            waited_s += 0.01

    def client(self, **settings: Any) -> OpenAI:
        """Return the official client, without retries, which would hide failures."""
        return OpenAI(base_url=f"{self.url}/v1", max_retries=0, **{"api_key": "none", **settings})

    def async_client(self, **settings: Any) -> AsyncOpenAI:
        """Return the official asynchronous client, without retries."""
        return AsyncOpenAI(base_url=f"{self.url}/v1", max_retries=0, **{"api_key": "none", **settings})

    def stop(self) -> None:
        """Shut down as a signal would."""
        self._server.should_exit = True
        self._thread.join(START_TIMEOUT_S)
        assert not self._thread.is_alive(), "the server did not stop"

    def _run(self, listener: socket.socket) -> None:
        with listener, asyncio.Runner() as runner:
            self.loop = runner.get_loop()
            runner.run(self._server.serve(sockets=[listener]))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return a function that serves script lines, or a backend as the nano tier, until the test ends."""
    with ExitStack() as stack:

        def start(
            *lines: dict[str, Any], backend: Backend | None = None, api_keys: Sequence[str] = (), **settings: Any
        ) -> Server:
            service = (
                _service_over(backend, tmp_path) if backend else scripted_service(tmp_path, *lines, api_keys=api_keys)
            )
            server = Server(service, **settings)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def dial() -> Iterator[Dial]:
    """Return a function that gives a client of a server, closed when the test ends."""
    with ExitStack() as stack:

        def make(server: Server, **settings: Any) -> OpenAI:
            return stack.enter_context(server.client(**settings))

        yield make


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[Server], AsyncOpenAI]]:
    """Return a function that gives an asynchronous client of a server, closed when the test ends."""
    clients: list[AsyncOpenAI] = []

    def make(server: Server, **settings: Any) -> AsyncOpenAI:
        clients.append(server.async_client(**settings))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


def _service_over(backend: Backend, folder: Path) -> Service:
    store = LocalStore(folder / "state" / "tercet.db", retention_days=30, max_responses=1000)
    return Service({"nano": Tier("nano", backend), "mini": Tier("mini")}, store)
