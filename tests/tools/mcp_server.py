"""A real MCP server for the tests, over stdio or, with a port, over HTTP: `python mcp_server.py [PORT [TOKEN]]`."""

import os
import signal
import sys
import time
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

server = MCPServer("things")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool(name="odd name!")
def odd() -> str:
    """Say something."""
    return "said"


@server.tool()
def fail() -> str:
    """Fail."""
    raise ToolError("it went wrong")


@server.tool()
def slow() -> str:
    """Take long."""
    time.sleep(20)
    return "late"


@server.tool()
def long() -> str:
    """Say much."""
    return "x" * 200_000


@server.tool()
def die() -> str:
    """End the server."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@server.tool()
def environment() -> str:
    """Tell the names of all variables."""
    return " ".join(sorted(os.environ))


class Locked:
    """Lets requests through that carry the token."""

    def __init__(self, app: Any, token: str) -> None:
        self.app = app
        self.token = f"Bearer {token}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != self.token:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send)


def main() -> None:
    if len(sys.argv) == 1:
        server.run("stdio")
        return
    app: Any = server.streamable_http_app()
    if len(sys.argv) > 2:
        app = Locked(app, sys.argv[2])
    config = uvicorn.Config(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", ws="none")
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
