"""The text of PDFs, read by PDFium in a process of its own: a hostile file can end that process and nothing else."""

import asyncio
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

from tercet.errors import InvalidRequest, Unsupported
from tercet.tools.pdf_child import MAX_CHARACTERS

SIGNATURE = b"%PDF-"
TIMEOUT_S = 60.0
MAX_AT_ONCE = 2
_WINDOW = 1024
"""Bytes at the start of a file among which readers look for the signature."""
_MAX_OUTPUT = 8 * MAX_CHARACTERS
_CHILD = Path(__file__).with_name("pdf_child.py")


class _Read(msgspec.Struct):
    text: str = ""
    error: str = ""


_decode = msgspec.json.Decoder(_Read).decode


def is_pdf(content: bytes) -> bool:
    """Whether a file is a PDF, by its own signature."""
    return SIGNATURE in content[:_WINDOW]


class PdfReader:
    """Reads PDFs, a few at a time."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        """Give every file `timeout_s` at most."""
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)

    async def text(self, content: bytes, filename: str) -> str:
        """Return the text of a PDF.

        Raises `Unsupported` where the packages are not installed, `InvalidRequest` for what cannot be read.
        """
        if find_spec("pypdfium2") is None:
            message = f"{filename!r} is a PDF, which needs the extra to be read: pip install 'tercet[documents]'"
            raise Unsupported(message, param="file", code="unsupported_file")
        async with self._slots:
            read = await self._read(content)
        if read.error:
            message = f"The PDF {filename!r} cannot be read: {read.error}."
            raise InvalidRequest(message, param="file", code="invalid_file")
        return read.text

    async def _read(self, content: bytes) -> _Read:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_CHILD),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self._timeout_s):
                output, _ = await asyncio.gather(_all_of(process.stdout), _give(process.stdin, content))
        except TimeoutError:
            return _Read(error=f"it takes more than {self._timeout_s:g} seconds")
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        try:
            return _decode(output)
        except msgspec.DecodeError:
            return _Read(error="its reader broke, or needed too much time or memory")


async def _give(stdin: asyncio.StreamWriter, content: bytes) -> None:
    with suppress(ConnectionError):  # the reader has ended, and its output says why or is empty
        stdin.write(content)
        await stdin.drain()
    stdin.close()


async def _all_of(stdout: asyncio.StreamReader) -> bytes:
    """Return what the reader says, or nothing where that has no end."""
    output = bytearray()
    while chunk := await stdout.read(1 << 16):
        output += chunk
        if len(output) > _MAX_OUTPUT:
            return b""
    return bytes(output)
