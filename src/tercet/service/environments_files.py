"""Environments by themselves: made before a session, looked at, and the files in their workspaces."""

import asyncio
import hashlib
from contextlib import suppress
from typing import Any

import msgspec

from tercet.clock import now_s
from tercet.errors import InvalidRequest, NotFound, RequestTooLarge
from tercet.ids import new_id
from tercet.sandbox import Beneath
from tercet.service.files import Files
from tercet.service.sessions import Sessions
from tercet.service.templates import WORKSPACE, InlineFile, NamedFile, check_path
from tercet.sessions.environments import EnvironmentRecord, Hosted
from tercet.store.base import Store
from tercet.store.filing import Page

MAX_STAGED_BYTES = 64_000_000
"""A file that is put into a workspace by hand."""
MAX_WALKED = 100_000


class LiveFile(msgspec.Struct, frozen=True):
    """A file of a workspace as it is now. `path` is absolute."""

    path: str
    size: int


class Environments:
    """The environments of every owner."""

    def __init__(self, store: Store, sessions: Sessions, files: Files) -> None:
        self._rows = store.sessions.environments
        self._keys = store.agent_tables.environment_keys
        self._sessions = sessions
        self._files = files

    async def create(
        self, owner: str, spec: Hosted, key: str | None = None, asked: bytes = b"", vault_ids: tuple[str, ...] = ()
    ) -> EnvironmentRecord:
        """Make an environment that a session can be attached to later.

        The same idempotency `key` with the same request, told by `asked`, gives the same environment for a day.
        Raises `InvalidRequest`, and `RunConflict` for a key that came with another request.
        """
        record = EnvironmentRecord(new_id("env"), owner, now_s(), spec, vault_ids=vault_ids)
        self._sessions.check_environment(spec)
        if key is not None:
            digest = hashlib.sha256(asked).hexdigest()
            environment_id = await self._keys.claim(owner, key, digest, record.id)
            record = msgspec.structs.replace(record, id=environment_id)
        return await self._sessions.create_environment(record)

    async def get(self, environment_id: str, owner: str) -> EnvironmentRecord:
        """Return an environment. Raises `NotFound`, also for another owner's."""
        return await self._sessions.environment(environment_id, owner)

    async def list_all(self, owner: str, page: Page) -> list[EnvironmentRecord]:
        """Return a page of the owner's environments. Raises `NotFound` for an unknown `page.after`."""
        return await self._rows.list(owner, page)

    async def put_file(self, environment_id: str, owner: str, file: InlineFile | NamedFile) -> LiveFile:
        """Write a file into a workspace. Raises `NotFound`, `InvalidRequest` and `RunConflict`."""
        check_path(file.path, "path")
        content = file.data if isinstance(file, InlineFile) else await self._content(file, owner)
        if len(content) > MAX_STAGED_BYTES:
            raise RequestTooLarge(f"A file that is put into a workspace has {MAX_STAGED_BYTES} bytes at most.")
        files = await self._sessions.workspace(environment_id, owner)
        try:
            await asyncio.to_thread(files.write, file.path, content)
        except OSError as error:
            raise _refused(file.path, error) from error
        return LiveFile(file.path, len(content))

    async def list_files(
        self, environment_id: str, owner: str, folder: str, after: str | None, limit: int, *, is_ascending: bool
    ) -> list[LiveFile]:
        """Return up to `limit` files at any depth below `folder`, by the parts of their paths, behind `after`.

        Raises `NotFound`, `InvalidRequest` and `RunConflict`.
        """
        files = await self._sessions.workspace(environment_id, owner)
        try:
            found = await asyncio.to_thread(_walk, files, folder)
        except OSError as error:
            raise _refused(folder, error) from error
        found.sort(key=_order, reverse=not is_ascending)
        if after is not None:
            place = _order(LiveFile(after, 0))
            found = [file for file in found if (_order(file) > place) is is_ascending and file.path != after]
        return found[:limit]

    async def _content(self, file: NamedFile, owner: str) -> bytes:
        try:
            record = await self._files.get(file.file_id, owner)
        except NotFound as error:
            raise NotFound(error.message, param="file_id", code=error.code) from None
        if record.size > MAX_STAGED_BYTES:
            raise RequestTooLarge(
                f"A file that is put into a workspace has {MAX_STAGED_BYTES} bytes at most.", param="file_id"
            )
        return b"".join([chunk async for chunk in self._files.read(record)])


def check_folder(folder: str) -> str:
    """Return a folder of the workspace. Raises `InvalidRequest` for a path that is not beneath it."""
    plain = folder.rstrip("/")
    if plain != WORKSPACE:
        check_path(plain, "path")
    return plain


def _walk(files: Beneath, folder: str) -> list[LiveFile]:
    found: list[LiveFile] = []
    with suppress(FileNotFoundError):
        for entry in files.walk(folder):
            if entry.kind == "file":
                found.append(LiveFile(f"{WORKSPACE}/{entry.path}", entry.size))
            if len(found) > MAX_WALKED:
                raise InvalidRequest(
                    f"The folder has more than {MAX_WALKED} files: list one below it.", param="path", code="too_many"
                )
    return found


def _order(file: LiveFile) -> Any:
    return file.path.split("/")


def _refused(path: str, error: OSError) -> InvalidRequest:
    reason = error.strerror or str(error)
    return InvalidRequest(f"The workspace refuses {path!r}: {reason}.", param="path", code="invalid_path")
