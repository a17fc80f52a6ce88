"""Where a session's tools act: nowhere, in a sandbox of this service, or at the client's."""

from typing import Literal

import msgspec

EnvironmentStatus = Literal["pending", "ready", "connected", "disconnected", "suspended", "expired", "failed"]


class NetworkPolicy(msgspec.Struct, frozen=True):
    """Which hosts an environment may reach. `enabled`: every public one; `restricted`: as the lists say."""

    access: Literal["enabled", "disabled", "restricted"] = "disabled"
    allowed_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()


class SeedFile(msgspec.Struct, frozen=True):
    """A file that is in the workspace before the agent starts: an uploaded one, or content kept as a blob."""

    path: str
    """Absolute, beneath `/workspace`."""
    file_id: str | None = None
    digest: str | None = None
    """Hexadecimal SHA-256 of inline content."""
    size: int = 0


class Skill(msgspec.Struct, frozen=True):
    """A folder of instructions and what goes with them, which the agent is told of and cannot change."""

    name: str
    description: str
    path: str
    """The folder, absolute; it holds a SKILL.md."""
    files: tuple[SeedFile, ...] = ()
    """Empty for one that was found in a capability directory, where its files lie."""


class Packages(msgspec.Struct, frozen=True):
    """What is installed into the workspace before the agent starts."""

    python: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()


class NoEnvironment(msgspec.Struct, frozen=True, tag="none"):
    """Only tools that need no workspace."""


class Hosted(msgspec.Struct, frozen=True, tag="hosted"):
    """A workspace in a sandbox of this service."""

    network: NetworkPolicy = NetworkPolicy()
    files: tuple[SeedFile, ...] = ()
    env: dict[str, str] = {}
    """Variables for the sandbox. Confidential: kept encrypted, never shown."""
    setup_commands: tuple[str, ...] = ()
    """Run in order before the first turn. Confidential like `env`."""
    size: Literal["small", "medium", "large"] = "medium"
    template_id: str | None = None
    skills: tuple[Skill, ...] = ()
    capability_directories: tuple[str, ...] = ()
    """Folders in which skills are looked for once the workspace is made ready."""
    packages: Packages = Packages()

    @property
    def seeds(self) -> tuple[SeedFile, ...]:
        """All files that the workspace begins with, those of skills included."""
        return (*self.files, *(file for skill in self.skills for file in skill.files))


class HostedDraft(msgspec.Struct, frozen=True, tag="hosted"):
    """A workspace as it was asked for: what is None is the template's to say, or left at its default."""

    network: NetworkPolicy | None = None
    files: tuple[SeedFile, ...] | None = None
    env: dict[str, str] | None = None
    setup_commands: tuple[str, ...] | None = None
    size: Literal["small", "medium", "large"] | None = None
    template_id: str | None = None
    environment_id: str | None = None
    """One that exists; nothing else is said then."""
    skills: tuple[Skill, ...] | None = None
    capability_directories: tuple[str, ...] | None = None
    packages: Packages | None = None

    @property
    def seeds(self) -> tuple[SeedFile, ...]:
        """All files that it names or brings."""
        return (*(self.files or ()), *(file for skill in self.skills or () for file in skill.files))


class SelfHosted(msgspec.Struct, frozen=True, tag="self_hosted"):
    """The client's own machine, which connects to the service and runs what the session asks for."""

    workspace: str


Environment = NoEnvironment | Hosted | SelfHosted


class EnvironmentRecord(msgspec.Struct, frozen=True):
    """An environment that sessions can be attached to. `error` says why it failed."""

    id: str
    owner: str
    created_at: int
    spec: Environment
    status: EnvironmentStatus = "pending"
    error: str | None = None
    session_id: str | None = None
    vault_ids: tuple[str, ...] = ()
    """Vaults whose variables the sandbox is given by placeholders."""
    restores: bytes | None = None
    """The address of the tree that its workspace begins as, in place of the files and setup commands of `spec`."""


class TemplateRecord(msgspec.Struct, frozen=True):
    """A saved configuration of hosted environments."""

    id: str
    owner: str
    created_at: int
    updated_at: int
    spec: Hosted
    name: str | None = None
