"""Confined processes and files: what a model's code runs in. `open_sandbox` is the way in; docs/design/sandbox.md.

It knows nothing of tools, sessions or models.
"""

from tercet.sandbox.base import (
    CallTool,
    Captured,
    Cell,
    Dialogue,
    Interpreter,
    Kind,
    Limits,
    Network,
    Outcome,
    Sandbox,
    SandboxSpec,
)
from tercet.sandbox.beneath import Beneath, Entry
from tercet.sandbox.interpreters import python_program, search_path
from tercet.sandbox.opening import Confinement, confinement, open_sandbox
from tercet.sandbox.removal import remove_workspace

__all__ = [
    "Beneath",
    "CallTool",
    "Captured",
    "Cell",
    "Confinement",
    "Dialogue",
    "Entry",
    "Interpreter",
    "Kind",
    "Limits",
    "Network",
    "Outcome",
    "Sandbox",
    "SandboxSpec",
    "confinement",
    "open_sandbox",
    "python_program",
    "remove_workspace",
    "search_path",
]
