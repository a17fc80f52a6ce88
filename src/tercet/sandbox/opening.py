"""Opening a sandbox: what this machine can confine with, found out by doing it once, and by nothing else.

Where nothing confines, nothing runs: there is no way to ask for a sandbox that is none.
"""

import asyncio
import contextlib
import os
import platform
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tercet.errors import SandboxUnavailable
from tercet.sandbox.base import Kind, Sandbox, SandboxSpec
from tercet.sandbox.bubblewrap import Bubblewrap
from tercet.sandbox.cgroups import Cgroup, delegated_parent
from tercet.sandbox.interpreters import python_parts
from tercet.sandbox.landlock import LEAST_ABI, SIGNALS_ABI, Landlock, landlock_abi
from tercet.sandbox.launch import Launcher
from tercet.sandbox.local import LocalSandbox
from tercet.sandbox.seatbelt import PROGRAM, Seatbelt

FIRST_USER, NUM_USERS = 0x7000_0000, 0x0100_0000
"""Users that sandboxes of a server which is root become: a range that no distribution hands out."""

_INSTALL = "install the package bubblewrap (scripts/system-packages.sh does)"


class Confinement(msgspec.Struct, frozen=True):
    """What a machine offers."""

    kind: Kind | None
    reason: str
    """Why nothing better can be had; empty for bubblewrap."""


async def open_sandbox(spec: SandboxSpec, *, kind: Kind | None = None) -> Sandbox:
    """Return a sandbox over `spec.workspace`, which is made when it is absent.

    `kind` asks for one kind of confinement, by default the best that works. Raises `SandboxUnavailable` when it, or
    any, cannot be had, or cannot serve the network that `spec` asks for.
    """
    found = await confinement() if kind is None else await _probe(kind)
    if found.kind is None:
        raise SandboxUnavailable(f"code cannot be confined on this machine: {found.reason}")
    if spec.network is not None and found.kind != "bubblewrap":
        raise SandboxUnavailable(
            f"a sandbox with a network needs bubblewrap; here is only {found.kind}: {found.reason}"
        )
    user = await asyncio.to_thread(prepare_workspace, spec.workspace)
    if found.kind == "landlock" and user is not None:
        await asyncio.to_thread(_require_passable, spec.workspace.resolve())
    cgroup = _cgroup(spec)
    return LocalSandbox(spec, _launcher(found.kind, spec, user, cgroup), user, cgroup)


