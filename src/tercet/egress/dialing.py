"""From a target to an open connection: one resolution, every address checked, and that very address connected to.

Nothing looks the name up a second time, so an answer that changes in between changes nothing.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from tercet.egress.addresses import Address, parse_address, special_kind
from tercet.egress.hosts import Target
from tercet.egress.limits import Limits
from tercet.egress.policy import Policy
from tercet.egress.refusals import Refused

_MAX_ADDRESSES = 8
"""How many addresses of a name are tried; all of them are checked."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Resolve(Protocol):
    """Finds the addresses of a name, as text. Raises `OSError` when there are none."""

    async def __call__(self, name: str, port: int) -> Sequence[str]: ...


class Connect(Protocol):
    """Opens a TCP connection to an address. Raises `OSError`."""

    async def __call__(self, address: str, port: int, *, limit: int) -> Streams: ...


class SystemResolver:
    """Asks the operating system, in threads of its own: names that are slow on purpose hold up one session's only."""

    def __init__(self, max_threads: int = 4) -> None:
        self._threads = ThreadPoolExecutor(max_threads, thread_name_prefix="egress-names")

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        """Return the addresses of `name`. Raises `OSError`."""
        ask = partial(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def close(self) -> None:
        """Take no more names; those under way are left to end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def connect_socket(address: str, port: int, *, limit: int) -> Streams:
    """Connect to an address; a name is never looked up here."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return await asyncio.open_connection(address, port, family=family, flags=socket.AI_NUMERICHOST, limit=limit)


class Dialer:
    """Opens the connections of one guard."""

    def __init__(self, policy: Policy, limits: Limits, resolve: Resolve, connect: Connect) -> None:
        self.policy = policy
        self._limits = limits
        self._resolve = resolve
        self._connect = connect

    async def dial(self, target: Target) -> Streams:
        """Admit, resolve, check and connect. Raises `Refused`."""
        self.policy.admit(target)
        addresses = await self._addresses(target)
        if not self.policy.is_operators(target):
            _check_all(target, addresses)
        return await self._first(target, addresses[:_MAX_ADDRESSES])

    async def _addresses(self, target: Target) -> list[Address]:
        if target.address is not None:
            return [target.address]
        try:
            async with asyncio.timeout(self._limits.connect_s):
                texts = await self._resolve(target.name, target.port)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            raise Refused("unresolved", f"{target.name} has no address", str(target)) from error
        addresses = [parse_address(text) for text in texts]
        if not addresses:
            raise Refused("unresolved", f"{target.name} has no address", str(target))
        if None in addresses:
            raise Refused("address", f"{target.name} leads to something that is not an address", str(target))
        return [address for address in addresses if address is not None]

    async def _first(self, target: Target, addresses: Sequence[Address]) -> Streams:
        """Return a connection to the first address that takes one, all within one limit of time."""
        failure: OSError | None = None
        try:
            async with asyncio.timeout(self._limits.connect_s):
                for address in addresses:
                    try:
                        return await self._connect(str(address), target.port, limit=self._limits.max_head_bytes)
                    except TimeoutError:
                        raise
                    except OSError as error:
                        failure = error
        except TimeoutError as error:
            raise Refused("timeout", f"{target} took too long to connect", str(target)) from error
        raise Refused("unreachable", f"{target} cannot be connected to", str(target)) from failure


def _check_all(target: Target, addresses: Sequence[Address]) -> None:
    """Raise `Refused` if any address is not public: a mixed answer is an attack, or a mistake."""
    for address in addresses:
        kind = special_kind(address)
        if kind is not None:
            where = target.name if target.address is not None else f"{target.name} leads to an address that"
            raise Refused("address", f"{where} is {kind}, not public", str(target))
