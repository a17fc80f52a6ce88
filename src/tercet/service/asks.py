"""What doors ask of the service, and what it says of the models that they may name."""

from collections.abc import Mapping

import msgspec

from tercet.hosted import Credentials, Hosted
from tercet.items import Entry, ModelRequest


class Ask(msgspec.Struct, frozen=True):
    """A generation for a client: the tier or alias as the client named it, and the whole request."""

    model: str
    request: ModelRequest
    owner: str = ""
    request_id: str = ""
    """What the ledger calls this request; doors give the id that the client is told."""


class Draft(msgspec.Struct, frozen=True):
    """A response to be created. The new input items are `input`, or else the request's own."""

    model: str
    request: ModelRequest
    input: tuple[Entry, ...] = ()
    instructions: str | None = None
    previous_id: str | None = None
    history: tuple[Entry, ...] | None = None
    """Everything before the input, where the caller holds it; None leaves it to the store to know."""
    conversation_id: str | None = None
    can_truncate: bool = False
    compact_above: int | None = None
    hosted: Hosted | None = None
    credentials: Mapping[str, Credentials] = {}
    """What each MCP server of the request is shown, by label; never stored but sealed."""
    is_stored: bool = True
    metadata: dict[str, str] = {}
    echo: dict[str, object] = {}
    owner: str = ""


class ModelCard(msgspec.Struct, frozen=True):
    """One name that clients may put in `model`."""

    id: str
    tier: str
    backend: str
    model: str
    created: int
    owned_by: str = "tercet"