def prepare_workspace(folder: Path) -> int | None:
    """Make the folder if it is absent; return the user that it belongs to, None for a server that is not root.

    Raises `SandboxUnavailable` for a folder that belongs to somebody else.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise SandboxUnavailable(f"the workspace {str(folder)!r} is not a folder")
    if os.getuid() != 0:
        if found.st_uid != os.getuid():
            raise SandboxUnavailable(f"the workspace {str(folder)!r} belongs to another user")
        return None
    if found.st_uid == 0:
        user = FIRST_USER + secrets.randbelow(NUM_USERS)
        os.chown(folder, user, user)
        return user
    if not FIRST_USER <= found.st_uid < FIRST_USER + NUM_USERS:
        raise SandboxUnavailable(f"the workspace {str(folder)!r} belongs to the user {found.st_uid}, not to a sandbox")
    return found.st_uid


def _require_passable(folder: Path) -> None:
    """Raise `SandboxUnavailable` unless the user of a sandbox can come to `folder`, which Landlock moves nowhere."""
    for above in folder.parents:
        if not above.stat().st_mode & 0o001:
            raise SandboxUnavailable(
                f"without bubblewrap, the user that a sandbox runs as must be able to pass through {str(above)!r}: "
                f"chmod o+x it, or {_INSTALL}"
            )


_found: dict[Kind | None, Confinement] = {}


async def confinement() -> Confinement:
    """Return the best that works here; found out once in the life of the process."""
    if None not in _found:
        reasons: list[str] = []
        kinds: tuple[Kind, ...] = ("seatbelt",) if platform.system() == "Darwin" else ("bubblewrap", "landlock")
        for kind in kinds:
            tried = await _probe(kind)
            if tried.kind is not None:
                _found[None] = Confinement(kind, "; ".join(reasons))
                break
            reasons.append(tried.reason)
        else:
            _found[None] = Confinement(None, "; ".join(reasons))
    return _found[None]


async def _probe(kind: Kind) -> Confinement:
    """Tell whether a kind works, by running a program in it."""
    if kind not in _found:
        reason = _missing(kind) or await _first_run(kind)
        _found[kind] = Confinement(None, reason) if reason else Confinement(kind, "")
    return _found[kind]


def _missing(kind: Kind) -> str:
    """Return what a kind lacks here, empty when nothing is known to be missing."""
    if kind == "seatbelt":
        return "" if os.access(PROGRAM, os.X_OK) else f"there is no {PROGRAM}"
    if platform.system() != "Linux":
        return f"{platform.system()} has no {kind}"
    if kind == "bubblewrap":
        return "" if shutil.which("bwrap") else f"bwrap is not installed; {_INSTALL}"
    if landlock_abi() < LEAST_ABI:
        return f"the kernel serves Landlock version {landlock_abi()}, and {LEAST_ABI} (Linux 6.2) is needed"
    if os.getuid() != 0 and landlock_abi() < SIGNALS_ABI:
        return (
            f"Landlock version {landlock_abi()} keeps no signals in, for which a server that is not root needs "
            f"version {SIGNALS_ABI} (Linux 6.12)"
        )
    return closed_way(python_parts()) if os.getuid() == 0 else ""


def closed_way(paths: Iterable[str]) -> str:
    """Return what keeps the user of a sandbox from the server's Python, empty when nothing does.

    Landlock moves nothing: that user comes to the interpreter where it lies, through all folders above it.
    """
    for path in map(Path, paths):
        where = path.resolve()
        for folder in (*reversed(where.parents), *([where] if where.is_dir() else ())):
            if not folder.stat().st_mode & 0o001:
                return (
                    f"Python lies in {str(path)!r}, and only its owner may enter {str(folder)!r}: let others pass "
                    f"(chmod o+x {folder}), install Python and Tercet where everybody may read, or {_INSTALL}"
                )
    return ""


async def _first_run(kind: Kind) -> str:
    """Run the interpreter in a workspace of its own; return what was wrong, empty when nothing was."""
    above = Path(await asyncio.to_thread(_passable_folder))
    box: LocalSandbox | None = None
    try:
        spec = SandboxSpec(workspace=above / "workspace")
        user = await asyncio.to_thread(prepare_workspace, spec.workspace)
        box = LocalSandbox(spec, _launcher(kind, spec, user, None), user)
        cell = await box.interpreter().execute("6 * 7", timeout_s=60)
        return (
            "" if cell.value == "42" else f"{kind} does not work here: {cell.stderr.text.strip()[-500:] or cell.ended}"
        )
    except (SandboxUnavailable, OSError) as error:
        return f"{kind} does not work here: {error}"
    finally:
        if box is not None:
            await box.close()
        shutil.rmtree(above, ignore_errors=True)


def _passable_folder() -> str:
    """Make a folder that the users of sandboxes may pass through."""
    folder = tempfile.mkdtemp(prefix="tercet-probe-")
    os.chmod(folder, 0o711)  # noqa: S103 - passed through, not looked into
    return folder


def _launcher(kind: Kind, spec: SandboxSpec, user: int | None, cgroup: Cgroup | None) -> Launcher:
    workspace = spec.workspace.resolve()
    match kind:
        case "bubblewrap":
            program = shutil.which("bwrap") or "bwrap"
            return Bubblewrap(program, workspace, spec.limits, user, spec.network, cgroup, spec.fixed)
        case "landlock":
            return Landlock(workspace, spec.limits, user)
        case "seatbelt":
            return Seatbelt(workspace, spec.limits)


def _cgroup(spec: SandboxSpec) -> Cgroup | None:
    parent = delegated_parent()
    if parent is None:
        return None
    with contextlib.suppress(OSError):
        return Cgroup(parent, spec.limits)
    return None
