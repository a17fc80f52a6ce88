"""MCP over the standard streams of a process: one JSON message per line.

Where the process runs is the caller's choice (`Start`): on this machine as the operator configured, or in a sandbox.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from tercet.tools.mcp_spec import StdioTransport

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams
    from mcp.shared.message import SessionMessage

Pipes = tuple[asyncio.StreamReader, asyncio.StreamWriter]
"""What the server writes, and what it reads."""
Start = Callable[[StdioTransport], AbstractAsyncContextManager[Pipes]]
"""Starts a server, and ends it when left. Raises `OSError`."""

MAX_LINE = 8_000_000
_GRACE_S = 3.0


@contextlib.asynccontextmanager
async def start_here(transport: StdioTransport) -> AsyncIterator[Pipes]:
    """Start a server as a process of this machine, unconfined: only for what the operator configured."""
    process = await asyncio.create_subprocess_exec(
        transport.command,
        *transport.args,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=transport.cwd or None,
        env={"PATH": os.defpath, **transport.env},
        limit=MAX_LINE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout, process.stdin
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let the server end by itself, then make it, with all that it started."""
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


@contextlib.asynccontextmanager
async def process_transport(
    transport: StdioTransport, start: Start, on_end: Callable[[], None]
) -> AsyncIterator["TransportStreams"]:
    """Start a server and speak MCP with it; `on_end` is called once it has closed its side."""
    async with start(transport) as pipes, _line_transport(pipes, on_end) as streams:
        yield streams


@contextlib.asynccontextmanager
async def _line_transport(pipes: Pipes, on_end: Callable[[], None]) -> AsyncIterator["TransportStreams"]:
    import anyio
    from mcp.shared.message import SessionMessage

    reader, writer = pipes
    inbound, received = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    sending, outbound = anyio.create_memory_object_stream[SessionMessage](0)

    async def read() -> None:
        async with inbound:
            with contextlib.suppress(OSError, ValueError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                while line := await reader.readline():
                    if line.strip():
                        await inbound.send(_message(line))
        on_end()

    async def write() -> None:
        async with outbound:
            with contextlib.suppress(OSError):
                async for message in outbound:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    writer.write(text.encode() + b"\n")
                    await writer.drain()

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        group.start_soon(write)
        try:
            yield received, sending
        finally:
            group.cancel_scope.cancel()
            for stream in (inbound, received, sending, outbound):
                stream.close()


def _message(line: bytes) -> "SessionMessage | Exception":
    """Return the message of a line, or what is wrong with it."""
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error
