"""Tools that the service runs itself while it makes a response: the search of files and of the web, MCP servers."""

from tercet.service.hosted.loop import HostedLoop
from tercet.service.hosted.mcp import ToolsNotListed
from tercet.service.hosted.steps import Notebook
from tercet.service.hosted.tools import HostedTools

__all__ = ["HostedLoop", "HostedTools", "Notebook", "ToolsNotListed"]
