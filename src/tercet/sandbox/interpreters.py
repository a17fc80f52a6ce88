"""Which Python runs inside a sandbox, and the programs of ours that it runs there."""

import functools
import os
import sys
from importlib.resources import files

_PARTS = ("bin", "lib", "lib64", "pyvenv.cfg", "Frameworks", "Python")
"""What an interpreter needs of its installation; what else lies beside it is nobody's business."""


@functools.cache
def python_paths() -> tuple[str, ...]:
    """Return the server's own interpreter, then the files and folders that it needs: its own and its packages'."""
    found = dict.fromkeys((os.path.abspath(sys.executable),))
    for prefix in dict.fromkeys((sys.prefix, sys.base_prefix)):
        for part in _PARTS:
            path = os.path.join(os.path.abspath(prefix), part)
            if os.path.exists(path):
                found[path] = None
    executable, *parts = found
    return executable, *parts


def python_program() -> str:
    """Return how the interpreter is called inside."""
    return python_paths()[0]


def search_path(*first: str) -> str:
    """Return where programs are looked for inside, in the folders `first` before others."""
    return ":".join((*first, os.path.dirname(python_program()), "/usr/local/bin", "/usr/bin", "/bin"))


def python_parts() -> tuple[str, ...]:
    """Return the files and folders that a sandbox shows of it."""
    return python_paths()[1:]


@functools.cache
def inside_file(name: str) -> bytes:
    """Return the text of one of the programs in `inside/`."""
    return files("tercet.sandbox").joinpath("inside", name).read_bytes()
