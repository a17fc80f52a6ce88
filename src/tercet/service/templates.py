"""Templates of environments, and how what a session asks for and its template become one environment."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import msgspec

from tercet.clock import now_s
from tercet.egress import Policy
from tercet.egress.policy import covers
from tercet.errors import InvalidRequest, NotFound, RequestTooLarge
from tercet.ids import new_id
from tercet.service.capabilities import FOLDER as SKILLS
from tercet.service.capabilities import MAX_SKILLS, SkillArchive, check_packages, unpacked
from tercet.service.files import Files
from tercet.service.vaults_checks import check_variable
from tercet.sessions.environments import Hosted, HostedDraft, NetworkPolicy, SeedFile, Skill, TemplateRecord
from tercet.store.agents_tables import AgentTables
from tercet.store.filing import Page

WORKSPACE = "/workspace"
MAX_FILES = 256
MAX_INLINE_BYTES = 32 * 1024 * 1024
MAX_SEED_BYTES = 512 * 1024 * 1024
MAX_COMMANDS = 64
MAX_DIRECTORIES = 16
MAX_COMMAND_BYTES = 65_536
MAX_ENV_BYTES = 131_072


class InlineFile(msgspec.Struct, frozen=True):
    """A file that came with a request."""

    path: str
    data: bytes


class NamedFile(msgspec.Struct, frozen=True):
    """A file of the Files API."""

    path: str
    file_id: str


class Templates:
    """The templates of every owner, and environments as they are asked for."""

    def __init__(self, tables: AgentTables, files: Files) -> None:
        self._templates = tables.templates
        self._seeds = tables.seeds
        self._files = files

    async def create(self, owner: str, name: str | None, spec: Hosted) -> TemplateRecord:
        """Keep a new template. Raises `InvalidRequest`."""
        check_hosted(spec, "")
        now = now_s()
        record = TemplateRecord(new_id("envtmpl"), owner, now, now, spec, name)
        await self._templates.add(record)
        return record

    async def get(self, template_id: str, owner: str, param: str = "environment_template_id") -> TemplateRecord:
        """Return a template. Raises `NotFound`, also for another owner's."""
        record = await self._templates.get(template_id, owner)
        if record is None:
            raise _no_template(template_id, param)
        return record

    async def update(
        self, template_id: str, owner: str, change: Callable[[TemplateRecord], TemplateRecord]
    ) -> TemplateRecord:
        """Replace a template by what `change` makes of it. Raises `NotFound` and `InvalidRequest`."""

        def checked(old: TemplateRecord) -> TemplateRecord:
            new = msgspec.structs.replace(change(old), updated_at=now_s())
            check_hosted(new.spec, "")
            return new

        record = await self._templates.change(template_id, owner, checked)
        if record is None:
            raise _no_template(template_id, "environment_template_id")
        return record

    async def list(self, owner: str, page: Page) -> list[TemplateRecord]:
        """Return a page of the owner's templates. Raises `NotFound` for an unknown `page.after`."""
        return await self._templates.list(owner, page)

    async def delete(self, template_id: str, owner: str) -> None:
        """Forget a template; environments that were made from it stay. Raises `NotFound`."""
        if not await self._templates.delete(template_id, owner):
            raise _no_template(template_id, "environment_template_id")

    async def seeds(
        self, owner: str, files: Sequence[InlineFile | NamedFile], place: str = "files"
    ) -> tuple[SeedFile, ...]:
        """Keep inline contents, look up the others, return what environments begin with. Raises `InvalidRequest`."""
        check_paths([file.path for file in files], place)
        return await self._kept(owner, files, place)

    async def _kept(self, owner: str, files: Sequence[InlineFile | NamedFile], place: str) -> tuple[SeedFile, ...]:
        inline = sum(len(file.data) for file in files if isinstance(file, InlineFile))
        if inline > MAX_INLINE_BYTES:
            raise RequestTooLarge(
                f"Inline files have {MAX_INLINE_BYTES} bytes at most: give larger ones by file_id.", param=place
            )
        seeds: list[SeedFile] = []
        async with AsyncExitStack() as stack:
            contents = []
            for index, file in enumerate(files):
                if isinstance(file, NamedFile):
                    seeds.append(await self._named(owner, file, f"{place}[{index}].file_id"))
                    continue
                content = await stack.enter_async_context(self._files.receive())
                await content.write(file.data)
                contents.append(content)
                seeds.append(SeedFile(file.path, digest=content.digest, size=len(file.data)))
            if sum(seed.size for seed in seeds) > MAX_SEED_BYTES:
                raise RequestTooLarge(f"An environment begins with {MAX_SEED_BYTES} bytes at most.", param=place)
            if contents:
                await self._seeds.stage(contents, f"staged:{new_id('seed')}")
        return tuple(seeds)

    async def skills(self, owner: str, archives: Sequence[SkillArchive], place: str = "skills") -> tuple[Skill, ...]:
        """Keep the files of skills, and return what environments are told of them. Raises `InvalidRequest`."""
        if len(archives) > MAX_SKILLS:
            raise _invalid(place, f"there are {MAX_SKILLS} skills at most")
        skills: list[Skill] = []
        for index, archive in enumerate(archives):
            files = await asyncio.to_thread(unpacked, archive, f"{place}[{index}]")
            if any(skill.name == archive.name for skill in skills):
                raise _invalid(f"{place}[{index}].name", "another skill has this name")
            path = f"{SKILLS}/{archive.name}"
            contents = [InlineFile(f"{path}/{name}", data) for name, data in files.items()]
            seeds = await self._kept(owner, contents, f"{place}[{index}]")
            skills.append(Skill(archive.name, archive.description.strip(), path, seeds))
        return tuple(skills)

    async def resolved(self, draft: HostedDraft, owner: str, place: str = "environment") -> Hosted:
        """Return the environment that a draft and its template make together. Raises `NotFound`, `InvalidRequest`."""
        base = Hosted()
        if draft.template_id is not None:
            base = (await self.get(draft.template_id, owner, f"{place}.environment_template_id")).spec
            if draft.network is not None:
                check_narrower(base.network, draft.network, f"{place}.network")
        spec = Hosted(
            base.network if draft.network is None else draft.network,
            base.files if draft.files is None else draft.files,
            base.env if draft.env is None else draft.env,
            base.setup_commands if draft.setup_commands is None else draft.setup_commands,
            draft.size or base.size,
            draft.template_id,
            base.skills if draft.skills is None else draft.skills,
            base.capability_directories if draft.capability_directories is None else draft.capability_directories,
            base.packages if draft.packages is None else draft.packages,
        )
        check_hosted(spec, place)
        for index, file in enumerate(spec.files):
            if file.file_id is not None:
                await self._named(owner, NamedFile(file.path, file.file_id), f"{place}.files[{index}].file_id")
        return spec

    async def _named(self, owner: str, file: NamedFile, param: str) -> SeedFile:
        try:
            record = await self._files.get(file.file_id, owner)
        except NotFound as error:
            raise NotFound(error.message, param=param, code=error.code) from None
        return SeedFile(file.path, file_id=record.id, size=record.size)


