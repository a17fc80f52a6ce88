"""The settings of a Tercet installation: one frozen value, read once from a TOML file and the environment.

Every default is here; nothing else in the package reads the environment or a settings file. Each setting
remembers where it came from, so that `tercet config` can say.
"""

from tercet.config.reading import load, read_secret, read_secret_key
from tercet.config.telemetry import TelemetryConfig
from tercet.config.tiers import BindingConfig, EngineConfig, TierConfig
from tercet.config.tree import flatten
from tercet.config.values import (
    LOOPBACK_HOSTS,
    TIER_NAMES,
    AuthConfig,
    Config,
    Resolved,
    ServerConfig,
    StoreConfig,
    without_password,
)
from tercet.config.web import EgressConfig

__all__ = [
    "LOOPBACK_HOSTS",
    "TIER_NAMES",
    "AuthConfig",
    "BindingConfig",
    "Config",
    "EgressConfig",
    "EngineConfig",
    "Resolved",
    "ServerConfig",
    "StoreConfig",
    "TelemetryConfig",
    "TierConfig",
    "flatten",
    "load",
    "read_secret",
    "read_secret_key",
    "without_password",
]
