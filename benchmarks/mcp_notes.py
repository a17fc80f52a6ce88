"""An MCP server whose tools append to a file, a line per effect: `python -m benchmarks.mcp_notes PORT FILE [TOKEN]`.

Every line holds the idempotency key of its call and what was noted. `append` does not look at the key, so a second
call of it is a second effect; `append_once` does. Calls take a moment, so that they are hit while they are under way.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

KEY_FIELD = "tercet/idempotency-key"
DELAY_S = 0.03


class Notes:
    """The file, and the tools over it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()

    def append(self, text: str, ctx: Context) -> str:
        """Note a text."""
        time.sleep(DELAY_S)
        self._write(_key(ctx), text)
        time.sleep(DELAY_S)
        return f"noted: {text}"

    def append_once(self, text: str, ctx: Context) -> str:
        """Note a text, once however often the same call is made."""
        time.sleep(DELAY_S)
        key = _key(ctx)
        if not any(line.startswith(f"{key}\t") for line in self._file.read_text(encoding="utf-8").splitlines()):
            self._write(key, text)
        time.sleep(DELAY_S)
        return f"noted: {text}"

    def count(self) -> int:
        """Tell how many notes there are."""
        return len(self._file.read_text(encoding="utf-8").splitlines())

    def refuse(self) -> str:
        """Fail."""
        raise ToolError("there is no ink")

    def hang(self, text: str, ctx: Context) -> str:
        """Note a text and take long."""
        self._write(_key(ctx), text)
        time.sleep(30)
        return "late"

    def _write(self, key: str, text: str) -> None:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, f"{key}\t{text}\n".encode())
        finally:
            os.close(descriptor)


class Locked:
    """Lets requests through that carry the token."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._token = f"Bearer {token}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 401 to what does not."""
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != self._token:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)


def make_server(file: Path) -> MCPServer:
    """Return the server over a file."""
    notes, server = Notes(file), MCPServer("notes")
    server.tool()(notes.append)
    server.tool(annotations=ToolAnnotations(idempotent_hint=True))(notes.append_once)
    server.tool(annotations=ToolAnnotations(read_only_hint=True))(notes.count)
    server.tool()(notes.refuse)
    server.tool()(notes.hang)
    return server


def _key(ctx: Context) -> str:
    meta: Any = ctx.request_context.meta
    found = meta.get(KEY_FIELD) if isinstance(meta, dict) else getattr(meta, "model_extra", {}).get(KEY_FIELD)
    return str(found)


def main() -> None:
    """Serve until the process is ended."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    app: Any = make_server(file).streamable_http_app()
    if len(sys.argv) > 3:
        app = Locked(app, sys.argv[3])
    uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none")).run()


if __name__ == "__main__":
    main()
