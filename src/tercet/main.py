"""The composition root: turns a configuration into a running service. Nothing else wires parts together."""

import uuid
from collections.abc import Callable
from pathlib import Path

from tercet import __version__
from tercet.backends.base import Backend
from tercet.config import TIER_NAMES, BindingConfig, Config, EngineConfig, TierConfig, read_secret, read_secret_key
from tercet.routing.deployments import Deployments
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.service.embedding import Embedding
from tercet.service.keys import Keys, key_digest
from tercet.service.sessions.web import Web
from tercet.store.base import Store
from tercet.store.local import LocalStore, SqlStore
from tercet.store.secrets import SecretKey
from tercet.telemetry.tracer import Tracer

BUILTIN_FOLDER = Path(__file__).parent / "models"
BUILTIN_PREFIX = "builtin:"
SHORTEST_BUILTIN = 64
"""Values that the shipped embedding model's vectors can be cut to."""
EMBEDDING_ENGINE = EngineConfig(context=2048, parallel=2, cache_ram_mib=0)
"""A text is embedded in one batch, so the batch is as large as the context."""


def build_service(config: Config, store: Store | None = None) -> Service:
    """Wire the tiers and the store of `config`; starts nothing. Raises `ConfigInvalid` and `StoreFailed`."""
    tracer = make_tracer(config)
    tiers = {name: _tier(name, config, tracer) for name in TIER_NAMES}
    store = store or open_store(config)
    digests = (frozenset(map(key_digest, keys)) for keys in (config.auth.api_keys, config.auth.admin_keys))
    keys = Keys(store.keys, *digests)
    folder = config.home / "environments"
    return Service(
        tiers,
        store,
        keys,
        make_embedding(config),
        environment_folder=folder,
        web=Web(config),
        config=config,
        tracer=tracer,
    )


def make_tracer(config: Config) -> Tracer | None:
    """Make what traces what the service does, if an endpoint for traces is set."""
    settings = config.telemetry
    if not settings.url:
        return None
    from tercet.telemetry.exporter import Exporter, Target

    target = Target(settings.url, settings.protocol, settings.headers, settings.compression, settings.timeout_s)
    who = {"service.name": settings.service_name, "service.version": __version__}
    resource = {**who, "service.instance.id": str(uuid.uuid4()), **settings.resource}
    return Tracer(Exporter(target, resource), sample_ratio=settings.sample_ratio, has_content=settings.has_content)


def open_store(config: Config) -> SqlStore:
    """Open the database that `config` names. Raises `StoreFailed` and `ConfigInvalid`."""
    if config.store.url:
        from tercet.store.shared import SharedStore

        return SharedStore(
            config.store.url,
            SecretKey(config.home / "secret.key", read_secret_key()),
            retention_days=config.store.retention_days,
            max_responses=config.store.max_responses,
        )
    return LocalStore(
        config.database,
        retention_days=config.store.retention_days,
        max_responses=config.store.max_responses,
        file_folder=config.file_folder,
        secret_key=read_secret_key(),
    )


def model_path(model: str, config: Config) -> Path:
    """Return the file that an embedded tier's `model` names: shipped, in the model folder, or a path."""
    if model.startswith(BUILTIN_PREFIX):
        return BUILTIN_FOLDER / f"{model.removeprefix(BUILTIN_PREFIX)}.gguf"
    in_folder = config.model_folder / model
    return in_folder if in_folder.is_file() else Path(model).expanduser()


def make_embedding(config: Config) -> Embedding:
    """Make the embedding model that `config` names."""
    binding = config.embedding
    if binding.backend != "embedded":
        return Embedding(make_backend(binding, config))
    path = model_path(binding.model, config)
    created_at = int(path.stat().st_mtime) if path.is_file() else 0
    shortest = SHORTEST_BUILTIN if binding.model.startswith(BUILTIN_PREFIX) else None
    return Embedding(make_backend(binding, config, is_embedding=True), created_at, min_dimensions=shortest)


def _tier(name: str, config: Config, tracer: Tracer | None) -> Tier:
    bound = config.tiers.get(name)
    if bound is None:
        return Tier(name)
    created_at = 0
    if bound.backend == "embedded" and (path := model_path(bound.model, config)).is_file():
        created_at = int(path.stat().st_mtime)
    return Tier(name, _tier_backend(name, bound, config, tracer), bound.price, created_at, bound.preload)


def _tier_backend(name: str, tier: TierConfig, config: Config, tracer: Tracer | None) -> Backend:
    """Make what answers for a tier; a single upstream, too, gets waits and a circuit breaker."""
    backends = [make_backend(binding, config) for binding in tier.bindings]
    if tracer is not None:
        from tercet.backends.traced import TracedBackend

        backends = [TracedBackend(backend, tracer, name) for backend in backends]
    if len(backends) == 1 and not tier.is_remote:
        return backends[0]
    return Deployments(backends, strategy=tier.strategy, max_wait_s=tier.max_wait_s)


def make_backend(tier: BindingConfig, config: Config, *, is_embedding: bool = False) -> Backend:
    """Make the backend of one binding; each kind is imported only where it is asked for, so that starts are quick."""
    match tier.backend:
        case "embedded":
            from tercet.backends.embedded.backend import EmbeddedBackend
            from tercet.engine.settings import EngineSettings

            engine = tier.engine or (EMBEDDING_ENGINE if is_embedding else config.engine)
            return EmbeddedBackend(
                name="embedded",
                model_path=model_path(tier.model, config),
                model=f"tercet-{tier.model.removeprefix(BUILTIN_PREFIX)}"
                if tier.model.startswith(BUILTIN_PREFIX)
                else Path(tier.model).stem,
                settings=EngineSettings(
                    **{name: getattr(engine, name) for name in EngineConfig.__struct_fields__},
                    loras=tuple(str(path) for path in tier.loras),
                    draft=str(model_path(tier.draft, config)) if tier.draft else "",
                    batch=(engine.context or EMBEDDING_ENGINE.context) if is_embedding else EngineSettings().batch,
                    embedding=is_embedding,
                ),
            )
        case "scripted":
            from tercet.backends.scripted import ScriptedBackend

            assert tier.script is not None, "validated when the configuration was loaded"
            return ScriptedBackend(tier.script, tier.model, tier.context_window)
        case "openai_compatible" | "openai" | "anthropic" | "gemini":
            return _remote_class(tier.backend)(
                base_url=tier.url,
                model=tier.model,
                api_key=read_secret(tier.key_variable),
                timeout_s=tier.timeout_s,
                context_window=tier.context_window,
                has_images=tier.reads_images,
            )


def _remote_class(kind: str) -> Callable[..., Backend]:
    match kind:
        case "openai":
            from tercet.backends.openai_responses import OpenAIResponsesBackend

            return OpenAIResponsesBackend
        case "anthropic":
            from tercet.backends.anthropic import AnthropicBackend

            return AnthropicBackend
        case "gemini":
            from tercet.backends.gemini import GeminiBackend

            return GeminiBackend
        case _:
            from tercet.backends.openai_compatible import OpenAICompatibleBackend

            return OpenAICompatibleBackend
