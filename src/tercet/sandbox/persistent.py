"""The persistent Python of a sandbox, from outside: cells go in over a socket, frames come back.

What answers is not trusted: a frame is bounded, decoded strictly, and a process that breaks the protocol is ended.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from tercet.errors import ToolFailed
from tercet.sandbox.base import CallTool, Cell
from tercet.sandbox.capture import Capture
from tercet.sandbox.launch import Running

MAX_FRAME = 4_000_000
INTERRUPT_GRACE_S = 3.0
"""How long code may take to end after it was interrupted, before its process is."""

START_TIMEOUT_S = 60.0
_LENGTH = struct.Struct(">I")


class Run(msgspec.Struct, frozen=True, tag="run"):
    """To the inside: execute this."""

    number: int
    code: str
    can_call: bool


class Interrupt(msgspec.Struct, frozen=True, tag="interrupt"):
    """To the inside: stop the cell of this number."""

    number: int


class Result(msgspec.Struct, frozen=True, tag="result"):
    """To the inside: what a tool gave."""

    call: int
    value: Any = None
    error: str | None = None


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From the inside: it can be given cells."""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """From the inside: how a cell ended."""

    number: int
    interrupted: bool = False
    value: str | None = None
    error: str | None = None


class Call(msgspec.Struct, frozen=True, tag="call"):
    """From the inside: code calls a tool."""

    call: int
    name: str
    arguments: dict[str, Any]


_decode = msgspec.json.Decoder(Ready | Done | Call).decode
Starter = Callable[[int, Capture, Capture], Awaitable[Running]]


class BrokenLine(Exception):
    """The process ended, or said something that it should not."""


class _Process(NamedTuple):
    """A running interpreter and the lines to it."""

    running: Running
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    stdout: Capture
    stderr: Capture

    async def receive(self) -> Ready | Done | Call:
        """Return the next frame. Raises `BrokenLine`."""
        try:
            (length,) = _LENGTH.unpack(await self.reader.readexactly(_LENGTH.size))
            if length > MAX_FRAME:
                raise BrokenLine(f"a frame of {length} bytes")
            frame: Ready | Done | Call = _decode(await self.reader.readexactly(length))
        except (OSError, EOFError, RecursionError, msgspec.DecodeError) as error:
            raise BrokenLine(str(error)) from error
        return frame

    def send(self, frame: Run | Interrupt | Result) -> None:
        """Send a frame; what does not fit in the socket waits here."""
        content = msgspec.json.encode(frame)
        self.writer.write(_LENGTH.pack(len(content)) + content)


class PersistentPython:
    """The `Interpreter` of a sandbox on this machine."""

    def __init__(self, start: Starter, capture: Callable[[], Capture]) -> None:
        """Start nothing yet. `start` begins a process with one end of a socket and two output streams."""
        self._start = start
        self._capture = capture
        self._lock = asyncio.Lock()
        self._process: _Process | None = None
        self._number = 0

    async def execute(self, code: str, *, timeout_s: float, call_tool: CallTool | None = None) -> Cell:
        async with self._lock:
            began = time.monotonic()
            is_fresh = await self._ensure()
            process = self._process
            assert process is not None
            self._number += 1
            try:
                cell = await self._run(process, Run(self._number, code, call_tool is not None), timeout_s, call_tool)
            except BaseException:
                await self._drop()
                raise
            if cell.ended not in ("done", "interrupted"):
                await self._drop()
            return msgspec.structs.replace(cell, is_fresh=is_fresh, duration_s=time.monotonic() - began)

    async def restart(self) -> None:
        process = self._process
        if process is not None:
            process.running.tree.kill()  # a cell that runs ends by this, and lets go of the lock
        async with self._lock:
            await self._drop()

    async def _run(self, process: _Process, run: Run, timeout_s: float, call_tool: CallTool | None) -> Cell:
        process.stdout.take()
        process.stderr.take()
        process.send(run)
        done: Done | None = None
        try:
            done = await self._watch(process, run.number, timeout_s, call_tool)
        except TimeoutError:
            process.running.stop("time")
        except BrokenLine:
            process.running.tree.kill()
        if done is None:
            await process.running.wait()
        stdout, stderr = process.stdout.take(), process.stderr.take()
        if done is None:
            return Cell(ended=process.running.stopped or "crashed", stdout=stdout, stderr=stderr)
        ended = process.running.stopped or ("interrupted" if done.interrupted else "done")
        return Cell(ended=ended, value=done.value, error=done.error, stdout=stdout, stderr=stderr)

    async def _watch(self, process: _Process, number: int, timeout_s: float, call_tool: CallTool | None) -> Done:
        """Wait for the end of a cell; at its time limit interrupt it. Raises `TimeoutError` and `BrokenLine`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._until_done(process, number, call_tool)
        except TimeoutError:
            process.send(Interrupt(number))
        async with asyncio.timeout(INTERRUPT_GRACE_S):
            done = await self._until_done(process, number, None)
        return msgspec.structs.replace(done, interrupted=True)

    @staticmethod
    async def _until_done(process: _Process, number: int, call_tool: CallTool | None) -> Done:
        while True:
            match await process.receive():
                case Done() as done if done.number == number:
                    return done
                case Call() as call:
                    process.send(await _answer(call, call_tool))
                case other:
                    raise BrokenLine(f"{type(other).__name__} out of turn")

    async def _ensure(self) -> bool:
        """Make sure that a process is there; tell whether it is new."""
        if self._process is not None and self._process.running.process.returncode is None:
            return False
        await self._drop()
        ours, theirs = socket.socketpair()
        stdout, stderr = self._capture(), self._capture()
        try:
            running = await self._start(theirs.fileno(), stdout, stderr)
        except BaseException:
            ours.close()
            stdout.close()
            stderr.close()
            raise
        finally:
            theirs.close()
        stdout.on_flood = stderr.on_flood = lambda: running.stop("output")
        reader, writer = await _connected(ours)
        self._process = process = _Process(running, reader, writer, stdout, stderr)
        with contextlib.suppress(TimeoutError, BrokenLine):
            async with asyncio.timeout(START_TIMEOUT_S):
                await process.receive()
        return True

    async def _drop(self) -> None:
        """End the process and let go of all that belongs to it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.writer.close()
        assert process.running.on_end is not None
        await process.running.on_end(process.running)
        process.stdout.close()
        process.stderr.close()


async def _connected(ours: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Wrap a connected socket, even when cancelled: what is at its other end must be let go of in order."""
    return await asyncio.shield(asyncio.open_unix_connection(sock=ours))


async def _answer(call: Call, call_tool: CallTool | None) -> Result:
    if call_tool is None:
        return Result(call.call, error="no tools can be called from here")
    try:
        return Result(call.call, value=await call_tool(call.name, call.arguments))
    except ToolFailed as error:
        return Result(call.call, error=error.message)
