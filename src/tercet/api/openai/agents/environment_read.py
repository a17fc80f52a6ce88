"""From an environment on the wire to what is asked for, and what of it is refused by name."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence

from msgspec import UNSET

from tercet.api.openai.agents import environment_wire as wire
from tercet.errors import InvalidRequest, Unsupported
from tercet.service.templates import InlineFile, NamedFile
from tercet.sessions.environments import HostedDraft, NetworkPolicy, NoEnvironment, SeedFile

KeepFiles = Callable[[Sequence[InlineFile | NamedFile], str], Awaitable[tuple[SeedFile, ...]]]
"""Keeps files that a request brings or names: (files, the field they stand in)."""
_NOT_SERVED = {
    "capability_directories": "Put what the agent is to know into its instructions or into files.",
    "plugins": "Give the agent tools of its own, or an MCP server.",
    "skills": "Put what the agent is to know into its instructions or into files.",
}


async def read_environment(environment: wire.EnvironmentIn, keep: KeepFiles, place: str) -> NoEnvironment | HostedDraft:
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
            return await _hosted(environment, keep, place)


async def _hosted(asked: wire.HostedIn, keep: KeepFiles, place: str) -> HostedDraft:
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
    draft = await read_fields(asked, keep, place)
    return HostedDraft(draft.network, draft.files, draft.env, draft.setup_commands, size, template_id)


async def read_fields(asked: wire.HostedFields, keep: KeepFiles, place: str) -> HostedDraft:
    """Return what is said of a hosted environment; None stands for what is not."""
    prefix = f"{place}." if place else ""
    _refuse(asked, prefix)
    files = None
    if asked.files is not UNSET and asked.files is not None:
        named = [_file(file, f"{prefix}files[{index}]") for index, file in enumerate(asked.files)]
        files = await keep(named, f"{prefix}files")
    commands = None
    if asked.setup_commands is not UNSET and asked.setup_commands is not None:
        commands = tuple(command.command for command in asked.setup_commands)
    env = None if asked.env is UNSET else asked.env
    network = None if asked.network is UNSET or asked.network is None else network_policy(asked.network)
    return HostedDraft(network, files, env, commands)


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
    param = f"{place}.data" if place else "data"
    try:
        return InlineFile(file.path, base64.b64decode(file.data, validate=True))
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            f"Invalid value for {param!r}: expected standard base64.", param=param, code="invalid_value"
        ) from None


def _refuse(asked: wire.HostedFields, prefix: str) -> None:
    for name, advice in _NOT_SERVED.items():
        if getattr(asked, name) not in (UNSET, None, []):
            raise Unsupported(f"{prefix + name!r} is not served here. {advice}", param=f"{prefix}{name}")
    if asked.desktop not in (UNSET, None) and asked.desktop.enabled:
        raise Unsupported(
            "There is no desktop here: the 'computer_use' tool has a browser without one.",
            param=f"{prefix}desktop.enabled",
        )
    if asked.packages in (UNSET, None):
        return
    for kind in ("npm", "python", "system"):
        if getattr(asked.packages, kind):
            raise Unsupported(
                "Packages are not installed here: install them by 'setup_commands', or on the machine.",
                param=f"{prefix}packages.{kind}",
            )


def _values(asked: wire.HostedIn) -> list[object]:
    return [getattr(asked, name) for name in asked.__struct_fields__]
