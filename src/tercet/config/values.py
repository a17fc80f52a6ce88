"""What can be set, with its defaults: the whole and every table but those of the tiers."""

import re
from pathlib import Path
from typing import Literal

import msgspec

from tercet.config.telemetry import TelemetryConfig
from tercet.config.tiers import BindingConfig, EngineConfig, TierConfig
from tercet.config.web import BrowserConfig, EgressConfig, SearchConfig

TIER_NAMES = ("full", "mini", "nano")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class ServerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP listener."""

    host: str = "127.0.0.1"
    """Address to listen on; any other than loopback requires `auth.api_keys`."""
    port: int = 8741
    """TCP port; 0 takes a free one."""
    max_body_bytes: int = 64_000_000
    """Larger requests are refused with 413."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class AuthConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may call."""

    api_keys: tuple[str, ...] = ()
    """Accepted bearer keys, each in clear or as `sha256:` and its hexadecimal digest. Empty: no key is needed."""
    admin_keys: tuple[str, ...] = ()
    """Keys, in the same forms, that may also create, list and revoke keys over HTTP."""


class StoreConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where state is kept, and for how long."""

    url: str = ""
    """`postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, for several processes; default the SQLite file below.

    The password may stay out of it: libpq's `PGPASSWORD` and `~/.pgpass` are read. Needs `tercet[postgres]`.
    """
    path: Path | None = None
    """SQLite file; default `TERCET_HOME/tercet.db`."""
    retention_days: float = 30.0
    """Stored responses older than this are deleted."""
    max_responses: int = 100_000
    """When more are stored, the oldest are deleted."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator can set."""

    home: Path = Path()
    """State: the model folder, the database. `TERCET_HOME`."""
    server: ServerConfig = ServerConfig()
    auth: AuthConfig = AuthConfig()
    store: StoreConfig = StoreConfig()
    engine: EngineConfig = EngineConfig()
    egress: EgressConfig = EgressConfig()
    browser: BrowserConfig = BrowserConfig()
    search: SearchConfig = SearchConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    tiers: dict[str, TierConfig] = {}
    embedding: BindingConfig = BindingConfig(model="builtin:embed")
    """The model that makes vectors: for vector stores, and for embeddings that name it."""

    @property
    def model_folder(self) -> Path:
        """Where `tercet pull` puts models and bare GGUF names are looked up."""
        return self.home / "models"

    @property
    def file_folder(self) -> Path:
        """Where the contents of clients' files lie."""
        return self.home / "files"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.store.path or self.home / "tercet.db"


def without_password(url: str) -> str:
    """Return a database's URL as it may be shown: with `***` for what is secret in it."""
    address, mark, query = url.partition("?")
    address = re.sub(r"^(\w+://[^:@/]*):.*@", r"\1:***@", address)
    return address + mark + re.sub(r"(?i)(^|&)([^=&]*password)=[^&]*", r"\1\2=***", query)


class Resolved(msgspec.Struct, frozen=True):
    """A configuration, and for every dotted setting where its value came from."""

    config: Config
    sources: dict[str, str]
    file: Path | None = None