def check_hosted(spec: Hosted, place: str) -> None:
    """Raise `InvalidRequest` for an environment that cannot be; fields are named below `place`."""
    prefix = f"{place}." if place else ""
    policy_of(spec.network).check(f"{prefix}network")
    check_paths([file.path for file in spec.files], f"{prefix}files")
    _check_capabilities(spec, prefix)
    for name, value in spec.env.items():
        check_variable(name, f"{prefix}env")
        if "\0" in value:
            raise _invalid(f"{prefix}env.{name}", "a value has no NUL in it")
    if sum(len(name) + len(value.encode("utf-8", "surrogatepass")) for name, value in spec.env.items()) > MAX_ENV_BYTES:
        raise _invalid(f"{prefix}env", f"all variables together have {MAX_ENV_BYTES} bytes at most")
    if len(spec.setup_commands) > MAX_COMMANDS:
        raise _invalid(f"{prefix}setup_commands", f"there are {MAX_COMMANDS} at most")
    for index, command in enumerate(spec.setup_commands):
        if not command.strip() or "\0" in command or len(command.encode()) > MAX_COMMAND_BYTES:
            raise _invalid(
                f"{prefix}setup_commands[{index}].command",
                f"a command is not empty, has no NUL in it and {MAX_COMMAND_BYTES} bytes at most",
            )


