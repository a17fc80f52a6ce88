"""Notices from Postgres: one connection of its own that listens, and comes back when the server was away."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tercet.store.database import Heard
from tercet.store.postgres_sql import Address

log = logging.getLogger(__name__)

CHANNELS = ("runs",)
RETRY_S = 1.0
CHECK_EVERY_S = 10.0
"""How often a silent connection is asked whether it still is one."""


class Listener:
    """The notices of one database. Listens from the first `add` on."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._heard: dict[object, Heard] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_connected = False

    def add(self, heard: Heard) -> Callable[[], None]:
        """Tell `heard` of notices; return what ends that. To be called on the event loop."""
        token = object()
        self._heard[token] = heard
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen_forever())

        def stop() -> None:
            self._heard.pop(token, None)

        return stop

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                if self.is_connected:
                    log.warning("notices of %r are interrupted: %s", self._address.shown, " ".join(str(error).split()))
            finally:
                self.is_connected = False
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._address.conninfo, autocommit=True)
        async with connection:
            for channel in CHANNELS:
                await connection.execute(f"LISTEN {channel}")
            self.is_connected = True
            self._tell(CHANNELS[0], "")  # whatever was said meanwhile was missed
            while True:
                async for notice in connection.notifies(timeout=CHECK_EVERY_S):
                    self._tell(notice.channel, notice.payload)
                await connection.execute("SELECT 1")

    def _tell(self, channel: str, payload: str) -> None:
        for heard in list(self._heard.values()):
            heard(channel, payload)
