"""Environments, their templates and files as they stand on the wire."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tercet.api.openai.agents.common import Id, ShortText
from tercet.api.wire import JsonObject, Wire

Path = Annotated[str, Meta(max_length=4096)]
Size = Literal["small", "medium", "large"]
Status = Literal["pending", "ready", "connected", "disconnected", "suspended", "expired", "failed"]


class FileById(Wire, tag="file_id"):
    """A file of the Files API."""

    file_id: Id
    path: Path


class InlineFile(Wire, tag="inline"):
    """A file that comes with the request, in base64."""

    data: str
    path: Path


FileIn = FileById | InlineFile


class Network(Wire):
    """What the environment may reach."""

    access: Literal["enabled", "disabled", "restricted"]
    allowed_domains: Annotated[list[ShortText], Meta(max_length=100)] | None = None
    blocked_domains: Annotated[list[ShortText], Meta(max_length=100)] | None = None


PackageNames = Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=100)]


class Packages(Wire):
    """Packages to be installed. Those of the system are known, so that they are refused by name."""

    npm: PackageNames | None = None
    python: PackageNames | None = None
    system: PackageNames | None = None


class ArchiveSource(Wire):
    """A ZIP archive in base64."""

    type: Literal["base64"]
    media_type: Literal["application/zip"]
    data: str


class InlineSkill(Wire, tag="inline"):
    """A skill that comes with the request."""

    name: ShortText
    description: Annotated[str, Meta(max_length=4096)]
    source: ArchiveSource


class SkillReference(Wire, tag="skill_reference"):
    """A skill of the Skills API. Known, so that it is refused by name."""

    skill_id: Id
    version: ShortText | None = None


class Desktop(Wire):
    """A desktop. Known, so that it is refused by name."""

    enabled: bool


class SetupCommand(Wire):
    """A command that is run before the agent starts."""

    command: str


class HostedFields(Wire):
    """What can be said of a hosted environment. What is left out is its template's, or the default."""

    capability_directories: Annotated[list[Path], Meta(max_length=16)] | UnsetType | None = UNSET
    desktop: Desktop | UnsetType | None = UNSET
    env: Annotated[dict[ShortText, str], Meta(max_length=256)] | UnsetType | None = UNSET
    files: Annotated[list[FileIn], Meta(max_length=256)] | UnsetType | None = UNSET
    network: Network | UnsetType | None = UNSET
    packages: Packages | UnsetType | None = UNSET
    plugins: list[JsonObject] | UnsetType | None = UNSET
    setup_commands: Annotated[list[SetupCommand], Meta(max_length=64)] | UnsetType | None = UNSET
    skills: Annotated[list[InlineSkill | SkillReference], Meta(max_length=64)] | UnsetType | None = UNSET


class NoneIn(Wire, tag="none"):
    """No environment."""


class HostedIn(HostedFields, tag="openai_hosted"):
    """A workspace in a sandbox of this service, by the name that the protocol has for it."""

    container_size: Size | UnsetType = UNSET
    environment_id: Id | UnsetType = UNSET
    environment_template_id: Id | UnsetType = UNSET


class SelfHostedIn(Wire, tag="self_hosted"):
    """The client's own machine. Known, so that it is refused by name."""

    workspace_directory: str
    capability_directories: list[str] | None = None


EnvironmentIn = NoneIn | HostedIn | SelfHostedIn


class EnvironmentRequest(Wire):
    """The body of POST /v1/agents/environments."""

    environment: EnvironmentIn
    vault_ids: Annotated[list[Id], Meta(max_length=10)] | None = None


class TemplateRequest(HostedFields):
    """The body of POST /v1/agents/environments/templates and of one of them."""

    name: ShortText | UnsetType | None = UNSET


class PackagesOut(msgspec.Struct, frozen=True):
    """Packages that are installed; none of the system are."""

    npm: list[str] = []
    python: list[str] = []
    system: list[str] = []


class DesktopOut(msgspec.Struct, frozen=True):
    """The desktop; there is none."""

    enabled: Literal[False] = False


class SkillOut(msgspec.Struct, frozen=True, tag="inline"):
    """A skill, without its files."""

    name: str
    description: str


class NetworkOut(msgspec.Struct, frozen=True):
    """What the environment may reach."""

    access: str
    allowed_domains: list[str]
    blocked_domains: list[str]


class TemplateFileOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that environments begin with: by its id, or its size."""

    type: Literal["file_id", "inline"]
    path: str
    file_id: str = ""
    size_bytes: int = -1


class HostedFileOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that an environment began with."""

    id: str
    type: Literal["file_id", "inline"]
    path: str
    size_bytes: int
    file_id: str = ""


class TemplateOut(msgspec.Struct, frozen=True, kw_only=True):
    """A template. Variables, commands and contents are confidential."""

    id: str
    created_at: int
    updated_at: int
    name: str | None
    files: list[TemplateFileOut]
    network: NetworkOut
    capability_directories: list[str] = []
    packages: PackagesOut = PackagesOut()
    plugins: list[JsonObject] = []
    skills: list[SkillOut] = []
    desktop: DesktopOut = DesktopOut()
    object: Literal["agent.environment.template"] = "agent.environment.template"


class EnvironmentOut(msgspec.Struct, frozen=True, kw_only=True):
    """An environment as a resource of its own."""

    id: str
    type: Literal["openai_hosted", "self_hosted"]
    status: Status
    files: list[HostedFileOut]
    plugins: list[JsonObject] = []
    skills: list[SkillOut] = []
    object: Literal["agent.environment"] = "agent.environment"


class NoneOut(msgspec.Struct, frozen=True, tag="none"):
    """A session's environment: none."""


class HostedOut(msgspec.Struct, frozen=True, kw_only=True, tag="openai_hosted"):
    """A session's environment: a workspace here."""

    id: str
    files: list[HostedFileOut]
    network: NetworkOut
    container_size: Size
    capability_directories: list[str] = []
    packages: PackagesOut = PackagesOut()
    plugins: list[JsonObject] = []
    skills: list[SkillOut] = []
    desktop: DesktopOut = DesktopOut()


class EnvironmentFileOut(msgspec.Struct, frozen=True):
    """A file of a workspace as it is now."""

    environment_id: str
    path: str
    size_bytes: int
    object: Literal["agent.environment.file"] = "agent.environment.file"


class EnvironmentFileList(msgspec.Struct, frozen=True):
    """A page of a workspace's files; `next` is the token of the next page."""

    data: list[EnvironmentFileOut]
    has_more: bool
    next: str | None
    object: Literal["list"] = "list"
