"""Making a workspace ready, once: its files and skills, packages, setup commands; then what capabilities it has."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import msgspec

from tercet.errors import SandboxUnavailable
from tercet.sandbox import Beneath, Outcome, Sandbox, python_program, search_path
from tercet.service.capabilities import GUIDE, MAX_DESCRIPTION, MAX_SKILLS, front_matter
from tercet.sessions.environments import EnvironmentRecord, Hosted, SeedFile, Skill
from tercet.store.filing import FileStore

SETUP_S = 600.0
MAX_SEED = 512 << 20
MAX_GUIDE = 100_000
MAX_WORDS = 500
SKILLS_FOLDER = ".skills"
PACKAGES = "/workspace/.packages"
"""Packages need a network, which only sandboxes that call the workspace so have."""
FOUND = "skills.json"
"""What was found in capability directories, beside the workspace: what happens in there later adds nothing."""
_PIP = """py=$1; target=$2; shift 2
set -- install --no-input --disable-pip-version-check --no-warn-script-location --target "$target" "$@"
if "$py" -m pip --version >/dev/null 2>&1; then exec "$py" -m pip "$@"; fi
if python3 -m pip --version >/dev/null 2>&1; then exec python3 -m pip --python "$py" "$@"; fi
echo "pip is not installed on this machine" >&2; exit 127
"""
_NPM = """target=$1; shift
if ! command -v npm >/dev/null; then echo "npm is not installed on this machine" >&2; exit 127; fi
exec npm install --global --no-fund --no-audit --prefix "$target" "$@"
"""


class EnvironmentFailed(SandboxUnavailable):
    """An environment could not be made ready; the message says which of its files or commands failed."""

    code = "environment_failed"


Restore = Callable[[Beneath], Awaitable[None]]
"""Puts a workspace back as it was kept, but for its skills; raises `OSError` and `StoreFailed`."""


async def set_up(
    environment: EnvironmentRecord,
    spec: Hosted,
    box: Sandbox,
    folder: Path,
    files: FileStore,
    restore: Restore | None = None,
) -> None:
    """Make the workspace in `folder` ready and write down what was found in it. Raises `EnvironmentFailed`.

    With `restore`, what it puts back takes the place of files, packages and setup commands.
    """
    for seed in spec.files if restore is None else ():
        await _put(box.files, seed, await _content(environment.owner, seed, files))
    ours = Beneath(folder / "workspace")  # what the sandbox's user and the server's other hands cannot change
    try:
        for skill in spec.skills:
            for seed in skill.files:
                await _put(ours, seed, await _content(environment.owner, seed, files))
    finally:
        ours.close()
    await (_prepare(spec, box) if restore is None else _put_back(restore, box.files))
    found = await asyncio.to_thread(_found, spec, box.files)
    await asyncio.to_thread((folder / FOUND).write_bytes, msgspec.json.encode(found))


async def _prepare(spec: Hosted, box: Sandbox) -> None:
    await asyncio.to_thread(box.files.write, "outputs/.keep", b"")
    await _install(spec, box)
    for number, command in enumerate(spec.setup_commands, 1):
        outcome = await box.run(["/bin/sh", "-c", command], timeout_s=SETUP_S)
        _require(outcome, f"setup command {number}")


async def _put_back(restore: Restore, workspace: Beneath) -> None:
    try:
        await restore(workspace)
    except OSError as error:
        message = f"the workspace cannot be put back: {error.strerror}: {error.filename!r}"
        raise EnvironmentFailed(message) from error


async def skills_of(spec: Hosted, folder: Path) -> tuple[Skill, ...]:
    """Return the skills of a workspace that is ready: those it was given, then those that were found."""
    given = tuple(msgspec.structs.replace(skill, files=()) for skill in spec.skills)
    if not spec.capability_directories:
        return given
    written = await asyncio.to_thread((folder / FOUND).read_bytes)
    return (*given, *msgspec.json.decode(written, type=tuple[Skill, ...]))


def package_paths(spec: Hosted) -> dict[str, str]:
    """Return the variables by which programs in a sandbox find installed packages."""
    packages, variables = spec.packages, dict[str, str]()
    python, npm = f"{PACKAGES}/python", f"{PACKAGES}/npm"
    folders = [f"{folder}/bin" for folder, names in ((python, packages.python), (npm, packages.npm)) if names]
    if folders:
        variables["PATH"] = search_path(*folders)
    if packages.python:
        variables["PYTHONPATH"] = python
    return variables


async def _install(spec: Hosted, box: Sandbox) -> None:
    installers = (
        ("python", spec.packages.python, ["/bin/sh", "-c", _PIP, "sh", python_program(), f"{PACKAGES}/python"]),
        ("npm", spec.packages.npm, ["/bin/sh", "-c", _NPM, "sh", f"{PACKAGES}/npm"]),
    )
    for kind, names, argv in installers:
        if names:
            _require(await box.run([*argv, *names], timeout_s=SETUP_S), f"the installation of packages.{kind}")


def _require(outcome: Outcome, what: str) -> None:
    if outcome.exit_code != 0:
        how = outcome.exit_code if outcome.ended == "exited" else f"a limit: {outcome.ended}"
        said = outcome.stderr.text.strip()[-MAX_WORDS:]
        raise EnvironmentFailed(f"{what} ended with {how}: {said}")


async def _content(owner: str, seed: SeedFile, files: FileStore) -> bytes:
    digest, size = seed.digest, seed.size
    if seed.file_id is not None:
        record = await files.get(seed.file_id, owner)
        if record is None:
            raise EnvironmentFailed(f"the file {seed.file_id!r} for {seed.path!r} is gone")
        digest, size = record.digest, record.size
    if size > MAX_SEED:
        raise EnvironmentFailed(f"the file for {seed.path!r} is larger than {MAX_SEED} bytes")
    return b"".join([chunk async for chunk in files.read(cast("str", digest))])


async def _put(files: Beneath, seed: SeedFile, content: bytes) -> None:
    try:
        await asyncio.to_thread(files.write, seed.path, content)
    except OSError as error:
        raise EnvironmentFailed(f"{seed.path!r} cannot be written: {error.strerror}") from error


def _found(spec: Hosted, files: Beneath) -> list[Skill]:
    """Return the skills in capability directories: in a folder itself, in its folders, in those of its `skills`."""
    found: list[Skill] = []
    for folder in spec.capability_directories:
        entry = files.stat(folder)
        if entry is None or entry.kind != "folder":
            raise EnvironmentFailed(f"the capability directory {folder!r} is not there after the setup")
        for place in (folder, *_folders(files, folder), *_folders(files, f"{folder}/skills")):
            if files.stat(f"{place}/{GUIDE}") is not None and place not in {skill.path for skill in found}:
                found.append(_read(files, place))
    names = [skill.name for skill in (*spec.skills, *found)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise EnvironmentFailed(f"two skills are called {twice!r}")
    if len(names) > MAX_SKILLS:
        raise EnvironmentFailed(f"there are more than {MAX_SKILLS} skills")
    return found


def _folders(files: Beneath, folder: str) -> list[str]:
    try:
        return [f"{folder}/{entry.path.rpartition('/')[2]}" for entry in files.list(folder) if entry.kind == "folder"]
    except OSError:
        return []


def _read(files: Beneath, place: str) -> Skill:
    path = f"{place}/{GUIDE}"
    try:
        said = front_matter(files.read(path, max_bytes=MAX_GUIDE).decode("utf-8", "replace"))
    except OSError as error:
        raise EnvironmentFailed(f"{path!r} cannot be read: {error.strerror}") from error
    name, description = said.get("name", ""), said.get("description", "")
    if not name or not description or len(name) > 64 or len(description) > MAX_DESCRIPTION:
        raise EnvironmentFailed(f"{path!r} does not say a name and a description of usual length")
    return Skill(" ".join(name.split()), description, place)
