"""The tools that responses may use here: whether a request may have them, and what makes a response with them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from tercet.config import Config, read_secret
from tercet.egress import Guard
from tercet.errors import InvalidRequest, NotFound, Unsupported
from tercet.hosted import Carried, Credentials, Hosted, WebSearching
from tercet.items import ModelRequest, Passage
from tercet.searching import FileSearching
from tercet.service.hosted.base import HostedTool
from tercet.service.hosted.files import FileSearcher
from tercet.service.hosted.loop import Begin, HostedLoop
from tercet.service.hosted.mcp import Servers
from tercet.service.hosted.offers import Offers
from tercet.service.hosted.steps import Notebook
from tercet.service.hosted.web import WebSearcher
from tercet.service.vector_stores import VectorStores
from tercet.store.vector_base import VectorStoreRecord
from tercet.tools.web_search import BRAVE_KEY, Provider, search_policy, search_provider
from tercet.tools.web_search import WebSearch as WebSearchTool

MIN_CHARACTERS, MAX_CHARACTERS = 2000, 80_000
"""Of what tools bring, shown to the model: as many characters as its window has tokens, within these."""


class HostedTools:
    """The tools of all responses. Close it when no response is made any more."""

    def __init__(
        self,
        stores: VectorStores | None,
        window_of: Callable[[str], Awaitable[int]],
        config: Config | None = None,
    ) -> None:
        """`window_of` tells how many tokens a tier takes; `config` names the search provider and private hosts."""
        self._stores = stores
        self._window_of = window_of
        self._config = config or Config()
        self._guard: Guard | None = None
        self._provider: Provider | None = None

    @property
    def searches_offline(self) -> bool:
        """Whether the web is searched in what lies here, so that nothing is fetched."""
        return self._config.search.provider == "local"

    async def check(self, hosted: Hosted, credentials: Mapping[str, Credentials], owner: str) -> None:
        """Raise `InvalidRequest` for what the owner does not have, `Unsupported` for what is not served here."""
        if hosted.files is not None:
            if self._stores is None:
                raise Unsupported("There are no vector stores here: no embedding model is set.", param="tools")
            await self._records(hosted.files, owner)
        if hosted.web is not None:
            await self._check_web(hosted.web)
        if hosted.servers:
            Servers(hosted.servers, credentials, self._config.egress)

    async def loop(
        self,
        model: str,
        owner: str,
        request: ModelRequest,
        hosted: Hosted,
        begin: Begin,
        *,
        response_id: str,
        carried: Carried,
        credentials: Mapping[str, Credentials],
        notebook: Notebook | None = None,
    ) -> HostedLoop:
        """Return the making of a response by a tier's model, on behalf of an owner."""
        searchers: list[HostedTool] = []
        if (files := hosted.files) is not None:

            async def find(query: str) -> Sequence[Passage]:
                assert self._stores is not None, "checked when the request was accepted"
                records = await self._records(files, owner)
                return await self._stores.search.find(records, [query], files.options)

            searchers.append(FileSearcher(request.items, find))
        if hosted.web is not None:
            searchers.append(WebSearcher(request.items, hosted.web, await self._searched()))
        servers = Servers(hosted.servers, credentials, self._config.egress) if hosted.servers else None
        room = max(MIN_CHARACTERS, min(MAX_CHARACTERS, await self._window_of(model)))
        offers = Offers(hosted, carried, searchers, servers)
        return HostedLoop(
            request, hosted, begin, offers, response_id=response_id, max_characters=room, notebook=notebook
        )

    async def close(self) -> None:
        """Release the way to the search provider."""
        guard, self._guard, self._provider = self._guard, None, None
        if guard is not None:
            await guard.close()

    async def _check_web(self, searching: WebSearching) -> None:
        try:
            WebSearchTool(await self._searched(), searching.domains)
        except InvalidRequest as error:
            index = (error.param or "").partition("[")[2]
            param = f"{searching.place}.filters.allowed_domains[{index}" if index else searching.place
            raise type(error)(error.message, param=param, code=error.code) from None

    async def _searched(self) -> Provider:
        """Return who searches the web. Raises `Unsupported` where nobody is configured."""
        if self._provider is None:
            search = self._config.search
            guard = Guard(search_policy(search))
            key = read_secret(search.api_key_env or BRAVE_KEY) if search.provider == "brave" else ""
            self._provider = search_provider(search, guard, key)
            self._guard = guard
            if not self.searches_offline:
                await guard.start()
        return self._provider

    async def _records(self, searching: FileSearching, owner: str) -> list[VectorStoreRecord]:
        assert self._stores is not None
        records = []
        for index, store_id in enumerate(searching.store_ids):
            try:
                records.append((await self._stores.get(store_id, owner))[0])
            except NotFound as error:
                param = f"{searching.place}.vector_store_ids[{index}]"
                raise InvalidRequest(error.message, param=param, code=error.code) from None
        return records
