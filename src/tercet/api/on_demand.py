"""Doors that are imported when their first request comes, so that a start does not pay for what nobody asks for.

It knows nothing of any door but that its public methods answer exchanges.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar, cast

from tercet.api.exchange import Exchange
from tercet.api.routes import Answer
from tercet.service import Service

D = TypeVar("D")


def on_demand(make: Callable[[Service], D], service: Service) -> D:
    """Return what stands in for the door that `make` imports and makes.

    It is typed as that door because its methods are all that a table of routes takes from it, and so a route to a
    method that does not exist is still found by the type checker.
    """
    return cast(D, _Awaited(make, service))


class _Awaited:
    """A door to be: any method of it can be had now, and makes the door when it is called."""

    def __init__(self, make: Callable[[Service], object], service: Service) -> None:
        self._make = make
        self._service = service
        self._door: object | None = None
        self._lock = asyncio.Lock()

    def __getattr__(self, name: str) -> Answer:
        async def answer(exchange: Exchange) -> None:
            door = self._door or await self._open()
            await getattr(door, name)(exchange)

        return answer

    async def _open(self) -> object:
        async with self._lock:
            if self._door is None:
                # In a thread: requests that are being answered do not wait for files to be read and compiled.
                self._door = await asyncio.to_thread(self._make, self._service)
            return self._door
