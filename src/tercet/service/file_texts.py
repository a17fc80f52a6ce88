"""Files that a request names by id: their text takes the place of the reference.

No backend is given a file that only this server has; what holds no text is refused, not left out.
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from tercet.errors import InvalidRequest, NotFound, Unsupported
from tercet.items import Entry, FilePart, Message, Part, TextPart, ToolResult
from tercet.records import FileRecord
from tercet.service.documents import MAX_TEXT_CHARACTERS, Documents
from tercet.service.files import Files
from tercet.service.vector_reading import MAX_FILE_BYTES

E = TypeVar("E", bound=Entry)

_SCHEME = "tercet-file:"


def stored_file(file_id: str, filename: str = "") -> FilePart:
    """Return the part that stands for a stored file until `with_texts` puts its text there."""
    return FilePart(_SCHEME + file_id, filename)


async def with_texts(entries: Iterable[E], files: Files, documents: Documents, owner: str) -> tuple[E, ...]:
    """Return the entries with the texts of the stored files that they name.

    Raises `InvalidRequest` for a file that the owner does not have, `Unsupported` for one that is not text.
    """
    found: list[E] = []
    for entry in entries:
        if isinstance(entry, Message | ToolResult) and any(map(_is_stored, entry.content)):
            parts = [await _text_of(part, files, documents, owner) for part in entry.content]
            entry = msgspec.structs.replace(entry, content=tuple(parts))
        found.append(entry)
    return tuple(found)


def _is_stored(part: Part) -> bool:
    return isinstance(part, FilePart) and part.url.startswith(_SCHEME)


async def _text_of(part: Part, files: Files, documents: Documents, owner: str) -> Part:
    if not isinstance(part, FilePart) or not _is_stored(part):
        return part
    try:
        file = await files.get(part.url.removeprefix(_SCHEME), owner)
    except NotFound as error:
        raise InvalidRequest(error.message, param="input", code=error.code) from None
    if file.size > MAX_FILE_BYTES:
        raise _too_long(file, f"{file.size} bytes", MAX_FILE_BYTES)
    content = b"".join([chunk async for chunk in files.read(file)])
    try:
        text = await documents.text(content, file.filename)
    except InvalidRequest as error:
        raise type(error)(error.message, param="input", code=error.code) from None
    if len(text) > MAX_TEXT_CHARACTERS:
        raise _too_long(file, f"{len(text)} characters", MAX_TEXT_CHARACTERS)
    return TextPart(f"{part.filename or file.filename}\n{text}")


def _too_long(file: FileRecord, size: str, most: int) -> Unsupported:
    message = f"The file {file.id!r} has {size}; up to {most} are read into a prompt."
    return Unsupported(message, param="input", code="unsupported_file")
