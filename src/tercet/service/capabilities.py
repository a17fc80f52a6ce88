"""Skills as they are sent: an archive with a SKILL.md that says its name and what it is for. Nothing in it is run.

An archive is a stranger's: what is read of it is bounded, and its paths lead nowhere but into its own folder.
"""

import io
import re
import stat
import zipfile
from collections.abc import Mapping, Sequence

import msgspec

from tercet.errors import InvalidRequest, RequestTooLarge

FOLDER = "/workspace/.skills"
"""Where skills lie in a workspace; code in the sandbox cannot change it."""
GUIDE = "SKILL.md"
MAX_ARCHIVE_BYTES = 8_000_000
MAX_BYTES = 32_000_000
MAX_FILES = 500
MAX_SKILLS = 64
MAX_DESCRIPTION = 2_000
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
_PACKAGE = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._/@\[\],<>=!~^*+ -]{0,199}")
_KEY = re.compile(r"([A-Za-z_-]+):[ \t]*(.*)")


class SkillArchive(msgspec.Struct, frozen=True):
    """A skill that came with a request, and what the request says of it."""

    name: str
    description: str
    data: bytes


def unpacked(archive: SkillArchive, place: str) -> dict[str, bytes]:
    """Return a skill's files by their paths in its folder. Raises `InvalidRequest` naming a field below `place`."""
    where = f"{place}.source.data"
    files = _files(archive.data, where)
    guide = files.get(GUIDE)
    if guide is None:
        raise _invalid(where, f"the archive has no {GUIDE}, neither at its top nor in its one folder")
    said = front_matter(guide.decode("utf-8", "replace"))
    for field in ("name", "description"):
        if said.get(field) != getattr(archive, field).strip():
            raise _invalid(f"{place}.{field}", f"{GUIDE} says {said.get(field)!r}")
    check_name(archive.name, f"{place}.name")
    if len(archive.description) > MAX_DESCRIPTION:
        raise _invalid(f"{place}.description", f"it has more than {MAX_DESCRIPTION} characters")
    return files


def check_name(name: str, param: str) -> None:
    """Raise `InvalidRequest` for a name that a skill's folder cannot have."""
    if not _NAME.fullmatch(name):
        raise _invalid(param, "a skill's name has 1 to 64 lower-case letters, digits and hyphens")


def check_packages(names: Sequence[str], param: str) -> None:
    """Raise `InvalidRequest` for what an installer would not take as the name of a package."""
    for index, name in enumerate(names):
        if not _PACKAGE.fullmatch(name) or "://" in name or ".." in name:
            raise _invalid(f"{param}[{index}]", f"{name!r} is not the name of a package with or without a version")


def front_matter(text: str) -> Mapping[str, str]:
    """Return the plain, quoted and block texts between the first two lines of `---`; the rest is passed over."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != "---":
        return {}
    found: dict[str, str] = {}
    at = 1
    while at < len(lines) and lines[at].rstrip() != "---":
        match = _KEY.fullmatch(lines[at].rstrip())
        at += 1
        if match is None:
            continue
        following = []
        while at < len(lines) and (lines[at][:1] in (" ", "\t") or (lines[at] == "" and match[2][:1] in ("|", ">"))):
            following.append(lines[at].strip())
            at += 1
        found[match[1]] = _scalar(match[2], following)
    return found


def _scalar(first: str, following: list[str]) -> str:
    """Return a text as YAML has it, as far as names and descriptions need it."""
    if first[:1] in ("|", ">"):
        return ("\n" if first[0] == "|" else " ").join(following).strip()
    text = " ".join([first, *following]).strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace("''", "'") if text[0] == "'" else _double_quoted(text)
    return text.partition(" #")[0].rstrip()


def _double_quoted(text: str) -> str:
    try:
        return msgspec.json.decode(text, type=str)
    except msgspec.DecodeError:
        return text[1:-1]


def _files(data: bytes, where: str) -> dict[str, bytes]:
    if len(data) > MAX_ARCHIVE_BYTES:
        raise RequestTooLarge(f"A skill's archive has {MAX_ARCHIVE_BYTES} bytes at most.", param=where)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, where)
            files = {entry.filename: _content(archive, entry, where) for entry in entries}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _invalid(where, f"it is no ZIP archive that can be read ({error})") from None
    tops = {name.partition("/")[0] for name in files}
    if GUIDE not in files and len(tops) == 1:
        top = f"{tops.pop()}/"
        files = {name.removeprefix(top): content for name, content in files.items()}
    return files


def _check(entries: list[zipfile.ZipInfo], where: str) -> None:
    """Raise for an archive that is too large, or that has anything but plain files at plain paths."""
    if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise RequestTooLarge(f"A skill has {MAX_FILES} files and {MAX_BYTES} bytes at most.", param=where)
    names: set[str] = set()
    for entry in entries:
        name = entry.filename
        parts = name.split("/")
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _invalid(where, f"{name!r} is no plain file")
        if not all(parts) or {".", ".."} & {*parts} or any(c in name for c in "\\\0:") or len(name.encode()) > 1000:
            raise _invalid(where, f"{name[:100]!r} is no path that a skill may have")
        if name in names or any("/".join(parts[:depth]) in names for depth in range(1, len(parts))):
            raise _invalid(where, f"{name!r} stands for two things")
        names.add(name)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> bytes:
    """Return a file's content, which may be no longer than the archive says."""
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise _invalid(where, f"{entry.filename!r} is not as long as the archive says")
    return content


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
