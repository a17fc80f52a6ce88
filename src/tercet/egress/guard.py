"""The guard: a forward proxy of one session, from its first connection to its last.

It listens on a loopback port, where clients must show a token, and on request on a Unix socket, where holding the
socket is the permission: a sandbox without a network is given that socket and nothing else.
"""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tercet.egress.authority import Authority
from tercet.egress.connection import Connection, Interception
from tercet.egress.dialing import Connect, Dialer, Resolve, Streams, SystemResolver, connect_socket
from tercet.egress.injection import Injection
from tercet.egress.limits import Limits
from tercet.egress.policy import Policy
from tercet.egress.refusals import Refusal, Refused, Tally
from tercet.egress.tokens import USER, new_token


class Guard:
    """The way out of one session. Use it as a context manager, or `start` and `close` it, once."""

    def __init__(
        self,
        policy: Policy,
        *,
        limits: Limits | None = None,
        resolve: Resolve | None = None,
        connect: Connect = connect_socket,
        injected: Injection | None = None,
    ) -> None:
        """`resolve` (default: the system's) and `connect` stand for the network; the checks between them stay.

        The secrets of `injected` are put into requests to their hosts, for which clients must trust `authority`.
        Raises `InvalidRequest` for a policy that makes no sense.
        """
        policy.check()
        self.policy = policy
        self.limits = limits or Limits()
        self.token = new_token()
        self.socket: Path | None = None
        self._resolver = SystemResolver()
        self._dialer = Dialer(policy, self.limits, resolve or self._resolver, connect)
        self._injected = injected if injected is not None and injected.variables else None
        self._interception: Interception | None = None
        self.authority = Authority(self._injected.domains(policy)) if self._injected is not None else None
        """Who signs for the hosts of secrets; None where there are no secrets."""
        self._tally = Tally()
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.Task[None]] = set()
        self._port = 0

    async def start(self, socket: Path | None = None) -> None:
        """Listen on a free loopback port, and on `socket`, whose folder must exist. Raises `OSError`."""
        if self._injected is not None and self.authority is not None:
            trust = await asyncio.to_thread(ssl.create_default_context)
            trust.set_alpn_protocols(["http/1.1"])
            self._interception = Interception(self._injected, self.authority, trust)
        server = await asyncio.start_server(self._serve_tcp, "127.0.0.1", 0, limit=self.limits.max_head_bytes)
        self._servers.append(server)
        self._port = server.sockets[0].getsockname()[1]
        if socket is not None:
            try:
                beside = await asyncio.start_unix_server(self._serve_unix, socket, limit=self.limits.max_head_bytes)
            except BaseException:
                await self.close()
                raise
            self._servers.append(beside)
            self.socket = socket

    async def close(self) -> None:
        """Stop listening and end every connection; safe to call again."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        for server in servers:
            await server.wait_closed()
        self._resolver.close()
        if self.socket is not None:
            self.socket.unlink(missing_ok=True)
            self.socket = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def address(self) -> str:
        """Host and port of the TCP listener; raises `RuntimeError` before `start`."""
        if not self._port:
            raise RuntimeError("the guard has not been started")
        return f"127.0.0.1:{self._port}"

    @property
    def user(self) -> str:
        """The user name that goes with the token in Basic authorization."""
        return USER

    @property
    def url(self) -> str:
        """The proxy's URL with the token in it: a secret."""
        return f"http://{USER}:{self.token}@{self.address}"

    @property
    def tally(self) -> Mapping[str, int]:
        """How often something was refused, by reason."""
        return self._tally.counts

    @property
    def recent(self) -> tuple[Refusal, ...]:
        """The last refusals, the oldest first."""
        return tuple(self._tally.recent)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve((reader, writer), self.token)

    async def _serve_unix(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve((reader, writer), "")

    async def _serve(self, client: Streams, token: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = Connection(client, self._dialer, self.limits, token, self._tally.add, self._interception)
        is_full = len(self._open) >= self.limits.max_connections
        self._open.add(task)
        try:
            if is_full:
                reason = f"more than {self.limits.max_connections} connections at the same time"
                await connection.turn_away(Refused("too_many", reason))
            else:
                await connection.serve()
        except asyncio.CancelledError:
            pass  # by close(); the client sees the connection end
        finally:
            connection.abort()
            self._open.discard(task)
