"""Files in requests as text, for models that read no files: PDFs, and whatever is text. What is neither is refused.

The texts of the last files are kept, because every turn of a conversation brings its files again.
"""

import asyncio
import base64
import binascii
import hashlib
from collections import OrderedDict
from urllib.parse import unquote_to_bytes

import msgspec

from tercet.errors import InvalidRequest, Unsupported
from tercet.items import FilePart, Message, ModelRequest, Part, TextPart, ToolResult
from tercet.service.vector_reading import text_of
from tercet.tools.pdf import PdfReader, is_pdf

MAX_TEXT_CHARACTERS = 4_000_000
MAX_KEPT_CHARACTERS = 8_000_000
"""Of texts that are kept, all together."""
_NAMES = {"application/pdf": "document.pdf", "text/html": "page.html"}


class Documents:
    """Reads files. Safe for any number of concurrent callers."""

    def __init__(self) -> None:
        self._pdfs = PdfReader()
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._num_kept = 0

    async def text(self, content: bytes, filename: str) -> str:
        """Return the text of a file. Raises `Unsupported` for what is no text, `InvalidRequest` for what is broken."""
        address = hashlib.blake2b(content, digest_size=20, key=filename.encode()[:64]).digest()
        known = self._kept.get(address)
        if known is not None:
            self._kept.move_to_end(address)
            return known
        if is_pdf(content):
            text = await self._pdfs.text(content, filename)
        else:
            text = await asyncio.to_thread(text_of, content, filename)
        self._keep(address, text)
        return text

    async def readable(self, request: ModelRequest) -> ModelRequest:
        """Return the request with the texts of its files in their place. Raises `InvalidRequest`."""
        items = []
        for item in request.items:
            if isinstance(item, Message | ToolResult) and _has_files(item.content):
                item = msgspec.structs.replace(item, content=tuple([await self._read(part) for part in item.content]))
            items.append(item)
        return msgspec.structs.replace(request, items=tuple(items))

    async def _read(self, part: Part) -> Part:
        if not isinstance(part, FilePart):
            return part
        if not part.url.startswith("data:"):
            raise Unsupported("Files are not fetched: send the content itself.", param="file")
        media_type, content = _content_of(part.url)
        filename = part.filename or _NAMES.get(media_type, "document.txt")
        try:
            text = await self.text(content, filename)
        except InvalidRequest as error:
            raise type(error)(error.message, param="file", code=error.code) from None
        if len(text) > MAX_TEXT_CHARACTERS:
            message = f"{filename!r} has {len(text)} characters; up to {MAX_TEXT_CHARACTERS} are read into a prompt."
            raise Unsupported(message, param="file", code="unsupported_file")
        return TextPart(f"{filename}\n{text}")

    def _keep(self, address: bytes, text: str) -> None:
        if len(text) > MAX_KEPT_CHARACTERS // 2 or address in self._kept:
            return
        self._kept[address] = text
        self._num_kept += len(text)
        while self._num_kept > MAX_KEPT_CHARACTERS:
            self._num_kept -= len(self._kept.popitem(last=False)[1])


def has_files(request: ModelRequest) -> bool:
    """Whether a request holds files."""
    return any(_has_files(item.content) for item in request.items if isinstance(item, Message | ToolResult))


def _has_files(content: tuple[Part, ...]) -> bool:
    return any(isinstance(part, FilePart) for part in content)


def _content_of(url: str) -> tuple[str, bytes]:
    """Return the type and the content of a `data:` URL. Raises `InvalidRequest` for a broken one."""
    head, comma, body = url[5:].partition(",")
    media_type, *options = head.split(";")
    try:
        if not comma:
            raise ValueError("there is no comma between type and content")
        return media_type.lower(), base64.b64decode(body, validate=True) if "base64" in options else unquote_to_bytes(
            body
        )
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"The file is not a data: URL: {error}.", param="file", code="invalid_value") from None
