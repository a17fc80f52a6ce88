"""A real MCP server on its standard streams, put into workspaces by the tests. Counts its calls while it lives."""

import os
import signal
import socket
import sys
from pathlib import Path

from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("notes")
num_calls = 0


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def look() -> str:
    """Tell what the process sees."""
    global num_calls
    num_calls += 1
    try:
        with socket.create_connection(("192.0.2.1", 80), timeout=2):
            network = "open"
    except OSError:
        network = "closed"
    names = " ".join(sorted(os.environ))
    return f"calls={num_calls} given={os.environ.get('GIVEN')} network={network} cwd={Path.cwd()} names={names}"


@server.tool()
def note(text: str) -> str:
    """Write a line down."""
    with Path("notes.txt").open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    return "noted"


@server.tool()
def die() -> str:
    """End the server in the middle of the call."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


if __name__ == "__main__":
    if sys.argv[1:] == ["broken"]:
        sys.exit("this server never comes up")
    server.run("stdio")