def _check_capabilities(spec: Hosted, prefix: str) -> None:
    for index, folder in enumerate(spec.capability_directories):
        check_path(folder.rstrip("/"), f"{prefix}capability_directories[{index}]")
    for index, file in enumerate(spec.files):
        if file.path == SKILLS or file.path.startswith(f"{SKILLS}/"):
            raise _invalid(f"{prefix}files[{index}].path", f"{SKILLS} is for skills")
    if len(spec.capability_directories) > MAX_DIRECTORIES:
        raise _invalid(f"{prefix}capability_directories", f"there are {MAX_DIRECTORIES} at most")
    for kind in ("python", "npm"):
        names = getattr(spec.packages, kind)
        check_packages(names, f"{prefix}packages.{kind}")
        if names and spec.network.access == "disabled":
            raise _invalid(
                f"{prefix}packages.{kind}",
                "packages are fetched by the environment itself, which has no network; allow it the index's domains",
            )


def check_paths(paths: Sequence[str], place: str) -> None:
    """Raise `InvalidRequest` unless these are distinct files beneath the workspace, none of them inside another."""
    if len(paths) > MAX_FILES:
        raise _invalid(place, f"there are {MAX_FILES} files at most")
    for index, path in enumerate(paths):
        check_path(path, f"{place}[{index}].path")
    known = set(paths)
    for index, path in enumerate(paths):
        parents = {path[:end] for end in range(len(path)) if path[end] == "/"}
        if path in paths[:index] or parents & known:
            raise _invalid(f"{place}[{index}].path", "another file has this path, or lies where this one's folder is")


def check_path(path: str, param: str) -> None:
    """Raise `InvalidRequest` unless `path` names a file beneath the workspace."""
    parts = path.split("/")[1:]
    if not path.startswith(f"{WORKSPACE}/") or "\0" in path or "\\" in path or len(path.encode()) > 4_096:
        raise _invalid(param, f"expected an absolute path of a file beneath {WORKSPACE}")
    if any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts):
        raise _invalid(param, "empty parts, '.' and '..' have no place in it")


def check_narrower(base: NetworkPolicy, policy: NetworkPolicy, param: str) -> None:
    """Raise `InvalidRequest` when `policy` allows what its template's does not."""
    if base.access == "enabled" or policy.access == "disabled":
        return
    if base.access == "disabled" or policy.access == "enabled":
        raise _invalid(param, f"it cannot be broader than the template's, which is {base.access!r}")
    if base.allowed_domains:
        outside = [domain for domain in policy.allowed_domains if not covers(base.allowed_domains, domain.lower())]
        if outside or not policy.allowed_domains:
            raise _invalid(param, "it cannot be broader than the template's: not all of it is in its allowed_domains")
    elif base.blocked_domains:
        is_blocked_still = all(covers(policy.blocked_domains, domain.lower()) for domain in base.blocked_domains)
        overlap = [
            domain
            for domain in policy.allowed_domains
            if covers(base.blocked_domains, domain.lower())
            or any(covers((domain,), each) for each in base.blocked_domains)
        ]
        if overlap or (not policy.allowed_domains and not is_blocked_still):
            raise _invalid(param, "it cannot be broader than the template's, which blocks some of it")


def policy_of(network: NetworkPolicy) -> Policy:
    """Return the guard's policy for an environment."""
    return Policy(
        access=network.access, allowed_domains=network.allowed_domains, blocked_domains=network.blocked_domains
    )


def _no_template(template_id: str, param: str) -> NotFound:
    return NotFound(
        f"There is no environment template {template_id!r}.", param=param, code="environment_template_not_found"
    )


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value for {param!r}: {reason}.", param=param, code="invalid_value")
