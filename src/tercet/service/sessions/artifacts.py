"""Files that an agent made for its user: what is new under `outputs` when a turn is done is published, immutably."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, suppress
from io import BytesIO

from tercet.clock import now_s
from tercet.ids import new_id
from tercet.sandbox import Sandbox
from tercet.sessions.turns import Artifact, TurnRecord
from tercet.store.environments import SeedContents
from tercet.store.filing import FileStore, Incoming

FOLDER = "outputs"
MAX_FILES = 200
MAX_BYTES = 256 << 20


async def published(
    box: Sandbox,
    turn: TurnRecord,
    environment_id: str,
    known: Iterable[Artifact],
    files: FileStore,
    seeds: SeedContents,
) -> list[Artifact]:
    """Keep the contents that are new since `known` and return their artifacts, whose rows are the caller's to write.

    At most `MAX_FILES` files of `MAX_BYTES` each; what is more is not published.
    """
    seen = {(artifact.path, artifact.digest) for artifact in known}
    artifacts: list[Artifact] = []
    async with AsyncExitStack() as stack:
        contents: list[Incoming] = []
        async for path, content in _outputs(box):
            digest = hashlib.sha256(content).hexdigest()
            full = f"{box.root}/{path}"
            if (full, digest) in seen:
                continue
            incoming = await stack.enter_async_context(files.receive())
            await incoming.write(content)
            contents.append(incoming)
            artifacts.append(
                Artifact(
                    new_id("artifact"), turn.session_id, turn.id, environment_id, now_s(), full, len(content), digest
                )
            )
        if contents:
            await seeds.stage(contents, turn.id)
    return artifacts


async def _outputs(box: Sandbox) -> AsyncIterator[tuple[str, bytes]]:
    """Yield the files under the folder, each with its content."""

    def names() -> list[tuple[str, int]]:
        with suppress(OSError):
            return [
                (entry.path, entry.size)
                for entry in box.files.walk(FOLDER)
                if entry.kind == "file" and not entry.path.endswith("/.keep")
            ]
        return []

    for path, size in (await asyncio.to_thread(names))[:MAX_FILES]:
        if size <= MAX_BYTES:
            with suppress(OSError):
                yield path, await asyncio.to_thread(_read, box, path)


def _read(box: Sandbox, path: str) -> bytes:
    buffer = BytesIO()
    buffer.write(box.files.read(path, max_bytes=MAX_BYTES))
    return buffer.getvalue()
