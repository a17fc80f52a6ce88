"""What must hold of the settings beyond the kind of each."""

from collections.abc import Iterator, Mapping

from tercet.config.telemetry import TelemetryConfig
from tercet.config.tiers import BindingConfig, EngineConfig, TierConfig
from tercet.config.values import TIER_NAMES, Config
from tercet.errors import ConfigInvalid


def check(config: Config, sources: Mapping[str, str]) -> None:
    """Raise `ConfigInvalid` for what does not make sense together, naming the setting."""
    for name, tier in config.tiers.items():
        if name not in TIER_NAMES:
            raise ConfigInvalid(f"unknown tier {name!r}: the tiers are {', '.join(TIER_NAMES)}", param=f"tiers.{name}")
        for where, binding in _bindings(name, tier):
            _check_binding(where, binding)
        if tier.max_wait_s < 0:
            raise ConfigInvalid(f"setting 'tiers.{name}.max_wait_s' must not be negative", param=f"tiers.{name}")
    if not 0 <= config.server.port <= 65_535:
        raise ConfigInvalid(
            f"setting 'server.port' ({sources.get('server.port', 'default')}): {config.server.port} "
            "is not a port, 0 to 65535",
            param="server.port",
        )
    _check_binding("embedding", config.embedding)
    if config.store.url and not config.store.url.startswith(("postgresql://", "postgres://")):
        raise ConfigInvalid(
            f"setting 'store.url' ({sources.get('store.url', 'default')}) must begin with postgresql://",
            param="store.url",
        )
    if config.store.url and config.store.path:
        raise ConfigInvalid("settings 'store.url' and 'store.path' name two databases: leave one out", param="store")
    _check_telemetry(config.telemetry)
    for where, engine in _engines(config):
        for name in ("context", "parallel", "threads", "decode_threads", "cache_ram_mib"):
            if getattr(engine, name) < 0:
                raise ConfigInvalid(f"setting '{where}.{name}' must not be negative", param=f"{where}.{name}")


def _check_telemetry(telemetry: TelemetryConfig) -> None:
    for name in ("endpoint", "traces_endpoint"):
        if (url := getattr(telemetry, name)) and not url.startswith(("http://", "https://")):
            raise ConfigInvalid(f"setting 'telemetry.{name}' must be an http:// or https:// URL, not {url!r}")
    if not 0 <= telemetry.sample_ratio <= 1:
        raise ConfigInvalid("setting 'telemetry.sample_ratio' must be from 0 to 1", param="telemetry.sample_ratio")
    if telemetry.timeout_s <= 0:
        raise ConfigInvalid("setting 'telemetry.timeout_s' must be more than 0", param="telemetry.timeout_s")
    for name, value in telemetry.headers.items():
        if not name.isascii() or not f"{name}{value}".isprintable() or " " in name:
            raise ConfigInvalid(f"setting 'telemetry.headers': {name!r} is no HTTP header", param="telemetry.headers")


def _engines(config: Config) -> Iterator[tuple[str, EngineConfig]]:
    """Yield every table of engine settings with its dotted name."""
    yield "engine", config.engine
    if config.embedding.engine is not None:
        yield "embedding.engine", config.embedding.engine
    for name, tier in config.tiers.items():
        for where, binding in _bindings(name, tier):
            if binding.engine is not None:
                yield f"{where}.engine", binding.engine


def _bindings(name: str, tier: TierConfig) -> Iterator[tuple[str, BindingConfig]]:
    """Yield every binding of a tier with its dotted name."""
    yield f"tiers.{name}", tier
    for number, binding in enumerate(tier.deployments):
        yield f"tiers.{name}.deployments.{number}", binding


def _check_binding(where: str, binding: BindingConfig) -> None:
    if binding.backend == "embedded" and not binding.model:
        raise ConfigInvalid(f"setting '{where}.model' is missing: a GGUF file or 'builtin:nano'", param=where)
    if binding.is_remote and not (binding.url and binding.model):
        missing = "model" if binding.url else "base_url"
        raise ConfigInvalid(f"setting '{where}.{missing}' is missing: {binding.backend} needs it", param=where)
    if binding.backend == "scripted" and binding.script is None:
        raise ConfigInvalid(f"setting '{where}.script' is missing: the replay file", param=where)
