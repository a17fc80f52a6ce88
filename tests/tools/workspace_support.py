"""A sandbox's files without a sandbox, for tools that run nothing."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from tercet.sandbox import Beneath, Dialogue, Interpreter, Kind, Outcome


class FolderBox:
    """Has files, and runs nothing."""

    kind: Kind = "bubblewrap"
    root = "/workspace"

    def __init__(self, files: Beneath) -> None:
        self.files = files

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        cwd: str = "",
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        raise NotImplementedError

    def converse(
        self, argv: Sequence[str], *, environment: Mapping[str, str], cwd: str = "", max_line: int = 65_536
    ) -> AbstractAsyncContextManager[Dialogue]:
        raise NotImplementedError

    def interpreter(self) -> Interpreter:
        raise NotImplementedError

    async def close(self) -> None:
        self.files.close()
