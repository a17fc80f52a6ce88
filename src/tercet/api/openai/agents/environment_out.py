"""From environments and templates to their resources on the wire. Variables and commands never leave."""

import hashlib
from collections.abc import Sequence
from typing import Any

from tercet.api.openai.agents import environment_wire as wire
from tercet.api.wire import JsonObject
from tercet.sessions.environments import (
    Environment,
    EnvironmentRecord,
    Hosted,
    HostedDraft,
    NetworkPolicy,
    NoEnvironment,
    Packages,
    SeedFile,
    SelfHosted,
    Skill,
    TemplateRecord,
)


def template_out(record: TemplateRecord) -> wire.TemplateOut:
    """Return the resource of a template."""
    return wire.TemplateOut(
        id=record.id,
        created_at=record.created_at,
        updated_at=record.updated_at,
        name=record.name,
        files=[template_file_out(file) for file in record.spec.files],
        network=network_out(record.spec.network),
        **_capabilities(record.spec),
    )


def environment_out(record: EnvironmentRecord) -> wire.EnvironmentOut:
    """Return the resource of an environment."""
    files = record.spec.files if isinstance(record.spec, Hosted) else ()
    return wire.EnvironmentOut(
        id=record.id,
        type="self_hosted" if isinstance(record.spec, SelfHosted) else "openai_hosted",
        status=record.status,
        files=[hosted_file_out(record.id, file) for file in files],
        skills=skills_out(record.spec.skills) if isinstance(record.spec, Hosted) else [],
    )


def session_environment_out(environment_id: str | None, spec: Environment) -> wire.NoneOut | wire.HostedOut:
    """Return the environment as it stands in a session."""
    if not isinstance(spec, Hosted) or environment_id is None:
        return wire.NoneOut()
    return wire.HostedOut(
        id=environment_id,
        files=[hosted_file_out(environment_id, file) for file in spec.files],
        network=network_out(spec.network),
        container_size=spec.size,
        **_capabilities(spec),
    )


def draft_out(draft: NoEnvironment | HostedDraft) -> JsonObject:
    """Return the environment as it stands in an automation: null is what a template or the default says."""
    if isinstance(draft, NoEnvironment):
        return {"type": "none"}
    return {
        "type": "openai_hosted",
        "capability_directories": None if draft.capability_directories is None else [*draft.capability_directories],
        "container_size": draft.size,
        "desktop": None,
        "environment_id": draft.environment_id,
        "environment_template_id": draft.template_id,
        "files": None if draft.files is None else [template_file_out(file) for file in draft.files],
        "network": None if draft.network is None else network_out(draft.network),
        "packages": None if draft.packages is None else packages_out(draft.packages),
        "plugins": None,
        "skills": None if draft.skills is None else skills_out(draft.skills),
    }


def skills_out(skills: Sequence[Skill]) -> list[wire.SkillOut]:
    """Return skills without their files."""
    return [wire.SkillOut(skill.name, skill.description) for skill in skills]


def packages_out(packages: Packages) -> wire.PackagesOut:
    """Return what is installed."""
    return wire.PackagesOut(list(packages.npm), list(packages.python))


def _capabilities(spec: Hosted) -> dict[str, Any]:
    return {
        "capability_directories": list(spec.capability_directories),
        "packages": packages_out(spec.packages),
        "skills": skills_out(spec.skills),
    }


def network_out(network: NetworkPolicy) -> wire.NetworkOut:
    """Return a network policy."""
    return wire.NetworkOut(network.access, list(network.allowed_domains), list(network.blocked_domains))


def template_file_out(file: SeedFile) -> wire.TemplateFileOut:
    """Return a file that environments will begin with."""
    if file.file_id is not None:
        return wire.TemplateFileOut("file_id", file.path, file_id=file.file_id)
    return wire.TemplateFileOut("inline", file.path, size_bytes=file.size)


def hosted_file_out(environment_id: str, file: SeedFile) -> wire.HostedFileOut:
    """Return a file that an environment began with; its id is made of the environment and the path."""
    name = hashlib.sha256(f"{environment_id}\0{file.path}".encode()).hexdigest()[:32]
    if file.file_id is not None:
        return wire.HostedFileOut(f"envfile_{name}", "file_id", file.path, file.size, file.file_id)
    return wire.HostedFileOut(f"envfile_{name}", "inline", file.path, file.size)
