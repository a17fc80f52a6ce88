"""Services whose responses may reach an MCP server of this machine, or search."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tercet.config import Config
from tercet.config.web import EgressConfig, SearchConfig
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.service.keys import Keys, key_digest
from tercet.store.local import LocalStore
from tests.support import scripted_backend


def hosted_service(
    folder: Path,
    *lines: dict[str, Any],
    allow: Sequence[str] = (),
    search: SearchConfig | None = None,
    api_keys: Sequence[str] = (),
) -> Service:
    """Return a service whose nano tier is scripted and that may reach the private hosts in `allow`."""
    store = LocalStore(folder / "state" / "tercet.db", retention_days=30, max_responses=1000)
    keys = Keys(store.keys, frozenset(map(key_digest, api_keys)))
    config = Config(home=folder, egress=EgressConfig(allow=tuple(allow)), search=search or SearchConfig())
    return Service({"nano": Tier("nano", scripted_backend(folder, *lines))}, store, keys, config=config)
