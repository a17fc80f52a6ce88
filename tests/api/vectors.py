"""A server with vector stores and the shipped embedding model, and texts to put into them."""

import io
from pathlib import Path
from typing import Any

from openai import OpenAI

from tercet.config import Config
from tercet.main import make_embedding
from tercet.routing.tiers import Tier
from tercet.service import Service
from tercet.service.keys import Keys, key_digest
from tercet.store.local import LocalStore
from tests.support import scripted_backend

TEXTS = {
    "glaciers.md": "# Glaciers\n\nA glacier cave is formed when water runs through or under the ice of a glacier.\n",
    "bread.txt": "Sourdough bread rises slowly. Knead the flour, let the dough rest overnight, bake it at 240 degrees.",
    "invoice.csv": "number,customer,total\nA-1041,Baker Street Bikes,312.50\nA-1042,Harbour Café,88.00\n",
    "page.html": "<html><head><title>Opening hours</title><script>var hidden = 1</script></head>"
    "<body><h1>Museum</h1><p>The museum is closed on Mondays &amp; open until 6 pm.</p></body></html>",
}


def vector_service(folder: Path, *lines: dict[str, Any], api_keys: tuple[str, ...] = ()) -> Service:
    """Return a service whose nano tier is scripted and whose embedding model is the shipped one."""
    store = LocalStore(folder / "state" / "tercet.db", retention_days=30, max_responses=1000)
    keys = Keys(store.keys, frozenset(map(key_digest, api_keys)))
    backend = scripted_backend(folder, *lines)
    return Service({"nano": Tier("nano", backend)}, store, keys, make_embedding(Config(home=folder)))


def give(client: OpenAI, name: str, content: str | bytes = "") -> str:
    """Upload a text and return its id."""
    data = content or TEXTS[name]
    raw = data.encode() if isinstance(data, str) else data
    return client.files.create(file=(name, io.BytesIO(raw)), purpose="assistants").id


def filled(client: OpenAI, **texts: str) -> str:
    """Return the id of a store that holds the texts, or all of `TEXTS`."""
    names = texts or TEXTS
    store = client.vector_stores.create(name="library")
    batch = client.vector_stores.file_batches.create_and_poll(
        store.id, file_ids=[give(client, name, content) for name, content in names.items()], poll_interval_ms=50
    )
    assert batch.file_counts.completed == len(names), batch
    return store.id
