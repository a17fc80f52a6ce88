"""From an environment on the wire to what is asked for, and what of it is refused by name."""

import base64
import binascii
from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec import UNSET

from tercet.api.openai.agents import environment_wire as wire
from tercet.errors import InvalidRequest, Unsupported
from tercet.service.capabilities import SkillArchive
from tercet.service.templates import InlineFile, NamedFile
from tercet.sessions.environments import HostedDraft, NetworkPolicy, NoEnvironment, Packages, SeedFile, Skill


class Keeper(Protocol):
    """Keeps what a request brings for environments, in the name of whoever sent it."""

    async def seeds(
        self, owner: str, files: Sequence[InlineFile | NamedFile], place: str = "files"
    ) -> tuple[SeedFile, ...]:
        """Keep files."""

    async def skills(self, owner: str, archives: Sequence[SkillArchive], place: str = "skills") -> tuple[Skill, ...]:
        """Keep skills."""


async def read_environment(
    environment: wire.EnvironmentIn, keeper: Keeper, owner: str, place: str
) -> NoEnvironment | HostedDraft:
    """Return what a request asks for. Raises `InvalidRequest`, and `Unsupported` for what is not served."""
    match environment:
        case wire.NoneIn():
            return NoEnvironment()
        case wire.SelfHostedIn():
            raise Unsupported(
                "Environments of type 'self_hosted' are not served: they connect by the protocol of "
                "`codex exec-server`, which is not public. Use 'openai_hosted', which is a sandbox on this server, or "
                "'none' with functions that your application executes.",
                param=f"{place}.type",
            )
        case wire.HostedIn():
            return await _hosted(environment, keeper, owner, place)


async def _hosted(asked: wire.HostedIn, keeper: Keeper, owner: str, place: str) -> HostedDraft:
    template_id = None if asked.environment_template_id is UNSET else asked.environment_template_id
    if asked.environment_id is not UNSET:
        others = [
            name
            for name, value in zip(asked.__struct_fields__, _values(asked), strict=True)
            if value is not UNSET and name != "environment_id"
        ]
        if others:
            raise InvalidRequest(
                f"An environment that exists has its configuration: leave {place + '.' + others[0]!r} out.",
                param=f"{place}.{others[0]}",
                code="invalid_value",
            )
        return HostedDraft(environment_id=asked.environment_id)
    size = None if asked.container_size is UNSET else asked.container_size
    draft = await read_fields(asked, keeper, owner, place)
    return msgspec.structs.replace(draft, size=size, template_id=template_id)


async def read_fields(asked: wire.HostedFields, keeper: Keeper, owner: str, place: str) -> HostedDraft:
    """Return what is said of a hosted environment; None stands for what is not."""
    prefix = f"{place}." if place else ""
    _refuse(asked, prefix)
    files = None
    if asked.files is not UNSET and asked.files is not None:
        named = [_file(file, f"{prefix}files[{index}]") for index, file in enumerate(asked.files)]
        files = await keeper.seeds(owner, named, f"{prefix}files")
    skills = None
    if asked.skills is not UNSET and asked.skills is not None:
        archives = [_skill(skill, f"{prefix}skills[{index}]") for index, skill in enumerate(asked.skills)]
        skills = await keeper.skills(owner, archives, f"{prefix}skills")
    commands = None
    if asked.setup_commands is not UNSET and asked.setup_commands is not None:
        commands = tuple(command.command for command in asked.setup_commands)
    env = None if asked.env is UNSET else asked.env
    network = None if asked.network is UNSET or asked.network is None else network_policy(asked.network)
    directories = None
    if asked.capability_directories is not UNSET and asked.capability_directories is not None:
        directories = tuple(folder.rstrip("/") for folder in asked.capability_directories)
    packages = None
    if asked.packages is not UNSET and asked.packages is not None:
        packages = Packages(tuple(asked.packages.python or ()), tuple(asked.packages.npm or ()))
    return HostedDraft(
        network, files, env, commands, skills=skills, capability_directories=directories, packages=packages
    )


def network_policy(network: wire.Network) -> NetworkPolicy:
    """Return the policy that a request asks for."""
    return NetworkPolicy(
        network.access,
        tuple(domain.lower() for domain in network.allowed_domains or ()),
        tuple(domain.lower() for domain in network.blocked_domains or ()),
    )


def read_file(file: wire.FileIn, place: str = "") -> InlineFile | NamedFile:
    """Return a file that a request brings or names. Raises `InvalidRequest`."""
    return _file(file, place)


def _file(file: wire.FileIn, place: str) -> InlineFile | NamedFile:
    if isinstance(file, wire.FileById):
        return NamedFile(file.path, file.file_id)
    return InlineFile(file.path, _decoded(file.data, f"{place}.data" if place else "data"))


def _skill(skill: wire.InlineSkill | wire.SkillReference, place: str) -> SkillArchive:
    if isinstance(skill, wire.SkillReference):
        raise Unsupported(
            "There is no Skills API here: send the skill with the request, as type 'inline'.", param=f"{place}.type"
        )
    return SkillArchive(skill.name, skill.description, _decoded(skill.source.data, f"{place}.source.data"))


def _decoded(data: str, param: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            f"Invalid value for {param!r}: expected standard base64.", param=param, code="invalid_value"
        ) from None


def _refuse(asked: wire.HostedFields, prefix: str) -> None:
    if asked.plugins not in (UNSET, None, []):
        raise Unsupported(
            "Plugins are not served: what they hold beside a name is not public. Send their skills as 'skills', and "
            "give the agent their MCP servers as tools.",
            param=f"{prefix}plugins",
        )
    if asked.desktop not in (UNSET, None) and asked.desktop.enabled:
        raise Unsupported(
            "There is no desktop here: the 'computer_use' tool has a browser without one.",
            param=f"{prefix}desktop.enabled",
        )
    if asked.packages not in (UNSET, None) and asked.packages.system:
        raise Unsupported(
            "Packages of the system need root, which nobody is in a sandbox: install them on the machine.",
            param=f"{prefix}packages.system",
        )


def _values(asked: wire.HostedIn) -> list[object]:
    return [getattr(asked, name) for name in asked.__struct_fields__]
