"""The tools over one session's sandbox: code, commands, and the files of its workspace."""

from tercet.sandbox import CallTool, Sandbox
from tercet.tools.base import Tool
from tercet.tools.patch import ApplyPatch
from tercet.tools.python import PythonTool
from tercet.tools.shell import ShellTool
from tercet.tools.workspace_edit import EditFile, WriteFile
from tercet.tools.workspace_read import ListFiles, ReadFile
from tercet.tools.workspace_search import SearchFiles


def workspace_tools(box: Sandbox, *, call_tool: CallTool | None = None, has_run: bool = False) -> tuple[Tool, ...]:
    """Return all of them. `call_tool` answers tool calls that code in `python` makes; None: it may make none.

    `has_run` says that the session ran Python before this server was started: the variables are gone, and the model
    is told so.
    """
    return (
        PythonTool(box, call_tool, has_run=has_run),
        ShellTool(box),
        ReadFile(box),
        WriteFile(box),
        EditFile(box),
        ListFiles(box),
        SearchFiles(box),
        ApplyPatch(box),
    )
