"""Uploads in the database: files that come in parts, each part a content of its own until the file is whole."""

from tercet.errors import RunConflict
from tercet.records import FileRecord, PartRecord, UploadRecord
from tercet.store.database import Connection, Database
from tercet.store.files import SqlFiles, insert_file
from tercet.store.filing import Incoming

_COLUMNS = ", ".join(UploadRecord.__struct_fields__)
_PLACES = ", ".join("?" * len(UploadRecord.__struct_fields__))
_INSERT = f"INSERT INTO uploads ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608  # names from our own code
_GET = f"SELECT {_COLUMNS} FROM uploads WHERE id = ? AND owner = ?"  # noqa: S608  # likewise
_PARTS = "SELECT id, upload_id, created_at, size, digest FROM upload_parts WHERE upload_id = ? ORDER BY number"


class SqlUploads:
    """The `UploadStore` over one database."""

    def __init__(self, database: Database, files: SqlFiles) -> None:
        self._database = database
        self._files = files

    async def add(self, upload: UploadRecord) -> None:
        """See `UploadStore.add`."""
        values = tuple(getattr(upload, name) for name in UploadRecord.__struct_fields__)
        await self._files.write("keep an upload", lambda connection: connection.execute(_INSERT, values))

    async def get(self, upload_id: str, owner: str) -> UploadRecord | None:
        """See `UploadStore.get`."""
        row = await self._database.read(lambda connection: connection.execute(_GET, (upload_id, owner)).fetchone())
        return UploadRecord(*row) if row else None

    async def parts(self, upload_id: str) -> list[PartRecord]:
        """See `UploadStore.parts`."""
        rows = await self._database.read(lambda connection: connection.execute(_PARTS, (upload_id,)).fetchall())
        return [PartRecord(*row) for row in rows]

    async def add_part(self, upload: UploadRecord, part: PartRecord, content: Incoming) -> None:
        """See `UploadStore.add_part`."""

        def insert(connection: Connection) -> None:
            _end(connection, upload, "pending")
            connection.execute(
                "INSERT INTO upload_parts (id, upload_id, created_at, size, digest) VALUES (?, ?, ?, ?, ?)",
                (part.id, part.upload_id, part.created_at, part.size, part.digest),
            )

        await self._files.place(f"part {part.id!r}", content, insert)

    async def complete(self, upload: UploadRecord, file: FileRecord, content: Incoming) -> None:
        """See `UploadStore.complete`."""
        parts = await self.parts(upload.id)

        def insert(connection: Connection) -> None:
            _end(connection, upload, "completed", file.id)
            connection.execute("DELETE FROM upload_parts WHERE upload_id = ?", (upload.id,))
            insert_file(connection, file)

        await self._files.place(f"file {file.id!r}", content, insert)
        await self._files.sweep([part.digest for part in parts])

    async def cancel(self, upload: UploadRecord) -> None:
        """See `UploadStore.cancel`."""
        parts = await self.parts(upload.id)

        def end(connection: Connection) -> None:
            _end(connection, upload, "cancelled")
            connection.execute("DELETE FROM upload_parts WHERE upload_id = ?", (upload.id,))

        await self._files.write("cancel an upload", end)
        await self._files.sweep([part.digest for part in parts])


def _end(connection: Connection, upload: UploadRecord, status: str, file_id: str | None = None) -> None:
    """Give a pending upload its next status. Raises `RunConflict` when it is not pending any more."""
    changed = connection.execute(
        "UPDATE uploads SET status = ?, file_id = ? WHERE id = ? AND status = 'pending'", (status, file_id, upload.id)
    ).rowcount
    if not changed:
        raise RunConflict(f"the upload {upload.id!r} is not pending any more")
