"""The service itself: one function per thing that a client can ask for. Knows no protocol."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import msgspec

from tercet.backends.base import Backend, Health
from tercet.config import TIER_NAMES, Config
from tercet.errors import TercetError, TierUnbound, Unsupported
from tercet.events import Event, Finished
from tercet.guarantees.repair import Stage
from tercet.items import Message, ModelRequest, TextPart
from tercet.records import Receipt
from tercet.routing.tiers import Tier, aliases_of, tier_name
from tercet.service.agents import Agents
from tercet.service.asks import Ask, ModelCard
from tercet.service.automations import Automations
from tercet.service.automations_delivery import AutomationClock
from tercet.service.automations_targets import Targets
from tercet.service.background import Background
from tercet.service.batches import Batches
from tercet.service.checks import check_request
from tercet.service.conversations import Conversations
from tercet.service.documents import Documents, has_files
from tercet.service.embedding import Embedding
from tercet.service.environments_files import Environments
from tercet.service.files import Files
from tercet.service.fitting import Fitter
from tercet.service.hosted import HostedTools
from tercet.service.keys import Keys
from tercet.service.responses import Responses
from tercet.service.run import Run
from tercet.service.sessions import Sessions
from tercet.service.sessions.toolbox import BUILTIN_NAMES
from tercet.service.sessions.web import Web
from tercet.service.templates import Templates
from tercet.service.uploads import Uploads
from tercet.service.vaults import Vaults
from tercet.service.vaults_bearers import Bearers
from tercet.service.vaults_renewal import OAuthRenewer
from tercet.service.vector_stores import VectorStores
from tercet.store.base import Store, UsageSum
from tercet.telemetry.tracer import Tracer
from tercet.usage import Usage

log = logging.getLogger(__name__)

PURGE_EVERY_S = 3600.0


class Service:
    """Everything Tercet does for its clients. Safe for any number of concurrent callers on one event loop."""

    def __init__(
        self,
        tiers: Mapping[str, Tier],
        store: Store,
        keys: Keys | None = None,
        embedding: Embedding | None = None,
        environment_folder: Path | None = None,
        web: Web | None = None,
        config: Config | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """Serve `tiers`, bound and unbound, keeping responses in `store`; both are closed by `close`.

        `keys` says who may call; None admits everybody until a first key is created. Without an `embedding` there
        are no vector stores; without an `environment_folder`, which holds workspaces, no hosted environments.
        `config` says what tools that are run here may reach. Requests and turns are told to `tracer`.
        """
        self.tracer = tracer
        self._tiers = tiers
        self._store = store
        self.keys = keys or Keys(store.keys)
        self.files = Files(store)
        self.documents = Documents()
        self._embedding = embedding
        self._vector_stores = VectorStores(store, self.files, embedding, self.documents) if embedding else None
        self.hosted_tools = HostedTools(self._vector_stores, self._window_of, config)
        fitter = Fitter(lambda model: self._bound(model)[1], self._begin)
        self._background = Background(store, self._begin, fitter, self.hosted_tools)
        self.responses = Responses(
            store,
            self._begin,
            self._background,
            fitter,
            lambda model: self._bound(model)[1],
            self.hosted_tools,
            self._readable,
        )
        self.conversations = Conversations(store.conversations)
        self.uploads = Uploads(store, self.files)
        self.batches = Batches(store, self.files)
        self.sessions = Sessions(store, tiers, self._begin, environment_folder, web=web, tracer=tracer)
        self.agents = Agents(store.agent_tables, self.model, BUILTIN_NAMES)
        self.templates = Templates(store.agent_tables, self.files)
        self.vaults = Vaults(store.agent_tables)
        self.bearers = Bearers(store.agent_tables, OAuthRenewer(self.sessions.toolbox.web.reach))
        self.sessions.toolbox.web.bearer = self._bearer
        if self.sessions.toolbox.workspaces is not None:
            self.sessions.toolbox.workspaces.secrets = self.vaults
        self.environments = Environments(store, self.sessions, self.files)
        targets = Targets(self.sessions, self.agents, self.templates, self.vaults, self.keys)
        self._clock = AutomationClock(store.agent_tables, targets.deliver)
        self.automations = Automations(store.agent_tables, targets.check, self._clock.wake)
        self.sessions.toolbox.automations = self.automations
        self._housekeeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the backends side by side and the retention of stored responses.

        A backend that cannot start does not keep the others from serving; its tier answers with the reason.
        Raises `ConfigInvalid` when the secrets in the store were sealed with another key.
        """
        await self._store.agent_tables.check()
        if self.tracer is not None:
            await self.tracer.start()
        bound = {name: tier.backend for name, tier in self._tiers.items() if tier.backend and tier.preload}
        outcomes = await asyncio.gather(*(backend.start() for backend in bound.values()), return_exceptions=True)
        for name, outcome in zip(bound, outcomes, strict=True):
            if isinstance(outcome, TercetError):
                log.error("tier %s cannot serve: %s", name, outcome.message)
            elif isinstance(outcome, BaseException):
                raise outcome
        await self._background.start()
        await self.batches.start()
        await self.sessions.start()
        await self._clock.start()
        if self._vector_stores is not None:
            await self._vector_stores.start()
        self._housekeeping = asyncio.create_task(self._purge_forever())

    async def close(self) -> None:
        """End generations, then release the backends and the store; idempotent."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._housekeeping
            self._housekeeping = None
        await self._clock.close()
        await self.sessions.close()
        await self.batches.close()
        if self._vector_stores is not None:
            await self._vector_stores.close()
        await self._background.close()
        await self.hosted_tools.close()
        await asyncio.gather(*(tier.backend.close() for tier in self._tiers.values() if tier.backend))
        if self._embedding is not None:
            await self._embedding.backend.close()
        if self.tracer is not None:
            await self.tracer.close()
        await self._store.close()

    async def stream(
        self, ask: Ask, on_receipt: Callable[[Receipt], None] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Answer `ask` as events that keep the guarantee; closing it stops the model at once.

        What was used is in the ledger before `Finished` is yielded, and `on_receipt` is called then. Raises
        `InvalidRequest` before the first event; `Overloaded`, `BackendFailed` and `OutputInvalid` at any point.
        """
        run = self._begin(msgspec.structs.replace(ask, request=await self._readable(ask.model, ask.request)))
        try:
            async with aclosing(run.events) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        await self._store.ledger.add(run.take_entries())
                        if on_receipt is not None:
                            on_receipt(await run.receipt())
                    yield event
        except TercetError:
            if entries := run.take_entries():
                await self._store.ledger.add(entries)
            raise

    def models(self) -> list[ModelCard]:
        """Return the names that clients may use: the bound tiers and their aliases."""
        return [
            ModelCard(name, tier.name, tier.backend.name, tier.backend.model, tier.created_at)
            for tier in self._tiers.values()
            if tier.backend
            for name in (tier.name, *aliases_of(tier.name))
        ]

    def model(self, name: str) -> ModelCard:
        """Return the card of one name, dated aliases included. Raises `NotFound` and `TierUnbound`."""
        tier, backend = self._bound(name)
        return ModelCard(name, tier, backend.name, backend.model, self._tiers[tier].created_at)

    @property
    def embedding_model(self) -> ModelCard | None:
        """The card of the model that makes vectors, if there is one; it is no tier."""
        if self._embedding is None:
            return None
        name, backend = self._embedding.name, self._embedding.backend
        return ModelCard(name, "embedding", backend.name, backend.model, self._embedding.created_at)

    async def count_tokens(self, model: str, request: ModelRequest) -> int:
        """Return the number of prompt tokens that `request` would take. Raises `InvalidRequest`."""
        _, backend = self._bound(model)
        check_request(request)
        return await backend.count_tokens(await self._readable(model, request))

    async def embed(
        self, model: str, texts: Sequence[str], dimensions: int | None = None
    ) -> tuple[list[list[float]], Usage]:
        """Return one vector per text and the tokens read.

        Raises `Unsupported` where the tier cannot embed, or has no vectors of so many `dimensions`.
        """
        if self._embedding is not None and model == self._embedding.name:
            return await self._embedding.counted(texts, dimensions)
        _, backend = self._bound(model)
        if dimensions is not None:
            raise Unsupported("The vectors of this model cannot be cut: leave 'dimensions' out.", param="dimensions")
        vectors = await backend.embed(texts)
        counts = [
            await backend.count_tokens(ModelRequest(items=(Message("user", (TextPart(text),)),))) for text in texts
        ]
        return vectors, Usage(input_tokens=sum(counts))

    async def usage(self, since: int, until: int) -> list[UsageSum]:
        """Return what was used from `since` until before `until` (Unix seconds), by owner and tier."""
        return await self._store.ledger.sums(since, until)

    async def health(self) -> dict[str, Health]:
        """Return the readiness of every tier; an unbound one is not ready and says how to bind it."""
        readings: dict[str, Health] = {}
        for name, tier in self._tiers.items():
            try:
                readings[name] = await tier.bound().health()
            except TierUnbound as error:
                readings[name] = Health(is_ready=False, detail=error.message)
        return readings

    @property
    def vector_stores(self) -> VectorStores:
        """The vector stores. Raises `Unsupported` where there is no embedding model."""
        if self._vector_stores is None:
            raise Unsupported("There are no vector stores here: no embedding model is set.", code="not_served")
        return self._vector_stores

    async def _bearer(
        self, url: str, vault_ids: tuple[str, ...], owner: str, credential_id: str | None, rejected: str | None
    ) -> str | None:
        """Return the token of a session's vaults for an MCP server; see `mcp_servers.Bearer`."""
        secret = await self.bearers.bearer_for(url, vault_ids, owner, credential_id, rejected) if vault_ids else None
        return secret.value if secret is not None else None

    def _stages(self, name: str, backend: Backend) -> list[Stage]:
        """Return the attempts that an answer of a tier may take: itself, itself once more, the next higher tier."""
        stages = [Stage("first", name, backend), Stage("repaired", name, backend)]
        higher = (self._tiers[tier] for tier in reversed(TIER_NAMES[: TIER_NAMES.index(name)]) if tier in self._tiers)
        stages += [Stage("escalated", tier.name, tier.backend) for tier in higher if tier.backend][:1]
        return stages

    def _begin(self, ask: Ask) -> Run:
        name, backend = self._bound(ask.model)
        check_request(ask.request)
        return Run(ask, self._stages(name, backend), self._tiers, self.keys.limits.charge)

    async def _readable(self, model: str, request: ModelRequest) -> ModelRequest:
        """Return a request as the tier's model can read it: files as text, unless it reads files."""
        if not has_files(request):
            return request
        known = await self._bound(model)[1].capabilities()
        return request if known.has_files else await self.documents.readable(request)

    async def _window_of(self, model: str) -> int:
        return (await self._bound(model)[1].capabilities()).context_window

    def _bound(self, model: str) -> tuple[str, Backend]:
        name = tier_name(model)
        return name, self._tiers[name].bound()

    async def _purge_forever(self) -> None:
        while True:
            try:
                await self._store.responses.purge()
                await self._store.conversations.purge()
                await self._store.batches.purge()
                await self._store.agent_tables.purge()
                await self.sessions.purge()
                await self._store.files.purge()
                await self._store.vectors.purge()
            except TercetError as error:
                log.log(error.log_level, "retention failed: %s", error.message)
            await asyncio.sleep(PURGE_EVERY_S)
